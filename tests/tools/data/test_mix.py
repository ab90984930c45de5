"""The mix finds out which tool to trust, and shows what each brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handpicked.tools.data import mix
from handpicked.tools.data.factors import PARTS
from handpicked.tools.data.mix import Example, Mix, Offered
from handpicked.tools.types import Rows


def _offered(rows: Rows, terms: int = 0) -> Offered:
    scores = np.linspace(1.0, 0.2, len(rows)).astype(np.float32)
    return Offered(rows, scores, np.repeat(scores[:, None], terms, axis=1))


def _turn(rng: np.random.Generator) -> dict[str, Offered]:
    collab, popular = (rng.permutation(20)[:12].astype(np.int64) for _ in range(2))
    return {"collab": _offered(collab, len(PARTS)), "popular": _offered(popular)}


def _examples(tool: str, n: int = 200) -> list[Example]:
    """Turns in which one of the first three that a tool offers is chosen."""
    rng, found = np.random.default_rng(0), list[Example]()
    for _ in range(n):
        offers = _turn(rng)
        rows, values = mix.features(offers)
        choice = offers[tool].rows[int(rng.integers(3))]
        found.append(Example(values, (rows == choice).astype(np.float32)))
    return found


@pytest.mark.parametrize("tool", ["collab", "popular"])
def test_the_tool_whose_candidates_are_chosen_has_the_say(tool: str) -> None:
    learned, offers = mix.fit(_examples(tool)), _turn(np.random.default_rng(1))
    found = mix.mixed(offers, learned)
    first = found.rows[np.argsort(-found.parts.sum(axis=1))]
    assert first[:3].tolist() == offers[tool].rows[:3].tolist()


def test_what_a_tool_does_not_offer_it_brings_nothing_to() -> None:
    offers = {"collab": _offered(np.array([4, 2]), len(PARTS)), "similar": _offered(np.array([7, 2]))}
    found = mix.mixed(offers, Mix(np.ones(len(mix.fit(_examples("collab", 2)).weights), np.float32)))
    assert found.rows.tolist() == [2, 4, 7]
    assert (found.parts != 0).tolist() == [[True, True, False], [True, False, False], [False, True, False]]
    _, values = mix.features(offers)
    assert found.parts.sum(axis=1) == pytest.approx(values.sum(axis=1))


def test_a_choice_counts_by_its_weight() -> None:
    """Nine of ten choices are what is popular, because it was shown fifty times as often."""
    shown, rare = _examples("popular", 90), _examples("collab", 10)
    turns = [_turn(np.random.default_rng(seed)) for seed in range(30)]

    def agreeing(examples: list[Example], tool: str) -> int:
        learned = mix.fit(examples)
        return sum(_first(offers, learned) == offers[tool].rows[0] for offers in turns)

    assert agreeing([*shown, *rare], "popular") > 20 > agreeing([*shown, *rare], "collab") + 10
    fair = [*shown, *(replace(one, chosen=50 * one.chosen) for one in rare)]
    assert agreeing(fair, "collab") > agreeing(fair, "popular")


def _first(offers: Mapping[str, Offered], learned: Mix) -> int:
    found = mix.mixed(offers, learned)
    return int(found.rows[np.argmax(found.parts.sum(axis=1))])


def test_weights_are_read_back_and_those_of_other_features_refused(tmp_path: Path) -> None:
    assert mix.load(tmp_path) is None
    learned = mix.fit(_examples("collab", 10))
    mix.save(learned, tmp_path)
    read = mix.load(tmp_path)
    assert read is not None
    assert read.weights.tolist() == learned.weights.tolist()
    mix.save(Mix(learned.weights[:-1]), tmp_path)
    with pytest.raises(ValueError, match="weights"):
        mix.load(tmp_path)

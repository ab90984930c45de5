"""A recipe is chosen on what is newest, and only where there is enough to choose on."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from handpicked.tools.data import als, choices, choose
from handpicked.tools.data.choices import Choices
from handpicked.tools.data.factors import PARTS
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.trials import Trials


@pytest.fixture(autouse=True)
def _without_als(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr(als, "available", lambda: False)


def _camps() -> tuple[Choices, Choices]:
    """Forty users who go through their camp's eight items in one order, from another place each; the next two are held."""
    known, held = list[np.ndarray](), list[np.ndarray]()
    for user in range(40):
        walk = 8 * (user % 2) + (user // 2 + np.arange(6)) % 8
        known.append(walk[:4][::-1].copy())
        held.append(walk[4:])
    return choices.of_histories(known, 16), choices.of_histories(held, 16)


def test_the_choice_is_no_worse_than_the_starts_and_uses_the_order_where_it_tells_all() -> None:
    measured = Trials(*_camps(), np.arange(40), 500)
    found = choose.choose(measured, budget=12)
    assert found.quality == measured.quality(found.recipe)
    assert found.quality >= measured.quality(replace(choose.ALIKE, als=0.0))
    assert found.recipe.follow > 0
    assert found.recipe.als == 0
    assert len(found.tried) == 12


def test_where_fits_cost_much_only_shares_and_decays_are_searched() -> None:
    found = choose.choose(Trials(*_camps(), np.arange(40), 500), budget=9, refit=False)
    fitted = [setting for part in PARTS.values() for setting in part.settings]
    assert len(found.tried) == 9
    for _, params in found.tried:
        assert {name: params[name] for name in fitted} in [
            _only(choose.ALIKE, fitted),
            _only(choose.FRESH, fitted),
        ]


def _only(recipe: Recipe, names: list[str]) -> dict[str, float]:
    return {name: getattr(recipe, name) for name in names}


def test_the_newest_fifth_is_hidden_but_for_what_was_chosen_before() -> None:
    users = np.array([0] * 10 + [1] * 4 + [2] * 5)
    items = np.array([0, 1, 2, 3, 4, 5, 6, 7, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    times = np.array([*range(10), *range(4), nan, 3.0, 2.0, 2.0, 1.0])
    known, held = choose.hidden(users, items, times, 10)
    assert [held.items[held.starts[u] : held.starts[u + 1]].tolist() for u in range(3)] == [[8], [], [6]]
    assert [known.items[known.starts[u] : known.starts[u + 1]].tolist() for u in range(3)] == [
        [7, 6, 5, 4, 3, 2, 1, 0], [4, 3, 2, 1], [8, 7, 9, 5],
    ]  # fmt: skip


def test_too_few_or_too_many_choices_choose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = _camps()[0]
    users, items, times = chosen.users, chosen.items, -chosen.ranks.astype(float)
    assert choose.from_events(users, items, times, 16) is None
    monkeypatch.setattr(choose, "FEWEST", 100)
    monkeypatch.setattr(choose, "_FEWEST_OF_USER", 2)
    found = choose.from_events(users, items, times, 16)
    assert found is not None
    assert found.quality == max(score for score, _ in found.tried)
    assert found == choose.from_events(users, items, times, 16)
    monkeypatch.setattr(choose, "MOST", 100)
    assert choose.from_events(users, items, times, 16) is None
    nothing = np.empty(0, np.int64)
    assert choose.from_events(nothing, nothing, np.empty(0), 16) is None

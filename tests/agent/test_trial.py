"""How far a model comes to be trusted: by what it was seen to add on turns of writers unknown to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from handpicked.agent import demonstrations, scene, scenes, stack, trial, trust
from handpicked.agent.cues import cues_of
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.scene import Guess
from handpicked.agent.scenes import TASKS
from handpicked.agent.stack import Mix, Stack
from handpicked.agent.trial import Heard
from handpicked.agent.trust import Trust
from handpicked.tools.errors import DataError
from handpicked.tools.types import Embedder
from tests.agent.test_judge import demo, likes

SCENES = scenes.load()
NAMES = tuple(SCENES)


def spread(names: tuple[str, ...], name: str, p: float) -> dict[str, float]:
    return {other: p if other == name else (1.0 - p) / (len(names) - 1) for other in names}


def heard(rng: np.random.Generator, *, model_right: float) -> list[Heard]:
    """Turns of four writers; evidence is right where it is sure, and in half of the others; the model as often as told."""
    rows: list[Heard] = []
    for number in range(240):
        name = NAMES[number % (len(NAMES) - 1)]
        sure = number % 2 == 0
        said = name if sure or rng.random() < 0.5 else NAMES[int(rng.integers(len(NAMES) - 1))]
        told = name if rng.random() < model_right else NAMES[int(rng.integers(len(NAMES)))]
        tasks = spread(TASKS, "recommend", 0.99)
        rows.append(
            Heard(
                demo(f"turn {number}", name, "recommend", writer="abcd"[number // 60]),
                Guess(spread(NAMES, said, 0.995 if sure else 0.5), tasks),
                Guess(spread(NAMES, told, 0.9), tasks),
                5.0,
            )
        )
    return rows


def test_a_model_that_adds_something_is_asked_where_evidence_is_unsure() -> None:
    found = trial.judged(heard(np.random.default_rng(0), model_right=0.95), SCENES)
    means = {name: scored.scene.mean() for name, scored in found.systems.items()}
    assert means["both"] > means["evidence"] + 0.1
    assert means["used"] >= means["both"] - 1e-9
    assert 0.5 < found.trust.sure <= 0.99
    assert found.skipped == pytest.approx(0.5)
    assert found.ms == 5.0
    assert "240 turns" in found.trust.note


def test_a_model_that_guesses_is_never_asked_and_weighs_nothing() -> None:
    found = trial.judged(heard(np.random.default_rng(1), model_right=0.0), SCENES)
    assert found.trust.sure == 0.0
    assert found.skipped == 1.0
    assert found.trust.both.scene.model < 0.1
    assert "never asked" in found.trust.note
    assert (found.systems["used"].scene == found.systems["evidence"].scene).all()


def test_the_model_alone_hears_no_evidence() -> None:
    alone = trial.judged(heard(np.random.default_rng(2), model_right=0.9), SCENES).trust.alone
    opinion = Guess(spread(NAMES, "gift", 0.9), spread(TASKS, "ads", 0.9))
    ones = [Guess(spread(NAMES, name, 0.99), spread(TASKS, "rate", 0.99)) for name in ("gift", "read")]
    assert alone.weigh(ones[0], opinion) == alone.weigh(ones[1], opinion)


def test_without_weight_a_model_leaves_evidence_as_it_is() -> None:
    plain = Stack(NAMES, Mix(1.0, 0.0, (0.0,) * len(NAMES)), Mix(1.0, 0.0, (0.0,) * len(TASKS)))
    guess = Guess(spread(NAMES, "gift", 0.6), spread(TASKS, "ads", 0.3))
    weighed = plain.weigh(guess, Guess(spread(NAMES, "read", 0.9), spread(TASKS, "rate", 0.9)))
    assert weighed.scenes == pytest.approx(dict(guess.scenes))
    assert weighed.tasks == pytest.approx(dict(guess.tasks))


def test_weights_are_found_again_that_made_the_labels() -> None:
    rng = np.random.default_rng(3)
    evidence, model = (np.log(rng.dirichlet([1.0] * 3, size=4000)) for _ in range(2))
    raw = 0.5 * evidence + 1.5 * model + np.array([1.0, 0.0, -1.0])
    chances = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    labels = np.array([rng.multinomial(1, p / p.sum()) for p in chances], np.float64)
    mix = stack.fit_scene(evidence, model, labels)
    assert (mix.evidence, mix.model) == (pytest.approx(0.5, abs=0.1), pytest.approx(1.5, abs=0.15))
    assert mix.bias[0] - mix.bias[2] == pytest.approx(2.0, abs=0.25)


def test_evidence_on_trial_has_not_seen_the_writer(embedder: Embedder) -> None:
    known = [d for d in demonstrations.packaged() if d.split == "train" and d.message and not d.before][::60]
    own = [demo(f"zorblax {n}", "gift", "recommend", writer="z") for n in range(8)]
    train: list[Demonstration] = [*known, *own]
    (guess,) = trial.evidence(own[:1], train, embedder, SCENES)
    seen = scene.fit(train, embedder, SCENES).guess(cues_of(own[0]), embedder, SCENES)
    assert seen.scenes["gift"] > 0.6 > guess.scenes["gift"]


def test_opinions_are_asked_with_examples_by_others(embedder: Embedder) -> None:
    model, done = likes("gift", "recommend"), list[int]()
    tried = [demo("for my aunt", "gift", "recommend", writer="z")]
    train = [*tried, demo("for my uncle", "gift", "recommend", writer="y")]
    client = ModelClient(model)
    found = asyncio.run(trial.opinions(client, tried, train, embedder, SCENES, on_done=done.append))
    assert found[0][0].scenes["gift"] > 0.9
    assert done == [1]
    shown = [str(message.content) for message in model.asked[0].messages]
    assert sum("for my uncle" in text for text in shown) == 1
    assert sum("for my aunt" in text for text in shown) == 1  # the turn itself


def test_turns_on_trial_are_spread_and_say_something() -> None:
    turns = [demo(f"turn {n}" if n % 2 else "", "gift", "recommend") for n in range(20)]
    assert [turn.message for turn in trial.chosen(turns, SCENES, 3)] == ["turn 1", "turn 7", "turn 13"]
    assert len(trial.chosen(turns, SCENES, 100)) == 10


def test_trust_is_kept_for_one_model_and_prompt(tmp_path: Path, embedder: Embedder) -> None:
    plain = Stack(NAMES, Mix(1.0, 0.5, (0.0,) * len(NAMES)), Mix(1.0, 0.25, (0.0,) * len(TASKS)))
    measured = Trust(plain, plain, 0.9, "on 240 turns")
    where = trust.path(tmp_path, "tiny:1", embedder, SCENES)
    assert trust.load(where) is None
    trust.save(measured, where)
    assert trust.load(where) == measured
    assert trust.path(tmp_path, "tiny:2", embedder, SCENES) != where
    where.write_text("{}")
    with pytest.raises(DataError, match="doctor --measure"):
        trust.load(where)

"""The scene classifier: features, fit, cache, demonstrations."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz import fuzz, process

from handpicked import prompts
from handpicked.agent import scene, scenes
from handpicked.agent.read import Reader
from handpicked.agent.scene import Demonstration, Guess
from handpicked.agent.scenes import TASKS
from handpicked.tools.errors import DataError
from handpicked.tools.types import Embedder

DEMOS = scene.demonstrations()
_COPY = 90.0
"""Similarity (0..100) from which two messages are near copies."""


def test_labels_are_known_scenes_and_tasks() -> None:
    known = set(scenes.load())
    for demo in DEMOS:
        assert demo.scene in known, demo
        assert demo.tasks, demo
        assert set(demo.tasks) <= set(TASKS), demo
        assert demo.split in ("train", "heldout"), demo
        assert demo.language in ("en", "zh"), demo


def test_every_scene_and_task_is_demonstrated_in_both_splits_and_languages() -> None:
    counts = Counter((demo.split, demo.language, demo.scene) for demo in DEMOS)
    for split in ("train", "heldout"):
        assert {task for demo in DEMOS if demo.split == split for task in demo.tasks} == set(TASKS)
        for name in scenes.load():
            assert counts[split, "en", name] + counts[split, "zh", name] >= 5, (split, name)


def test_no_held_out_message_is_a_near_copy_of_a_training_one() -> None:
    train = [demo.message for demo in DEMOS if demo.split == "train" and len(demo.message) > 8]
    for demo in DEMOS:
        if demo.split == "heldout" and len(demo.message) > 8:
            close = process.extractOne(demo.message, train, scorer=fuzz.ratio, score_cutoff=_COPY)
            assert close is None, (demo.message, close)


def test_a_bad_demonstration_is_named_by_its_line() -> None:
    good = prompts.read_text("demonstrations.jsonl").splitlines()[0]
    with pytest.raises(DataError, match="line 2"):
        scene.demonstrations(f"{good}\n{{}}\n")


@pytest.mark.parametrize(
    ("message", "page", "name"),
    [
        ("a film for tonight", None, "watch"),
        ("今晚看什么电影", None, "watch"),
        ("milk, eggs and bread", None, "shop"),
        ("some jazz for dinner", None, "listen"),
        ("a birthday present for my aunt", None, "gift"),
        ("hello there", None, "chat"),
        ("你好", None, "chat"),
        ("i want something to read", None, "read"),
        ("", "cart", "shop"),
        ("", "home", "browse"),
    ],
)
def test_plain_turns_get_their_scene(reader: Reader, message: str, page: str | None, name: str) -> None:
    turn = Demonstration(message, "", (), "", "", page=page)
    guess = reader.model.guess(scene.features(turn, reader.embedder, reader.scenes))
    assert max(guess.scenes, key=lambda scene_name: guess.scenes[scene_name]) == name
    assert sum(guess.scenes.values()) == pytest.approx(1.0, abs=1e-5)
    assert all(0.0 <= p <= 1.0 for p in guess.tasks.values())


def test_page_names_come_from_the_scenes_and_then_from_the_lexicon() -> None:
    known = scenes.load()
    assert scene.page_scene("Cart", known) == "shop"
    assert scene.page_scene("aisle", known) == "shop"
    assert scene.page_scene("购物车", known) == "shop"
    assert scene.page_scene("somewhere", known) is None
    assert scene.page_scene(None, known) is None


def test_evidence_moves_a_guess_and_keeps_it_a_distribution() -> None:
    guess = scene.sharpen(Guess({"watch": 0.4, "read": 0.6}, {}), {"watch": 1.5})
    assert guess.scenes["watch"] > guess.scenes["read"]
    assert sum(guess.scenes.values()) == pytest.approx(1.0)


def test_at_least_one_task_is_chosen_the_likeliest_first() -> None:
    guess = Guess({}, {"recommend": 0.9, "review": 0.5, "write": 0.1})
    assert scene.chosen_tasks(guess, ["recommend", "review", "write"]) == ["recommend", "review"]
    assert scene.chosen_tasks(guess, ["write"]) == ["write"]


def test_a_fitted_model_is_kept_and_read_back_the_same(tmp_path: Path, embedder: Embedder) -> None:
    known = scenes.load()
    fitted = scene.load(tmp_path, embedder, known)
    kept = list((tmp_path / "fitted").glob("*.npz"))
    again = scene.load(tmp_path, embedder, known)
    assert len(kept) == 1
    assert np.array_equal(fitted.scene, again.scene)
    assert np.array_equal(fitted.task, again.task)

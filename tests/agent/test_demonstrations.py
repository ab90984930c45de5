"""Demonstrations: known labels, variety, a clean split, and a bad line refused."""

from __future__ import annotations

from collections import Counter

import pytest

from handpicked import prompts
from handpicked.agent import demonstrations, scenes
from handpicked.agent.scenes import TASKS
from handpicked.tools.errors import DataError
from handpicked.tools.types import Embedder

DEMOS = demonstrations.packaged()
_COPY = 0.85
"""Cosine from which two messages are near copies."""


def test_scenes_are_known_and_each_turn_has_its_own_id() -> None:
    assert {demo.scene for demo in DEMOS} == set(scenes.load())
    assert all(demo.tasks for demo in DEMOS)
    assert len({demo.id for demo in DEMOS}) == len(DEMOS) >= 600


def test_what_is_named_stands_in_the_message() -> None:
    for demo in DEMOS:
        said = demo.message or demo.context.query or ""
        spans = [named.span for named in (*demo.titles, *demo.constraints) if named.span]
        assert all(span in said for span in spans), demo.id


def test_every_scene_and_task_is_demonstrated_in_both_splits() -> None:
    scene_counts = Counter((demo.split, demo.scene) for demo in DEMOS)
    for split in ("train", "heldout"):
        assert {task for demo in DEMOS if demo.split == split for task in demo.tasks} == set(TASKS)
        assert all(scene_counts[split, name] >= 10 for name in scenes.load())
        assert sum(demo.language == "zh" for demo in DEMOS if demo.split == split) >= 50


def test_held_out_turns_are_by_other_writers_in_other_situations() -> None:
    parts = {split: [demo for demo in DEMOS if demo.split == split] for split in ("train", "heldout")}
    for name in ("writer", "scenario"):
        train, held = ({getattr(demo, name) for demo in parts[split]} for split in ("train", "heldout"))
        assert not train & held


def test_no_held_out_message_is_a_near_copy_of_a_training_one(embedder: Embedder) -> None:
    train, held = (
        [demo.message for demo in DEMOS if demo.split == split and demo.message]
        for split in ("train", "heldout")
    )
    closest = (embedder.embed_matrix(held) @ embedder.embed_matrix(train).T).max(axis=1)
    assert [(text, float(near)) for text, near in zip(held, closest, strict=True) if near >= _COPY] == []


def test_a_bad_demonstration_is_named_by_its_line_and_field() -> None:
    good = prompts.read_text("demonstrations.jsonl").splitlines()[0]
    bad = good.replace('"scene"', '"scenery"')
    with pytest.raises(DataError, match=r"mine\.jsonl, line 2: scene: Field required"):
        demonstrations.parse(f"{good}\n{bad}\n", "mine.jsonl")

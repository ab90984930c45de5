"""Which of some items a few words are the most like."""

from __future__ import annotations

import pytest

from handpicked.agent import likeness
from handpicked.tools.dispatch import Context


def test_the_best_is_taken_only_if_it_leads() -> None:
    assert likeness.closest([0.2, 0.5, 0.45], [0, 1, 2], 0.1) is None
    assert likeness.closest([0.2, 0.5, 0.45], [0, 1], 0.1) == 1
    assert likeness.closest([0.2, 0.5], [1], 0.1) is None


def test_an_item_is_like_its_own_title(context: Context) -> None:
    like = likeness.of(context.snapshot, context.embedder, ("f1", "gone", "f7"))
    scores = like(context.snapshot.item(context.snapshot.row("f7") or 0).title)
    assert scores[2] == max(scores)
    assert scores[1] == pytest.approx(0.0)

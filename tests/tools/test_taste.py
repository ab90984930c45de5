"""What events say of a taste."""

from __future__ import annotations

import pytest

from handpicked.tools import taste
from handpicked.tools.data.profile_store import Label
from handpicked.tools.types import EVENT_KINDS, Event


@pytest.mark.parametrize(
    ("kind", "value", "liked", "disliked"),
    [
        ("purchase", None, ["i"], []),
        ("click", None, ["i"], []),
        ("impression", None, [], []),
        ("dislike", None, [], ["i"]),
        ("rate", 3.0, ["i"], []),
        ("rate", 2.9, [], ["i"]),
        ("rate", None, [], []),
    ],
)
def test_each_kind_of_event_speaks_for_against_or_not_at_all(
    kind: str, value: float | None, liked: list[str], disliked: list[str]
) -> None:
    events = [Event("u", "i", kind, value=value)]
    assert taste.liked(events) == liked
    assert taste.disliked(events) == disliked


def test_liked_items_keep_the_order_of_the_events_each_once() -> None:
    events = [Event("u", item_id) for item_id in ("b", "a", "b", "c")]
    assert taste.liked(events) == ["b", "a", "c"]


def test_refused_item_is_not_liked_whatever_else_was_done_with_it() -> None:
    events = [
        Event("u", "a"),
        Event("u", "a", "dislike"),
        Event("u", "b", "rate", value=5.0),
        Event("u", "b"),
    ]
    assert taste.liked(events) == ["b"]


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_no_event_speaks_both_ways(kind: str) -> None:
    events = [Event("u", "i", kind, value=value) for value in (None, 1.0, 5.0)]
    assert not set(taste.liked(events)) & set(taste.disliked(events))


def test_what_was_said_later_overrules_what_was_done_and_not_the_other_way_round() -> None:
    rated = Event("u", "a", "rate", 10.0, 1.0)
    later = Event("u", "b", "dislike", 30.0)
    untimed = Event("u", "c", "view")
    words = [Label("item_id", item_id, "like", at=20.0) for item_id in "ab"]
    past = taste.with_words([later, rated, untimed], [*words, Label("categories", "Western")], "u")
    assert [(event.item_id, event.event) for event in past] == [
        ("b", "dislike"), ("a", "like"), ("b", "like"), ("c", "view"),
    ]  # fmt: skip
    assert taste.liked(past) == ["a", "c"]
    assert taste.disliked(past) == ["b"]


def test_an_item_that_was_had_is_neither_liked_nor_disliked() -> None:
    past = taste.with_words([], [Label("item_id", "a", "seen")], "u")
    assert ([event.item_id for event in past], taste.liked(past), taste.disliked(past)) == (["a"], [], [])

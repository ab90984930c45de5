"""Lists as they were shown, with propensities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from handpicked.tools.data.event_store import EventStore
from handpicked.tools.types import Event

_LIST = [
    Event("ann", f"i{n}", "impression", 10.0, scene="watch", list_id="r-1", position=n, propensity=p)
    for n, p in ((1, 1.0), (2, 0.25))
]


@pytest.fixture
def store(make_url: Callable[[str], str]) -> Iterator[EventStore]:
    opened = EventStore(make_url("events"))
    yield opened
    opened.close()


def test_lists_come_back_as_events_in_their_order(store: EventStore) -> None:
    store.shown.add(_LIST, "s")
    later = [replace(event, list_id="r-2") for event in _LIST]
    store.shown.add(later, None)
    assert [*store.shown.impressions()] == [*_LIST, *later]


def test_a_list_that_is_replayed_is_kept_once(store: EventStore) -> None:
    for _ in range(2):
        store.shown.add(_LIST, "s")
    store.shown.add([replace(event, user_id="bob") for event in _LIST], "t")
    assert [event.user_id for event in store.shown.impressions()] == ["ann", "ann", "bob", "bob"]
    store.shown.add([], None)


def test_lists_are_forgotten_with_their_user_and_conversation(store: EventStore) -> None:
    store.shown.add(_LIST, "s")
    store.shown.add([replace(event, user_id="bob", list_id="r-2") for event in _LIST], "t")
    assert store.forget("ann")["shown"] == 2
    assert store.forget_session("t")["shown"] == 2
    assert [*store.shown.impressions()] == []

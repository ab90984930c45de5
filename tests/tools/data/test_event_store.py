"""The log's database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from handpicked.tools.data.catalog_store import Upserted
from handpicked.tools.data.event_store import Appended, EventStore
from handpicked.tools.data.schema import EVENTS
from handpicked.tools.types import Dialogue, Event

VIEW = Event("ann", "up", "view", timestamp=10.0)
FULL = Event("ann", "up", "rate", 20.0, 4.5, "watch", 3.5, "list", 2, 0.25, "e1")


@pytest.fixture
def store(make_url: Callable[[str], str]) -> Iterator[EventStore]:
    opened = EventStore(make_url("events"))
    yield opened
    opened.close()


def test_events_come_back_as_they_were_written_newest_first(store: EventStore) -> None:
    untimed = Event("ann", "heat")
    assert store.append([untimed, FULL, VIEW, Event("bob", "up")]) == Appended(4, 0)
    assert store.recent("ann") == [FULL, VIEW, untimed]
    assert store.recent("ann", limit=1) == [FULL]
    assert store.recent("nobody") == []


@pytest.mark.parametrize(
    ("change", "is_new"),
    [
        ({}, False),
        ({"timestamp": 10}, False),
        ({"scene": "watch"}, False),
        ({"timestamp": 11.0}, True),
        ({"value": 1.0}, True),
        ({"list_id": "l"}, True),
        ({"event_id": "e"}, True),
    ],
)
def test_an_event_without_id_is_known_by_its_content(
    store: EventStore, change: dict[str, object], is_new: bool
) -> None:
    store.append([VIEW])
    assert store.append([replace(VIEW, **change)]) == Appended(int(is_new), int(not is_new))  # pyright: ignore[reportArgumentType]


def test_an_event_with_id_is_known_by_it(store: EventStore) -> None:
    assert store.append([FULL, replace(FULL, value=1.0)]) == Appended(1, 1)


def test_revision_does_not_fall_when_a_user_is_forgotten(store: EventStore) -> None:
    store.append([Event("bob", "up"), VIEW, FULL])
    store.upsert_users([("ann", {"age": 30})])
    store.save_session("s", "ann", "{}")
    before = store.revision()
    gone = store.forget("ann")
    assert {table: count for table, count in gone.items() if count} == {
        "events": 2,
        "users": 1,
        "sessions": 1,
    }
    assert (store.recent("ann"), store.user("ann"), store.load_session("s")) == ([], None, None)
    assert store.revision() == before
    store.append([VIEW])
    assert store.revision() > before
    assert store.columns(after=before).users == [VIEW.user_id]


def test_every_table_with_users_is_emptied_of_a_forgotten_one(store: EventStore) -> None:
    assert set(store.forget("ann")) == {name for name, table in EVENTS.tables.items() if "user_id" in table.c}


def test_single_events_are_deleted_and_stay_so(store: EventStore) -> None:
    store.append([VIEW, FULL, Event("bob", "up")])
    assert store.every("ann") == [VIEW, FULL]
    assert store.delete([FULL, replace(FULL, event_id="unknown")]) == 1
    assert (store.every("ann"), store.columns().users) == ([VIEW], ["ann", "bob"])


def test_the_states_of_a_users_conversations_are_given_by_their_ids(store: EventStore) -> None:
    for session, user in (("s", "ann"), ("t", "ann"), ("u", None), ("v", "bob")):
        store.save_session(session, user, f'"{session}"')
    assert store.sessions("ann") == {"s": '"s"', "t": '"t"'}


def test_columns_hold_the_whole_log(store: EventStore) -> None:
    store.append([VIEW, Event("bob", "heat", "like"), FULL])
    columns = store.columns()
    assert (columns.users, columns.items, columns.kinds) == (
        ["ann", "bob"],
        ["up", "heat"],
        ["view", "like", "rate"],
    )
    assert (columns.user.tolist(), columns.item.tolist(), columns.kind.tolist()) == (
        [0, 1, 0],
        [0, 1, 0],
        [0, 1, 2],
    )
    np.testing.assert_array_equal(columns.value, np.array([np.nan, np.nan, 4.5], np.float32))
    np.testing.assert_array_equal(columns.timestamp, [10.0, np.nan, 20.0])
    assert columns.user.dtype == np.int32
    assert columns.revision == store.revision()


def test_columns_of_an_empty_log_are_empty(store: EventStore) -> None:
    columns = store.columns()
    assert columns.users == []
    assert (columns.user.shape, columns.value.dtype) == ((0,), np.float32)


def test_columns_after_a_revision_hold_what_came_later(store: EventStore) -> None:
    store.append([VIEW])
    before = store.revision()
    store.append([FULL])
    assert store.columns(after=before).kinds == ["rate"]


def test_failure_in_the_middle_leaves_the_log_as_it_was(store: EventStore) -> None:
    def broken() -> Iterator[Event]:
        yield from (Event("ann", f"i{n}") for n in range(60_000))
        raise RuntimeError("source broke")

    with pytest.raises(RuntimeError, match="source broke"):
        store.append(broken())
    assert (store.count(), store.revision()) == (0, 0)


def test_users_are_replaced_by_id(store: EventStore) -> None:
    assert store.upsert_users([("ann", {"age": 30, "vip": True}), ("bob", {})]) == Upserted(2, 0, 0)
    assert store.upsert_users([("ann", {"age": 31}), ("bob", {})]) == Upserted(0, 1, 1)
    assert store.user("ann") == {"age": 31}
    assert store.user("bob") == {}


def test_dialogue_turns_are_kept_once(store: EventStore) -> None:
    turn = Dialogue(("hi", "a film?"), ("up",), ("heat",), "d1")
    other = replace(turn, dialogue_id="d2")
    assert store.append_dialogues([turn, other, turn]) == Appended(2, 1)
    assert list(store.dialogues()) == [turn, other]


def test_a_session_is_replaced_by_id(store: EventStore) -> None:
    store.save_session("s", "ann", '{"turns": 1}')
    store.save_session("s", "ann", '{"turns": 2}')
    assert store.load_session("s") == '{"turns": 2}'
    assert store.load_session("other") is None


_WRITER = """
import sys
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.types import Event
store = EventStore(sys.argv[1])
for n in range(50):
    store.append([Event(sys.argv[2], f"i{n}", timestamp=float(n))])
"""


def test_processes_open_and_write_one_new_log_at_once(make_url: Callable[[str], str]) -> None:
    url = make_url("events")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, url, user], env=environment)
        for user in ("ann", "bob", "cho")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    store = EventStore(url)
    assert store.count() == store.revision() == 150
    assert [event.item_id for event in store.recent("bob", 2)] == ["i49", "i48"]
    store.close()

"""The log's database: events, users, past dialogues and the state of running conversations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from handpicked.tools.data.ad_ledger import AdLedger
from handpicked.tools.data.catalog_store import Upserted
from handpicked.tools.data.codec import decode, dump, encode, key_of
from handpicked.tools.data.db import IN_CHUNK, erase, fetch_pages, insert_new, open_engine, reading, writing
from handpicked.tools.data.profile_store import ProfileStore
from handpicked.tools.data.schema import (
    DIALOGUES,
    EVENT_ROWS,
    EVENTS,
    SESSIONS,
    USERS,
    lock_revision,
    prepare,
    read_counter,
    read_revision,
    set_revision,
)
from handpicked.tools.data.shown import ShownLists
from handpicked.tools.data.staging import staged
from handpicked.tools.types import Dialogue, Event, Scalar

PAGE = 50_000
HISTORY = 500
"""How many of a user's events count."""
_SESSION_WAIT_S = 2.0
_FIELDS = (
    "user_id", "item_id", "event", "timestamp", "value", "scene",
    "dwell_s", "list_id", "position", "propensity", "event_id",
    "policy", "task",
)  # fmt: skip
_EVENT_COLUMNS = tuple(EVENT_ROWS.c[name] for name in _FIELDS)


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did, in records."""

    inserted: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class EventColumns:
    """The whole log as columns; `user`, `item` and `kind` are positions in the lists of names."""

    revision: int
    users: list[str]
    items: list[str]
    kinds: list[str]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    kind: NDArray[np.int32]
    value: NDArray[np.float32]
    """nan where there is none"""
    timestamp: NDArray[np.float64]
    """seconds since 1970, nan where there is none"""


class EventStore:
    """Events, users, dialogues and sessions; safe to use from several threads and processes at once."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        prepare(self._engine, EVENTS, "events")
        self.profile = ProfileStore(self._engine)
        self.ads = AdLedger(self._engine)
        self.shown = ShownLists(self._engine)

    def close(self) -> None:
        """Close the idle connections; the store can still be used after that."""
        self._engine.dispose()

    def revision(self) -> int:
        """Give the highest row id ever given to an event; it never falls, not by `forget` either."""
        return read_revision(self._engine, "events")

    def append(self, events: Iterable[Event]) -> Appended:
        """Write events in one transaction, which begins when all have come, passing over those that are there already.

        An event is known by its `event_id`, or by user, item, kind, time, value and list when it has none.
        """
        read = 0
        rows = (_row(event) for event in events)
        with staged(self._engine, rows, PAGE) as parts, writing(self._engine) as connection:
            before = lock_revision(connection, "events")
            for part in parts:
                read += len(part)
                insert_new(connection, EVENT_ROWS, "key", part)
            new = select(func.count(), func.max(EVENT_ROWS.c.row)).where(EVENT_ROWS.c.row > before)
            inserted, last = connection.execute(new).one()
            if inserted:
                set_revision(connection, "events", last)
        return Appended(inserted, read - inserted)

    def recent(self, user_id: str, limit: int = HISTORY) -> list[Event]:
        """Give a user's events, newest first; those without a time come last."""
        newest = (EVENT_ROWS.c.timestamp.desc().nulls_last(), EVENT_ROWS.c.row.desc())
        query = select(*_EVENT_COLUMNS).where(EVENT_ROWS.c.user_id == user_id).order_by(*newest).limit(limit)
        with reading(self._engine) as connection:
            return [Event(*row) for row in connection.execute(query)]

    def count(self) -> int:
        """Count the events."""
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).select_from(EVENT_ROWS)) or 0

    def columns(self, after: int = 0) -> EventColumns:
        """Read the log, or its rows after a revision, into columns, in the order in which it was written."""
        with reading(self._engine) as connection:
            revision = read_counter(connection, "events.revision") or 0
            return _read_columns(connection, after, revision)

    def every(self, user_id: str) -> list[Event]:
        """Give all of a user's events, however old, in the order in which they came."""
        query = select(*_EVENT_COLUMNS).where(EVENT_ROWS.c.user_id == user_id).order_by(EVENT_ROWS.c.row)
        with reading(self._engine) as connection:
            return [Event(*row) for row in connection.execute(query)]

    def of_kind(self, kind: str) -> Iterator[Event]:
        """Stream all events of a kind, in the order in which they came."""
        query = select(*_EVENT_COLUMNS).where(EVENT_ROWS.c.event == kind).order_by(EVENT_ROWS.c.row)
        with reading(self._engine) as connection:
            for page in fetch_pages(connection, query, PAGE):
                yield from (Event(*row) for row in page)

    def listed(self) -> Iterator[Event]:
        """Stream the impressions and all other events that name a list, in the order in which they came."""
        row = EVENT_ROWS.c
        of_lists = row.list_id.is_not(None) | (row.event == "impression")
        query = select(*_EVENT_COLUMNS).where(of_lists).order_by(row.row)
        with reading(self._engine) as connection:
            for page in fetch_pages(connection, query, PAGE):
                yield from (Event(*row) for row in page)

    def propensities(self) -> dict[tuple[str, str], float]:
        """How likely an item was to be shown to a user, by user and item, where impressions say so; the last one counts."""
        row = EVENT_ROWS.c
        shown = (row.event == "impression") & (row.propensity > 0)
        query = select(row.user_id, row.item_id, row.propensity).where(shown).order_by(row.row)
        with reading(self._engine) as connection:
            return {(user, item): likely for user, item, likely in connection.execute(query)}

    def delete(self, events: Iterable[Event]) -> int:
        """Delete these events from the log; give how many were there."""
        keys = [_event_key(event) for event in events]
        deleted = 0
        with writing(self._engine) as connection:
            lock_revision(connection, "events")
            for start in range(0, len(keys), IN_CHUNK):
                part = EVENT_ROWS.c.key.in_(keys[start : start + IN_CHUNK])
                deleted += connection.execute(delete(EVENT_ROWS).where(part)).rowcount
        return deleted

    def forget(self, user_id: str) -> Mapping[str, int]:
        """Delete every row of a user, whatever table it is in; give how many there were in each."""
        return self._delete_all("user_id", user_id)

    def forget_session(self, session_id: str) -> Mapping[str, int]:
        """Delete every row of a conversation: its state, and what was learnt in it; give how many in each table."""
        return self._delete_all("session_id", session_id)

    def _delete_all(self, column: str, value: str) -> Mapping[str, int]:
        with writing(self._engine) as connection:
            lock_revision(connection, "events")
            return {
                table.name: connection.execute(delete(table).where(table.c[column] == value)).rowcount
                for table in EVENTS.sorted_tables
                if column in table.c
            }

    def erase(self) -> None:
        """Leave nothing on the disk of what was deleted. Raises DataError when another is in the way."""
        erase(self._engine)

    def upsert_users(self, users: Iterable[tuple[str, Mapping[str, Scalar]]]) -> Upserted:
        """Write users' attributes in one transaction, which begins when all have come; of two with one id the last
        wins."""
        done = Upserted()
        rows = ((user_id, dump(values)) for user_id, values in users)
        with staged(self._engine, rows, IN_CHUNK) as parts, writing(self._engine) as connection:
            lock_revision(connection, "events")
            for part in parts:
                done += _upsert_users(connection, dict(part))
        return done

    def users(self) -> dict[str, Mapping[str, Scalar]]:
        """Give the attributes of all users who have some."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(USERS.c.user_id, USERS.c.content))
            return {row.user_id: orjson.loads(row.content) for row in rows}

    def user(self, user_id: str) -> Mapping[str, Scalar] | None:
        """Give a user's attributes, None for a user without."""
        with reading(self._engine) as connection:
            content = connection.scalar(select(USERS.c.content).where(USERS.c.user_id == user_id))
        return None if content is None else orjson.loads(content)

    def append_dialogues(self, dialogues: Iterable[Dialogue]) -> Appended:
        """Write past turns in one transaction, which begins when all have come, passing over those that are there
        already."""
        read = 0
        rows = ((key_of(text), text) for text in map(encode, dialogues))
        with staged(self._engine, rows, IN_CHUNK) as parts, writing(self._engine) as connection:
            lock_revision(connection, "events")
            before = _count_dialogues(connection)
            for part in parts:
                read += len(part)
                insert_new(connection, DIALOGUES, "key", part)
            inserted = _count_dialogues(connection) - before
        return Appended(inserted, read - inserted)

    def dialogues(self) -> Iterator[Dialogue]:
        """Stream the past turns in the order in which they came."""
        after = 0
        while True:
            query = select(DIALOGUES.c.row, DIALOGUES.c.content).where(DIALOGUES.c.row > after)
            with reading(self._engine) as connection:
                page = connection.execute(query.order_by(DIALOGUES.c.row).limit(IN_CHUNK)).all()
            if not page:
                return
            yield from (decode(Dialogue, content) for _, content in page)
            after = page[-1].row

    def load_session(self, session_id: str) -> str | None:
        """Give a conversation's state as it was saved, None for an unknown one."""
        with reading(self._engine) as connection:
            return connection.scalar(select(SESSIONS.c.state).where(SESSIONS.c.session_id == session_id))

    def sessions(self, user_id: str) -> Mapping[str, str]:
        """Give the states of a user's conversations by their ids."""
        query = select(SESSIONS.c.session_id, SESSIONS.c.state).where(SESSIONS.c.user_id == user_id)
        with reading(self._engine) as connection:
            return {row.session_id: row.state for row in connection.execute(query)}

    def save_session(self, session_id: str, user_id: str | None, state_json: str) -> None:
        """Keep a conversation's state in place of what was saved before.

        Raises DataError after two seconds behind another writer: an answer waits for this."""
        values = {"user_id": user_id, "state": state_json}
        with writing(self._engine, wait_s=_SESSION_WAIT_S) as connection:
            lock_revision(connection, "events")
            mine = SESSIONS.c.session_id == session_id
            if not connection.execute(update(SESSIONS).where(mine).values(values)).rowcount:
                connection.execute(insert(SESSIONS).values(session_id=session_id, **values))


def _row(event: Event) -> tuple[Any, ...]:
    return (
        _event_key(event),
        event.user_id,
        event.item_id,
        event.event,
        event.timestamp,
        event.value,
        event.scene,
        event.dwell_s,
        event.list_id,
        event.position,
        event.propensity,
        event.event_id,
        event.policy,
        event.task,
    )


def _event_key(event: Event) -> int:
    if event.event_id is not None:
        return key_of(f"id\x1f{event.event_id}")
    # 3 and 3.0 are one time.
    time = None if event.timestamp is None else float(event.timestamp)
    value = None if event.value is None else float(event.value)
    return key_of(
        f"\x1f{event.user_id}\x1f{event.item_id}\x1f{event.event}\x1f{time}\x1f{value}\x1f{event.list_id}"
    )


def _read_columns(connection: Connection, after: int, revision: int) -> EventColumns:
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    kinds: dict[str, int] = {}
    between = EVENT_ROWS.c.row.between(after + 1, revision)
    query = select(*_EVENT_COLUMNS[:5]).where(between).order_by(EVENT_ROWS.c.row)
    pages = fetch_pages(connection, query, PAGE)
    parts = [_columns_of(page, users, items, kinds) for page in chain(([],), pages)]
    user, item, kind, value, timestamp = (np.concatenate(column) for column in zip(*parts, strict=True))
    return EventColumns(revision, list(users), list(items), list(kinds), user, item, kind, value, timestamp)


def _columns_of(
    rows: list[tuple[Any, ...]], users: dict[str, int], items: dict[str, int], kinds: dict[str, int]
) -> tuple[NDArray[Any], ...]:
    user, item, kind, timestamp, value = tuple(zip(*rows, strict=True)) or ((),) * 5
    return (
        _positions(user, users),
        _positions(item, items),
        _positions(kind, kinds),
        np.array(value, np.float32),
        np.array(timestamp, np.float64),
    )


def _positions(names: tuple[str, ...], known: dict[str, int]) -> NDArray[np.int32]:
    """Give each name's position, adding those that are new to `known`."""
    return np.fromiter((known.setdefault(name, len(known)) for name in names), np.int32, len(names))


def _upsert_users(connection: Connection, latest: dict[str, str]) -> Upserted:
    query = select(USERS.c.user_id, USERS.c.content).where(USERS.c.user_id.in_(latest))
    there = {row.user_id: row.content for row in connection.execute(query)}
    new = [{"user_id": k, "content": v} for k, v in latest.items() if k not in there]
    old = [{"key": k, "new": v} for k, v in latest.items() if k in there and there[k] != v]
    if new:
        connection.execute(insert(USERS), new)
    if old:
        statement = update(USERS).where(USERS.c.user_id == bindparam("key"))
        connection.execute(statement.values(content=bindparam("new")), old)
    return Upserted(len(new), len(old), len(latest) - len(new) - len(old))


def _count_dialogues(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(DIALOGUES)) or 0

"""Lists with drawn places, or of an experiment, as they were shown: every item with its place and its probability of being there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, insert, select

from handpicked.tools.data.db import fetch_pages, reading, writing
from handpicked.tools.data.schema import SHOWN, lock_revision
from handpicked.tools.types import Event

_PAGE = 10_000
_WAIT_S = 2.0
_FIELDS = (
    "user_id", "item_id", "timestamp", "scene", "list_id", "position", "propensity", "policy", "task",
)  # fmt: skip


class ShownLists:
    """The lists of users; safe to use from several threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, impressions: Sequence[Event], session_id: str | None) -> None:
        """Write the items of one user's lists; a list that is there already, since a turn was replayed, is not written again.

        Raises DataError after two seconds behind another writer: an answer waits for this."""
        if not impressions:
            return
        known = select(SHOWN.c.list_id).where(
            SHOWN.c.user_id == impressions[0].user_id,
            SHOWN.c.list_id.in_({event.list_id for event in impressions}),
        )
        with writing(self._engine, wait_s=_WAIT_S) as connection:
            lock_revision(connection, "events")
            there = set(connection.scalars(known))
            rows = [
                {name: getattr(event, name) for name in _FIELDS} | {"session_id": session_id}
                for event in impressions
                if event.list_id not in there
            ]
            if rows:
                connection.execute(insert(SHOWN), rows)

    def impressions(self) -> Iterator[Event]:
        """Stream what was shown as events, in the order in which it was."""
        query = select(*(SHOWN.c[name] for name in _FIELDS)).order_by(SHOWN.c.row)
        with reading(self._engine) as connection:
            for page in fetch_pages(connection, query, _PAGE):
                for row in page:
                    yield Event(event="impression", **dict(zip(_FIELDS, row, strict=True)))

"""What users said of their taste: labels with the words behind each, in the events database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import Connection, Engine, delete, insert, select

from handpicked.tools.data.db import IN_CHUNK, reading, writing
from handpicked.tools.data.schema import LABELS, lock_revision
from handpicked.tools.data.text import fold

Stance = Literal["like", "dislike", "seen"]
_WORDS_KEPT = 5
"""How many sayings stand behind one label; the newest count."""


@dataclass(frozen=True, slots=True)
class Label:
    """A taste that a user named: `label` is a term of `field` (categories, creators, language ...), or an item's id
    where `field` is item_id.

    `scene` is where it was said, empty for everywhere. `words` are the user's own, said in this turn (from 1) of this
    session at this time (seconds since 1970); `source` is `set` for what was entered by hand."""

    field: str
    label: str
    stance: Stance = "like"
    scene: str = ""
    words: str | None = None
    session_id: str | None = None
    turn: int | None = None
    at: float | None = None
    source: Literal["said", "set"] = "said"


_NAMES = tuple(field.name for field in fields(Label))
_COLUMNS = tuple(LABELS.c[name] for name in _NAMES)


class ProfileStore:
    """The labels of users; safe to use from several threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def labels(self, user_id: str) -> list[Label]:
        """Give a user's labels, the newest saying first."""
        with reading(self._engine) as connection:
            return [label for _, label in _read(connection, user_id)]

    def add(self, user_id: str, labels: Sequence[Label], *, wait_s: float | None = None) -> None:
        """Write labels, the latest last: a word for a label takes the place of words against it, in whatever scene.

        Raises DataError after `wait_s` seconds behind another writer."""
        options = {} if wait_s is None else {"wait_s": wait_s}
        with writing(self._engine, **options) as connection:
            lock_revision(connection, "events")
            for label in labels:
                _add(connection, user_id, label)

    def set(self, user_id: str, labels: Sequence[Label]) -> None:
        """Write labels in place of all that are there."""
        with writing(self._engine) as connection:
            lock_revision(connection, "events")
            connection.execute(delete(LABELS).where(LABELS.c.user_id == user_id))
            for label in labels:
                _add(connection, user_id, label)

    def remove(
        self, user_id: str, names: Sequence[str], *, stance: Stance | None = None, scene: str | None = None
    ) -> list[Label]:
        """Delete the labels of these names, compared without case; give what was deleted."""
        wanted = {fold(name) for name in names}
        with writing(self._engine) as connection:
            lock_revision(connection, "events")
            gone = [
                (row, label)
                for row, label in _read(connection, user_id)
                if fold(label.label) in wanted
                and stance in (None, label.stance)
                and scene in (None, label.scene)
            ]
            _delete(connection, [row for row, _ in gone])
        return [label for _, label in gone]


def _read(connection: Connection, user_id: str) -> list[tuple[int, Label]]:
    query = select(LABELS.c.row, *_COLUMNS).where(LABELS.c.user_id == user_id).order_by(LABELS.c.row.desc())
    return [
        (row, Label(**dict(zip(_NAMES, values, strict=True)))) for row, *values in connection.execute(query)
    ]


def _add(connection: Connection, user_id: str, label: Label) -> None:
    same = [
        (row, old)
        for row, old in _read(connection, user_id)
        if (old.field, fold(old.label)) == (label.field, fold(label.label))
    ]
    against = [row for row, old in same if old.stance != label.stance]
    kept = [(row, old) for row, old in same if old.stance == label.stance and old.scene == label.scene]
    repeated = [row for row, old in kept if old.words == label.words]
    earlier = [row for row, _ in kept if row not in repeated][_WORDS_KEPT - 1 :]
    _delete(connection, [*against, *repeated, *earlier])
    values: dict[str, Any] = {name: getattr(label, name) for name in _NAMES}
    connection.execute(insert(LABELS).values(user_id=user_id, **values))


def _delete(connection: Connection, rows: Sequence[int]) -> None:
    for start in range(0, len(rows), IN_CHUNK):
        connection.execute(delete(LABELS).where(LABELS.c.row.in_(rows[start : start + IN_CHUNK])))

"""Tables of the two databases, and the counters that give every change a revision."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    update,
)

from handpicked.tools.data.db import lock_schema, reading, writing
from handpicked.tools.errors import DataError

SCHEMA_VERSION = 2
"""2 gave each database an identity, so that a build knows the one it was made of."""

CATALOG = MetaData()
EVENTS = MetaData()

_ROW_ID = BigInteger().with_variant(Integer, "sqlite")


def _counters(metadata: MetaData) -> Table:
    return Table(
        "counters",
        metadata,
        Column("name", String, primary_key=True),
        Column("value", BigInteger, nullable=False),
    )


COUNTERS = _counters(CATALOG)
_counters(EVENTS)

ITEMS = Table(
    "items",
    CATALOG,
    Column("row", _ROW_ID, primary_key=True),
    Column("item_id", String, nullable=False, unique=True),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("content", Text, nullable=False),
    sqlite_autoincrement=True,
)

CAMPAIGNS = Table(
    "campaigns",
    CATALOG,
    Column("row", _ROW_ID, primary_key=True),
    Column("campaign_id", String, nullable=False, unique=True),
    Column("content", Text, nullable=False),
)

ITEM_TAGS = Table(
    "item_tags",
    CATALOG,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
)
"""Tags by a key of the model and of the item as it was when they were given."""

EVENT_ROWS = Table(
    "events",
    EVENTS,
    Column("row", _ROW_ID, primary_key=True),
    Column("key", BigInteger, nullable=False, unique=True),
    Column("user_id", String, nullable=False),
    Column("item_id", String, nullable=False),
    Column("event", String, nullable=False),
    Column("timestamp", Float(53)),
    Column("value", Float(53)),
    Column("scene", String),
    Column("dwell_s", Float(53)),
    Column("list_id", String),
    Column("position", BigInteger),
    Column("propensity", Float(53)),
    Column("event_id", String),
    Column("policy", String),
    Column("task", String),
    Index("events_by_user", "user_id", "timestamp"),
    sqlite_autoincrement=True,
)

USERS = Table(
    "users",
    EVENTS,
    Column("user_id", String, primary_key=True),
    Column("content", Text, nullable=False),
)

DIALOGUES = Table(
    "dialogues",
    EVENTS,
    Column("row", _ROW_ID, primary_key=True),
    Column("key", BigInteger, nullable=False, unique=True),
    Column("content", Text, nullable=False),
)

SESSIONS = Table(
    "sessions",
    EVENTS,
    Column("session_id", String, primary_key=True),
    Column("user_id", String, index=True),
    Column("state", Text, nullable=False),
)

LABELS = Table(
    "labels",
    EVENTS,
    Column("row", _ROW_ID, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("scene", String, nullable=False),
    Column("field", String, nullable=False),
    Column("label", String, nullable=False),
    Column("stance", String, nullable=False),
    Column("source", String, nullable=False),
    Column("words", Text),
    Column("session_id", String),
    Column("turn", BigInteger),
    Column("at", Float(53)),
    Index("labels_by_user", "user_id", "row"),
)

SHOWN = Table(
    "shown",
    EVENTS,
    Column("row", _ROW_ID, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("session_id", String, index=True),
    Column("item_id", String, nullable=False),
    Column("timestamp", Float(53), nullable=False),
    Column("scene", String),
    Column("list_id", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("propensity", Float(53), nullable=False),
    Column("policy", String),
    Column("task", String),
    Index("shown_by_user", "user_id", "list_id"),
    sqlite_autoincrement=True,
)
"""Lists with drawn places or of an experiment: each item, its place, and its probability of being in the list."""

_ADDED = {table.name: (table.c.policy, table.c.task) for table in (EVENT_ROWS, SHOWN)}
"""Columns that databases of the same version may lack; all may be null."""

AD_LEDGER = Table(
    "ad_ledger",
    EVENTS,
    Column("row", _ROW_ID, primary_key=True),
    Column("campaign_id", String, nullable=False),
    Column("item_id", String, nullable=False),
    Column("user_id", String, index=True),
    Column("session_id", String, index=True),
    Column("request_id", String, nullable=False, index=True),
    Column("place", BigInteger, nullable=False),
    Column("response", Float(53), nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("time", Float(53), nullable=False),
)
"""Each ad that was shown, and what it cost in millionths of the currency."""

AD_TOTALS = Table(
    "ad_totals",
    EVENTS,
    Column("campaign_id", String, primary_key=True),
    Column("micros", BigInteger, nullable=False),
    Column("shown", BigInteger, nullable=False),
)
"""The ledger's sums, written with it in one transaction; they stay when a user's rows are deleted."""


def prepare(engine: Engine, metadata: MetaData, part: str) -> None:
    """Create what is missing of `part` (`catalog` or `events`) and migrate an older schema.

    A database that is as it should be is only read, so that neither a writer nor a folder without write permission
    is in the way. A new table, or a new column that may be null, is no new schema version: who doesn't know it can do
    without. Raises DataError for a schema that this version can't read."""
    try:
        _prepare(engine, metadata, part)
    except DataError:
        engine.dispose()
        raise


def read_identity(engine: Engine, part: str) -> int:
    """Give the number that tells this database from any other, drawn when it was made."""
    with reading(engine) as connection:
        return read_counter(connection, f"{part}.identity") or 0


def read_counter(connection: Connection, name: str) -> int | None:
    """Give a counter's value, None when it isn't there."""
    return connection.scalar(select(COUNTERS.c.value).where(COUNTERS.c.name == name))


def read_revision(engine: Engine, part: str) -> int:
    """Give the revision of `part` as of now."""
    with reading(engine) as connection:
        return read_counter(connection, f"{part}.revision") or 0


def lock_revision(connection: Connection, part: str) -> int:
    """Give the revision, and keep other writers out until this transaction ends.

    Revisions become visible in their order that way, and no reader of a delta can miss one.
    """
    name = f"{part}.revision"
    connection.execute(update(COUNTERS).where(COUNTERS.c.name == name).values(value=COUNTERS.c.value))
    return read_counter(connection, name) or 0


def set_revision(connection: Connection, part: str, revision: int) -> None:
    """Store the revision that this transaction makes."""
    _set(connection, f"{part}.revision", revision)


def _prepare(engine: Engine, metadata: MetaData, part: str) -> None:
    with reading(engine) as connection:
        there = set(metadata.tables) <= set(inspect(connection).get_table_names())
        if (
            there
            and not _lacking(connection, metadata)
            and read_counter(connection, f"{part}.schema") == SCHEMA_VERSION
        ):
            return
    with writing(engine) as connection:
        lock_schema(connection)
        metadata.create_all(connection)
        for column in _lacking(connection, metadata):
            kind = column.type.compile(connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {column.name} {kind}")
        found = read_counter(connection, f"{part}.schema")
        if found is None:
            _add(connection, f"{part}.schema", SCHEMA_VERSION)
            _add(connection, f"{part}.revision", 0)
            _identify(connection, part)
            return
        if found > SCHEMA_VERSION:
            raise DataError(
                f"{engine.url.database}: schema version {found} was made by a newer Handpicked, this one reads "
                f"{SCHEMA_VERSION}: run `pip install --upgrade handpicked`, or choose another --workspace"
            )
        for version in range(found, SCHEMA_VERSION):
            if version not in _MIGRATIONS:
                raise DataError(
                    f"{engine.url.database}: schema version {found} can't be migrated: ingest into a new "
                    "--workspace with `handpicked ingest`"
                )
            _MIGRATIONS[version](connection, part)
        _set(connection, f"{part}.schema", SCHEMA_VERSION)


def _lacking(connection: Connection, metadata: MetaData) -> list[Column[str]]:
    """The added columns that the tables of an older database don't have."""
    tables = inspect(connection)
    return [
        column
        for name in _ADDED.keys() & metadata.tables.keys()
        for column in _ADDED[name]
        if column.name not in {known["name"] for known in tables.get_columns(name)}
    ]


def _identify(connection: Connection, part: str) -> None:
    _add(connection, f"{part}.identity", secrets.randbits(62))


_MIGRATIONS: Mapping[int, Callable[[Connection, str], None]] = {1: _identify}
"""By the version that they start from; each gives the next."""


def _add(connection: Connection, name: str, value: int) -> None:
    connection.execute(insert(COUNTERS).values(name=name, value=value))


def _set(connection: Connection, name: str, value: int) -> None:
    connection.execute(update(COUNTERS).where(COUNTERS.c.name == name).values(value=value))

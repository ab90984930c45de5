"""Engines and transactions: the only place that knows which database it talks to.

SQLite runs in WAL mode, so that readers never wait and writers queue for up to 30 seconds; a PostgreSQL URL
works as well. Database failures that a user can do something about come out as `DataError`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from handpicked.tools.errors import ConfigError, DataError

BUSY_MS = 30_000
CACHE_KIB = 65_536
IN_CHUNK = 500
"""How many values one `IN (…)` carries; SQLite's oldest limit is 999."""

_FIXES = (
    ("not a database", "it is damaged or no SQLite file: restore a backup, or move it away and ingest again"),
    ("malformed", "it is damaged: restore a backup, or move it away and ingest again"),
    ("unable to open", "check that the folder exists and may be written, or choose another --workspace"),
    ("readonly", "it may not be written: change its permissions, or choose another --workspace"),
    ("locked", "another process kept writing for over 30 seconds: try again when it is done"),
    ("disk I/O", "the disk fails, or the file was replaced while open: check it, or restore a backup"),
    ("full", "the disk is full: free some space and try again"),
)


def sqlite_url(path: Path) -> str:
    """Give the SQLAlchemy URL of a SQLite file."""
    return f"sqlite:///{path}"


def open_engine(url: str) -> Engine:
    """Open a database; nothing is created in it yet. Raises `ConfigError` for a URL that makes no sense."""
    try:
        if url.startswith("sqlite"):
            return _open_sqlite(url)
        return create_engine(url, pool_pre_ping=True)
    except (ArgumentError, ModuleNotFoundError) as err:
        message = (
            f"database URL {url.split('@')[-1]!r} can't be used ({err}); for example sqlite:///events.db"
        )
        raise ConfigError(message) from err


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A transaction that only reads: one consistent view on SQLite."""
    with _translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Generator[Connection]:
    """A transaction that takes the write lock at once, and is rolled back when its body raises."""
    with _translated(engine), engine.connect() as connection:
        connection.execution_options(handpicked_write=True)
        with connection.begin():
            yield connection


def insert_new(connection: Connection, table: Table, key: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows, passing over those whose `key` is there; a row has all columns but the first, in order."""
    names = [column.name for column in table.columns][1:]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=[key])
    compiled = statement.compile(dialect=connection.dialect, column_keys=names)
    # Straight to the driver: SQLAlchemy's own handling of parameters takes longer than the insert.
    by_position = compiled.positional
    values: Any = rows if by_position else [dict(zip(names, row, strict=True)) for row in rows]
    connection.exec_driver_sql(str(compiled), values)


def fetch_pages(connection: Connection, query: Select[Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
    """Stream a query's rows as the driver's plain tuples, `size` at a time."""
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    # SQLAlchemy's rows cost more than the query here.
    cursor: Any = connection.connection.cursor()
    cursor.execute(str(compiled))
    while page := cursor.fetchmany(size):
        yield page
    cursor.close()


def lock_schema(connection: Connection) -> None:
    """Let one process at a time create tables; SQLite's write lock does that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4861110)")


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, pool_size=8, max_overflow=-1)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would begin late and turn a read into a write: ours is explicit.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")


def _use_wal(connection: Any) -> None:
    """Switch to WAL. SQLite reports a race of two first openers at once, without its busy timeout."""
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            return
        except sqlite3.OperationalError as err:
            if "locked" not in str(err) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("handpicked_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _translated(engine: Engine) -> Generator[None]:
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as err:
        # Broken constraints and wrong SQL are bugs of ours: they stay what they are.
        if type(err) not in (
            DatabaseError,
            OperationalError,
            sqlite3.DatabaseError,
            sqlite3.OperationalError,
        ):
            raise
        raise DataError(_explain(engine, err)) from err


def _explain(engine: Engine, err: DatabaseError | sqlite3.DatabaseError) -> str:
    reason = str(err.orig if isinstance(err, DatabaseError) else err).strip()
    name = engine.url.database if engine.dialect.name == "sqlite" else engine.url.render_as_string()
    fix = next((fix for sign, fix in _FIXES if sign in reason), "check that the database is up and reachable")
    return f"{name}: {reason}; {fix}"

"""Engines and transactions: the only place that knows which database it talks to.

SQLite runs in WAL mode, so that readers never wait and writers queue for up to 30 seconds; where nothing can be
written, it is opened to be read. A PostgreSQL URL works as well. Database failures that a user can do something
about come out as `DataError`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, Select, Table, create_engine, event, exc, make_url
from sqlalchemy.dialects import postgresql, sqlite

from handpicked.tools.errors import ConfigError, DataError

BUSY_S = 30.0
CACHE_KIB = 65_536
IN_CHUNK = 500
"""How many values one `IN (…)` carries; SQLite's oldest limit is 999."""

_FIXES = (
    ("not a database", "it is damaged or no SQLite file: restore a backup, or move it away and ingest again"),
    ("malformed", "it is damaged: restore a backup, or move it away and ingest again"),
    (
        "unable to open",
        "check that its folder exists and that it may be read and written, or choose another --workspace",
    ),
    ("readonly", "it may not be written: change its permissions, or choose another --workspace"),
    ("locked", "another process is writing to it: try again when that is done"),
    ("lock timeout", "another process is writing to it: try again when that is done"),
    ("disk I/O", "the disk fails, or the file was replaced while open: check it, or restore a backup"),
    ("is full", "free some space and try again"),
    ("permission denied", "grant this database user the right to create, read and write tables"),
    ("authentication failed", "check user and password in the database URL"),
    ("does not exist", "create it, or check the database URL"),
    ("NUL", "remove that character from the value"),
    ("out of range", "use a smaller number"),
)
_ROOM = 1 << 20
"""Bytes that must be free on the disk for SQLite to be opened for writing; its index of the log takes 32 KiB."""


def sqlite_url(path: Path) -> str:
    """Give the SQLAlchemy URL of a SQLite file."""
    return f"sqlite:///{path}"


def open_engine(url: str) -> Engine:
    """Open a database; nothing is created in it yet. Raises `ConfigError` for a URL that makes no sense."""
    try:
        parsed = make_url(url)
        match parsed.get_backend_name():
            case "sqlite":
                return _open_sqlite(parsed)
            case "postgresql" | "postgres":
                return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
            case other:
                raise exc.ArgumentError(f"{other} is neither sqlite nor postgresql")
    except ModuleNotFoundError as err:
        raise ConfigError(f"PostgreSQL needs a driver: pip install 'handpicked[postgres]' ({err})") from err
    except exc.ArgumentError as err:
        raise ConfigError(
            f"database URL {url.split('@')[-1]!r} can't be used ({err}); write sqlite:///events.db or "
            "postgresql://user:password@host/database"
        ) from err


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A transaction that only reads: one consistent view."""
    with _translated(engine), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine, *, wait_s: float = BUSY_S) -> Generator[Connection]:
    """A transaction that takes the write lock at once, and is rolled back when its body raises.

    Raises `DataError` when another process holds the lock for over `wait_s` seconds."""
    with _translated(engine), engine.connect() as connection:
        connection.execution_options(handpicked_write=wait_s)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{wait_s * 1000:.0f}ms'")
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
    # SQLAlchemy's rows cost more than the query here. PostgreSQL streams from a named cursor only.
    named = ("pages",) if connection.dialect.name == "postgresql" else ()
    cursor: Any = connection.connection.cursor(*named)
    cursor.execute(str(compiled))
    while page := cursor.fetchmany(size):
        yield page
    cursor.close()


def erase(engine: Engine, *, wait_s: float = 5.0) -> None:
    """Write SQLite's file anew without what was deleted, and empty its log: until then both may hold copies, even
    with `secure_delete`, which forgets what a page held before its rows moved to another.

    Raises `DataError` when another process is in the way for over `wait_s` seconds. A server's pages are its own."""
    if engine.dialect.name != "sqlite":
        return
    with _translated(engine), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA busy_timeout={wait_s * 1000:.0f}")
        try:
            driver.execute("VACUUM")
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            driver.execute(f"PRAGMA busy_timeout={BUSY_S * 1000:.0f}")
    if busy:
        raise DataError(
            f"{_name(engine)}: another process reads it, so that what was deleted is not overwritten yet: ask again "
            "when that is done"
        )


def lock_schema(connection: Connection) -> None:
    """Let one process at a time create tables; SQLite's write lock does that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4861110)")


def lock_ads(connection: Connection) -> None:
    """Let one process at a time charge for ads; SQLite's write lock does that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4861111)")


def _open_sqlite(url: URL) -> Engine:
    path = Path(url.database or ":memory:")
    if path.is_file() and not _may_grow(path):
        engine = create_engine(url, creator=lambda: _read_only(path), poolclass=NullPool)
    else:
        engine = create_engine(url, pool_size=8, max_overflow=-1)
        event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _may_grow(path: Path) -> bool:
    """Whether SQLite can put its log beside the file, which even a reader in WAL mode needs."""
    return os.access(path.parent, os.W_OK | os.X_OK) and shutil.disk_usage(path.parent).free >= _ROOM


def _read_only(path: Path) -> sqlite3.Connection:
    """Open for reading where nothing can be written. Without a log beside it no other process has the file
    open, so it doesn't change while it is read."""
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?{mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout={BUSY_S * 1000:.0f}")
    return connection


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would begin late and turn a read into a write: ours is explicit.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_S * 1000:.0f}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    # What is deleted or replaced is overwritten: a forgotten word must not lie in a free page.
    connection.execute("PRAGMA secure_delete=ON")


def _use_wal(connection: Any) -> None:
    """Switch to WAL. SQLite reports a race of two first openers at once, without its busy timeout."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            return
        except sqlite3.OperationalError as err:
            if "locked" not in str(err) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    wait_s: float | None = connection.get_execution_options().get("handpicked_write")
    if wait_s is None:
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={wait_s * 1000:.0f}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_S * 1000:.0f}")


@contextmanager
def _translated(engine: Engine) -> Generator[None]:
    try:
        yield
    except (exc.DatabaseError, exc.InterfaceError, sqlite3.DatabaseError) as err:
        # Broken constraints and wrong SQL are bugs of ours: they stay what they are.
        if not _users_to_mend(err):
            raise
        raise DataError(_explain(engine, err)) from err
    except (UnicodeEncodeError, OverflowError) as err:
        raise DataError(f"{_name(engine)}: a value can't be stored ({err}); correct it") from err


def _users_to_mend(err: Exception) -> bool:
    if type(err) is exc.ProgrammingError:
        return "permission denied" in str(err)
    kinds = (
        exc.DatabaseError, exc.DataError, exc.InterfaceError, exc.OperationalError,
        sqlite3.DatabaseError, sqlite3.OperationalError,
    )  # fmt: skip
    return type(err) in kinds


def _explain(engine: Engine, err: Exception) -> str:
    original: object = getattr(err, "orig", err)
    reason = " ".join(str(original).split()) or type(original).__name__
    if engine.dialect.name == "sqlite":
        folder = Path(_name(engine)).parent
        if folder.is_dir() and shutil.disk_usage(folder).free < _ROOM:
            reason = f"the disk is full ({reason})"
    signs = sorted((reason.find(sign), fix) for sign, fix in _FIXES if sign in reason)
    fix = signs[0][1] if signs else "check that the database is up and reachable"
    return f"{_name(engine)}: {reason}; {fix}"


def _name(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return engine.url.database or ":memory:"
    return engine.url.set(drivername="postgresql").render_as_string()

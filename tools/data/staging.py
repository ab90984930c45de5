"""Rows on their way to a database: made to their end before its write lock is taken, so that others wait for the
writing only."""

from __future__ import annotations

import marshal
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from tempfile import SpooledTemporaryFile, gettempdir
from typing import IO, TypeVar, cast

from sqlalchemy import Engine

from handpicked.tools.data.codec import batches
from handpicked.tools.errors import DataError

Record = TypeVar("Record", bound=tuple[object, ...])

_IN_MEMORY = 1 << 22
"""Bytes."""


@contextmanager
def staged(engine: Engine, rows: Iterable[Record], size: int) -> Generator[Iterator[list[Record]]]:
    """Run through `rows`, which are tuples of plain values, and give them back in lists of at most `size`.

    Many of them wait in a file that has no name: of a process that is killed nothing is left. It lies beside a
    SQLite database, else where temporary files go. Raises `DataError` when it can't be written.
    """
    database = engine.url.database if engine.dialect.name == "sqlite" else None
    folder = Path(database).parent if database and database != ":memory:" else Path(gettempdir())
    try:
        with SpooledTemporaryFile(_IN_MEMORY, dir=str(folder)) as file:
            for batch in batches(rows, size):
                content = marshal.dumps(batch)
                file.write(len(content).to_bytes(8, "big"))
                file.write(content)
            file.seek(0)
            yield cast(Iterator[list[Record]], _read(file))
    except OSError as err:
        reason = (
            "the disk is full" if err.errno == ENOSPC else f"what is to be written can't be kept in {folder}"
        )
        raise DataError(
            f"{database or folder}: {reason} ({err}); free some space and try again, or choose another --workspace"
        ) from err


def _read(file: IO[bytes]) -> Iterator[object]:
    while length := file.read(8):
        yield marshal.loads(file.read(int.from_bytes(length, "big")))

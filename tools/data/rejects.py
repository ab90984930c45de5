"""`rejects.csv`: the rows that the last ingest didn't take, with file, row and reason."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import orjson

from handpicked.tools.data.rows import CONTENT
from handpicked.tools.errors import DataError

COLUMNS = ("file", "row", "reason", "content")


def forget(path: Path, user_id: str) -> int:
    """Take a user's rows out of the file; give how many there were. A row that can't be read goes if it names the user.

    Raises DataError when the file can't be read or written."""
    if not path.exists():
        return 0
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            rows = list(csv.reader(file))
        kept = [row for number, row in enumerate(rows) if number == 0 or not _names(row, user_id)]
        if len(kept) < len(rows):
            with part.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(kept)
            part.replace(path)
    except (OSError, csv.Error) as err:
        part.unlink(missing_ok=True)
        raise DataError(f"{path} still names the user: it can't be rewritten ({err}); delete it") from err
    return len(rows) - len(kept)


class Rejects:
    """Writes beside `path` and takes its place whatever the end is; without rejects, none is left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._part = path.with_suffix(f".{os.getpid()}.part")

    def __enter__(self) -> Self:
        with self._storing():
            self._sweep()
            self._stream = self._part.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            fcntl.flock(self._stream, fcntl.LOCK_EX)
        self._writer = csv.writer(self._stream)
        self._writer.writerow(COLUMNS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._storing():
                self._stream.close()
                if self.count:
                    self._part.replace(self.path)
                else:
                    self.path.unlink(missing_ok=True)
        except DataError:
            if error is None:
                raise
        finally:
            self._part.unlink(missing_ok=True)

    def write(self, path: Path, number: int, reason: str, row: Mapping[str, object] | str) -> None:
        """Add a row; `number` is that of the data row in its file, from 1."""
        content = row if isinstance(row, str) else _dumped(row)
        self.count += 1
        with self._storing():
            self._writer.writerow((str(path), number, reason, content[:CONTENT].replace("\0", "\\0")))

    @contextmanager
    def _storing(self) -> Generator[None]:
        try:
            yield
        except OSError as err:
            raise DataError(
                f"{self.path} can't be written ({err.strerror}); free some space, change permissions, or choose "
                "another --workspace"
            ) from err

    def _sweep(self) -> None:
        """What a killed ingest left: nobody holds it any more."""
        for left in self.path.parent.glob(f"{self.path.stem}.*.part"):
            with left.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                left.unlink()


def _dumped(row: Mapping[str, object]) -> str:
    try:
        return orjson.dumps(row, default=str).decode()
    except TypeError:
        # Integers beyond 64 bits.
        return json.dumps(row, default=str, ensure_ascii=False)


def _names(row: list[str], user_id: str) -> bool:
    """Whether a rejected row is of a user: by its columns of users, or anywhere in a text that is no whole row."""
    content = row[COLUMNS.index("content")] if len(row) == len(COLUMNS) else " ".join(row)
    try:
        found: object = orjson.loads(content)
    except ValueError:
        return _within(user_id, " ".join(row))
    if not isinstance(found, dict):
        return _within(user_id, content)
    columns = cast(dict[str, object], found).items()
    about = [str(value) for name, value in columns if "user" in name.casefold() or name == "audience"]
    return any(_within(user_id, value) for value in about)


def _within(user_id: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(user_id)}(?![\w-])", text) is not None

"""The log of a run: JSON lines: a header, the cases, and then a row for each system and case, in an order that
never varies.

Everything that is reported is computed from it, and an answer can be scored again: question and answer are in it. What a clock says would make two logs of one run differ, so the
milliseconds of each case are kept in a file beside it (`.ms`)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from io import BufferedRandom
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from handpicked.eval.types import Case, Json, Row
from handpicked.tools.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class Header:
    """What makes a run what it is: equal headers, equal logs."""

    suite: str
    module: str
    split: str
    systems: tuple[str, ...]
    cases: int
    options: Mapping[str, Json]
    data: Mapping[str, str]
    code: str
    commit: str
    libraries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Log:
    """A log that was read: `ms` has the time of each row, or is empty."""

    path: Path
    header: Header
    rows: tuple[Row, ...]
    ms: tuple[float, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every system has answered every case."""
        return len(self.rows) == self.header.cases * len(self.header.systems)


@dataclass(frozen=True, slots=True)
class _Packed:
    """A row as it stands in the file."""

    system: str
    part: str
    id: str
    answer: Json = None
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    error: str | None = None


_HEADER = TypeAdapter(Header)
_CASE = TypeAdapter(Case)
_PACKED = TypeAdapter(_Packed)


class Writer:
    """Appends rows to a log; a row is on disk when `append` returns."""

    def __init__(self, file: BufferedRandom, times: BufferedRandom, done: int) -> None:
        self._file = file
        self._times = times
        self.done = done

    def append(self, rows: Sequence[Row], ms: Sequence[float]) -> None:
        """Write the next rows and their times. The times come first: a kill between the two leaves some too many,
        which are cut off when the run goes on."""
        _write(self._times, (b"%.3f\n" % value for value in ms))
        _write(self._file, (_line(_packed(row)) for row in rows))
        self.done += len(rows)


@contextmanager
def writing(path: Path, header: Header, cases: Sequence[Case]) -> Generator[Writer]:
    """Open a log to write it or to go on with it; a line that a kill cut off is dropped.

    Raises ConfigError when another process is writing it, DataError when the file is no log of this run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _open(path) as file, _open(path.with_suffix(".ms")) as times:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise ConfigError(f"another process is writing {path}; wait for it, or stop it") from err
        first = [_line(asdict(header)), *(_line(asdict(case)) for case in cases)]
        lines = _whole_lines(file)
        if lines[: len(first)] != first[: len(lines)]:
            raise DataError(f"{path} is the log of another run: give another --output, or remove it")
        _write(file, first[len(lines) :])
        done = max(len(lines) - len(first), 0)
        _cut(times, _whole_lines(times)[:done])
        yield Writer(file, times, done)


def read(path: Path) -> Log:
    """Read a log, complete or not. Raises DataError with the line that isn't one of a log."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except (FileNotFoundError, IsADirectoryError) as err:
        raise ConfigError(
            f"no log {path}; `handpicked eval run SUITE` writes one and prints its path"
        ) from err
    lines = [line for line in lines if line.endswith(b"\n")]
    try:
        header = _HEADER.validate_json(lines[0] if lines else b"")
        cases = [_CASE.validate_json(line) for line in lines[1 : header.cases + 1]]
        packed = [_PACKED.validate_json(line) for line in lines[header.cases + 1 :]]
    except ValidationError as err:
        raise DataError(f"{path} isn't the log of an evaluation: {err.errors()[0]['msg']}") from err
    rows = tuple(
        Row(row.system, cases[at % len(cases)], row.answer, row.scores, row.error)
        for at, row in enumerate(packed)
    )
    times = path.with_suffix(".ms")
    ms = tuple(map(float, times.read_text().split())) if times.exists() else ()
    return Log(path, header, rows, ms[: len(rows)] if len(ms) >= len(rows) else ())


def only(log: Log, system: str) -> Log:
    """The rows of one system. Raises ConfigError when the log has none."""
    if system not in log.header.systems:
        raise ConfigError(f"{log.path} has no system {system!r}; it has {', '.join(log.header.systems)}")
    kept = [at for at, row in enumerate(log.rows) if row.system == system]
    return replace(
        log,
        header=replace(log.header, systems=(system,)),
        rows=tuple(log.rows[at] for at in kept),
        ms=tuple(log.ms[at] for at in kept) if log.ms else (),
    )


def _open(path: Path) -> BufferedRandom:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    return os.fdopen(descriptor, "r+b")


def _whole_lines(file: BufferedRandom) -> list[bytes]:
    """The lines that end; what stands behind the last one is cut off."""
    file.seek(0)
    lines = [line for line in file if line.endswith(b"\n")]
    file.truncate(sum(map(len, lines)))
    file.seek(0, os.SEEK_END)
    return lines


def _cut(file: BufferedRandom, lines: Sequence[bytes]) -> None:
    file.truncate(sum(map(len, lines)))
    file.seek(0, os.SEEK_END)


def _write(file: BufferedRandom, lines: Iterable[bytes]) -> None:
    file.writelines(lines)
    file.flush()
    os.fsync(file.fileno())


def _packed(row: Row) -> Mapping[str, Json]:
    packed: dict[str, Json] = {"system": row.system, "part": row.case.part, "id": row.case.id}
    if row.error is not None:
        return {**packed, "error": row.error}
    return {**packed, "answer": row.answer, "scores": row.scores}


def _line(value: Mapping[str, Json]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)

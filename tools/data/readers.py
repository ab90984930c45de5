"""Files of rows, streamed: CSV, JSONL and Parquet, with row numbers; what can't be read is kept apart."""

from __future__ import annotations

import csv
import json
import re
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, cast

import orjson

from handpicked.tools.errors import DataError

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
JSONL_SUFFIXES = (".jsonl", ".ndjson")
PARQUET_SUFFIXES = (".parquet", ".pq")
VECTOR_SUFFIX = "_vector"

_CHUNK = 1 << 20
_FIELD_LIMIT = 1 << 24
_BATCH = 16_384
_PEEK = 1_000
_CONTENT = 500
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that can't be read at all."""

    reason: str
    detail: str
    content: str


Row = Mapping[str, object]
Rows = Iterator[tuple[int, Row | Broken]]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read. `rows()` gives 1-based data rows; None and empty CSV fields are left out.

    `total` is the number of rows, for text files as estimated by their lines. `typed` says whether numbers
    come as numbers. `columns` of a JSONL file are those of its first 1,000 rows.
    """

    path: Path
    columns: tuple[str, ...]
    total: int
    typed: bool
    rows: Callable[[], Rows]


def open_source(path: Path) -> Source:
    """Look into a file. Raises `DataError` for one that is missing, empty or not what its name says."""
    if not path.is_file():
        raise DataError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}; check the path")
    suffix = path.suffix.lower()
    try:
        if suffix in PARQUET_SUFFIXES:
            return _open_parquet(path)
        if suffix in JSONL_SUFFIXES:
            return _open_jsonl(path)
        if suffix in CSV_SUFFIXES:
            return _open_csv(path)
    except OSError as err:
        raise DataError(f"{path}: can't be read ({err}); check its permissions") from err
    known = " ".join(CSV_SUFFIXES + JSONL_SUFFIXES + PARQUET_SUFFIXES)
    raise DataError(
        f"{path}: files of the kind {suffix or 'without a suffix'!r} can't be read; known: {known}"
    )


def _open_csv(path: Path) -> Source:
    encoding, lines = _examine(path)
    csv.field_size_limit(_FIELD_LIMIT)
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        delimiter = _delimiter(stream.readline())
        stream.seek(0)
        header = [name.strip() for name in next(csv.reader(stream, delimiter=delimiter), list[str]())]
    twice = [name for name, count in Counter(header).items() if count > 1 and name]
    if twice or not any(header):
        problem = f"column {twice[0]!r} stands twice" if twice else "its first line has no column names"
        raise DataError(f"{path}: {problem}; give each column a name of its own in the first line")
    columns = tuple(filter(None, header))
    return Source(path, columns, max(lines - 1, 0), False, lambda: _csv_rows(path, encoding, delimiter))


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Rows:
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        header = [name.strip() for name in next(reader)]
        number = 0
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as err:
                number += 1
                yield number, Broken("not readable as CSV", str(err), "")
                continue
            if not fields:
                continue
            number += 1
            if len(fields) == len(header):
                yield (
                    number,
                    {name: field for name, field in zip(header, fields, strict=True) if name and field},
                )
            else:
                detail = f"{len(fields)} fields, the header has {len(header)}"
                yield number, Broken("wrong number of fields", detail, delimiter.join(fields)[:_CONTENT])


def _delimiter(header: str) -> str:
    """Give the separator that the header line has most of, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t|", key=bare.count)


def _open_jsonl(path: Path) -> Source:
    encoding, lines = _examine(path)
    columns: dict[str, None] = {}
    for _, row in islice(_jsonl_rows(path, encoding), _PEEK):
        if not isinstance(row, Broken):
            columns.update(dict.fromkeys(row))
    if not columns:
        raise DataError(f"{path}: no JSON object in the first {_PEEK} lines; write one object on each line")
    return Source(path, tuple(columns), lines, True, lambda: _jsonl_rows(path, encoding))


def _jsonl_rows(path: Path, encoding: str) -> Rows:
    with path.open(encoding=encoding, errors="replace", newline="\n") as stream:
        for number, line in enumerate(filter(str.strip, stream), start=1):
            yield number, _json_row(line)


def _json_row(line: str) -> Row | Broken:
    try:
        row = _json(line)
    except (ValueError, RecursionError) as err:
        return Broken("not readable as JSON", str(err), line[:_CONTENT])
    if not isinstance(row, dict):
        return Broken("no JSON object", "", line[:_CONTENT])
    values = cast(dict[str, object], row)  # JSON's names are text
    return {name: value for name, value in values.items() if value is not None}


def _json(line: str) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        # Python's own writer leaves NaN, which is no JSON.
        return json.loads(line)


def _open_parquet(path: Path) -> Source:
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            columns = tuple(str(name) for name in file.schema_arrow.names)
            return Source(
                path, columns, int(file.metadata.num_rows), True, lambda: _parquet_rows(path, columns)
            )
    except arrow.ArrowInvalid as err:
        raise DataError(
            f"{path}: no readable Parquet file ({err}); write it again, or name it by its kind"
        ) from err


def _parquet_rows(path: Path, columns: tuple[str, ...]) -> Rows:
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    wanted = [name for name in columns if not name.endswith(VECTOR_SUFFIX)]
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH, columns=wanted):
                values = [_plain(column) for column in batch.columns]
                for row in zip(*values, strict=True):
                    number += 1
                    yield number, {name: v for name, v in zip(wanted, row, strict=True) if v is not None}
    except (arrow.ArrowInvalid, OSError) as err:
        raise DataError(f"{path}: damaged after row {number} ({err}); write the file again") from err


def _plain(column: Any) -> list[object]:
    """Give Python values; dates and times become seconds since 1970, decimals become floats."""
    arrow: Any = import_module("pyarrow")
    kind = column.type
    if arrow.types.is_date(kind) or arrow.types.is_timestamp(kind):
        micros = column.cast(arrow.timestamp("us", tz=getattr(kind, "tz", None)), safe=False)
        return [None if v is None else v / 1e6 for v in micros.cast(arrow.int64()).to_pylist()]
    if arrow.types.is_decimal(kind):
        column = column.cast(arrow.float64())
    return column.to_pylist()


def _examine(path: Path) -> tuple[str, int]:
    """Give a text file's encoding and how many lines it has; the whole file is looked at once."""
    lines, decoder, utf8 = 0, getincrementaldecoder("utf-8")(), True
    with path.open("rb") as stream:
        head = stream.read(4)
        encoding = next((name for mark, name in _BOMS if head.startswith(mark)), None)
        stream.seek(0)
        last = b""
        while chunk := stream.read(_CHUNK):
            if encoding is None and b"\0" in chunk[:1024] and chunk[:1024].count(b"\0") > 8:
                raise DataError(
                    f"{path}: is no text file; name it by its kind (.parquet), or export it as CSV"
                )
            lines += chunk.count(b"\n")
            last = chunk
            utf8 = utf8 and _decodes(decoder, chunk)
    if not last.strip():
        raise DataError(f"{path}: is empty; it needs a first line and rows")
    lines += not last.endswith(b"\n")
    return encoding or ("utf-8" if utf8 else _legacy_encoding(path)), lines


def _decodes(decoder: Any, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _legacy_encoding(path: Path) -> str:
    """Tell damaged UTF-8, GB18030 and Windows-1252 apart by the runs of their high bytes.

    A Chinese character has two high bytes or more; accented letters stand alone among ASCII ones.
    """
    with path.open("rb") as stream:
        sample = stream.read(16 * _CHUNK)
    runs = re.findall(rb"[\x80-\xff]+", sample)
    good = len(
        re.findall(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", sample)
    )
    if sample.decode("utf-8", "replace").count("\ufffd") < 0.1 * good:
        return "utf-8"
    return "cp1252" if sum(len(run) == 1 for run in runs) > len(runs) / 2 else "gb18030"

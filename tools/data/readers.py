"""Files of rows, streamed: CSV, JSONL and Parquet, with row numbers; what can't be read is kept apart."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

import orjson

from handpicked.tools.data import clean
from handpicked.tools.data.encodings import TextFile, examine
from handpicked.tools.data.rows import CONTENT, Broken, Row, Rows
from handpicked.tools.data.separated import open_records
from handpicked.tools.errors import DataError

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
JSONL_SUFFIXES = (".jsonl", ".ndjson")
PARQUET_SUFFIXES = (".parquet", ".pq")
VECTOR_SUFFIX = "_vector"

_BATCH = 16_384
_BATCH_BYTES = 1 << 26
_PEEK = 1_000
_LONG_NUMBER = re.compile(r"\d{19}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read. `rows()` gives 1-based data rows; None and empty CSV fields are left out.

    `total` is the number of rows, for text files as estimated by their lines. `typed` says whether numbers
    come as numbers. `columns` of a JSONL file are those of its first 1,000 rows. `remark` says when the encoding
    is a guess or doesn't fit all bytes: what can't be decoded is U+FFFD then.
    """

    path: Path
    columns: tuple[str, ...]
    total: int
    typed: bool
    rows: Callable[[], Rows]
    remark: str = ""


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
    file = examine(path)
    with file.open("") as stream:
        first = next(file.read_lines(stream))
        if first.lstrip().startswith("{"):
            raise DataError(f"{path}: looks like JSON lines; name it .jsonl")
        header, _ = open_records(chain((first,), file.read_lines(stream)))
    if isinstance(header, Broken):
        raise DataError(f"{path}: its first line is {header.reason} ({header.detail})")
    names = [clean.text(name) for name in header]
    if not any(names):
        raise DataError(
            f"{path}: its first line has no column names; give each column a name of its own in the first line"
        )
    _check_names(path, names)
    columns, lines = tuple(filter(None, names)), max(file.lines - 1, 0)
    return Source(path, columns, lines, False, lambda: _csv_rows(file, names), _remark(file))


def _csv_rows(file: TextFile, names: list[str]) -> Rows:
    with file.open("") as stream:
        _, found = open_records(file.read_lines(stream))
        for number, fields in enumerate(found, start=1):
            if isinstance(fields, Broken):
                yield number, fields
            else:
                row = {name: field for name, field in zip(names, fields, strict=True) if name and field}
                yield number, row


def _check_names(path: Path, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise DataError(f"{path}: column {twice[0]!r} stands twice; give each column a name of its own")


def _remark(file: TextFile) -> str:
    if file.sure:
        return ""
    name = file.encoding.replace("_", "-")
    return (
        "damaged UTF-8" if name == "utf-8" else f"no UTF-8, read as {name}; save it as UTF-8 if that is wrong"
    )


def _open_jsonl(path: Path) -> Source:
    file = examine(path)
    columns: dict[str, None] = {}
    first = ""
    for _, row in islice(_jsonl_rows(file), _PEEK):
        if isinstance(row, Broken):
            first = first or f"{row.reason}: {row.content[:80]!r}"
        else:
            columns.update(dict.fromkeys(row))
    if not columns:
        raise DataError(
            f"{path}: no JSON object in the first {_PEEK} lines ({first}); write one whole object on each line, "
            "those of an array by jq -c '.[]'"
        )
    return Source(path, tuple(columns), file.lines, True, lambda: _jsonl_rows(file), _remark(file))


def _jsonl_rows(file: TextFile) -> Rows:
    with file.open("\n") as stream:
        for number, line in enumerate(filter(str.strip, file.read_lines(stream)), start=1):
            yield number, _json_row(line.rstrip("\r\n"))


def _json_row(line: str) -> Row | Broken:
    try:
        row = _json(line)
    except (ValueError, RecursionError) as err:
        return Broken("not readable as JSON", f"{err}; write one whole object on each line", line[:CONTENT])
    if not isinstance(row, dict):
        return Broken("no JSON object", "write one whole object on each line", line[:CONTENT])
    values = cast(dict[str, object], row)  # JSON's names are text
    return {name: value for name, value in values.items() if value is not None}


def _json(line: str) -> object:
    # orjson makes floats of integers beyond 64 bits.
    if not _LONG_NUMBER.search(line):
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            # Python's own writer leaves NaN and halves of characters, which are no JSON.
            pass
    found = json.loads(line)
    if _SURROGATE.search(line):
        found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "ignore"))
    return found


def _open_parquet(path: Path) -> Source:
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    try:
        with path.open("rb") as stream, parquet.ParquetFile(stream) as file:
            columns = tuple(str(name) for name in file.schema_arrow.names)
            rows, size = int(file.metadata.num_rows), _uncompressed(file.metadata)
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as err:
        if isinstance(err, OSError) and err.errno:
            raise
        raise DataError(
            f"{path}: no readable Parquet file ({_one_line(err)}); write it again, or name it by its kind"
        ) from err
    _check_names(path, columns)
    batch = max(1, min(_BATCH, _BATCH_BYTES * max(rows, 1) // max(size, 1)))
    return Source(path, columns, rows, True, lambda: _parquet_rows(path, columns, batch))


def _parquet_rows(path: Path, columns: tuple[str, ...], size: int) -> Rows:
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=size):
                values = [
                    _vectors(column) if name.endswith(VECTOR_SUFFIX) else _plain(column)
                    for name, column in zip(columns, batch.columns, strict=True)
                ]
                for row in zip(*values, strict=True):
                    number += 1
                    yield number, {name: v for name, v in zip(columns, row, strict=True) if v is not None}
    except (arrow.ArrowException, OSError, ValueError) as err:
        raise DataError(
            f"{path}: damaged after row {number} ({_one_line(err)}); write the file again"
        ) from err


def _uncompressed(metadata: Any) -> int:
    """Give the size in bytes of all row groups."""
    return sum(int(metadata.row_group(group).total_byte_size) for group in range(metadata.num_row_groups))


def _one_line(err: Exception) -> str:
    return " ".join(str(err).split())


def _vectors(column: Any) -> list[object]:
    """Give arrays, which take an eighth of what lists of Python's numbers do."""
    arrow: Any = import_module("pyarrow")
    kinds = arrow.types
    if not (
        kinds.is_list(column.type)
        or kinds.is_large_list(column.type)
        or kinds.is_fixed_size_list(column.type)
    ):
        return _plain(column)
    return [one.values.to_numpy(zero_copy_only=False) if one.is_valid else None for one in column]


def _plain(column: Any) -> list[object]:
    """Give Python values; dates and times become seconds since 1970, decimals become floats."""
    arrow: Any = import_module("pyarrow")
    kind = column.type
    if arrow.types.is_date(kind) or arrow.types.is_timestamp(kind):
        micros = column.cast(arrow.timestamp("us", tz=getattr(kind, "tz", None)), safe=False)
        return [None if v is None else v / 1e6 for v in micros.cast(arrow.int64()).to_pylist()]
    if arrow.types.is_decimal(kind) or arrow.types.is_float16(kind):
        column = column.cast(arrow.float64())
    if arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind):
        # Some writers leave text unmarked.
        return [_decoded(value) for value in column.to_pylist()]
    try:
        return column.to_pylist()
    except UnicodeDecodeError:
        return [_decoded(value) for value in column.cast(arrow.large_binary()).to_pylist()]


def _decoded(value: bytes | None) -> str | bytes | None:
    """Give the text, or the bytes as they are when they are none."""
    try:
        return value.decode() if value is not None else None
    except UnicodeDecodeError:
        return value

"""Records of separated values. A quote that is never closed costs its own line, not the rest of the file."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from itertools import chain

from handpicked.tools.data.rows import CONTENT, Broken

FIELD_LIMIT = 1 << 24
"""Characters."""

_FEWEST_TO_TELL = 3
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?$")


class _Lines:
    """A stream of lines that remembers those of the current record and takes some of them back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        return line

    def give_back(self, kept: int) -> None:
        """Have all but the first `kept` lines of the record read again."""
        self._again.extendleft(reversed(self.taken[kept:]))
        del self.taken[kept:]


def open_records(lines: Iterator[str]) -> tuple[list[str] | Broken, Iterator[list[str] | Broken]]:
    """Give the fields of the first line, and of each record after it; blank lines are passed over there.

    Records have as many fields as the first line, but for empty ones at the end. A quote that isn't closed would
    take in the rows after it: where that shows, its line is broken, and the lines after it are read again.
    """
    csv.field_size_limit(FIELD_LIMIT)
    first = next(lines, "")
    if found := _SEPARATOR_LINE.match(first):  # Excel's
        first = next(lines, "")
    delimiter = found[1] if found else _delimiter(first)
    source = _Lines(chain((first,), lines))
    if not first.strip():
        return [], iter(())
    try:
        header = next(csv.reader(source, delimiter=delimiter, strict=True))
    except csv.Error as err:
        return Broken("not readable as CSV", f"{err}; correct its quotes", first[:CONTENT]), iter(())
    return header, _records(source, delimiter, len(header))


def _delimiter(header: str) -> str:
    """Give the separator that a header line has most of, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t|", key=bare.count)


def _records(source: _Lines, delimiter: str, width: int) -> Iterator[list[str] | Broken]:
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        source.taken.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            source.give_back(1)
            yield _leniently(source.taken[0], delimiter, width)
            continue
        if len(source.taken) > 1 and _took_rows(source.taken, fields, delimiter, width):
            source.give_back(1)
            yield _unclosed(source.taken[0])
        elif fields:
            yield _fitted(fields, delimiter, width)


def _fitted(fields: list[str], delimiter: str, width: int) -> list[str] | Broken:
    while len(fields) > width and not fields[-1]:
        fields.pop()
    if len(fields) == width:
        return fields
    detail = f"{len(fields)}, the header has {width}; put quotes around a field that holds {delimiter!r}"
    return Broken("wrong number of fields", detail, delimiter.join(fields)[:CONTENT])


def _leniently(line: str, delimiter: str, width: int) -> list[str] | Broken:
    """Read one line that breaks the rules: quotes within a field are let through, a field left open is not."""
    ended = line.rstrip("\r\n") + "\n"
    try:
        fields = next(csv.reader([ended], delimiter=delimiter))
    except csv.Error as err:
        return Broken("not readable as CSV", f"{err}; shorten the field", line[:CONTENT])
    return _unclosed(line) if fields[-1].endswith("\n") else _fitted(fields, delimiter, width)


def _unclosed(line: str) -> Broken:
    detail = 'a quote is opened and not closed in its place; close it, or write "" for one in a text'
    return Broken("unbalanced quote", detail, line[:CONTENT].rstrip("\r\n"))


def _took_rows(taken: list[str], fields: list[str], delimiter: str, width: int) -> bool:
    """Whether the lines of a record are rows by themselves; of two columns any line could be one.

    Text has a space after a comma, so that a line of text is rarely taken for a row.
    """
    if width < _FEWEST_TO_TELL:
        return False
    rows = [_is_row(line, delimiter, width) for line in taken]
    return all(rows) if len(fields) == width else any(rows[1:])


def _is_row(line: str, delimiter: str, width: int) -> bool:
    parts = line.split(delimiter)
    return len(parts) == width and not any(part.startswith(" ") for part in parts)

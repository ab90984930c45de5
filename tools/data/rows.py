"""A row of a file, as it was read or as it couldn't be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

CONTENT = 500
"""How many characters of a broken row are kept."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that can't be read at all."""

    reason: str
    detail: str
    content: str


Row = Mapping[str, object]
Rows = Iterator[tuple[int, Row | Broken]]

"""A build's items by row: JSON lines with an offset for each, so that one item is read without the rest."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from handpicked.tools.data import codec
from handpicked.tools.errors import DataError
from handpicked.tools.types import Item, Rows


class Records:
    """Items of a build by row; safe to read from several threads."""

    def __init__(self, folder: Path) -> None:
        self._offsets: Rows = np.load(folder / "items.npy")
        self._path = folder / "items.jsonl"
        with self._path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.item = lru_cache(maxsize=20_000)(self._read)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def _read(self, row: int) -> Item:
        line = self._bytes[self._offsets[row] : self._offsets[row + 1]]
        try:
            return codec.decode(Item, line.decode())
        except (ValueError, TypeError) as err:
            raise DataError(f"{self._path}: row {row} can't be read ({err}): run `handpicked build`") from err


def save(items: Iterable[Item], folder: Path) -> None:
    """Write `items.jsonl` and `items.npy` (offsets, one more than there are items)."""
    offsets = [0]
    with (folder / "items.jsonl").open("wb") as file:
        for item in items:
            offsets.append(offsets[-1] + file.write(codec.encode(item).encode() + b"\n"))
    np.save(folder / "items.npy", np.array(offsets, np.int64))

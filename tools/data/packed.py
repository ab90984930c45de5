"""Vectors that come with items, read from a column and packed to be kept as text beside their other fields."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import cast

import numpy as np

from handpicked.tools.types import Floats

_LARGEST = 16_384
_MARKS = re.compile(r"[\s,;\[\]()]+")
_TINY = 1e-12


def read(value: object) -> Floats | None:
    """Give a unit vector of a list or of a text such as `[0.1, 0.2]` or `0.1 0.2`, None for nothing.

    Raises ValueError for what is no vector, or for one without a direction."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    entries = [part for part in _MARKS.split(value) if part] if isinstance(value, str) else value
    try:
        # What a column holds is for numpy to find out.
        found = np.asarray(cast(list[float], entries), np.float64)
    except (TypeError, ValueError) as err:
        raise ValueError("is no list of numbers") from err
    if found.ndim != 1 or not 0 < len(found) <= _LARGEST:
        raise ValueError(f"is no list of 1 to {_LARGEST:,} numbers")
    if not np.isfinite(found).all():
        raise ValueError("has a number that is missing or not finite")
    largest = float(np.abs(found).max())
    if largest < _TINY:
        raise ValueError("is all zeros, or nearly")
    found = found / largest  # squares of large numbers have no end
    return (found / np.linalg.norm(found)).astype(np.float32)


def pack(vector: Floats) -> str:
    """Give two bytes a number, as text."""
    return b64encode(vector.astype("<f2").tobytes()).decode("ascii")


def unpack(text: str) -> Floats:
    """Read back what `pack` wrote, of length 1."""
    found = np.frombuffer(b64decode(text), "<f2").astype(np.float32)
    return found / np.float32(np.linalg.norm(found))


def size(text: str) -> int:
    """Of how many numbers a packed vector is."""
    return len(b64decode(text)) // 2

"""What points at the items shown: a reference, and the words that they are called by."""

from __future__ import annotations

from dataclasses import dataclass

ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
    "last": -1, "final": -1, "bottom": -1, "top": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
NOUN = r"(?:one|film|movie|flick|book|novel|album|record|song|article|piece|story|thing|option|pick|suggestion|choice|title|item)"
MEASURE_WORD = r"(?:部|个|本|张|首|篇|款|件|条|集|版)"


@dataclass(frozen=True, slots=True)
class Reference:
    """Characters [start, end) that mean shown items, given by position."""

    start: int
    end: int
    places: tuple[int, ...]

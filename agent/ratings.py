"""Ratings in a message: "4 stars", "9/10", 打八分, and what each says of the user's taste."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from handpicked.agent.types import Reading

_LIKED, _DISLIKED = 0.6, 0.4
"""The part of the scale from which a rating says that something was liked, and up to which that it wasn't."""
_WORDS = {
    "half": 0.5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "半": 0.5, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "满": 10,
}  # fmt: skip
_EN = "half|one|two|three|four|five|six|seven|eight|nine|ten"
_ZH = r"\d+(?:\.\d+)?|[半一二两三四五六七八九十满]"
_RATING = re.compile(
    rf"(?<![\d.])(?P<of>\d+(?:\.\d+)?|\b(?:{_EN}))\s*(?:/|out of|of)\s*(?P<scale>5|10|100|five|ten)\b"
    rf"|(?<![\d.])(?P<stars>\d(?:\.\d)?|\b(?:{_EN}))(?P<more>\s+and a half)?[ -]stars?\b"
    rf"|\b(?:gets?|give|gave|giving|got)\s+(?!me\b|us\b)(?:(?!\d)\w+\s+){{0,6}}?(?:an?\s+)?(?:solid\s+|strong\s+)?(?P<points>(?:\d+(?:\.\d)?|{_EN})(?=\s*(?:[.,!;]|$|from me|off me)))"
    rf"|(?P<thumbs>\bthumbs[- ]up\b|👍)|(?P<down>\bthumbs[- ]down\b|👎)"
    rf"|(?P<zh>{_ZH})(?:颗|个)?(?P<unit>星|分(?!钟))(?P<half>半)?",
    re.IGNORECASE,
)

_BARE = re.compile(
    rf"(?<![\d.$])(?P<number>10|\d(?:\.\d)?)(?![\d.%]|\s*(?:hours?|hrs?|min|years?|times?|films?|people|st\b|nd\b|rd\b|th\b))"
    rf"|(?:^|[.,:!?]\s*|\b(?:an?|is|as)\s+)(?P<word>{_EN})(?=\s*(?:[.,;!]|$|and\b|for\b|but\b))",
    re.IGNORECASE,
)
"""A number that rates by itself, where it is known that something is rated: "Vertigo 4.5, Marnie 2"."""

Stance = Literal["like", "dislike", "seen"]


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating in the user's own words. `share` is the part of its scale, 0 to 1; None where the scale is open: "four"
    of five, or of ten?"""

    words: str
    share: float | None

    @property
    def stance(self) -> Stance:
        """What it says of taste; what is in the middle was had, and no more."""
        if self.share is None or _DISLIKED < self.share < _LIKED:
            return "seen"
        return "like" if self.share >= _LIKED else "dislike"


def given(message: str) -> list[Rating]:
    """The ratings in a message, in their order."""
    return [Rating(found[0].strip(), _share(found)) for found in _RATING.finditer(message)]


def of(message: str, reading: Reading) -> dict[str, Rating]:
    """The items that a turn rates, each with its rating: in order where there are as many of both, one rating for all
    that is named before it, else none, since nobody can tell which is meant."""
    if "rate" not in reading.tasks:
        return {}
    found, items = given(message) or list(_bare(message)), _rated(reading)
    if len(found) == 1:
        return dict.fromkeys(items, found[0])
    return dict(zip(items, found, strict=True)) if len(found) == len(items) else {}


def stances(message: str, reading: Reading) -> Iterator[tuple[Stance, Sequence[str]]]:
    """The items that a turn says were liked, refused and had, with what its ratings say."""
    rated = of(message, reading)
    said: dict[Stance, Sequence[str]] = {
        "like": [item_id for item_id in reading.like if item_id not in reading.about],
        "dislike": reading.dislike,
        "seen": reading.seen,
    }
    for stance, items in said.items():
        others = [item_id for item_id in items if item_id not in rated]
        yield stance, [*others, *(item_id for item_id, one in rated.items() if one.stance == stance)]


def _bare(message: str) -> Iterator[Rating]:
    """Numbers alone; one with a half is of five stars up to there."""
    for found in _BARE.finditer(message):
        words = found["number"] or found["word"]
        value = _number(words)
        yield Rating(words, value / 5 if value <= 5 and value % 1 else _of_ten(value))


def _rated(reading: Reading) -> Sequence[str]:
    """What is rated: what is asked about, or merely named where nothing is."""
    return reading.about or [*reading.like, *reading.dislike, *reading.seen]


def _share(found: re.Match[str]) -> float | None:
    if found["thumbs"] or found["down"]:
        return 1.0 if found["thumbs"] else 0.0
    if found["of"]:
        return _clipped(_number(found["of"]) / _number(found["scale"]))
    if found["stars"]:
        return _clipped((_number(found["stars"]) + (0.5 if found["more"] else 0.0)) / 5)
    if found["points"]:
        return _of_ten(_number(found["points"]))
    value = _number(found["zh"]) + (0.5 if found["half"] else 0.0)
    if found["unit"] == "星":
        return _clipped(value / 5)
    return _of_ten(value)


def _of_ten(value: float) -> float | None:
    """Points without a scale are of ten where they are more than five, and low of any scale up to two."""
    return _clipped(value / 10) if value > 5 or value <= 2 else None


def _number(words: str) -> float:
    return _WORDS.get(words.casefold()) or float(words)


def _clipped(share: float) -> float:
    return min(1.0, max(0.0, share))

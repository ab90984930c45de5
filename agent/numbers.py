"""Quantities in a text, English and Chinese: prices, years, lengths, ratings, counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from handpicked.agent.numerals import NUMBER as N
from handpicked.agent.numerals import chinese, number_of
from handpicked.tools.types import Constraint

_NOT = r"(?:nothing|not|never|none|no|don't want|n't)\s+(?:\w+\s+){0,3}"
_BELOW = (
    r"(?:under|below|less than|fewer than|at most|up to|no more than|no longer than|not more than|not over|nothing"
    r" (?:over|above|longer than|more than)|within|shorter than|cheaper than|max(?:imum)?(?: of)?|i(?:'ve| have)"
    r" (?:only )?(?:got )?|for less than|(?:别|不要|不能|不可以?|勿|不)(?:超过|多于|高于|长于|大于)|不到|少于|低于|最多|我有|只有)"
)
_ABOVE = (
    r"(?:over|above|more than|at least|longer than|no less than|not under|nothing (?:under|below|shorter than)"
    r"|min(?:imum)?(?: of)?|至少|超过|不少于|高于|不低于)"
)
_BELOW_AFTER = r"(?:以内|之内|以下|内|or less|or under|or shorter|max(?:imum)?|tops|at most)"
_ABOVE_AFTER = r"(?:以上|or more|or longer|or better|or higher|at least|minimum|\+|起)"
_ABOUT = r"(?:\babout|\baround|\broughly|大概|大约|差不多)"
_HOURS = r"\s*-?(?:hours?|hrs?|h\b|个?小时|个?钟头)"
_MINUTES = r"\s*-?(?:minutes?|mins?|min\b|分钟)"
_AND_HALF = r"(?:\s+hours?\s+and\s+a\s+half|\s*个半(?:小时|钟头))"
_MONEY = r"\s*(?:dollars?|bucks|usd|\$|元|块钱?|美元|刀)"
_END = r"(?=\s*(?:$|[,.;!?)，。；！？\n]|please\b|pls\b|each\b|total\b))"
_YEAR = r"((?:18|19|20)\d\d)"
_DECADES = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000,
}  # fmt: skip
_DECADE = (
    rf"(?<!my )(?<!his )(?<!her )(?<!our )(?<!your )(?<!their )(?<!his mid-)(?:\bthe\s+)?(?:\b(?:early|mid|late)[ -])?"
    rf"(?:(?<!\w)['’]?((?:18|19|20)?\d0)['’]?s\b|\b({'|'.join(_DECADES)})\b|(?:上?世纪)?((?:(?:19|20)?\d0|[二三四五六七八九]十))\s*年代)"
)
_BEFORE = r"\b(?:before|pre-?|older than|earlier than|prior to)\s*"
_AFTER = r"\b(?:after|post-?|newer than|later than|past)\s*"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A bound and where in the text it stands, [start, end). A `bare` one has no unit: what it bounds is still open."""

    constraint: Constraint
    start: int
    end: int
    bare: bool = False


def quantities(text: str) -> list[Quantity]:
    """Every bound on price, runtime, year or rating in a text; where two overlap the first pattern wins."""
    found: list[Quantity] = []
    for field, pattern, bounds in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            low, high = bounds(match)
            constraint = Constraint(field or "price", "range", (low, high), "text", match[0].strip())
            found.append(Quantity(constraint, match.start(), match.end(), bare=not field))
    return _hulls(text, sorted(found, key=lambda quantity: quantity.start))


def _hulls(text: str, found: list[Quantity]) -> list[Quantity]:
    """Periods that are listed ("the fifties and sixties") as one from the first to the last."""
    joined: list[Quantity] = []
    for one in found:
        last = joined[-1] if joined else one
        between = text[last.end : one.start]
        values = [*last.constraint.value, *one.constraint.value]
        years = last is not one and last.constraint.field == one.constraint.field == "year"
        if years and _LISTED.fullmatch(between) and all(isinstance(value, int) for value in values):
            ends = [int(value) for value in values if isinstance(value, int)]
            span = text[last.start : one.end].strip()
            merged = Constraint("year", "range", (min(ends), max(ends)), "text", span)
            joined[-1] = Quantity(merged, last.start, one.end)
        else:
            joined.append(one)
    return joined


def count(text: str) -> int | None:
    """How many items are asked for ("three films", "推荐五部"), or None."""
    match = _COUNT.search(text)
    number = number_of(match[1] or match[2] or match[3]) if match else 0
    return int(number) if 1 <= number <= 50 else None


Bounds = tuple[float | None, float | None]


def _tidy(value: float) -> float:
    return int(value) if value == int(value) else round(value, 2)


def _up_to(scale: float) -> Callable[[re.Match[str]], Bounds]:
    return lambda match: (None, _tidy(_value(match) * scale))


def _from(scale: float) -> Callable[[re.Match[str]], Bounds]:
    return lambda match: (_tidy(_value(match) * scale), None)


def _around(scale: float) -> Callable[[re.Match[str]], Bounds]:
    return lambda match: (_tidy(_value(match) * scale * 0.85), _tidy(_value(match) * scale * 1.15))


def _between(scale: float) -> Callable[[re.Match[str]], Bounds]:
    def bounds(match: re.Match[str]) -> Bounds:
        one, other = (_tidy(number_of(group) * scale) for group in _groups(match)[:2])
        return min(one, other), max(one, other)

    return bounds


def _value(match: re.Match[str]) -> float:
    return number_of(_groups(match)[0])


def _groups(match: re.Match[str]) -> list[str]:
    return [group for group in match.groups() if group]


def _year(low: int | None, high: int | None) -> Callable[[re.Match[str]], Bounds]:
    """Bounds at an offset from the year that was matched."""
    return lambda match: _offset(int(_groups(match)[0]), int(_groups(match)[0]), low, high)


def _decade(low: int | None = 0, high: int | None = 0) -> Callable[[re.Match[str]], Bounds]:
    """Bounds at offsets from the first and the last year of the decade that was matched."""
    return lambda match: _offset(_first_year(match), _first_year(match) + 9, low, high)


def _offset(first: int, last: int, low: int | None, high: int | None) -> Bounds:
    return (None if low is None else first + low), (None if high is None else last + high)


def _first_year(match: re.Match[str]) -> int:
    word = _groups(match)[0].casefold()
    if word in _DECADES:
        return _DECADES[word]
    if word[0].isdigit():
        return int(word) if len(word) == 4 else int(word) + (1900 if int(word) >= 30 else 2000)
    return 1900 + int(chinese(word))


def _compile(
    *rows: tuple[str, str, Callable[[re.Match[str]], Bounds]],
) -> Iterator[tuple[str, re.Pattern[str], Callable[[re.Match[str]], Bounds]]]:
    for field, pattern, bounds in rows:
        yield field, re.compile(pattern, re.IGNORECASE), bounds


def _lengths(unit: str, scale: float) -> Iterator[tuple[str, str, Callable[[re.Match[str]], Bounds]]]:
    yield (
        "runtime",
        rf"\bbetween\s+{N}\s+and\s+{N}{unit}|{N}\s*(?:-|to|到|至)\s*{N}{unit}",
        _between(scale),
    )
    yield "runtime", rf"{_BELOW}\s*{N}{unit}(?:的时间)?|{N}{unit}\s*{_BELOW_AFTER}", _up_to(scale)
    yield "runtime", rf"{_ABOVE}\s*{N}{unit}|{N}{unit}\s*{_ABOVE_AFTER}", _from(scale)
    yield (
        "runtime",
        rf"(?:\babout|\baround|\broughly|大概|大约|差不多)\s*{N}{unit}|{N}{unit}\s*左右",
        _around(scale),
    )


_AMOUNT = rf"(?:[$€£¥]\s*{N}(?![\d.]*{_HOURS}|[\d.]*{_MINUTES})|{N}{_MONEY})"
_PRICE_TALK = r"(?:price|priced|cost|costing|budget|spend|价格|预算|价钱)"
_FILMS = r"(?:films?|movies?|books?|albums?|novels?|releases?)"
_TO = r"\s*(?:-|–|to|到|至)\s*"
_LISTED = re.compile(r"\s*(?:,|、|and|or|to|until|through|-|–|和|或|到|至|与)\s*", re.IGNORECASE)
# A row without a field bounds what the wished items have: a price, else a length.
_PATTERNS = tuple(
    _compile(
        ("price", rf"between\s+\$?{N}\s+and\s+\$?{N}{_MONEY}|between\s+\$\s*{N}\s+and\s+\$?\s*{N}", _between(1)),
        ("price", rf"{N}(?:{_MONEY})?{_TO}{N}{_MONEY}|[$€£¥]{N}\s*(?:-|to)\s*[$€£¥]?{N}", _between(1)),
        ("price", rf"{_BELOW}\s*{N}\s*(?:cents?|分钱)|{N}\s*(?:cents?|分钱)\s*{_BELOW_AFTER}", _up_to(0.01)),
        ("price", rf"{_BELOW}\s*{N}\s*[毛角]|{N}\s*[毛角]钱?\s*{_BELOW_AFTER}", _up_to(0.1)),
        ("price", rf"(?:{_BELOW}|{_PRICE_TALK}\W+(?:is|of|:|是)?)\s*{_AMOUNT}|{_AMOUNT}\s*{_BELOW_AFTER}", _up_to(1)),
        ("price", rf"{_PRICE_TALK}\s*(?:{_BELOW}|is|of|:|：|是)?\s*{N}(?!\s*(?:分钟|个?小时|hours?|min))", _up_to(1)),
        ("price", rf"{_ABOVE}\s*{_AMOUNT}|{_AMOUNT}\s*{_ABOVE_AFTER}", _from(1)),
        ("price", rf"{_ABOUT}\s*{_AMOUNT}|{_AMOUNT}\s*(?:左右|上下)", _around(1)),
        ("runtime", rf"{_BELOW}\s*{N}{_AND_HALF}|{N}{_AND_HALF}\s*{_BELOW_AFTER}",
         lambda match: (None, _tidy(60 * _value(match) + 30))),
        *_lengths(_HOURS, 60),
        *_lengths(_MINUTES, 1),
        ("rating", (rf"(?:rated|rating|score[ds]?|评分)\s*(?:of\s*)?(?:{_ABOVE})?\s*{N}(?:\s*(?:分(?!钟)|stars?))?"
         rf"(?:\s*{_ABOVE_AFTER})?|{N}\s*分\s*以上|{_ABOVE}\s*{N}\s+(?:on|at)\s+imdb"), _from(1)),
        ("year", rf"\b(?:between|from)\s+{_YEAR}\s+(?:and|to|until|till)\s+{_YEAR}|{_YEAR}\s*年?{_TO}{_YEAR}\s*年?", _between(1)),
        ("year", rf"\b{_NOT}{_AFTER}{_YEAR}\b", _year(None, 0)),
        ("year", rf"\b{_NOT}{_BEFORE}{_YEAR}\b", _year(0, None)),
        ("year", rf"{_BEFORE}{_YEAR}s?\b|{_YEAR}\s*年?(?:以前|之前|前)", _year(None, -1)),
        ("year", rf"{_AFTER}{_YEAR}\b(?!s)", _year(1, None)),
        ("year", rf"{_YEAR}\s*年?(?:以后|之后|后|以来|起)", _year(0, None)),
        ("year", rf"\bsince\s+{_YEAR}\b(?!s)|\bfrom\s+{_YEAR}\s*(?:on(?:wards?)?\b|or later\b)|\b{_YEAR}\s+(?:or later|or newer|onwards?)\b",
         _year(0, None)),
        ("year", rf"\b(?:until|up to|no later than|by)\s+{_YEAR}\b(?!s)|\b{_YEAR}\s+or (?:earlier|older)\b", _year(None, 0)),
        ("year", rf"\b{_NOT}{_AFTER}{_DECADE}", _decade(None, 0)),
        ("year", rf"{_BEFORE}{_DECADE}|{_DECADE}\s*(?:以前|之前|前)", lambda match: (None, _first_year(match) - 1)),
        ("year", rf"{_AFTER}{_DECADE}", lambda match: (_first_year(match) + 10, None)),
        ("year", rf"\bsince\s+{_DECADE}|{_DECADE}\s*(?:以后|之后|后|以来)", _decade(0, None)),
        ("year", _DECADE, _decade()),
        ("year", r"\b(?:this|the 21st|the twenty-first) century\b|本世纪|(?:21|二十一)世纪", lambda _: (2000, None)),
        ("year", r"\b(?:last|the 20th|the twentieth) century\b|上个?世纪|(?:20|二十)世纪", lambda _: (1900, 1999)),
        ("year", (rf"\b(?:in|of|from|made in|released in|year)\s+{_YEAR}\b|\b{_YEAR}\s+{_FILMS}\b|{_YEAR}\s*年(?:的|上映)"
         rf"|\b(?:an?|any|which|that|some)\s+{_YEAR}\s+(?=[a-z])"), _year(0, 0)),
        ("", rf"(?<!\w)(?!i(?:'ve| have)|我有|只有){_BELOW}\s*{N}{_END}|{N}\s*(?:以内|之内|以下)(?=$|[\s，。；！？,;!?的])", _up_to(1)),
    )
)  # fmt: skip
_NOUNS = (
    r"(?:films?|movies?|flicks|books?|novels?|albums?|songs?|articles?|stories|westerns|comedies|thrillers|dramas"
    r"|documentaries|things|ideas|options|suggestions|recommendations|items|products|snacks|gifts|titles|picks)"
)
_MANY = rf"(?!an?\b|half\b|hundred\b){N}"
_COUNT = re.compile(
    rf"\b(?:top|give me|show me|find me|recommend|suggest|list|just|only|name)\s+(?:me\s+)?{_MANY}\s+(?!hours?|minutes?|mins)"
    rf"|\b{_MANY}\s+(?:\w+\s+){{0,2}}{_NOUNS}\b|(?:推荐|来|给我|找|要)\s*{N}\s*(?:部|本|首|张|篇|款|样)",
    re.IGNORECASE,
)

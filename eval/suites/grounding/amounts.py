"""Numbers in English and Chinese text, in digits and in words, with what they measure and which way they bound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from handpicked.eval.suites.grounding.words import Span

Unit = Literal["year", "decade", "minutes", "money", "rating", "percent", "size", "other"]
Bound = Literal["most", "least", "exact"]

_SMALL = {
    word: n
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SCALE = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_DECADES = {
    "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80,
    "nineties": 90,
}  # fmt: skip
_HAN = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_SCALE = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_WORD = "|".join(sorted((*_SMALL, *_TENS, *_SCALE, "dozen"), key=len, reverse=True))
_EN = rf"(?:\b(?:{_WORD})(?:(?:[\s-]+and)?[\s-]+(?:{_WORD}))*\b)"
_ZH = r"[零〇一二两三四五六七八九十百千万]+"
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = rf"(?:{_DIGITS}|{_EN}|{_ZH})"
_HOUR = r"(?:[\s-]?(?:hours?|hrs?|h)\b|\s?个?(?:半)?(?:小时|钟头))"
_MINUTE = r"(?:[\s-]?(?:minutes?|mins?|min|m)\b|\s?分钟)"

_DECADE = re.compile(
    rf"(?P<century>1[89]|20)?(?P<tens>[1-9]0)['’]?s\b|(?P<word>{'|'.join(_DECADES)})\b"
    r"|(?P<full>(?:1[89]|20)\d0)\s?年代|(?P<han>[一二三四五六七八九]十|\d0)\s?年代",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    rf"(?P<hours>{_NUMBER}|\b(?:an?|half an)|半)(?P<half>\s(?:and\s)?a\shalf)?(?P<unit>{_HOUR})"
    rf"(?P<later>\s(?:and\s)?a\shalf)?(?:[\s,]*(?:and\s)?(?P<more>{_NUMBER}){_MINUTE})?"
    rf"|(?P<minutes>{_NUMBER}){_MINUTE}",
    re.IGNORECASE,
)
_MONEY = re.compile(
    rf"(?:US)?[$£€¥￥]\s?(?P<before>{_DIGITS})|(?P<after>{_NUMBER})\s?(?P<coin>dollars?\b|bucks?\b|USD\b|euros?\b|cents?\b|美元|块钱|块|元|美分|分钱)"
    rf"(?:\s(?P<cents>{_NUMBER})\scents?\b)?",
    re.IGNORECASE,
)
_RATING = re.compile(
    rf"(?P<of>{_NUMBER})\s?(?:/\s?(?:10|5)\b|out\sof\s(?:10|ten|5|five)\b|-?\s?stars?\b|颗?星|分(?!钟|之|钱))"
    rf"|(?:\b(?:rated|rating|scores?|scored|scoring)\b[^.\d;:]{{0,12}}?|(?:评分|得分|分数)[^\d。；]{{0,6}}?)(?P<rated>{_NUMBER})(?!\s?[%\d])(?:\s?(?:/\s?(?:10|5)\b|out\sof\s(?:10|ten|5|five)\b))?",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    rf"(?P<n>{_NUMBER})\s?(?:%|percent\b|per\scent\b)|百分之(?P<han>{_ZH}|\d+)", re.IGNORECASE
)
_SIZE = re.compile(
    rf"(?P<n>{_NUMBER})[\s-]?(?:fl\s)?(?:oz|lbs?|ounces?|pounds?|ct|counts?|kg|g|grams?|ml|l|liters?|litres?|pt|qt|gal|gallons?|dz|sq\sft|pk|packs?|loads?|rolls?|sheets?)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?<![\d.,$£€¥])(?P<n>1[89]\d\d|20\d\d)(?![\d,]*\d|\.\d)(?:\s?年)?|(?P<han>[一二][零〇一二三四五六七八九]{3})\s?年|(?<!\w)['’](?P<short>\d\d)(?![\ds])"
)
_OTHER = re.compile(
    rf"(?<![\w.])(?P<n>{_DIGITS})(?P<ordinal>st|nd|rd|th)?\b|(?P<word>{_EN})"
    rf"|(?P<ord>第)\s?(?P<place>{_DIGITS}|{_ZH})|(?P<han>{_ZH})",
    re.IGNORECASE,
)
_VERSUS = re.compile(r"\b(?:against|versus|vs\.?|than|to)\s?[$]?$|(?:另一[个部本张]|对|比)\s?$")

_MOST = re.compile(
    r"(?:under|below|beneath|less than|at most|up to|(?:no|not) (?:more|longer|later) than|within|before|nothing (?:over|above|after)|shorter than|cheaper than|fewer than|max(?:imum)?(?: of)?|until|earlier than|不超过|不到|低于|少于|短于|早于|最多|别超过)[\s(a-z]{0,6}$",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"(?:over|above|more than|at least|longer than|after|since|no less than|later than|dearer than|higher than|minimum(?: of)?|min|from|超过|高于|多于|长于|晚于|至少|不低于|不少于)\s{0,2}$",
    re.IGNORECASE,
)
_MOST_AFTER = re.compile(
    r"\s?(?:or (?:less|under|earlier|shorter|below|fewer)|max\b|tops\b|at most|以内|以下|之内|以前|之前|内)"
)
_LEAST_AFTER = re.compile(
    r"\s?(?:or (?:more|over|later|longer|better|above|higher)|\+|at least|and (?:up|over|later)|onwards?\b|on(?=[,.;)]|$)|以上|以后|之后|以来|起)"
)
_ABOUT = re.compile(
    r"(?:about|around|roughly|nearly|almost|just (?:over|under)|approximately|some|约|大约|大概|将近|近)\s?[$]?\s?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of the text. `high` differs from `low` for a decade; lengths are in minutes, money in whole units.
    `about` is set where the text says that it is near, `ordinal` for a place in an order."""

    span: Span
    unit: Unit
    low: float
    high: float
    bound: Bound = "exact"
    about: bool = False
    ordinal: bool = False
    word: bool = False

    def holds(self, value: float) -> bool:
        """Whether it is true of a value; near by half a unit of what a person would round to."""
        if self.bound == "most":
            return value <= self.high
        if self.bound == "least":
            return value >= self.low
        return self.low - self._slack() <= value <= self.high + self._slack()

    def _slack(self) -> float:
        if not self.about:
            return 1e-6
        rounded = {"minutes": (10.0, 5.0), "money": (1.0, 0.5), "year": (10.0, 3.0)}.get(self.unit)
        return rounded[1] if rounded and self.low % rounded[0] == 0 else 1e-6


def amounts(text: str) -> list[Amount]:
    """The numbers of a text in their order; each place counts once, as the first unit that fits."""
    found: list[Amount] = []
    for amount in _all(text):
        if not any(amount.span[0] < other.span[1] and other.span[0] < amount.span[1] for other in found):
            found.append(_bounded(amount, text))
    found.sort(key=lambda amount: amount.span)
    return [_as_compared(amount, before, text) for before, amount in zip([None, *found], found, strict=False)]


def _as_compared(amount: Amount, before: Amount | None, text: str) -> Amount:
    """The second number of "9.3 against 8.8" measures what the first does."""
    if before is None or amount.unit != "other" or not _VERSUS.search(text[before.span[1] : amount.span[0]]):
        return amount
    return replace(amount, unit=before.unit)


def number(text: str) -> float | None:
    """The value of a number in digits, English words or Chinese characters; None for anything else."""
    plain = text.strip().lower().replace(",", "")
    try:
        return float(plain)
    except ValueError:
        pass
    if plain and all(c in _HAN or c in _HAN_SCALE for c in plain):
        return _han(plain)
    return _english(re.split(r"[\s-]+", plain))


def _all(text: str) -> Iterator[Amount]:
    for m in _DECADE.finditer(text):
        yield _decade(m)
    for m in _LENGTH.finditer(text):
        yield from _length(m)
    for m in _MONEY.finditer(text):
        yield from _money(m)
    for m in _PERCENT.finditer(text):
        yield from _plain(m, "percent")
    for m in _RATING.finditer(text):
        yield from _plain(m, "rating")
    for m in _SIZE.finditer(text):
        yield from _plain(m, "size")
    for m in _YEAR.finditer(text):
        yield from _year(m)
    for m in _OTHER.finditer(text):
        yield from _plain(m, "other")


def _decade(m: re.Match[str]) -> Amount:
    if m["full"]:
        low = int(m["full"])
    elif m["word"]:
        low = 1900 + _DECADES[m["word"].lower()]
    else:
        tens = number(m["tens"] or m["han"]) or 0
        low = int(m["century"] or (20 if tens <= 20 and not m["han"] else 19)) * 100 + int(tens)
    return Amount(m.span(), "decade", low, low + 9)


def _length(m: re.Match[str]) -> Iterator[Amount]:
    if m["minutes"]:
        minutes = number(m["minutes"])
    else:
        said = m["hours"].lower()
        hours = {"a": 1.0, "an": 1.0, "half an": 0.5, "半": 0.5}.get(said) or number(said)
        if hours is None:
            return
        half = bool(m["half"] or m["later"] or ("半" in m["unit"]))
        minutes = 60 * (hours + 0.5 * half) + (number(m["more"]) or 0 if m["more"] else 0)
    if minutes is not None:
        yield Amount(m.span(), "minutes", minutes, minutes)


def _money(m: re.Match[str]) -> Iterator[Amount]:
    value = number(m["before"] or m["after"])
    if value is None:
        return
    if m["coin"] and m["coin"].lower().rstrip("s") in ("cent", "美分", "分钱"):
        value /= 100
    if m["cents"]:
        value += (number(m["cents"]) or 0) / 100
    yield Amount(m.span(), "money", value, value)


def _year(m: re.Match[str]) -> Iterator[Amount]:
    if m["short"]:
        year = int(m["short"]) + (1900 if int(m["short"]) > 30 else 2000)
    else:
        year = int(m["n"]) if m["n"] else int("".join(str(_HAN[c]) for c in m["han"]))
    yield Amount(m.span(), "year", year, year)


def _plain(m: re.Match[str], unit: Unit) -> Iterator[Amount]:
    groups = m.groupdict()
    name = next((name for name in ("n", "of", "rated", "word", "place", "han") if groups.get(name)), None)
    if name is None or (value := number(groups[name])) is None:
        return
    ordinal = bool(groups.get("ordinal") or groups.get("ord"))
    span = m.span() if name == "of" else (m.start(name), m.end() if name == "rated" else m.end(name))
    yield Amount(span, unit, value, value, ordinal=ordinal, word=not groups[name][0].isdigit())


def _bounded(amount: Amount, text: str) -> Amount:
    before, after = (
        text[max(0, amount.span[0] - 28) : amount.span[0]],
        text[amount.span[1] : amount.span[1] + 12],
    )
    before = re.sub(r"(?:the|about|its?|\$|the year)\s?$", "", before.rstrip() + " ").rstrip() + " "
    bound: Bound = "exact"
    if _MOST.search(before) or _MOST_AFTER.match(after):
        bound = "most"
    elif _LEAST_AFTER.match(after) or (
        _LEAST.search(before) and not before.lower().endswith(("from ", "min "))
    ):
        bound = "least"
    about = bool(_ABOUT.search(text[max(0, amount.span[0] - 16) : amount.span[0]]))
    return replace(amount, bound=bound, about=about and bound == "exact")


def _han(text: str) -> float:
    if not any(c in _HAN_SCALE for c in text):
        return float("".join(str(_HAN[c]) for c in text))
    total, section, digit = 0, 0, 0
    for c in text:
        if c == "万":
            total, section, digit = (total + section + digit) * 10_000, 0, 0
        elif c in _HAN_SCALE:
            section, digit = section + (digit or 1) * _HAN_SCALE[c], 0
        else:
            digit = _HAN[c]
    return float(total + section + digit)


def _english(words: list[str]) -> float | None:
    """Said numbers; two of two digits in a row make a year ("nineteen ninety-five")."""
    total, part, last = 0.0, 0.0, 0
    for word in words:
        if word in _SMALL or word in _TENS:
            value = _SMALL.get(word, _TENS.get(word, 0))
            part = part * 100 + value if last >= 10 and value >= 10 else part + value
            last = value
        elif word in ("dozen", "hundred"):
            part, last = (part or 1) * (12 if word == "dozen" else 100), 0
        elif word in _SCALE:
            total, part, last = total + (part or 1) * _SCALE[word], 0.0, 0
        elif word != "and":
            return None
    return total + part if words else None

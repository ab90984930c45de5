"""Quantities in a text, before it is clear what they bound: money, lengths, years, scores, bare numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from handpicked.agent.numerals import NUMBER, chinese, number_of

Kind = Literal["money", "minutes", "year", "decade", "score", "percent", "number", "skip"]


@dataclass(frozen=True, slots=True)
class Measure:
    """From `low` to `high` in minutes, currency, years or points of ten, at [start, end); equal for one value.

    `scale` is the size of its unit, `ranged` says that both ends were named. What is of kind `skip` (the hour of
    the day, an age) takes its place and bounds nothing."""

    kind: Kind
    low: float
    high: float
    start: int
    end: int
    scale: float = 1.0
    ranged: bool = False


_DECADES = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000, "naughties": 2000, "aughts": 2000,
}  # fmt: skip
_NUMBER = re.compile(NUMBER, re.IGNORECASE)
_SKIP = re.compile(
    r"一(?:起|些|下|点|样|直|定|般|切|边|会|部分|共|概|时|旦|再|番|路|向|同)|\b\d{1,2}(?::\d\d)?\s*[ap]\.?m\b|\b\d{1,2}:\d\d\b|[\d零一二两三四五六七八九十]{1,3}点(?:半|钟|以?前)|\b\d{1,2}(?:st|nd|rd|th)\b"
    r"|(?:第|前|后|最后|上|下)[一二两三四五六七八九十\d]+[部个本首张篇集季]|\b(?:my|his|her|our|your|their)\s+(?:(?:early|mid|late)[ -]*)?"
    rf"(?:\d0['’]?s|{'|'.join(_DECADES)})\b|\b[a-z]+\d+\b|\b\d+(?:[- ]year[- ]olds?|yo|[a-z]*[xp])\b|[\d一二三四五六七八九十]+岁"
    r"|\b\d+(?:[.,]\d+)*\s*(?:words?|calories|kcal|people|persons|ppl|guests|kids|fl\b|g\b|kg\b|ml\b|oz\b|lb\b|years? old)|\d+字"
    r"|[一两三四五六七八九十\d]+(?:口人?|人份?|位)",
    re.IGNORECASE,
)
_PART = r"(?:early|mid|middle|late)"
_DECADE = re.compile(
    rf"(?<![\w’'])(?:(?P<first>{_PART})[ -]+to[ -]+)?(?:the\s+)?(?:(?P<part>{_PART})[ -]+(?:the\s+)?)?['’]?"
    rf"(?:(?P<digits>(?:(?:18|19|20)?\d)0)['’]?s\b|(?P<word>{'|'.join(_DECADES)})\b)"
    r"|(?P<few>[零〇七八九])几年(?=[的间代拍出,，。\s]|$)|(?:上个?世纪)?(?P<span>[二三四五六七八])?(?P<han>(?:19|20)?\d0|[二三四五六七八九]十|零零|〇〇)\s*年代(?P<phase>早期|初期|初|中期|中|后期|末期|末)?",
    re.IGNORECASE,
)
_BIRTH = re.compile(r"(\d0)后(?=的?(?:片|电影|影片|老片|作品))")
_NOTE = re.compile(r"\b(?:a|one)\s+(fiver|tenner|buck)\b|\b(fiver|tenner)\b", re.IGNORECASE)
_NOTES = {"fiver": 5.0, "tenner": 10.0, "buck": 1.0}
_HOUR_AND_HALF = re.compile(r"\b(?:(?:an?|one)\s+)?hour\s+and\s+a\s+half\b", re.IGNORECASE)
_UNIT = re.compile(
    r"(?P<halfhours>\s*个半(?:小时|钟头)?|\s*小时半)"
    r"|(?P<hours>\s*-?\s*(?:hours?\b|hrs?\b|h(?=\b|\d)|个?小时|个?钟头?))(?P<extra>\s+and\s+a\s+half\b|\s*(?:and\s+)?(?P<rest>[0-5]?\d|[一二三四五]?十[一二三四五六七八九]?|[a-z]+(?:[ -][a-z]+)?)\s*(?:minutes?\b|mins?\b|m\b|分钟?)|\s+(?P<tens>ten|fifteen|twenty|thirty|forty(?:[- ]five)?|fifty)\b(?=\s*(?:max|tops|at most|or (?:less|under)|[,.;!?]|$))|(?P<compact>(?<=h)[0-5]\d\b|(?<=hr)\s?[0-5]\d\b))?"
    r"|(?P<minutes>\s*-?\s*(?:minutes?\b|mins?\b|m\b(?!\w)|分钟))"
    r"|(?P<quarters>刻钟)"
    r"|(?P<cents>\s*(?:cents?\b|分钱))|(?P<dimes>\s*[毛角]钱?)"
    r"|(?P<money>\s*(?:dollars?\b|bucks?\b|usd\b|\$|quid\b|pounds?\b|euros?\b|[€£]|块钱?|元钱?|美元|美金|刀|欧元?|英镑))(?P<tenths>[一二两三四五六七八九1-9](?![\d十百]*\s*[部个种样件块元本张篇首包瓶盒]))?"
    r"|(?P<outof>\s*(?:/\s*|out of\s+)(?P<of>10|ten|5|five|100)\b)"
    r"|(?P<stars>[ -]*(?:stars?\b|星级?|颗星))|(?P<points>\s*分(?!钟|之|类|享|手|析))"
    r"|(?P<percent>\s*(?:%|percent\b|per cent\b))"
    r"|(?P<years>\s*年(?!代|级|轻|龄))",
    re.IGNORECASE,
)
_BOUNDED = re.compile(r"(?:以|之)[前后来]|起(?!来)")
_SIGN = re.compile(r"[$€£¥￥]\s*$")
_TO = re.compile(r"\s*(?:-|–|—|~|～|to|till|until|through|or|到|至|或)\s*", re.IGNORECASE)
_AND = re.compile(r"\s*(?:and|&|n|和|跟|与)\s*", re.IGNORECASE)
_LISTED = re.compile(r"\s*(?:,|、|/|&|and|or|和|或|与)\s*(?:the\s+)?", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\bbetween|\bfrom|介于|在)\s*(?:the\s+)?[$€£¥￥]?\s*$", re.IGNORECASE)
_SCALES = {"5": 2.0, "five": 2.0, "10": 1.0, "ten": 1.0, "100": 0.1}


def measures(text: str) -> list[Measure]:
    """Every quantity in a text, in order. Two ends ("one to two dollars", "the fifties and sixties") are one."""
    found: list[Measure] = []
    for measure in (*_named(text), *_numbers(text)):
        if not any(measure.start < other.end and other.start < measure.end for other in found):
            found.append(measure)
    return _paired(text, sorted(found, key=lambda measure: measure.start))


def _named(text: str) -> Iterator[Measure]:
    """What has a form of its own, most telling first."""
    yield from (Measure("skip", 0, 0, match.start(), match.end()) for match in _SKIP.finditer(text))
    for match in _DECADE.finditer(text):
        low, high = _years(match)
        yield Measure("decade", low, high, match.start(), match.end())
    for match in _BIRTH.finditer(text):
        year = float(_century(int(match[1])))
        yield Measure("decade", year, year + 9, match.start(), match.end(1))
    for match in _NOTE.finditer(text):
        value = _NOTES[(match[1] or match[2]).casefold()]
        yield Measure("money", value, value, match.start(), match.end())
    for match in _HOUR_AND_HALF.finditer(text):
        yield Measure("minutes", 90, 90, match.start(), match.end(), 60)


def _years(match: re.Match[str]) -> tuple[int, int]:
    """The years of a decade, or of its part: the first five, the middle three, the last five."""
    if few := match["few"]:
        return (
            (2000, 2009) if few in "零〇" else (1900 + 10 * int(chinese(few)), 1909 + 10 * int(chinese(few)))
        )
    first = _first_year(match["digits"] or match["word"] or match["han"])
    phase = (match["part"] or match["phase"] or "")[:1].casefold()
    start, end = {"e": (0, 4), "m": (4, 6), "l": (5, 9), "早": (0, 4), "初": (0, 4), "中": (4, 6)}.get(
        phase, (5, 9) if phase in ("后", "末") and phase else (0, 9)
    )
    if match["span"]:  # 八九十年代
        start += 10 * (int(chinese(match["span"])) - int(chinese(match["han"][0])))
    if match["first"]:
        start = {"e": 0, "m": 4, "l": 5}[match["first"][:1].casefold()]
    return first + start, first + end


def _first_year(word: str) -> int:
    if word.casefold() in _DECADES:
        return _DECADES[word.casefold()]
    if word[0].isdigit():
        return int(word) if len(word) == 4 else _century(int(word))
    return 2000 if word[0] in "零〇" else 1900 + int(chinese(word))


def _century(short: int) -> int:
    return short + (1900 if short >= 30 else 2000)


def _numbers(text: str) -> Iterator[Measure]:
    for match in _NUMBER.finditer(text):
        unit, sign = _UNIT.match(text, match.end()), _SIGN.search(text, 0, match.start())
        if sign is not None and (unit is None or unit.lastgroup not in ("hours", "minutes", "extra", "rest")):
            yield Measure("money", number_of(match[1]), number_of(match[1]), sign.start(), match.end())
        elif unit is not None:
            yield _with_unit(match, unit)
        elif (measure := _bare(match)) is not None:
            yield measure


def _bare(match: re.Match[str]) -> Measure | None:
    word = match[1].casefold()
    if word in ("a", "an", "half", "半") or word.startswith("half "):
        return None
    value = number_of(word)
    year = len(word) == 4 and word.isdigit() and 1800 <= value < 2100
    return Measure("year" if year else "number", value, value, match.start(), match.end())


def _with_unit(match: re.Match[str], unit: re.Match[str]) -> Measure:
    value = number_of(match[1])
    kind, scale, more = _measured(unit, value)
    if (
        kind == "year"
        and len(match[1]) == 2
        and match[1].isdigit()
        and _BOUNDED.match(match.string, unit.end())
    ):
        value = float(_century(int(match[1])))  # 90年以前
    if kind == "year" and not 1800 <= value < 2100:
        kind = "skip"
    total = round(value * scale + more, 4)
    return Measure(kind, total, total, match.start(), unit.end(), scale)


def _measured(unit: re.Match[str], value: float) -> tuple[Kind, float, float]:
    """The kind of a unit, its size, and what is added ("and a half")."""
    if unit["halfhours"]:
        return "minutes", 60.0, 30.0
    if unit["hours"]:
        return "minutes", 60.0, _rest(unit)
    if unit["minutes"] or unit["quarters"]:
        return "minutes", 15.0 if unit["quarters"] else 1.0, 0.0
    if unit["cents"] or unit["dimes"]:
        return "money", 0.01 if unit["cents"] else 0.1, 0.0
    if unit["money"]:
        return "money", 1.0, number_of(unit["tenths"]) / 10 if unit["tenths"] else 0.0
    if unit["outof"]:
        return "score", _SCALES[unit["of"].casefold()], 0.0
    if unit["stars"] or unit["points"]:
        return "score", 2.0 if unit["stars"] and value <= 5 else 1.0, 0.0
    return ("percent", 1.0, 0.0) if unit["percent"] else ("year", 1.0, 0.0)


def _rest(unit: re.Match[str]) -> float:
    """Minutes beyond the hours: "and a half", "1h30", "2 hours 20 minutes"."""
    if unit["tens"]:
        return number_of(unit["tens"])
    if unit["compact"]:
        return float(unit["compact"])
    if unit["rest"]:
        return number_of(unit["rest"]) if _NUMBER.fullmatch(unit["rest"]) else 0.0
    return 30.0 if unit["extra"] else 0.0


def _paired(text: str, found: list[Measure]) -> list[Measure]:
    paired: list[Measure] = []
    for one in found:
        joined = _joined(text, paired[-1], one) if paired else None
        if joined is None:
            paired.append(one)
        else:
            paired[-1] = joined
    return paired


def _joined(text: str, last: Measure, one: Measure) -> Measure | None:
    """Two ends as one range, or None where the words between don't make them one."""
    between = text[last.end : one.start]
    if last.kind == "year" and one.kind == "number" and re.fullmatch(r"\d\d", text[one.start : one.end]):
        if not _TO.fullmatch(between) or last.ranged:
            return None
        return replace(last, high=last.low // 100 * 100 + one.low, end=one.end, ranged=True)
    if {last.kind, one.kind} <= {"decade", "year"}:
        listed = last.kind == one.kind == "decade" and _LISTED.fullmatch(between)
        if listed or _spans(text, last, between):
            return replace(
                one, low=min(last.low, one.low), high=max(last.high, one.high), start=last.start, ranged=True
            )
        return None
    if last.ranged or "skip" in (last.kind, one.kind) or not _spans(text, last, between):
        return None
    if last.kind == one.kind:
        low, high = last.low, one.high
    elif last.kind == "number" and one.kind in ("money", "minutes", "score", "percent"):
        low, high = last.low * one.scale, one.high
    elif last.kind == "money" and one.kind == "number":
        low, high = last.low, one.high * last.scale
    else:
        return None
    kind = last.kind if one.kind == "number" else one.kind
    return Measure(kind, min(low, high), max(low, high), last.start, one.end, one.scale, ranged=True)


def _spans(text: str, last: Measure, between: str) -> bool:
    if _TO.fullmatch(between):
        return True
    return (
        _AND.fullmatch(between) is not None
        and _BETWEEN.search(text[max(0, last.start - 12) : last.start]) is not None
    )

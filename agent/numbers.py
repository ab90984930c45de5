"""Bounds in a text, English and Chinese: prices, years, lengths, ratings, and whatever else a catalogue counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from handpicked.agent import bounds
from handpicked.agent.bounds import Bound, Bounds
from handpicked.agent.measures import Measure, measures
from handpicked.agent.numerals import NUMBER, number_of
from handpicked.tools.types import Constraint, Scalar

_MONEY_TALK = re.compile(
    r"\b(?:get|buy|find|have|grab|afford)\b(?: \w+){0,2} (?:for|with) *[$€£¥]?\W*$|(?:\bpriced?|\bcost(?:s|ing)?|\bbudget|\bspend(?:ing)?|价格|预算|价钱|单价|花)\W*(?:is|of|at|about|around|around about|max|up to|:|是|在)?\W*$",
    re.IGNORECASE,
)
_MONEY_AT_HAND = re.compile(
    r"(?:\bi(?:['’]ve| have)?(?: only| just)?(?: got)?|\bi['’]ve got|我有|只有|我只有|手头有|手里有)\s*[$€£¥]?\s*$|^\s*to spend\b",
    re.IGNORECASE,
)
_BUDGET_AFTER = re.compile(
    r"\s*(?:budget|to spend|的?预算|(?:块|元)?(?:钱)?(?:都)?(?:能|可以|够)买)", re.IGNORECASE
)
_EACH = re.compile(
    r"\b(?:each|apiece|a piece|per (?:item|piece|pack|bottle|unit)|a (?:bottle|pack|bag|box|can))\b|每|一样|单价|一[瓶包袋盒本张件]"
)
_TOTAL_BEFORE = re.compile(
    r"\b(?:total(?:ling)?|in all|bill|cart|basket|everything|whole (?:thing|lot|shop|week)|all of it|it all|weekly|monthly)\b[^.;!?]{0,24}$"
    r"|(?:一共|总共|总预算|总价|总|合计|全部|加起来|每周|这周|本周|一周|一个月|每月|整单)[^。；！？]{0,12}$",
    re.IGNORECASE,
)
_TOTAL_AFTER = re.compile(
    r"\s*(?:budget\s+)?(?:,?\s*in\s+)?(?:total|altogether|all together|all in\b|in all\b|overall|for (?:it )?all\b|for everything|for (?:the|this|a|one|my|our) (?:whole |entire |next )?"
    r"(?:week|month|party|lot|shop|shopping|day|dinner|meal|barbecue|bbq|trip|fortnight|weekend)|for (?:all |the )?\w+ (?:of us|people|dinners|meals|lunches|days|items|things)\b"
    r"|per week|per month|a week|a month|till\b|until\b|left\b|to last|to feed)"
    r"|[，,\s]*(?:买|要|得|吃)?(?:够不够|够吗|够|一共|总共|搞定|全部|过一周|一周|一个月|吃一周)",
    re.IGNORECASE,
)
_RATING_BEFORE = re.compile(
    r"(?:\brat(?:ed|ing|ings)|\bscore[ds]?|\bimdb|评分|豆瓣|打分|分数|得分|口碑)\s*(?:of|is|at|on imdb|on|score|rating|below|under|above|over|less than|lower than|more than|higher than|at least|:|是|在|评分)?\s*$",
    re.IGNORECASE,
)
_RATING_AFTER = re.compile(
    r"\s*\+?\s*(?:(?:on|at|by|in)\s+(?:the\s+)?imdb|imdb|rating|rated|stars?)\b", re.IGNORECASE
)
_TIME_AT_HAND = re.compile(
    r"\b(?:not|isn['’]?t|isnt|nothing)\s+too long,?\s*(?:like|maybe|say|so|ideally)?\s*$"
    r"|(?:\b(?:i|we)(?:['’]ve|['’]ve got| have| got| only have| only got)+(?: only| just| about| like| exactly| maybe| roughly)*|\b(?:only|just) (?:have|got)(?: about| like)?|(?:我们?|就)?只有|我们?有|就剩)\s*$",
    re.IGNORECASE,
)
_GOT = re.compile(r"^\W*got\s+(?:about |like |only |just |maybe )?$", re.IGNORECASE)
"""Before the hours that one has: minutes may be for anything."""
_YEAR_BEFORE = re.compile(
    r"\b(?:in|of|from|made in|released in|year|circa|out in)\s+$|\b(?:an?|any|which|that|some|the)\s+$",
    re.IGNORECASE,
)
_FILMS = r"(?:films?|movies?|books?|albums?|novels?|releases?|records?|classics?|comed(?:y|ies)|thrillers?|dramas?|westerns?|horrors?|documentar(?:y|ies))"
_YEAR_AFTER = re.compile(
    rf"\s*['’]?s?\s+(?:\w+\s+)?{_FILMS}\b|(?<=年)\s*(?:的|上映|拍|出|发行|那)|\s*上映", re.IGNORECASE
)
_BETWEEN = re.compile(r"(?:\bbetween|介于|在)\s*$", re.IGNORECASE)
_CHILD = re.compile(r"\s+(?:kid|child|baby|babies|kids|children|teen|teenager)\b", re.IGNORECASE)
_CENTURY = re.compile(
    r"\b(?P<now>(?:from |in |of )?(?:this|the 21st|the twenty-first|21st) century)\b|(?P<ben>本世纪|(?:21|二十一)世纪)"
    r"|\b(?P<then>(?:from |in |of )?(?:last|the 20th|the twentieth|20th|twentieth) century)\b|(?P<shang>上个?世纪(?![一二三四五六七八九\d])|(?:20|二十)世纪(?![一二三四五六七八九\d]))",
    re.IGNORECASE,
)
_AGO = re.compile(
    rf"\b(?:(?:in|from|of|over|within|during)\s+)?(?:the\s+)?(?:last|past|previous)\s+(?:(?P<many>{NUMBER[1:-1]})\s+)?(?P<unit>years?|yrs?|decades?)\b"
    rf"|(?:最近|近|过去)(?P<han>{NUMBER[1:-1]})年(?:内|以?来|里|的|之内)?|\b(?P<this>this year(?!['’]))\b|(?P<jin>今年)|\b(?P<lastyear>from last year|last year['’]s)\b|(?P<qu>去年的)",
    re.IGNORECASE,
)
_END = re.compile(
    r"\s*(?:$|[,.;!?)，。；！？\n~…🙏]|please\b|pls\b|plz\b|each\b|apiece\b|a (?:bottle|pack|bag|box|can|piece|head)\b|per\b|thanks\b|thx\b|if\b|and\b|but\b|or\b|for\b|on\b|ideally\b|preferably\b|的|，|吧|哈|就|都|啊|左右|行|好)"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A bound and where in the text it stands, [start, end). A `bare` one has no unit: what it bounds is still open.
    One of money that is merely named, or is for all that is bought, is `spent`: it bounds the price of a single thing."""

    constraint: Constraint
    start: int
    end: int
    bare: bool = False
    spent: bool = False


def quantities(
    text: str, *, units: Mapping[str, str] | None = None, now: float | None = None
) -> list[Quantity]:
    """Every bound that a text sets, in order.

    `units` are words that name a numeric field of the catalogue ("pages"), by folded word; `now` (seconds since 1970)
    is what "the last ten years" counts from. Lengths are given as `runtime`, bounds without a unit as `price`."""
    found = list(_spoken(text, now))
    for measure in measures(text):
        if any(measure.start < other.end and other.start < measure.end for other in found):
            continue
        quantity = _quantity(text, measure, units or {})
        if quantity is not None:
            found.append(quantity)
    return sorted(found, key=lambda quantity: quantity.start)


def _quantity(text: str, measure: Measure, units: Mapping[str, str]) -> Quantity | None:
    field, measure = _attribute(text, measure, units)
    said = bounds.bound(text, measure)
    plain = said.relation == "exact" and not measure.ranged
    if field is None:
        field = _field(text, measure, said, plain=plain)
    elif plain:
        return None
    if field is None:
        return None
    if field == "year" and said.relation == "exact" and said.negated:
        years = tuple(range(int(measure.low), int(measure.high) + 1))
        return _made("year", "not_in", years, (said.start, said.end), text)
    given = _given(measure, said)
    if given is None:
        return None
    made = _made(field or "price", "range", tuple(map(_tidy, given)), (said.start, said.end), text)
    spent = measure.kind == "money" and not _is_price(text, measure, said, plain=plain)
    return replace(made, bare=not field, spent=spent)


def _given(measure: Measure, said: Bound) -> Bounds | None:
    """The range that is meant; a value without a comparison is one only where the words around it say so."""
    if said.relation != "exact" or measure.kind in ("year", "decade"):
        return bounds.limits(measure, said)
    return (measure.low, measure.high) if measure.ranged else (None, measure.high)


def _field(text: str, measure: Measure, said: Bound, *, plain: bool) -> str | None:
    """Which field a measure bounds; an empty name where that is open, None where it bounds nothing."""
    match measure.kind:
        case "money":
            return "price"
        case "minutes":
            before = text[max(0, measure.start - 30) : measure.start]
            at_hand = _TIME_AT_HAND.search(before) or (
                measure.scale > 1 and _GOT.search(text, 0, measure.start)
            )
            return "runtime" if not plain or at_hand else None
        case "decade":
            return None if _CHILD.match(text, measure.end) else "year"
        case "year":
            return "year" if not plain or said.negated or _dated(text, measure) else None
        case "score":
            return "rating" if not plain or _RATING_BEFORE.search(text, 0, measure.start) else None
        case "number":
            return _unnamed(text, measure, said, plain=plain)
        case _:
            return None


def _is_price(text: str, measure: Measure, said: Bound, *, plain: bool) -> bool:
    if _is_total(text, said):
        return False
    before = text[max(0, said.start - 30) : measure.start]
    return (
        not plain
        or _MONEY_TALK.search(before) is not None
        or _MONEY_AT_HAND.search(before) is not None
        or _BUDGET_AFTER.match(text, measure.end) is not None
    )


def _is_total(text: str, said: Bound) -> bool:
    """Whether money is for all that is bought ("120 dollars for the week") and not for each thing."""
    around = text[max(0, said.start - 24) : said.end + 24]
    if _EACH.search(around):
        return False
    return (
        _TOTAL_AFTER.match(text, said.end) is not None
        or _TOTAL_BEFORE.search(text, 0, said.start) is not None
    )


def _unnamed(text: str, measure: Measure, said: Bound, *, plain: bool) -> str | None:
    before = text[max(0, said.start - 30) : said.start]
    rated = _RATING_BEFORE.search(text[max(0, measure.start - 30) : measure.start]) or _RATING_BEFORE.search(
        before
    )
    if measure.high <= 10 and not plain and (rated or _RATING_AFTER.match(text, said.end)):
        return "rating"
    if _MONEY_TALK.search(text[max(0, measure.start - 30) : measure.start]) or (
        not plain and _MONEY_TALK.search(before)
    ):
        return "price" if _END.match(text, said.end) and not _is_total(text, said) else None
    between = _BETWEEN.search(text, 0, measure.start) is not None
    if not (said.relation in ("below", "above") or (measure.ranged and between)) or _is_total(text, said):
        return None
    return "" if _END.match(text, said.end) else None


def _dated(text: str, measure: Measure) -> bool:
    """Whether a year by itself says when a thing is from ("from 1994", "1994年的")."""
    before, after = _YEAR_BEFORE.search(text, 0, measure.start), _YEAR_AFTER.match(text, measure.end)
    return after is not None or (
        before is not None and not before[0].casefold().startswith(("a", "th", "some", "which"))
    )


def _attribute(text: str, measure: Measure, units: Mapping[str, str]) -> tuple[str | None, Measure]:
    """The field that a unit of the catalogue's own names right behind a number or somewhere before it."""
    if measure.kind not in ("number", "percent", "score") or not units:
        return None, measure
    behind = _WORD_BEHIND.match(text, measure.end)
    if behind is not None and (field := units.get(behind[1].casefold())):
        return field, replace(measure, kind="number", end=behind.end())
    before = text[max(0, measure.start - 40) : measure.start].casefold()
    after = text[measure.end : measure.end + 30].casefold()
    for name, field in units.items():
        if len(name) > 3 and (
            re.search(rf"{re.escape(name)}[^,.;!?，。]*$", before)
            or re.match(rf"[^,.;!?，。]*\bon {re.escape(name)}", after)
        ):
            return field, replace(measure, kind="number")
    return None, measure


_WORD_BEHIND = re.compile(r"[\s-]*([a-z]+|[\u4e00-\u9fff])", re.IGNORECASE)


def _spoken(text: str, now: float | None) -> Iterator[Quantity]:
    """Centuries, and years counted from today."""
    for match in _CENTURY.finditer(text):
        ends = (2000, None) if match["now"] or match["ben"] else (1900, 1999)
        yield _made("year", "range", ends, match.span(), text)
    if now is None:
        return
    year = datetime.fromtimestamp(now, UTC).year
    for match in _AGO.finditer(text):
        if (ends := _ago(match, year)) is not None:
            yield _made("year", "range", ends, match.span(), text)


def _ago(match: re.Match[str], year: int) -> tuple[Scalar | None, Scalar | None] | None:
    if match["this"] or match["jin"]:
        return year, year
    if match["lastyear"] or match["qu"]:
        return year - 1, year - 1
    many = match["many"] or match["han"]
    if many is None and not (match["unit"] or "").startswith("decade"):
        return None
    years = number_of(many) if many else 1.0
    return year - int(years * (10 if (match["unit"] or "").startswith("decade") else 1)), None


def _made(field: str, op: str, value: Sequence[Scalar | None], span: tuple[int, int], text: str) -> Quantity:
    start, end = span
    said = text[start:end].strip()
    constraint = Constraint(field, "not_in" if op == "not_in" else "range", tuple(value), "text", said)
    return Quantity(constraint, start, end)


def _tidy(value: float | None) -> float | None:
    if value is None:
        return None
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded

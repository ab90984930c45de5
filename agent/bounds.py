"""What the words around a quantity make of it: at most, at least, before, since, about, or its contrary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from handpicked.agent.measures import Measure

Relation = Literal["below", "above", "before", "after", "since", "until", "about", "exact"]
Bounds = tuple[float | None, float | None]

_WINDOW = 48
_CLAUSE = re.compile(r"[;!?。！？；，\n]|[.,](?!\d)")
_FILL = (
    r"(?:\s*(?:\b(?:the|a|an|like|maybe|say|roughly|about|around|only|just|year|of|is|to|than|at|in|it|imdb|spend|cost|costs)\b"
    r"|是|在|有|到|大概|大约|差不多|[:：=]|[$€£¥￥(])\s*)*\s*$"
)
_WORDS: dict[Relation, str] = {
    "until": r"\b(?:until|till|no later than|by)\b|截至|截止",
    "below": (
        r"\b(?:finish(?:ed)? in|read in|watch in|done in)\b|\b(?:under|below|beneath|less than|fewer than|at most|(?<!not )up to|shorter than|cheaper than|lower than|smaller than|sub|max(?:imum)?"
        r"(?: of)?|no more than|not more than|within|capped at|limit(?: of)?|tops|lt|less|upper limit)(?:[- ]|\b)"
        r"|[<≤]|不到|少于|低于|小于|短于|最多|至多|不足|顶多|最长|最贵"
    ),
    "above": (
        r"\b(?:over|above|more than|greater than|at least|longer than|dearer than|pricier than|higher than|better than|min(?:imum)?(?: of)?|upwards of|north of|no less"
        r" than|exceed(?:ing|s)?|past)\b|[>≥]|至少|超过|大于|高于|多于|长于|起码|最少|最低|不少于|不低于"
    ),
    "before": r"\b(?:before|b4|pre|older than|earlier than|prior to|predat(?:es|ing))(?:-|\b)|早于",
    "after": r"\b(?:after|post|newer than|later than|past|more recent than|younger than)(?:-|\b)|晚于",
    "since": r"\b(?:since|starting(?: from| in)?)\b|自从|自",
    "about": r"\b(?:about|around|roughly|approximately|approx|circa|ca|c|near(?:ly)?|close to|give or take)\b\.?|[~≈]|大概|大约|差不多|将近|约",
}
_BETWEEN = (
    r"want|need|like|love|to|spend|be|is|it|that|thats|that's|made|released|shot|filmed|from|watch|see|read|hear|anything|something|films?"
    r"|movies?|books?|albums?|ones?|stuff|much|go|goes|going|pay|paying|costing|costs?|priced|rated|scored|scoring|ranked|rating|with|a|an|any|the|really|any(?:thing)? longer"
)
_NOT = (
    r"(?:\b(?:nothing|nothin|not|no|never|none|without|dont|don[’']t|do not|doesn[’']t|cant|can[’']t|cannot|wont|won[’']t|isn[’']t|aren[’']t|shouldn[’']t|avoid"
    rf"|skip|hate|anything but)\b(?:\s+(?:{_BETWEEN})\b){{0,4}}?[\s-]*"
    r"|(?:别给我|不想要|不要|不能|不可以?|不想|不看|别|勿|不|没有|讨厌)[想看要给我推荐来拍片长时间的电影子有是放选再让]{0,5}?)"
)
_BEFORE = re.compile(
    rf"(?P<neg>{_NOT}|\bno\s+\w+\s+)?(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _WORDS.items())}){_FILL}",
    re.IGNORECASE,
)
_DENIED = re.compile(
    rf"{_NOT}(?:(?:\b(?:from|in|of|made in|the|any)\b|['’])\s*)*(?:是|来自)?$", re.IGNORECASE
)
_AFTER_WORDS: dict[Relation, str] = {
    "about": r"(?:or so|ish|-ish|give or take|or thereabouts|more or less)\b|左右|上下|前后|的样子",
    "below": (
        r"(?:or|and)\s+(?:less|under|below|shorter|cheaper|fewer|lower|down)\b|max(?:imum)?\b|tops?\b|at (?:the )?(?:very )?most\b|at the outside\b|is (?:my|the|our|about my) (?:limit|max(?:imum)?|cap)\b"
        r"|(?:就|能|可以)*(?:看完|读完|听完|看得完|读得完)|以内|之内|以下|之下|内(?!容|地|涵)|封顶|打住"
    ),
    "above": (
        r"\+|plus\b|(?:or|and)\s+(?:more|over|above|longer|better|higher|up|upwards?|greater|beyond)\b|at (?:the )?(?:very )?least\b"
        r"|min(?:imum)?\b|以上|之上|起步|起(?!来)"
    ),
    "until": r"(?:or|and)\s+(?:earlier|older|before)\b|为止",
    "before": r"(?:以前|之前|前)",
    "after": r"(?:以后|之后|后(?!期|末))",
    "since": r"(?:onwards?\b|on(?=\s*(?:$|[,.;!?]))|(?:or|and)\s+(?:later|newer|after|onwards?|on)\b|以来|往后|开始|至今)",
}
_AFTER = re.compile(
    rf"\s*(?:(?:each|total|long|in length|old|films?|movies?)\s+)?(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _AFTER_WORDS.items())})",
    re.IGNORECASE,
)
_REFUSED_BEHIND = re.compile(
    r"\s*(?:的)?(?:片子|电影|影片|片|东西|书|歌|专辑|老片|文章|长片)?(?:我|都|就|一概|全|也|通通)*"
    r"(?:不要|别|不看|算了|免了|不考虑|不想|不行|排除|除外|pass|不太想|不听|不读|不买)(?:给我|推荐|推|看|听|读|来|放|了|的|哈|啊|吧|哦|呢)*(?![\u4e00-\u9fff\w])"
    r"|\s*(?:films?|movies?|ones?|stuff|books?|albums?)?\s*(?:is|are|'s)\s+(?:way |just |far )?(?:too (?:long|much|expensive|dear|old|short|new)|out\b|a no\b|no good|off the table)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Bound:
    """How a quantity is bounded, and the span of the words that say so, [start, end)."""

    relation: Relation
    negated: bool
    start: int
    end: int


def bound(text: str, measure: Measure) -> Bound:
    """What the words right before and right behind a quantity say of it; `exact` where they say nothing."""
    from_ = max(0, measure.start - _WINDOW, _clause_start(text, measure.start))
    before = _BEFORE.search(text, from_, measure.start)
    after = _AFTER.match(text, measure.end)
    relation, negated, start, end = "exact", False, measure.start, measure.end
    if after is not None and not (before is not None and _group(before) in ("above", "below")):
        relation, end = _group(after), after.end()
        if measure.kind in ("year", "decade") and after[0].strip() == "起":
            relation = "since"
        denied = _DENIED.search(text, from_, measure.start)
        negated = denied is not None
    elif before is not None:
        relation, negated, start = _group(before), before["neg"] is not None, before.start()
        if relation == "below" and measure.kind in ("year", "decade") and "up to" in before[0].casefold():
            relation = "until"  # that year too
    elif (denied := _DENIED.search(text, from_, measure.start)) is not None:
        negated, start = True, denied.start()
    if (behind := _REFUSED_BEHIND.match(text, end)) is not None and relation != "about":
        negated, end = not negated, behind.end()
    return Bound(relation, negated, start, end)


def limits(measure: Measure, bound: Bound) -> Bounds | None:
    """The values within the bound, both ends inclusive, or None where the contrary is no range. Only a year is before
    or after anything; a decade in Chinese is counted in (八十年代以后)."""
    low, high, relation = measure.low, measure.high, bound.relation
    calendar = measure.kind in ("year", "decade")
    if not calendar and relation in ("before", "after", "since", "until"):
        return None
    if relation == "after" and measure.kind == "decade" and bound.end > measure.end:
        relation = "since"
    step = 1 if calendar else 0
    if calendar:
        relation = {"below": "before", "above": "after"}.get(relation, relation)
    sides: dict[str, tuple[Bounds, Bounds]] = {
        # relation: what it allows, what its contrary allows
        "below": ((None, high), (low, None)),
        "above": ((low, None), (None, high)),
        "before": ((None, low - step), (low, None)),
        "after": ((high + step, None), (None, high)),
        "since": ((low, None), (None, low - step)),
        "until": ((None, high), (high + step, None)),
        "about": (_around(measure), (None, None)),
        "exact": ((low, high), (None, None)),
    }
    allowed = sides[relation][bound.negated]
    return None if allowed == (None, None) else allowed


def _clause_start(text: str, place: int) -> int:
    found = [match.end() for match in _CLAUSE.finditer(text, max(0, place - _WINDOW), place)]
    return found[-1] if found else 0


def _around(measure: Measure) -> Bounds:
    """15 % each way; a year two years."""
    if measure.kind in ("year", "decade"):
        return measure.low - (2 if measure.kind == "year" else 0), measure.high + (
            2 if measure.kind == "year" else 0
        )
    return measure.low * 0.85, measure.high * 1.15


def _group(match: re.Match[str]) -> Relation:
    return next(
        name for name in (*_WORDS, "exact") if name in match.re.groupindex and match[name] is not None
    )

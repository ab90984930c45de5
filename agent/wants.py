"""What a text asks of the items: bounds, categories, people, languages, countries, with their negations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from handpicked.agent import counts, lexicon, numbers, own, people, scope, slipped, wording
from handpicked.agent.asides import aside
from handpicked.agent.phrases import Match
from handpicked.agent.scope import ALTERNATIVE, Said, Span
from handpicked.agent.settling import (
    applicable,
    domain_shares,
    goods_beside,
    settle,
    wished_domains,
    works_beside,
)
from handpicked.agent.wishes import Degree, Mention, Placed, Wants
from handpicked.agent.wording import Term
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import has_cjk, phrase_key
from handpicked.tools.types import Constraint, Op, Scalar

__all__ = [
    "Degree",
    "Mention",
    "Placed",
    "Wants",
    "applicable",
    "domain_shares",
    "extract",
    "goods_beside",
    "settle",
    "wished_domains",
    "works_beside",
]

_CLAUSE = re.compile(r"[.;!?。！？；\n]")
_TASTE = re.compile(
    r"\b(?:like|likes|love|loves|loved|enjoys?|into|adores?|watches|reads|mad about|crazy about|obsessed with)\s+(?:(?:old|good|his|her|their|watching|reading|listening to)\s+)*$|(?:喜欢|爱看|爱听|爱)(?:看|听)?老?$",
    re.IGNORECASE,
)
_SETTLED = re.compile(
    r"(?:['’]s|\s+is|\s+are)?\s+(?:sorted|done|picked|chosen)\b|(?:['’]s|\s+is|\s+are)\s+(?:on|over|already)\b|\s*(?:放完|看完|选好|定了|已经)|\s+(?:night|nights|snacks?|club|player|theater|theatre|buff|fan|lover|star|marathon)\b|(?:时|的时候|吃|配)",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\s*(?:one|version|original)\b|\s*年?(?:那部|那版|版|那个)", re.IGNORECASE)
_OF_TITLE = re.compile(
    r"[\s,(（》\"”'’]*(?:the\s+(?:\w+\s+)?(?:one|version|film|movie)\s*)?(?:is\s+)?(?:from|of|in|that came out in|made in)?\s*",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"(?:\b(?:(?<!what )(?<!how )about|on|based off|based on|than a|as a|as an|a learner of)\s+(?:the\s+|a\s+)?|关于|像)$",
    re.IGNORECASE,
)
_MADE = re.compile(r"[ -](?:made|produced|productions?)\b", re.IGNORECASE)
_ADDED = re.compile(
    r"(?:\b(?:and|plus|also|some|any|needs?|want|get|buy|grab)\s+|[+&]\s*)(?:\w+\s+){0,2}$|(?:再|来点|还要|还有|配|加)[^，。；！？,;!?]{0,8}$|(?:和|跟|与|买点|买些)[两三四几]?[样种个包]?$",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\s*(?:,\s*)?(?:\b(?:and|plus|with|n)\b|&|\+)\s+(?!or\b)|\s*(?:和|跟|加上?|还有|以及|[\u4e00-\u9fff]{0,6}，?\s*(?:再|顺便|另外|还要|还想))",
    re.IGNORECASE,
)
"""What joins another wish to a term before it: "snacks and a film"."""
_HEADED = (
    re.compile(
        r"\b(?:an?|one|two|three|another|\d)\s+(?:\w+\s+){0,2}$|\bsome\s+$|[一两三\d][部本张首].{0,4}$",
        re.IGNORECASE,
    ),
    re.compile(
        r"\s*(?:$|[.,;!?+&，。；！？]|和|跟|还|再|加|以及|吧|(?:and|plus|for|with|under|over|to|after|afterwards|later|tonight|that|from|on|please|pls)\b)",
        re.IGNORECASE,
    ),
)
"""What stands around a term that is a thing by itself: "a good western", "two thrillers for tonight"."""
_WRITTEN = re.compile(
    r"\b(?:write|writes|draft|compose|make|do|put together|knock out|whip up)\s+(?:me\s+|us\s+|up\s+|him\s+|her\s+)?(?:an?|the|one|this|my|our|some)\s+(?:[\w-]+\s+){0,3}$"
    r"|(?:写|撰写|起草|拟)(?:出|个|一?[篇份段个])?[\u4e00-\u9fff《》]{0,12}$",
    re.IGNORECASE,
)
_FORMS = frozenset({"news"})
"""Domains whose words name a form that is written, too: "write an article about film noir"."""
_ABOUT = re.compile(
    r"\b(?:about|abt|regarding|covering)\s+(?:the\s+|a\s+|an\s+)?(?:\w+\s+(?:and|n|&|or)\s+)?(?:\w+\s+)?$|(?:关于|讲|有关)[\u4e00-\u9fff]{0,4}$",
    re.IGNORECASE,
)
_IDENTIFIES = re.compile(
    r"\b(?:what['’]?s|what is|what was) the name\b|\bname of (?:that|the|this)\b|\bname\?|\bring(?:s)? any bells?\b|\bwhat was (?:that|it called|the one)\b"
    r"|\b(?:that|the) (?:film|movie|flick|book|song|album|thing|one) (?:where|with|about|in which|when|that has)\b|\bwhich (?:film|movie|book|one) (?:is|was|has)\b"
    r"|叫什么|叫啥|片名|书名是|想不起来|是哪[部本张首]|哪部(?:片|电影)",
    re.IGNORECASE,
)
_BY_TYPE = 30
"""Two terms further apart than this, in characters, are no alternatives."""


def extract(snapshot: Snapshot, text: str, taken: Sequence[Span] = (), *, now: float | None = None) -> Wants:
    """What a text asks for; nothing is read from the spans already taken (titles). `now` is in seconds since 1970:
    what "the last ten years" counts from.

    Whether some living item has what is asked for within the wished domain is decided when the scene is known."""
    taken = people.outside(snapshot, text, taken)
    said = scope.said(text, taken)
    named = [_Hit(p.first, p.last, (Term(p.field, p.values),)) for p in people.find(snapshot, said, taken)]
    hits = named + [
        hit
        for hit in _hits(snapshot, said)
        if not any(p.first < hit.last and hit.first < p.last for p in named)
    ]
    placed = [*_bounds(snapshot, said, taken, now), *_terms(said, hits)]
    placed.sort(key=lambda wish: wish.start)
    return Wants(
        placed=tuple(_alternatives(text, list(_consistent(placed)))),
        mentions=tuple(_mentions(snapshot, said, hits)),
        count=counts.count(text, taken),
        prices=tuple(_degrees(said)),
        titled=bool(taken),
    )


def _bounds(snapshot: Snapshot, said: Said, taken: Sequence[Span], now: float | None) -> Iterator[Placed]:
    for found in numbers.quantities(said.text, units=own.units(snapshot), now=now):
        free = not any(start < found.end and found.start < end for start, end in taken)
        if free and not said.idle(found.start) and not _which(said.text, found, taken):
            yield Placed(found.constraint, found.start, found.end, found.bare, found.spent)


def _which(text: str, found: numbers.Quantity, taken: Sequence[Span]) -> bool:
    """Whether a year tells which title is meant ("Solaris from 1972", "the 1972 one")."""
    value = found.constraint.value
    if found.constraint.field != "year" or (
        len(set(value)) > 1 and "or" not in (found.constraint.span or "")
    ):
        return False
    if _VERSION.match(text, found.end):
        return True
    return any(end <= found.start and _OF_TITLE.fullmatch(text[end : found.start]) for _, end in taken)


def _consistent(placed: Sequence[Placed]) -> Iterator[Placed]:
    """What is both asked for and refused is refused: "no folk, folk makes it worse"."""
    refused = {(w.constraint.field, w.constraint.value) for w in placed if w.constraint.op == "not_in"}
    wished = [w.constraint for w in placed if w.constraint.op == "in"]
    for wish in placed:
        one = wish.constraint
        if one.op == "in" and (one.field, one.value) in refused and not _narrower(one, placed):
            continue
        if one.op == "not_in" and any(_part(one, other) for other in wished):
            continue
        yield wish


def _narrower(wished: Constraint, placed: Sequence[Placed]) -> bool:
    """Whether all that refuses what is wished for is but a part of it."""
    against = [
        w.constraint for w in placed if w.constraint.op == "not_in" and w.constraint.value == wished.value
    ]
    return all(_part(one, wished) for one in against)


def _part(refused: Constraint, wished: Constraint) -> bool:
    """Whether a refusal is of a part of what is wished for that is no category of its own: "jazz but not bebop"."""
    if refused.field != wished.field or not set(refused.value) <= set(wished.value):
        return False
    if 2 * len(refused.value) < len(wished.value):
        return False  # "drinks, no soda" leaves others
    word, other = (
        phrase_key(refused.span or "").removesuffix("s"),
        phrase_key(wished.span or "").removesuffix("s"),
    )
    chinese = lexicon.load().chinese
    names = [name for value in map(str, refused.value) for name in (value, chinese.get(value.casefold(), ""))]
    return word != other and word not in [phrase_key(name).removesuffix("s") for name in names]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A term or a person at tokens [first, last)."""

    first: int
    last: int
    terms: tuple[Term, ...]


def _terms(said: Said, hits: Sequence[_Hit]) -> Iterator[Placed]:
    """Terms and people as constraints, wished for or refused."""
    places = [said.span(hit.first, hit.last) for hit in hits]
    identifies = _IDENTIFIES.search(said.text) is not None
    for hit, (start, end) in zip(hits, places, strict=True):
        if said.idle(start):
            continue
        refused = scope.refused(said, hit.first, hit.last, places)
        for term in hit.terms:
            wished = not term.only_refused and not aside(said, (start, end), term.field, places)
            if refused or wished:
                topic = identifies or _ABOUT.search(said.text, max(0, start - 40), start) is not None
                added = _ADDED.search(said.text, max(0, start - 24), start) is not None
                joined = _JOINED.match(said.text, end) is not None
                headed = _HEADED[0].search(said.text, max(0, start - 24), start) and _HEADED[1].match(
                    said.text, end
                )
                yield Placed(
                    _constraint(_origin(term, said.text[end:]), said.text[start:end], refused=refused),
                    start,
                    end,
                    added=added or joined,
                    headed=bool(headed),
                    topic=topic,
                )


def _origin(term: Term, behind: str) -> Term:
    """ "Italian made" speaks of the country."""
    lands = [land for value in term.values for land in wording.load().lands.get(value, ())]
    return (
        Term("country", tuple(lands)) if term.field == "language" and lands and _MADE.match(behind) else term
    )


def _constraint(term: Term, span: str, *, refused: bool) -> Constraint:
    op: Op = "not_in" if refused else "in"
    value: tuple[Scalar, ...] = term.values
    return Constraint(term.field, op, (True,) if term.field == "in_stock" else value, "text", span)


def _hits(snapshot: Snapshot, said: Said) -> Iterator[_Hit]:
    """Terms of the lexicon, with slips mended, and what the catalogue has beside them."""
    known, tokens = wording.load().terms, slipped.mended(snapshot, said.tokens)

    def whole(first: int, last: int) -> bool:
        return said.words.whole(*said.span(first, last), known.known)

    found = [_Hit(match.first, match.last, match.value) for match in known.find(tokens, whole)]
    verbs = [(n.first, n.last) for n in said.negations if n.last - n.first > 1 and "none" not in n.value]
    yield from (hit for hit in found if not any(first < hit.first < last for first, last in verbs))
    for match in own.terms(snapshot).find(said.tokens, whole):
        if not any(match.first < hit.last and hit.first < match.last for hit in found):
            yield _Hit(match.first, match.last, match.value)


def _mentions(snapshot: Snapshot, said: Said, hits: Sequence[_Hit]) -> Iterator[Mention]:
    """The domains that are named: not a taste ("he likes old films"), nor what is settled ("film's sorted"), nor a part
    of a term that they don't have ("film scores")."""
    known = wording.load().domains

    def whole(first: int, last: int) -> bool:
        start, end = said.span(first, last)
        return end - start > 1 or said.words.whole(start, end, known.known)

    matches = list(known.find(said.tokens, whole))
    places = [said.span(match.first, match.last) for match in matches]
    for match, (start, end) in zip(matches, places, strict=True):
        if said.idle(start) or _SETTLED.match(said.text, end):
            continue
        refused = _refused_domain(said, match, places)
        if set(match.value) <= _FORMS and _WRITTEN.search(said.text, max(0, start - 40), start):
            continue
        if not refused and (_TASTE.search(said.text, 0, start) or _TOPIC.search(said.text, 0, start)):
            continue
        if any(_foreign(snapshot, match, hit) for hit in hits) or _before_another(said.text, end, places):
            continue  # "film scores", "a comic book movie"
        if not refused or _is_generic(said, match):
            yield Mention(match.value, start, end, refused)


def _before_another(text: str, end: int, places: Sequence[Span]) -> bool:
    """Whether another domain's word follows at once."""
    return any(start >= end and not text[end:start].strip() for start, _ in places)


def _foreign(snapshot: Snapshot, match: Match[tuple[str, ...]], hit: _Hit) -> bool:
    """Whether a domain's word stands within a longer term that other domains have."""
    if not (
        hit.first <= match.first
        and match.last <= hit.last
        and match.last - match.first < hit.last - hit.first
    ):
        return False
    domain = Constraint("domain", "in", match.value)
    terms = [Constraint(term.field, "in", term.values) for term in hit.terms if term.field == "categories"]
    held = [term for term in terms if snapshot.mask([term]).any()]
    return bool(held) and not any(snapshot.mask([domain, term]).any() for term in held)


def _is_generic(said: Said, match: Match[tuple[str, ...]]) -> bool:
    """Whether a word names all of a domain: "no musicals" refuses no films, "not a novel" no books."""
    return " ".join(token.text for token in said.tokens[match.first : match.last]) in wording.load().generic


def _refused_domain(said: Said, match: Match[tuple[str, ...]], places: Sequence[Span]) -> bool:
    """A domain is refused only where the negation stands right before it: "no horror films" wants films."""
    for negation in said.negations:
        if "before" in negation.value and negation.first < match.first < negation.last < match.last:
            return True  # 不爱看 reaches into 看书
        if "before" in negation.value and negation.last <= match.first <= negation.last + 1:
            between = said.text[said.tokens[negation.last - 1].end : said.tokens[match.first].start]
            if re.fullmatch(r"\s*(?:a|an|the|any|more)?\s*", between, re.IGNORECASE):
                return True
        if (
            "after" in negation.value
            and negation.first == match.last
            and has_cjk(said.tokens[negation.first].text)
        ):
            return scope.refused(said, match.first, match.last, places)
    return False


def _degrees(said: Said) -> Iterator[Degree]:
    for match in said.degrees:
        start, end = said.span(match.first, match.last)
        if "none" in match.value or said.idle(start):
            continue
        refused = scope.refused(said, match.first, match.last, [(start, end)])
        cheap = ("cheap" in match.value) is not refused
        yield Degree("cheap" if cheap else "dear", said.text[start:end])


def _alternatives(text: str, found: Sequence[Placed]) -> Iterator[Placed]:
    """Two terms of one field with "or" between them are alternatives: one constraint with both values."""
    pending: Placed | None = None
    for wish in dict.fromkeys(found):
        if pending is not None:
            joined = _either(text, pending, wish)
            if joined is None:
                yield pending
            else:
                wish = joined
        pending = wish
    if pending is not None:
        yield pending


def _either(text: str, held: Placed, wish: Placed) -> Placed | None:
    one, other = held.constraint, wish.constraint
    if one.field != other.field or not one.op == other.op == "in":
        return None
    between = text[held.end : wish.start]
    if len(between) > _BY_TYPE or _CLAUSE.search(between) or not ALTERNATIVE.search(between):
        return None
    values = tuple(dict.fromkeys((*one.value, *other.value)))
    merged = Constraint(one.field, "in", values, "text", text[held.start : wish.end])
    return replace(wish, constraint=merged, start=held.start)

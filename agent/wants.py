"""What a text asks of the items: bounds, categories, people, languages, countries, with their negations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from handpicked.agent import counts, numbers, own, people, scope, slipped, wording
from handpicked.agent.phrases import Match
from handpicked.agent.scope import Said, Span
from handpicked.agent.settling import applicable, domain_shares, settle, wished_domains
from handpicked.agent.wishes import Degree, Mention, Placed, Wants
from handpicked.agent.wording import Term
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import has_cjk
from handpicked.tools.types import Constraint, Op, Scalar

__all__ = [
    "Degree",
    "Mention",
    "Placed",
    "Wants",
    "applicable",
    "domain_shares",
    "extract",
    "settle",
    "wished_domains",
]

_ALTERNATIVE = re.compile(r"\bor\b|或|或者|还是|/", re.IGNORECASE)
_CLAUSE = re.compile(r"[.;!?。！？；\n]")
_TASTE = re.compile(
    r"\b(?:like|likes|love|loves|loved|enjoys?|into|adores?|watches|reads|mad about|crazy about|obsessed with)\s+(?:(?:old|good|his|her|their|watching|reading|listening to)\s+)*$|(?:喜欢|爱看|爱听|爱)(?:看|听)?老?$",
    re.IGNORECASE,
)
_SETTLED = re.compile(
    r"(?:['’]s|\s+is|\s+are)\s+(?:sorted|done|picked|chosen|on|over|already)\b|\s*(?:放完|看完|选好|定了|已经)|\s+(?:night|nights|snacks?|club|player|theater|theatre|buff|fan|lover|star|marathon)\b|(?:时|的时候|吃|配)",
    re.IGNORECASE,
)
_BY_TYPE = 30
"""Two terms further apart than this, in characters, are no alternatives."""


def extract(snapshot: Snapshot, text: str, taken: Sequence[Span] = (), *, now: float | None = None) -> Wants:
    """What a text asks for; nothing is read from the spans already taken (titles). `now` is in seconds since 1970:
    what "the last ten years" counts from.

    Whether some living item has what is asked for within the wished domain is decided when the scene is known."""
    said = scope.said(text, taken)
    placed = [*_bounds(snapshot, said, taken, now), *_terms(snapshot, said, taken)]
    placed.sort(key=lambda wish: wish.start)
    return Wants(
        placed=tuple(_alternatives(text, placed)),
        mentions=tuple(_mentions(said)),
        count=counts.count(text, taken),
        prices=tuple(_degrees(said)),
    )


def _bounds(snapshot: Snapshot, said: Said, taken: Sequence[Span], now: float | None) -> Iterator[Placed]:
    for found in numbers.quantities(said.text, units=own.units(snapshot), now=now):
        if not said.idle(found.start) and not any(s < found.end and found.start < e for s, e in taken):
            yield Placed(found.constraint, found.start, found.end, found.bare)


@dataclass(frozen=True, slots=True)
class _Hit:
    """A term or a person at tokens [first, last)."""

    first: int
    last: int
    terms: tuple[Term, ...]


def _terms(snapshot: Snapshot, said: Said, taken: Sequence[Span]) -> Iterator[Placed]:
    """Terms and people; what stands within a name is none."""
    named = [_Hit(p.first, p.last, (Term(p.field, p.values),)) for p in people.find(snapshot, said, taken)]
    hits = named + [
        hit
        for hit in _hits(snapshot, said)
        if not any(p.first < hit.last and hit.first < p.last for p in named)
    ]
    places = [said.span(hit.first, hit.last) for hit in hits]
    for hit, (start, end) in zip(hits, places, strict=True):
        if said.idle(start):
            continue
        refused = scope.refused(said, hit.first, hit.last, places)
        for term in hit.terms:
            if refused or not term.only_refused:
                yield Placed(_constraint(term, said.text[start:end], refused=refused), start, end)


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
    yield from found
    for match in own.terms(snapshot).find(said.tokens, whole):
        if not any(match.first < hit.last and hit.first < match.last for hit in found):
            yield _Hit(match.first, match.last, match.value)


def _mentions(said: Said) -> Iterator[Mention]:
    """The domains that are named: not a taste ("he likes old films") nor what is settled ("film's sorted")."""
    known = wording.load().domains

    def whole(first: int, last: int) -> bool:
        start, end = said.span(first, last)
        return end - start > 1 or said.words.whole(start, end, known.known)

    matches = list(known.find(said.tokens, whole))
    places = [said.span(match.first, match.last) for match in matches]
    for match, (start, end) in zip(matches, places, strict=True):
        if said.idle(start) or _TASTE.search(said.text, 0, start) or _SETTLED.match(said.text, end):
            continue
        yield Mention(match.value, start, end, _refused_domain(said, match, places))


def _refused_domain(said: Said, match: Match[tuple[str, ...]], places: Sequence[Span]) -> bool:
    """A domain is refused only where the negation stands right before it: "no horror films" wants films."""
    for negation in said.negations:
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
    for match in wording.load().degrees.find(said.tokens, lambda _first, _last: True):
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
    if len(between) > _BY_TYPE or _CLAUSE.search(between) or not _ALTERNATIVE.search(between):
        return None
    values = tuple(dict.fromkeys((*one.value, *other.value)))
    merged = Constraint(one.field, "in", values, "text", text[held.start : wish.end])
    return replace(wish, constraint=merged, start=held.start)

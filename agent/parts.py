"""Parts of a turn: "snacks and a film for tonight" asks for two lists, each with its own words, count and wishes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from handpicked.agent import counts, lexicon, wording
from handpicked.agent.memory import Topic
from handpicked.agent.scenes import Scenes
from handpicked.agent.scope import ALTERNATIVE
from handpicked.agent.types import Reading, SceneGuess
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import tokenize
from handpicked.tools.types import Constraint

_JOINT = re.compile(
    r"[.;!?,。；！？，、\n]+\s*(?:and\b|also\b|plus\b|then\b|再|还|顺便|另外)?"
    r"|\b(?:and|plus|also|with)\b|&|\+|再|还要|还有|顺便|另外|加上|和|跟|配",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Anchor:
    """Words at [start, end) that belong to one domain."""

    domain: str
    start: int
    end: int


def split(reading: Reading, message: str, snapshot: Snapshot) -> tuple[Reading, ...]:
    """The readings of which each gives a list of its own: one for each domain that the words ask for, in their order, else the
    whole.

    Domains that stand as alternatives ("a book or a film") share a list, and so does what is asked about."""
    asked = [
        c
        for c in reading.constraints
        if c.field == "domain" and c.op == "in" and c.source in ("text", "memory")
    ]
    names = [str(value) for value in asked[0].value] if len(asked) == 1 else []
    if len(names) < 2 or (reading.about and "recommend" not in reading.tasks):
        return (reading,)
    anchors = _anchors(reading.query, names, reading.constraints, snapshot)
    if _alternatives(reading.query, anchors):
        return (reading,)
    queries = _segments(reading.query, anchors)
    order = [one.domain for one in anchors]
    names.sort(key=lambda name: order.index(name) if name in order else len(order))
    said = _segments(message, _anchors(message, names, reading.constraints, snapshot))
    numbers = {name: counts.count(said[name]) for name in names if name in said}
    return tuple(
        replace(
            reading,
            query=queries.get(name, "" if anchors else reading.query),
            count=numbers.get(name) if any(numbers.values()) else reading.count,
            like=tuple(item_id for item_id in reading.like if _domain(snapshot, item_id) == name),
            constraints=tuple(_bound(reading.constraints, asked[0], name, snapshot)),
        )
        for name in names
    )


def narrowed(topic: Topic, reading: Reading, scenes: Scenes, snapshot: Snapshot) -> Topic:
    """The part of a wish in force that a message goes on from where it speaks of one domain of several: "cheaper snacks"
    after "snacks and a film". The whole where it speaks of none or of more."""
    whole = Reading(
        SceneGuess(topic.scene, 1.0), topic.tasks, topic.query, topic.like, constraints=topic.constraints
    )
    parts = {_only(part): part for part in split(whole, "", snapshot)}
    spoken = _spoken(reading, [name for name in parts if name], snapshot) if len(parts) > 1 else None
    if spoken is None:
        return topic
    part = parts[spoken]
    own = scenes[topic.scene]
    others = (name for name, scene in scenes.items() if spoken in scene.domains)
    name = topic.scene if not own.domains or spoken in own.domains else next(others, topic.scene)
    return replace(topic, scene=name, query=part.query, like=part.like, constraints=part.constraints)


def _only(part: Reading) -> str | None:
    """The one domain of a part."""
    asked = [c.value for c in part.constraints if c.field == "domain" and c.op == "in"]
    return str(asked[0][0]) if len(asked) == 1 and len(asked[0]) == 1 else None


def _spoken(reading: Reading, names: Sequence[str], snapshot: Snapshot) -> str | None:
    """The one of some domains that a message's own words name, or that alone has what they ask for."""
    own = [c for c in reading.constraints if c.source == "text" and c.op == "in"]
    named = {str(value) for c in own if c.field == "domain" for value in c.value}
    having = [{name for name in names if _held(c, name, snapshot)} for c in own if c.field != "domain"]
    found = named & set(names) or (set[str]().union(*having) if having and all(having) else set[str]())
    return next(iter(found)) if len(found) == 1 else None


def _held(constraint: Constraint, name: str, snapshot: Snapshot) -> bool:
    """Whether some item of a domain has what a constraint speaks of."""
    value = (None, None) if constraint.op == "range" else constraint.value
    asked = replace(
        constraint, op="in" if constraint.op == "not_in" else constraint.op, value=value, within=()
    )
    return bool(snapshot.mask([Constraint("domain", "in", (name,)), asked]).any())


def _bound(
    constraints: Sequence[Constraint], asked: Constraint, name: str, snapshot: Snapshot
) -> list[Constraint]:
    """The constraints that bind one domain: not those that only others can keep."""
    names = [str(value) for value in asked.value]
    return [
        replace(c, value=(name,)) if c == asked else c
        for c in constraints
        if c == asked
        or (
            name in c.within
            if c.within
            else _held(c, name, snapshot) or not any(_held(c, n, snapshot) for n in names)
        )
    ]


def _domain(snapshot: Snapshot, item_id: str) -> str | None:
    item = snapshot.get(item_id)
    return item.domain if item is not None else None


def _anchors(
    text: str, names: Sequence[str], constraints: Sequence[Constraint], snapshot: Snapshot
) -> list[_Anchor]:
    """The words that belong to one of the domains: its names, and terms that bind it alone, in order."""
    tokens = tokenize(text)
    found = [
        _Anchor(name, tokens[hit.first].start, tokens[hit.last - 1].end)
        for hit in lexicon.find(text, tokens, wording.load().domains.known)
        for name in hit.values
        if name in names
    ]
    for constraint in constraints:
        place = text.casefold().find(constraint.span.casefold()) if constraint.span else -1
        held = [name for name in constraint.within if name in names]
        if place >= 0 and len(held) == 1:
            found.append(_Anchor(held[0], place, place + len(constraint.span or "")))
    return sorted(found, key=lambda one: one.start)


def _alternatives(text: str, anchors: Sequence[_Anchor]) -> bool:
    """Whether "or" stands between two domains."""
    return any(
        one.domain != other.domain and ALTERNATIVE.search(text, one.end, other.start) is not None
        for one, other in pairwise(anchors)
        if one.end <= other.start
    )


def _segments(text: str, anchors: Sequence[_Anchor]) -> Mapping[str, str]:
    """The words of each domain: cut at what joins two of them."""
    found: dict[str, list[str]] = {}
    start = 0
    for one, other in zip(anchors, [*anchors[1:], None], strict=False):
        if other is not None and other.domain == one.domain:
            continue
        end = len(text)
        if other is not None:
            joints = list(_JOINT.finditer(text, one.end, max(one.end, other.start)))
            end = joints[-1].start() if joints else max(one.end, start)
        joint = _JOINT.match(text, start, end)
        found.setdefault(one.domain, []).append(text[joint.end() if joint else start : end])
        start = end
    return {name: " ".join(" ".join(parts).split()) for name, parts in found.items()}

"""What a text asks of the items: bounds, categories, people, languages, countries, with their negations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from handpicked.agent import lexicon, numbers
from handpicked.agent.lexicon import Hit
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import Token, has_cjk, longest_matches, normalize, tokenize
from handpicked.tools.types import Constraint, Op

_NEGATION_REACH = 3
"""How many words may stand between a negation and what it negates."""
_ALTERNATIVE = re.compile(r"\bor\b|或|或者|还是|/", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[,.;!?，。；！？]")
_DIRECTED = re.compile(
    r"(?<!voiced )(?<!played )\b(?:by|directed|director|from director|written)\s*(?:by)?\s*$|导演的?$",
    re.IGNORECASE,
)
_DIRECTS = re.compile(r"\s*(?:'s films?|directed|的?导演|执导|拍)", re.IGNORECASE)
_ACTED = re.compile(
    r"\b(?:with|starring|stars?|featuring|actor|actress|voiced by|played by)\s*$|主演的?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wants:
    """Constraints in the order of the text, the domains named, and how many items. `bare` are bounds without a
    unit ("under 20"), given as prices: what they bound depends on the domain."""

    constraints: tuple[Constraint, ...]
    domains: tuple[str, ...]
    count: int | None
    bare: tuple[Constraint, ...] = ()


def extract(snapshot: Snapshot, text: str, taken: Sequence[tuple[int, int]] = ()) -> Wants:
    """What a text asks for; nothing is read from the spans already taken (titles).

    A term is kept only if the catalogue has it: whether some living item has it within the wished domain is
    decided when the scene is known."""
    tokens = [t for t in tokenize(text) if not any(start < t.end and t.start < end for start, end in taken)]
    phrases = lexicon.load()
    cues = lexicon.find(text, tokens, phrases.cues)
    bounds = [q for q in numbers.quantities(text) if not any(s < q.end and q.start < e for s, e in taken)]
    found = [(q.constraint, q.start, q.end) for q in bounds if not q.bare]
    parts = {"categories": phrases.categories, "language": phrases.languages, "country": phrases.countries}
    hits = [(field, hit) for field, words in parts.items() for hit in lexicon.find(text, tokens, words)]
    found += [_term(text, tokens, cues, hit, field) for field, hit in hits if not _within(hit, hits)]
    found += _people(snapshot, text, tokens, cues)
    found.sort(key=lambda entry: entry[1])
    return Wants(
        constraints=tuple(dict.fromkeys(_alternatives(text, found))),
        domains=tuple(dict.fromkeys(name for name in _domains(text, tokens, cues))),
        count=numbers.count(text),
        bare=tuple(q.constraint for q in bounds if q.bare),
    )


Placed = tuple[Constraint, int, int]


def _within(hit: Hit, hits: Sequence[tuple[str, Hit]]) -> bool:
    """Whether a longer term holds this one: 意大利面 is no wish for Italy."""
    return any(
        other.first <= hit.first
        and hit.last <= other.last
        and other.last - other.first > hit.last - hit.first
        for _, other in hits
    )


def _term(text: str, tokens: Sequence[Token], cues: Sequence[Hit], hit: Hit, field: str) -> Placed:
    start, end = tokens[hit.first].start, tokens[hit.last - 1].end
    op: Op = "not_in" if _negated(text, tokens, cues, hit) else "in"
    return Constraint(field, op, hit.values, "text", text[start:end]), start, end


def _domains(text: str, tokens: Sequence[Token], cues: Sequence[Hit]) -> Iterator[str]:
    """The domains asked for: not the refused ("not news, a novel"), nor a taste ("he likes old films")."""
    for hit in lexicon.find(text, tokens, lexicon.load().domains):
        taste = any("like" in cue.values and 0 <= hit.first - cue.last <= 1 for cue in cues)
        if not taste and not _negated(text, tokens, cues, hit, reach=0):
            yield from hit.values


def _people(snapshot: Snapshot, text: str, tokens: Sequence[Token], cues: Sequence[Hit]) -> Iterator[Placed]:
    """Full names of the catalogue's creators and cast, and names that the lexicon knows; the words beside a name
    tell which is meant."""
    creators, cast, known = snapshot.terms("creators"), snapshot.terms("cast"), lexicon.load().people
    for first, last, name in longest_matches(tokens, _Names(creators, cast, known), longest=6):
        start, end = tokens[first].start, tokens[last - 1].end
        full = known.get(name, (text[start:end],))
        directs = [person for person in full if normalize(person) in creators]
        acts = [person for person in full if normalize(person) in cast]
        directed = _DIRECTED.search(text[:start]) or _DIRECTS.match(text, end) or name in known
        acted = _ACTED.search(text[:start]) is not None
        field, values = (
            ("creators", directs) if directs and (not acts or (directed and not acted)) else ("cast", acts)
        )
        if values:
            yield _term(text, tokens, cues, Hit(first, last, tuple(values)), field)


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of two words and more: a single word is too often something else."""

    creators: frozenset[str]
    cast: frozenset[str]
    known: Mapping[str, tuple[str, ...]]

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        full = " " in name and (name in self.creators or name in self.cast)
        return (full and not all(map(lexicon.is_plain, name.split()))) or name in self.known


def _negated(
    text: str, tokens: Sequence[Token], cues: Sequence[Hit], hit: Hit, *, reach: int = _NEGATION_REACH
) -> bool:
    """Whether a negation or a dislike stands shortly before, or in Chinese right behind (恐怖片一概不要)."""
    for cue in cues:
        refuses = {"negation", "dislike"} & set(cue.values)
        if not refuses or "like" in cue.values:
            continue
        if 0 <= hit.first - cue.last <= reach:
            between = text[tokens[cue.last - 1].end : tokens[hit.first].start]
            if not _SENTENCE_END.search(between):
                return True
        if 0 <= cue.first - hit.last <= _NEGATION_REACH and has_cjk(tokens[cue.first].text):
            between = text[tokens[hit.last - 1].end : tokens[cue.first].start]
            behind = text[tokens[cue.last - 1].end :].lstrip("看的了吧呢啊")
            if not _SENTENCE_END.search(between) and (not behind or _SENTENCE_END.match(behind)):
                return True
    return False


def _alternatives(text: str, found: Sequence[Placed]) -> Iterator[Constraint]:
    """Two terms of one field with "or" between them are alternatives: one constraint with both values."""
    pending: Placed | None = None
    for constraint, start, end in found:
        if pending is not None:
            held, held_start, held_end = pending
            same = (held.field, held.op) == (constraint.field, constraint.op) == (held.field, "in")
            if same and _ALTERNATIVE.search(text[held_end:start]) and start - held_end < 12:
                merged = tuple(dict.fromkeys((*held.value, *constraint.value)))
                pending = (
                    Constraint(held.field, "in", merged, "text", text[held_start:end]),
                    held_start,
                    end,
                )
                continue
            yield held
        pending = (constraint, start, end)
    if pending is not None:
        yield pending[0]

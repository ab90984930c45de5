"""What a text asks of the items: bounds, categories, people, languages, countries, with their negations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from handpicked.agent import lexicon, numbers
from handpicked.agent.lexicon import Hit
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import Token, longest_matches, tokenize
from handpicked.tools.types import Constraint, Op

_NEGATION_REACH = 3
"""How many words may stand between a negation and what it negates."""
_ALTERNATIVE = re.compile(r"\bor\b|或|或者|还是|/", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[,.;!?，。；！？]")
_DIRECTED = re.compile(
    r"\b(?:by|directed|director|from director|written)\s*(?:by)?\s*$|导演的?$", re.IGNORECASE
)
_ACTED = re.compile(r"\b(?:with|starring|stars?|featuring|actor|actress)\s*$|主演的?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wants:
    """Constraints in the order of the text, the domains named, how many items, and the spans that all this
    was read from."""

    constraints: tuple[Constraint, ...]
    domains: tuple[str, ...]
    count: int | None
    spans: tuple[tuple[int, int], ...]


def extract(snapshot: Snapshot, text: str, taken: Sequence[tuple[int, int]] = ()) -> Wants:
    """What a text asks for; nothing is read from the spans already taken (titles).

    A term is kept only if the catalogue has it: whether some living item has it within the wished domain is
    decided when the scene is known."""
    tokens = [t for t in tokenize(text) if not any(start < t.end and t.start < end for start, end in taken)]
    phrases = lexicon.load()
    cues = lexicon.find(text, tokens, phrases.cues)
    bounds = [q for q in numbers.quantities(text) if not any(s < q.end and q.start < e for s, e in taken)]
    domains = lexicon.find(text, tokens, phrases.domains)
    found = [(q.constraint, q.start, q.end) for q in bounds]
    for field, words in (
        ("categories", phrases.categories),
        ("language", phrases.languages),
        ("country", phrases.countries),
    ):
        hits = lexicon.find(text, tokens, words)
        found += _terms(text, tokens, hits, cues, field)
    found += _people(snapshot, text, tokens, cues)
    found.sort(key=lambda entry: entry[1])
    return Wants(
        constraints=tuple(dict.fromkeys(_alternatives(text, found))),
        domains=tuple(dict.fromkeys(name for hit in domains for name in hit.values)),
        count=numbers.count(text),
        spans=tuple((start, end) for _, start, end in found),
    )


Placed = tuple[Constraint, int, int]


def _terms(
    text: str, tokens: Sequence[Token], hits: Sequence[Hit], cues: Sequence[Hit], field: str
) -> Iterator[Placed]:
    for hit in hits:
        start, end = tokens[hit.first].start, tokens[hit.last - 1].end
        op: Op = "not_in" if _negated(text, tokens, cues, hit) else "in"
        yield Constraint(field, op, hit.values, "text", text[start:end]), start, end


def _people(snapshot: Snapshot, text: str, tokens: Sequence[Token], cues: Sequence[Hit]) -> Iterator[Placed]:
    """Full names of the catalogue's creators and cast; the word before a name tells which is meant."""
    creators, cast = snapshot.terms("creators"), snapshot.terms("cast")
    for first, last, name in longest_matches(tokens, _Names(creators, cast), longest=4):
        start, end = tokens[first].start, tokens[last - 1].end
        before = text[:start]
        directed = name in creators and (name not in cast or not _ACTED.search(before))
        if name in creators and name in cast and not _DIRECTED.search(before):
            directed = False
        hit = Hit(first, last, (text[start:end],))
        op: Op = "not_in" if _negated(text, tokens, cues, hit) else "in"
        yield (
            Constraint("creators" if directed else "cast", op, hit.values, "text", text[start:end]),
            start,
            end,
        )


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of two words and more: a single word is too often something else."""

    creators: Mapping[str, int] | frozenset[str]
    cast: Mapping[str, int] | frozenset[str]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and " " in name and (name in self.creators or name in self.cast)


def _negated(text: str, tokens: Sequence[Token], cues: Sequence[Hit], hit: Hit) -> bool:
    """Whether a negation or a dislike stands shortly before, or "except"-like words in Chinese right behind."""
    for cue in cues:
        refuses = {"negation", "dislike"} & set(cue.values)
        if not refuses or "like" in cue.values:
            continue
        if 0 <= hit.first - cue.last <= _NEGATION_REACH:
            between = text[tokens[cue.last - 1].end : tokens[hit.first].start]
            if not _SENTENCE_END.search(between):
                return True
        behind = text[tokens[cue.first].start : tokens[cue.last - 1].end] in ("以外", "之外", "除外")
        if behind and 0 <= cue.first - hit.last <= 1:
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

"""Titles of the catalogue in a text: which are meant, and how the user stands to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from handpicked.agent import choose, elided, lexicon, likeness, mentions, refer, stance
from handpicked.agent.hints import Hints
from handpicked.agent.likeness import Likeness
from handpicked.agent.mentions import Mention
from handpicked.agent.pointing import Reference
from handpicked.agent.signs import Polarity, Said, Span
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import phrase_key, tokenize
from handpicked.tools.types import Embedder, Item

_SEQUEL = re.compile(
    r"\b(?:part|pt\.?|number|no\.?)\s*(\d|two|three|four|ii|iii|iv)\b|\b(?<!a )(?<!any )(?:the )?(?:sequel|second one|follow-up)\b|续集|第([二三四])部",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"\W*(?:(?:and|n|what about|how about|那|那么)\s*)?(?:part|number|no\.?|第)?\s*(\d|two|three|four|ii|iii|iv)(?:部)?(?:呢|怎么样|如何)?\W*",
    re.IGNORECASE,
)
"""The number that goes on from the item in question, where that is all: "and part 2?", 那2呢."""
_CHOICE = re.compile(r"\b(?:or|vs|versus|and|than)\b|还是|和|跟|比|与", re.IGNORECASE)
_ANOTHER = re.compile(r"\bnot\s+$|不是$", re.IGNORECASE)
"""What tells which one is meant by another that isn't: "oldboy, not the new one"."""


@dataclass(frozen=True, slots=True)
class Link:
    """An item named in the text at [start, end), and how the user stands to it."""

    item_id: str
    start: int
    end: int
    polarity: Polarity


@dataclass(frozen=True)
class _Shown:
    """What was shown before a text, and the one of it that is in question."""

    hints: Hints
    shown: Sequence[str]
    focus: str | None
    like: Likeness | None

    @cached_property
    def items(self) -> list[Item | None]:
        """None for one that is gone."""
        return [self.hints.snapshot.get(item_id) for item_id in self.shown]


@dataclass(frozen=True, slots=True)
class _Named:
    """Rows that the words of a span mean, which stands at [start, end)."""

    span: Span
    start: int
    end: int
    rows: tuple[int, ...]


def link(
    snapshot: Snapshot,
    text: str,
    *,
    shown: Sequence[str] = (),
    focus: str | None = None,
    skip_domains: Collection[str] = (),
    embedder: Embedder | None = None,
) -> list[Link]:
    """The items that a text names, in order; at most once each.

    `shown` are the ids of the items that were listed last, in order, to which "the third one" refers; `focus` is the one
    of them that was asked about last. Titles of `skip_domains` are not looked for. With an embedder one that is shown is
    meant by what it is about, too."""
    tokens = tokenize(text)
    if not tokens:
        return []
    said = Said(text, tokens, lexicon.find(text, tokens, lexicon.load().cues))
    hints = Hints(snapshot, said)
    listed = [row for item_id in shown if (row := snapshot.row(item_id)) is not None]
    around = _Shown(
        hints, shown, focus, likeness.of(snapshot, embedder, shown) if embedder and shown else None
    )
    found = _outside(around, mentions.find(hints, listed, skip_domains))
    titles = [_named(hints, mention, listed) for mention in found]
    references = list(_references(around, titles) if shown else _others(hints, found, titles))
    titles += _sequels(hints, titles, [*titles, *references])
    named = sorted([*titles, *references], key=lambda one: one.start)
    polarities = stance.roles(said, [one.span for one in named], {one.span for one in references})
    links: dict[str, Link] = {}
    for one, polarity in zip(named, polarities, strict=True):
        for row in one.rows:
            item_id = snapshot.item_id(row)
            links.setdefault(item_id, Link(item_id, one.start, one.end, polarity))
    return list(links.values()) or list(_unnamed(hints, shown, focus))


def _unnamed(hints: Hints, shown: Sequence[str], focus: str | None) -> Iterator[Link]:
    """The one item in question, where something is said of it without a word for it, or the one that goes on from it."""
    snapshot, text = hints.snapshot, hints.said.text
    item_id = focus if focus in shown else shown[0] if len(shown) == 1 else None
    item = snapshot.get(item_id) if item_id is not None else None
    if item is None:
        if item_id is None and (all_seen := elided.seen_all(text)):
            known = [found for found in shown if snapshot.row(found) is not None]
            yield from (Link(found, *all_seen, "seen") for found in known)
        return
    if number := _NEXT.fullmatch(text):
        for row in _sequel(hints, item, number[1]):
            yield Link(snapshot.item_id(row), *number.span(1), "about")
    elif said := elided.find(text):
        yield Link(item.item_id, *said)


def _named(hints: Hints, mention: Mention, listed: Sequence[int]) -> _Named:
    """What a title means, with the year beside it."""
    rows = tuple(choose.rows(hints, mention, listed))
    start, end = hints.said.start(mention.span), hints.said.end(mention.span)
    if (given := hints.year(mention.span)) is not None:
        end = max(end, given[1]) if given[0] in [hints.snapshot.item(row).year for row in rows] else end
    return _Named(mention.span, start, end, rows)


def _outside(around: _Shown, found: Sequence[Mention]) -> list[Mention]:
    """The titles that don't stand in words that tell a shown item: "the crow one" isn't The Crow."""
    said, items = around.hints.said, around.items
    if not items or not found:
        return list(found)
    held = refer.descriptions(said.text, items, around.like)
    places = [(said.start(one.span), said.end(one.span)) for one in found]
    return [
        mention
        for mention, (start, end) in zip(found, places, strict=True)
        if not any(first <= start and end <= last for first, last in held)
    ]


def _references(around: _Shown, named: Sequence[_Named]) -> Iterator[_Named]:
    hints, shown = around.hints, around.shown
    rows = [hints.snapshot.row(item_id) for item_id in shown]
    place = shown.index(around.focus) if around.focus in shown else None
    others = list(_siblings(hints, around.items, _places(named)))
    yield from others
    taken = _places([*named, *others])
    meant = {row for one in named for row in one.rows}
    at = [place for place, row in enumerate(rows) if row in meant]
    for reference in refer.find(hints.said.text, around.items, taken, place, named=at, like=around.like):
        yield from _placed(hints, reference, rows)


def _siblings(
    hints: Hints, shown: Sequence[Item | None], taken: Sequence[tuple[int, int]]
) -> Iterator[_Named]:
    """Others of the title that was shown alone: "no, the newer one"."""
    items = [item for item in shown if item is not None]
    if len({item.title for item in items}) != 1:
        return
    rows = hints.snapshot.titles.rows(items[0].title)
    yield from _among(
        hints, [row for row in rows if hints.snapshot.item(row).domain == items[0].domain], taken
    )


def _others(hints: Hints, found: Sequence[Mention], named: Sequence[_Named]) -> Iterator[_Named]:
    """References to items that share a title with one that is named."""
    taken = {row for one in named for row in one.rows}
    shared = list(dict.fromkeys(match.row for mention in found for match in mention.matches))
    places = _places(named)
    yield from _among(hints, [row for row in shared if row not in taken], places)
    if len(taken) == 1 and _CHOICE.search(
        hints.said.text
    ):  # of two, "the newer one" is told by the year of the one named
        for other in _among(hints, shared, places):
            if not taken & set(other.rows):
                yield other


def _among(hints: Hints, rows: Sequence[int], taken: Sequence[tuple[int, int]]) -> Iterator[_Named]:
    """References to some of the rows, which share a title; one that is said not to be meant is none."""
    items = [hints.snapshot.item(row) for row in rows]
    found = refer.among(hints.said.text, items, taken)
    for reference in found or _by_people(hints, items, taken):
        if not _ANOTHER.search(hints.said.text[: reference.start]):
            yield from _placed(hints, reference, rows)


def _by_people(hints: Hints, items: Sequence[Item], taken: Sequence[tuple[int, int]]) -> Iterator[Reference]:
    """Those of the items that somebody tells who is in no other of them: "jamie lee curtis"."""
    people = [hints.people_of(item, (0, 0)) for item in items] if len(items) > 1 else []
    for place, own in enumerate(people):
        others = {(p.first, p.last) for n, some in enumerate(people) if n != place for p in some}
        for person in own:
            start, end = (
                hints.said.start((person.first, person.last)),
                hints.said.end((person.first, person.last)),
            )
            free = not any(first < end and start < last for first, last in taken)
            if free and (person.first, person.last) not in others:
                yield Reference(start, end, (place,))
                break


def _sequels(hints: Hints, titles: Sequence[_Named], taken: Sequence[_Named]) -> Iterator[_Named]:
    """A number that goes on from a title before it: "The Hangover was great, part 2 wasn't"."""
    text, held = hints.said.text, _places(taken)
    for number in _SEQUEL.finditer(text):
        before = [one for one in titles if one.end <= number.start()]
        if not before or any(start < number.end() and number.start() < end for start, end in held):
            continue
        item = hints.snapshot.item(before[-1].rows[0])
        if rows := _sequel(hints, item, next(filter(None, number.groups()), "2")):
            yield from _placed(hints, Reference(number.start(), number.end(), (0,)), rows)


def _sequel(hints: Hints, item: Item, number: str) -> list[int]:
    """The rows of an item's title with a number behind it."""
    words = [*phrase_key(item.title).split(), number]
    found = hints.snapshot.titles.exact(words)
    return [match.row for match in found if match.first == 0 and match.last == len(words)]


def _places(named: Sequence[_Named]) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in named]


def _placed(hints: Hints, reference: Reference, rows: Sequence[int | None]) -> Iterator[_Named]:
    start, end = reference.start, reference.end
    places = [n for n, t in enumerate(hints.said.tokens) if t.start < end and start < t.end]
    meant = tuple(row for place in reference.places if (row := rows[place]) is not None)
    if places and meant:
        yield _Named((places[0], places[-1] + 1), start, end, meant)

"""What a text says of an item besides its title: the year, the people, the kind of thing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from handpicked.agent import lexicon
from handpicked.agent.grades import ARTICLES
from handpicked.agent.signs import Said, Span
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import fold, has_cjk, longest_matches, normalize
from handpicked.tools.types import Item

_YEAR = re.compile(r"(?<![\d.$])(1[89]\d\d|20\d\d)(?![\d%])(?!\s*(?:s\b|'s\b|年代|分钟|minutes|pages))")
_SHORT = re.compile(
    r"(?<![\d.$])(\d\d)(?=\s*(?:年(?!代)|版))|(?<=['’])(\d\d)(?!\d|['’]?s\b)|(?<=\s)(\d\d)\b(?!['’]?s\b)"
)
_JOIN = r"[\"”’》」)]*\s*[,，]?\s*(?:the\s+|in\s+|from\s+|of\s+)*"
_AFTER = re.compile(
    _JOIN
    + r"[(\[（'’]?\s*(?:the\s+|from\s+)?(1[89]\d\d|20\d\d|(?<=['’\s(])\d\d)(?![\d%:/.]|\s*(?:%|min|hour|star|out|分|bucks|dollar))\b[)\]）]?",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"((?:1[89]|20)\d\d|(?<=['’])\d\d|(?<=\bthe )\d\d)(?:['’]s)?[\s年]*(?:的|version of|film|movie|original|那部|版)?[\s《“\"]*$"
)
_OLDER = re.compile(
    r"\b(?:older|old|original|first|earlier|classic)\b|老版|旧版|早的|原版|最早", re.IGNORECASE
)
_NEWER = re.compile(r"\b(?:newer|new|remake|latest|recent|later|modern)\b|新版|翻拍|新的", re.IGNORECASE)
_NOT_IT = re.compile(
    rf"(?:\bnot(?: the)?(?: \w+)?\s+|不是|不要)(?:{_OLDER.pattern}|{_NEWER.pattern})", re.IGNORECASE
)
"""An age that is said not to be meant: "not the remake"."""
_THIS_CENTURY = 27
"""Two figures below this are a year of this century."""
_NEGATIONS = frozenset(["not", "no", "without"])
_NAME = 5
"""The fewest letters of a first name that tells somebody."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody named in the text at [first, last): the normalized names that it may mean."""

    first: int
    last: int
    names: frozenset[str]


@dataclass(frozen=True)
class Hints:
    """The hints of a text."""

    snapshot: Snapshot
    said: Said

    @cached_property
    def years(self) -> Sequence[tuple[int, int]]:
        """Years in the text, each with its place."""
        return [(int(found[1]), found.start(1)) for found in _YEAR.finditer(self.said.text)]

    @cached_property
    def short(self) -> Sequence[tuple[int, int]]:
        """Years of two figures ('94, 62, 48年), each with its place."""
        return [(_century(found[0]), found.start()) for found in _SHORT.finditer(self.said.text)]

    @cached_property
    def people(self) -> Sequence[Person]:
        """People of the catalogue who are named in full, or whom the lexicon knows by a shorter name."""
        creators, cast = self.snapshot.terms("creators"), self.snapshot.terms("cast")
        known = lexicon.load().people
        bare = [
            replace(token, text=word) for token, word in zip(self.said.tokens, self.said.bare, strict=True)
        ]
        found = longest_matches(bare, _Full(creators, cast, known), longest=6)
        return [
            Person(first, last, frozenset(map(normalize, known.get(name, (name,)))))
            for first, last, name in found
        ]

    @cached_property
    def kind(self) -> str | None:
        """The domain that a noun in the text names, if it is one."""
        hits = lexicon.find(self.said.text, self.said.tokens, lexicon.load().domains)
        named = {value for hit in hits for value in hit.values}
        return next(iter(named)) if len(named) == 1 else None

    def year(self, span: Span) -> tuple[int, int] | None:
        """The year given right beside a title, and where the text that gives it ends."""
        end = self.said.end(span)
        if after := _AFTER.match(self.said.text, end):
            return _century(after[1]), after.end()
        if before := _BEFORE.search(self.said.before(span)):
            return _century(before[1]), end
        return None

    def people_of(self, item: Item, span: Span) -> list[Person]:
        """Those named in the text who made the item or are in it, by full name or by a surname that tells."""
        return [
            person for person in self._among(item) if not (span[0] <= person.first and person.last <= span[1])
        ]

    def _among(self, item: Item) -> Sequence[Person]:
        if (known := self._found.get(item.item_id)) is not None:
            return known
        every = {normalize(name) for name in (*item.creators, *item.cast)}
        found = [person for person in self.people if person.names & every]
        short = self._short(every)
        found += [person for word, person in self._telling if word in short]
        kept = self._found[item.item_id] = [person for person in found if not self._negated(person.first)]
        return kept

    @cached_property
    def _found(self) -> dict[str, Sequence[Person]]:
        return {}

    @cached_property
    def _telling(self) -> Sequence[tuple[str, Person]]:
        """Words that may be surnames, outside of full names."""
        return [
            (word, Person(place, place + 1, frozenset([word])))
            for place, word in enumerate(self.said.bare)
            if len(word) > 2
            and not lexicon.is_plain(word)
            and not any(p.first <= place < p.last for p in self.people)
        ]

    def refused(self, item: Item) -> list[Person]:
        """Those of its people who are said not to be meant: "not Clooney"."""
        every = [normalize(name) for name in (*item.creators, *item.cast)]
        short, words = self._short(every), self.said.words
        return [
            Person(place, place + 1, frozenset([word]))
            for place, word in enumerate(words)
            if (word in short or " ".join(words[place : place + 2]) in every) and self._negated(place)
        ]

    def _short(self, every: Collection[str]) -> set[str]:
        """What people are called for short: the surname, or the first name of who is best known by it ("keira")."""
        several = [name.split() for name in every if " " in name]
        found = {name[-1] for name in several} | {"".join(name[1:]) for name in several if len(name) > 2}
        for first, *_ in several:
            if len(first) >= _NAME and (known := self.snapshot.build.columns.forenames.get(first)):
                best = max(known, key=lambda person: person.made + person.acted)
                found |= {first} if best.name in every else set()
        return found

    def of_place(self, item: Item) -> bool:
        """Whether the text names the item's language or country."""
        known = lexicon.load()
        own = {fold(part) for name in (item.language, item.country) if name for part in name.split(", ")}
        return any(
            fold(value) in own
            for word in self.said.words
            for part in (known.languages, known.countries)
            for value in part.get(word, ())
        )

    def _negated(self, place: int) -> bool:
        """Whether the name at a place is said not to be meant: "not Clooney", "not the Spike Lee one"."""
        before = [word for word in self.said.words[max(0, place - 2) : place] if word not in ARTICLES]
        return bool(before) and before[-1] in _NEGATIONS


def age(text: str) -> str | None:
    """Whether an older or a newer one is wanted."""
    meant = _NOT_IT.sub(" ", text)
    old, new = _OLDER.search(meant), _NEWER.search(meant)
    if not old and not new and meant != text:
        return "old" if _NEWER.search(text) else "new"
    return None if bool(old) == bool(new) else "old" if old else "new"


def _century(written: str) -> int:
    number = int(written)
    return number if len(written) == 4 else number + (2000 if number < _THIS_CENTURY else 1900)


@dataclass(frozen=True, slots=True)
class _Full:
    """Names of two words and more: a single word is too often something else."""

    creators: frozenset[str]
    cast: frozenset[str]
    known: Mapping[str, tuple[str, ...]]

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        full = " " in name and not has_cjk(name) and (name in self.creators or name in self.cast)
        return (full and not all(map(lexicon.is_plain, name.split()))) or name in self.known

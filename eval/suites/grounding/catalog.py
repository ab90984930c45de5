"""The catalogue as the checker knows it: items, titles, people, and the words that say categories and places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from handpicked.eval.suites.grounding.amounts import Amount, amounts
from handpicked.eval.suites.grounding.words import Phrases, fold, key_of, line
from handpicked.tools.types import Item

_PEOPLE = ("writers", "director", "author")
_LOWER = re.compile(r"(?<![\w'’])[a-z]{3,}(?!\w)")


@dataclass(frozen=True, slots=True)
class Meaning:
    """A category or a place: how it is said, and what an item must have. `loose` words have other meanings too."""

    needs: tuple[str, ...]
    en: tuple[str, ...]
    zh: tuple[str, ...]
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing and the domains that it is of, all when there are none."""

    domains: tuple[str, ...]
    en: tuple[str, ...]
    zh: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What `vocabulary.yaml` says."""

    categories: tuple[Meaning, ...]
    places: tuple[Meaning, ...]
    kinds: tuple[Kind, ...]
    goods: Mapping[str, tuple[str, ...]]
    common: frozenset[str]
    function: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Known:
    """All that is true of an item, read once: `line` has every text of it, `spoken` the words of its description."""

    item: Item
    line: str
    spoken: str
    people: Mapping[str, tuple[str, ...]]
    categories: str
    places: str
    numbers: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The living items by id, and phrases for the titles and people in them.

    `plain` are words that descriptions write in lower case: no names by themselves."""

    items: Mapping[str, Item]
    titles: Phrases
    people: Phrases
    surnames: frozenset[str]
    brands: Phrases
    plain: frozenset[str]
    _read: dict[str, Known]

    @classmethod
    def of(cls, items: Iterable[Item]) -> Catalog:
        """Index items; seconds for tens of thousands."""
        by_id = {item.item_id: item for item in items}
        titles, people, brands = Phrases(), Phrases(), Phrases()
        plain: set[str] = set()
        for item in by_id.values():
            for title in (item.title, *item.aliases):
                titles.add(title, item.item_id)
            for person in _people(item):
                if len(key_of(person)) > 1:
                    people.add(person, person)
            if item.brand:
                brands.add(item.brand, item.brand)
            plain.update(_LOWER.findall(item.description))
        surnames = {key[-1] for key in people.meaning if len(key[-1]) > 3} - plain
        return cls(by_id, titles, people, frozenset(surnames), brands, frozenset(plain), {})

    def known(self, item_id: str) -> Known | None:
        """What is true of an item; None for an unknown id."""
        if item_id not in self._read and (item := self.items.get(item_id)):
            self._read[item_id] = _known(item)
        return self._read.get(item_id)


def _known(item: Item) -> Known:
    """Read an item's facts into what text can be compared with."""
    facts = [f"{name} {value}" for name, value in item.attributes.items()]
    names = [*item.creators, *item.cast, *_people(item)]
    places = [
        item.language or "",
        item.country or "",
        *(str(item.attributes.get(n, "")) for n in ("languages", "countries")),
    ]
    text = [
        item.title,
        *item.aliases,
        item.description,
        *item.categories,
        *names,
        item.brand or "",
        *places,
        *facts,
        item.domain,
    ]
    return Known(
        item,
        line(text),
        line([item.description]),
        {
            "creators": item.creators,
            "cast": item.cast,
            "writers": tuple(_split(str(item.attributes.get("writers", "")))) or item.creators,
        },
        line([*item.categories, str(item.attributes.get("themes", ""))]),
        line(re.split(r",\s*", ", ".join(places))),
        tuple(amounts(" . ".join([item.title, item.description, *facts]))),
    )


@cache
def vocabulary() -> Vocabulary:
    """The words of `vocabulary.yaml`."""
    raw: Any = yaml.safe_load(
        resources.files("handpicked.eval.suites.grounding")
        .joinpath("vocabulary.yaml")
        .read_text(encoding="utf-8")
    )
    return Vocabulary(
        tuple(_meaning(row) for row in raw["categories"]),
        tuple(_meaning(row) for row in raw["places"]),
        tuple(Kind(tuple(r["domains"]), tuple(r["en"]), tuple(r["zh"])) for r in raw["kinds"]),
        {word: tuple(needs) for word, needs in raw["goods"].items()},
        frozenset(raw["common"]),
        {language: frozenset(map(fold, words)) for language, words in raw["function"].items()},
    )


def is_place(said: str) -> bool:
    """Whether a word or two are a country's or a language's."""
    return key_of(said) in _places()


@cache
def _places() -> frozenset[tuple[str, ...]]:
    return frozenset(key_of(word) for place in vocabulary().places for word in (*place.en, *place.needs))


def _meaning(row: Mapping[str, Any]) -> Meaning:
    return Meaning(tuple(row["needs"]), tuple(row["en"]), tuple(row["zh"]), bool(row.get("loose")))


def _people(item: Item) -> list[str]:
    more = [name for key in _PEOPLE for name in _split(str(item.attributes.get(key, "")))]
    return [*item.creators, *item.cast, *more]


def _split(names: str) -> Sequence[str]:
    return [name for part in names.split(",") if (name := part.strip())]

"""The catalogue as conversations speak of it: vectors, words, kinds, people and years of its items, and which are one and the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handpicked.tools.data import bags
from handpicked.tools.data.text import STOP_WORDS, phrase_key, words
from handpicked.tools.data.titles import plain
from handpicked.tools.types import Floats, Item

_NAMESAKES = 20
"""Of a title that more items have none is taken for another."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The catalogue as conversations speak of it. Matrices have a row for each item: unit vectors of its document and weighed
    words of it, of its title, its kinds and its people (sparse, rows of length 1); `twins` has 1 for other items that are likely
    the same one."""

    vectors: Floats
    vocabulary: Mapping[str, int]
    idf: Floats
    words: Any
    titles: Any
    kinds: Any
    people: Any
    kind_of: Mapping[str, int]
    person_of: Mapping[str, int]
    years: Floats
    twins: Any

    def __len__(self) -> int:
        return len(self.years)


def shelf(items: Sequence[Item], vectors: Floats) -> Shelf:
    """Read the catalogue's items, in the order of its rows."""
    texts = [[*_told(item)] for item in items]
    vocabulary, idf = bags.vocabulary(texts)
    kind_of, kinds = bags.labels([[phrase_key(kind) for kind in item.categories] for item in items])
    people_of, people = bags.labels(
        [[phrase_key(name) for name in (*item.creators, *item.cast)] for item in items]
    )
    years = np.array([item.year or np.nan for item in items], np.float32)
    return Shelf(
        vectors=vectors,
        vocabulary=vocabulary,
        idf=idf,
        words=bags.weighed(texts, vocabulary, idf),
        titles=bags.weighed([content(item.title) for item in items], vocabulary, idf),
        kinds=kinds,
        people=people,
        kind_of=kind_of,
        person_of=people_of,
        years=years,
        twins=_twins(items),
    )


def content(text: str) -> list[str]:
    """A text's words but the ones that any text has."""
    return [word for word in words(text) if word not in STOP_WORDS]


def _told(item: Item) -> Iterator[str]:
    for text in (item.title, item.title, *item.categories, *item.creators, *item.cast, item.description):
        yield from content(text)


def _twins(items: Sequence[Item]) -> Any:
    """Items that are likely one and the same: alike in title, and in year or in who made them."""
    by_title: dict[tuple[str, str], list[int]] = {}
    for row, item in enumerate(items):
        key = "".join(word for word, _ in plain(phrase_key(item.title).split()))
        by_title.setdefault((item.domain, key), []).append(row)
    found = (
        (one, other)
        for rows in by_title.values()
        if len(rows) <= _NAMESAKES
        for one in rows
        for other in rows
        if one != other and _same(items[one], items[other])
    )
    return bags.binary(found, (len(items), len(items)))


def _same(one: Item, other: Item) -> bool:
    if one.year is None or other.year is None or abs(one.year - other.year) <= 1:
        return True
    return not {*one.creators}.isdisjoint(other.creators)

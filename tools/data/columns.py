"""The catalogue as columns: constraints become boolean masks over rows, never hopes in a prompt."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import cast

import numpy as np
import orjson
from numpy.typing import NDArray

from handpicked.tools.data.features import TEXT_LANGUAGE, text_language
from handpicked.tools.data.slips import Vocabulary
from handpicked.tools.data.text import normalize, phrase_key
from handpicked.tools.data.titles import TitleIndex
from handpicked.tools.errors import ToolError
from handpicked.tools.types import NUMERIC_FIELDS, TERM_FIELDS, Constraint, Item, Mask, Rows

_SHARED_NAME = 3
_NAMES = ("creators", "cast", "categories", "brand")
Numbers = NDArray[np.floating]
_WELL_KNOWN = 5
"""From this many items on a person may be meant by the surname."""

_TRUE = frozenset({"true", "yes", "1", "1.0"})


@dataclass(frozen=True, slots=True)
class Terms:
    """One field's inverted index: `rows[starts[i]:starts[i + 1]]` have the term `names[i]`."""

    names: tuple[str, ...]
    starts: Rows
    rows: Rows
    position: Mapping[str, int]

    def rows_of(self, term: object) -> Rows:
        """Rows that have this term, compared by `normalize`; none for an unknown one."""
        index = self.position.get(normalize(str(term)))
        return self.rows[self.starts[index] : self.starts[index + 1]] if index is not None else self.rows[:0]


@dataclass(frozen=True, slots=True)
class Person:
    """A folded name, and of how many items it is a creator and in the cast."""

    name: str
    made: int
    acted: int


@dataclass(frozen=True)
class Columns:
    """What is asked of items in bulk: `numbers` has NaN where nothing is known; `titles` are the phrase
    keys of each item's title and aliases."""

    ids: tuple[str, ...]
    titles: tuple[tuple[str, ...], ...]
    numbers: Mapping[str, Numbers]
    in_stock: Mask
    terms: Mapping[str, Terms]

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Row by item id."""
        return {item_id: row for row, item_id in enumerate(self.ids)}

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """The terms by field."""
        return {field: frozenset(found.names) for field, found in self.terms.items()}

    @cached_property
    def title_index(self) -> TitleIndex:
        """The titles, to be found in a text."""
        return TitleIndex(self.titles)

    @cached_property
    def words(self) -> Vocabulary:
        """The words of titles, people, categories and brands: what a user may mistype."""
        named = (name for field in _NAMES if field in self.terms for name in self.terms[field].names)
        titles = (name for names in self.titles for name in names)
        return Vocabulary(word for name in chain(titles, named) for word in name.split())

    @cached_property
    def name_words(self) -> frozenset[str]:
        """Words of several people's names: a given name, a common surname."""
        people = {
            name for field in ("creators", "cast") if field in self.terms for name in self.terms[field].names
        }
        counts = Counter(word for name in people if " " in name for word in name.split())
        return frozenset(word for word, times in counts.items() if times >= _SHARED_NAME)

    @cached_property
    def surnames(self) -> Mapping[str, tuple[Person, ...]]:
        """People of several items by the last word of their name."""
        found: dict[str, tuple[Person, ...]] = {}
        for person in _people(self.terms):
            if person.made + person.acted >= _WELL_KNOWN:
                surname = person.name.rsplit(" ", 1)[-1]
                found[surname] = (*found.get(surname, ()), person)
        return found

    @cached_property
    def forenames(self) -> Mapping[str, tuple[Person, ...]]:
        """The same by the first word of their name."""
        found: dict[str, tuple[Person, ...]] = {}
        for person in dict.fromkeys(person for people in self.surnames.values() for person in people):
            forename = person.name.split(" ", 1)[0]
            found[forename] = (*found.get(forename, ()), person)
        return found

    def __len__(self) -> int:
        return len(self.ids)

    def mask(self, constraints: Iterable[Constraint]) -> Mask:
        """Rows that keep every constraint, shape (n,). What is unknown never keeps a range.

        Raises ToolError for a field that the catalogue doesn't have."""
        kept = np.ones(len(self), bool)
        for constraint in constraints:
            match = self._within(constraint) if constraint.op == "range" else self._listed(constraint)
            kept &= match | self.outside(constraint) if constraint.within else match
        return kept

    def outside(self, constraint: Constraint) -> Mask:
        """Rows that a constraint doesn't bind, since it is on other domains."""
        return ~self._has("domain", constraint.within)

    def knows(self, constraint: Constraint) -> bool:
        """Whether a constraint can be asked of these items: its field is here, and a number for a range."""
        numeric = constraint.field in self.numbers
        if constraint.op == "range":
            return numeric
        return numeric or constraint.field in self.terms or constraint.field in ("in_stock", "item_id")

    def _listed(self, constraint: Constraint) -> Mask:
        if not self.knows(constraint):
            raise self._unknown(constraint.field)
        if constraint.field == "in_stock":
            match = np.isin(self.in_stock, [str(value).casefold() in _TRUE for value in constraint.value])
        elif constraint.field == "item_id":
            rows = [self.row_of[v] for v in map(str, constraint.value) if v in self.row_of]
            match = self._has_rows(np.array(rows, np.int64))
        else:
            match = self._has(constraint.field, constraint.value)
        return ~match if constraint.op == "not_in" else match

    def _has(self, field: str, values: Sequence[object]) -> Mask:
        """Rows with one of these values. A field may hold numbers for some items and text for others."""
        term = self.terms.get(field)
        match = self._has_rows(*(term.rows_of(value) for value in values)) if term else self._has_rows()
        if field in self.numbers:
            match |= np.isin(self.numbers[field], _numbers(values, self.numbers[field]))
        return match

    def _within(self, constraint: Constraint) -> Mask:
        if not self.knows(constraint):
            raise self._unknown(constraint.field)
        column = self.numbers[constraint.field]
        low, high = constraint.value
        kept = ~np.isnan(column)
        if isinstance(low, int | float):
            kept &= column >= _fit(low, column)
        if isinstance(high, int | float):
            kept &= column <= _fit(high, column)
        return kept

    def _has_rows(self, *groups: Rows) -> Mask:
        match = np.zeros(len(self), bool)
        for rows in groups:
            match[rows] = True
        return match

    def _unknown(self, field: str) -> ToolError:
        if field in self.terms or field in ("in_stock", "item_id"):
            numbers = ", ".join(sorted(self.numbers))
            return ToolError(f"{field!r} is no number, so use in or not_in; a range can be of: {numbers}")
        known = ", ".join(sorted({*self.numbers, *self.terms, "in_stock", "item_id"}))
        return ToolError(f"the catalogue has no field {field!r} to filter on; known: {known}")


def from_items(items: Sequence[Item]) -> Columns:
    """Columns of items in the order given; every scalar attribute becomes a column of its own, and so does the
    language of their text."""
    numbers = {name: np.full(len(items), np.nan) for name in NUMERIC_FIELDS}
    postings: dict[str, dict[str, list[int]]] = {name: defaultdict(list) for name in TERM_FIELDS}
    for row, item in enumerate(items):
        for name, value in _fields(item):
            if isinstance(value, str):
                postings.setdefault(name, defaultdict(list))[normalize(value)].append(row)
            else:
                if name not in numbers:  # an array for each number would cost the square of the items
                    numbers[name] = np.full(len(items), np.nan)
                numbers[name][row] = _fit(value, numbers[name])
    return Columns(
        ids=tuple(item.item_id for item in items),
        titles=tuple((phrase_key(item.title), *map(phrase_key, item.aliases)) for item in items),
        numbers=numbers,
        in_stock=np.array([item.in_stock for item in items], bool),
        terms={name: _terms(found) for name, found in postings.items()},
    )


def save(columns: Columns, folder: Path) -> None:
    """Write `columns.npz` (arrays) and `columns.json` (names)."""
    arrays: dict[str, np.ndarray] = {"in_stock": columns.in_stock}
    arrays |= {f"number.{name}": column for name, column in columns.numbers.items()}
    for name, term in columns.terms.items():
        arrays |= {f"starts.{name}": term.starts, f"rows.{name}": term.rows}
    np.savez(folder / "columns.npz", allow_pickle=False, **arrays)
    names = {name: term.names for name, term in columns.terms.items()}
    document = {"ids": columns.ids, "titles": columns.titles, "terms": names}
    (folder / "columns.json").write_bytes(orjson.dumps(document))


def load(folder: Path) -> Columns:
    """Read back what `save` wrote."""
    document = orjson.loads((folder / "columns.json").read_bytes())
    with np.load(folder / "columns.npz", allow_pickle=False) as arrays:
        numbers = {key[7:]: arrays[key] for key in arrays.files if key.startswith("number.")}
        terms = {
            name: Terms(tuple(names), arrays[f"starts.{name}"], arrays[f"rows.{name}"], _positions(names))
            for name, names in document["terms"].items()
        }
        in_stock = arrays["in_stock"]
    return Columns(tuple(document["ids"]), tuple(map(tuple, document["titles"])), numbers, in_stock, terms)


def _fields(item: Item) -> Iterator[tuple[str, str | float]]:
    for name in NUMERIC_FIELDS:
        if (number := getattr(item, name)) is not None:
            yield name, number
    for name in ("categories", "creators", "cast"):
        for value in dict.fromkeys(getattr(item, name)):
            yield name, value
    for name in ("brand", "language", "country", "domain"):
        if value := getattr(item, name):
            # "English, French" is two languages; a brand or a domain is one name
            parts = value.split(", ") if name in ("language", "country") else [value]
            yield from ((name, part) for part in dict.fromkeys(parts))
    for name, scalar in item.attributes.items():
        yield name, str(scalar).lower() if isinstance(scalar, bool) else scalar
    if TEXT_LANGUAGE not in item.attributes and item.description and (told := text_language(item)):
        yield TEXT_LANGUAGE, told


def _numbers(values: Iterable[object], column: Numbers) -> list[np.floating]:
    """The numbers among values, those that are written as text too."""
    found: list[np.floating] = []
    for value in values:
        try:
            found.append(_fit(float(value) if isinstance(value, str) else cast(float, value), column))
        except (TypeError, ValueError):
            continue
    return found


def _fit(value: float, column: Numbers) -> np.floating:
    """A number as a column holds it (older builds have float32); what is beyond its ends stops there."""
    largest = float(np.finfo(column.dtype).max)
    return column.dtype.type(min(max(value, -largest), largest))


def _people(terms: Mapping[str, Terms]) -> Iterator[Person]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for place, field in enumerate(("creators", "cast")):
        if (part := terms.get(field)) is not None:
            for name, many in zip(part.names, np.diff(part.starts).tolist(), strict=True):
                counts[name][place] = many
    yield from (Person(name, made, acted) for name, (made, acted) in counts.items())


def _terms(postings: Mapping[str, Sequence[int]]) -> Terms:
    names = tuple(postings)
    lengths = [len(postings[name]) for name in names]
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    rows = np.fromiter((row for name in names for row in postings[name]), np.int64, int(starts[-1]))
    return Terms(names, starts, rows, _positions(names))


def _positions(names: Iterable[str]) -> Mapping[str, int]:
    return {name: index for index, name in enumerate(names)}

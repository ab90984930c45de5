"""What can be asked right now: the current build, the changes since, and what was deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np

from handpicked.tools.data import columns, lexical, manifests, opening, response, views
from handpicked.tools.data.catalog_store import Changes
from handpicked.tools.data.columns import Columns, Numbers
from handpicked.tools.data.documents import document
from handpicked.tools.data.lexical import Lexical
from handpicked.tools.data.opening import Build, Opened
from handpicked.tools.data.response import Doubles, Kinds
from handpicked.tools.data.slips import Vocabulary
from handpicked.tools.data.titles import Titles
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import Constraint, Embedder, Floats, Item, Mask, Rows

_MASKS = 64
"""How many masks are kept, a byte an item each."""


@dataclass(frozen=True, slots=True)
class Delta:
    """Items upserted since the build, searched exactly, and what was deleted or replaced. Of a description `beginnings` has the first
    passage, so that many long texts at once don't hold up a turn; the rest is found by its words."""

    revision: int
    items: tuple[Item, ...]
    columns: Columns
    vectors: Floats
    beginnings: Floats
    views: Mapping[str, Floats]
    lexical: Lexical
    deleted: frozenset[str]


@dataclass(frozen=True)
class Snapshot:
    """A consistent view for one turn. Rows number the build's items first, then the delta's; `notes` say in what
    it is worse than it should be."""

    build: Build
    delta: Delta
    notes: tuple[str, ...] = ()

    @cached_property
    def alive(self) -> Mask:
        """Rows that are neither deleted nor replaced by the delta."""
        kept = np.ones(len(self), bool)
        row_of = self.build.columns.row_of
        stale = [row_of[i] for i in {*self.delta.deleted, *self.delta.columns.ids} if i in row_of]
        kept[np.array(stale, np.int64)] = False
        return kept

    def __len__(self) -> int:
        return len(self.build.columns) + len(self.delta.items)

    def row(self, item_id: str) -> int | None:
        """The row of a living item, or None."""
        if (row := self.delta.columns.row_of.get(item_id)) is not None:
            return len(self.build.columns) + row
        row = self.build.columns.row_of.get(item_id)
        return row if row is not None and item_id not in self.delta.deleted else None

    def rows(self, item_ids: Iterable[str]) -> Rows:
        """The rows of those that live, in order."""
        found = (self.row(item_id) for item_id in item_ids)
        return np.array([row for row in found if row is not None], np.int64)

    def item(self, row: int) -> Item:
        """The item at a row."""
        start = len(self.build.columns)
        return self.build.records.item(row) if row < start else self.delta.items[row - start]

    def get(self, item_id: str) -> Item | None:
        """The living item of this id, or None."""
        row = self.row(item_id)
        return None if row is None else self.item(row)

    def item_id(self, row: int) -> str:
        """The id at a row."""
        start = len(self.build.columns)
        return self.build.columns.ids[row] if row < start else self.delta.columns.ids[row - start]

    def items(self) -> Iterator[Item]:
        """Every living item, by row."""
        return (self.item(int(row)) for row in np.flatnonzero(self.alive))

    def mask(self, constraints: Iterable[Constraint]) -> Mask:
        """Living rows that keep every constraint. Raises ToolError for an unknown field."""
        kept = self.alive.copy()
        for constraint in constraints:
            kept &= self._keeping(constraint)
        return kept

    def _keeping(self, constraint: Constraint) -> Mask:
        """Rows that keep a constraint, dead or alive. A turn asks for the same ones again and again."""
        key = (constraint.field, constraint.op, repr(constraint.value), constraint.within)
        if (kept := self._masks.get(key)) is None:
            base, fresh = self.build.columns, self.delta.columns
            kept = np.concatenate([_mask(base, fresh, constraint), _mask(fresh, base, constraint)])
            if len(self._masks) >= _MASKS:
                self._masks.clear()
            self._masks[key] = kept
        return kept

    @cached_property
    def _masks(self) -> dict[tuple[object, ...], Mask]:
        return {}

    def vector(self, row: int) -> Floats:
        """The unit vector of the item at a row."""
        start = len(self.build.columns)
        return np.asarray(self.build.vectors.matrix[row] if row < start else self.delta.vectors[row - start])

    def terms(self, field: str) -> frozenset[str]:
        """The normalized terms that the catalogue has for a field, such as `categories`."""
        return self._terms.get(field, frozenset())

    @cached_property
    def _terms(self) -> Mapping[str, frozenset[str]]:
        base, fresh = self.build.columns.names, self.delta.columns.names
        # A union of hundreds of thousands of names is made only where the delta has one that is new.
        more = {field: names - base.get(field, frozenset()) for field, names in fresh.items()}
        return {**base, **{field: base.get(field, frozenset()) | new for field, new in more.items() if new}}

    def numbers(self, field: str) -> Numbers:
        """A numeric column over all rows, NaN where nothing is known."""
        if (held := self._numbers.get(field)) is None:
            parts = [_numbers(part, field) for part in (self.build.columns, self.delta.columns)]
            held = self._numbers[field] = np.concatenate(parts)
        return held

    @cached_property
    def _numbers(self) -> dict[str, Numbers]:
        return {}

    @cached_property
    def popularity(self) -> Floats:
        """Popularity in 0..1 over all rows; what is new since the build has none yet."""
        base, row_of = self.build.popularity, self.build.columns.row_of
        fresh = [float(base[row_of[i]]) if i in row_of else 0.0 for i in self.delta.columns.ids]
        return np.concatenate([base, np.array(fresh, np.float32)])

    @cached_property
    def shares(self) -> Doubles:
        """Each row's share of what all users chose lately, as of the build."""
        base, row_of = self.build.response.shares, self.build.columns.row_of
        fresh = [float(base[row_of[i]]) if i in row_of else 0.0 for i in self.delta.columns.ids]
        return np.concatenate([base, np.array(fresh, np.float32)]).astype(np.float64)

    @cached_property
    def kinds(self) -> Kinds:
        """Rows by the build's categories."""
        return response.kinds_of(self.build.columns, self.delta.columns)

    @cached_property
    def factor_rows(self) -> Rows:
        """The row of each position of the collaborative factors, -1 where the item lives no more."""
        rows, position = self.build.factor_rows.copy(), self.build.factors.position
        for item_id in {*self.delta.deleted, *self.delta.columns.ids} & position.keys():
            row = self.row(item_id)
            rows[position[item_id]] = -1 if row is None else row
        return rows

    @cached_property
    def chosen(self) -> Mask:
        """Rows that have a part in collaborative filtering."""
        found = np.zeros(len(self), bool)
        found[self.factor_rows[self.factor_rows >= 0]] = True
        return found

    @cached_property
    def titles(self) -> Titles:
        """The titles and aliases of the living items."""
        parts = (self.build.columns.title_index, self.delta.columns.title_index)
        return Titles(parts, self.alive)

    def outside(self, domains: Iterable[str]) -> Mask:
        """Rows of none of some domains."""
        key = frozenset(domains)
        if (kept := self._outside.get(key)) is None:
            refused = Constraint("domain", "not_in", tuple(sorted(key)))
            kept = self._outside[key] = self.mask([refused]) if key else self.alive
        return kept

    @cached_property
    def _outside(self) -> dict[frozenset[str], Mask]:
        return {}

    def names(self, word: str) -> bool:
        """Whether several people have this word in their names."""
        return word in self.build.columns.name_words or word in self.delta.columns.name_words

    def surname(self, word: str) -> bool:
        """Whether somebody of several items has this surname."""
        return word in self.build.columns.surnames or word in self.delta.columns.surnames

    @property
    def words(self) -> tuple[Vocabulary, ...]:
        """The words of titles, people, categories and brands."""
        return self.build.columns.words, self.delta.columns.words


class Index:
    """Opens the current build and keeps up with the databases; one for each process."""

    def __init__(self, workspace: Workspace, embedder: Embedder) -> None:
        self._workspace = workspace
        self._embedder = embedder
        self._lock = Lock()
        self._opened: Opened | None = None
        self._coming: tuple[str, Future[Opened]] | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """What holds now: another process's upsert or deletion shows at once, its build as soon as it is open; a large one is
        opened beside the turns, so that none waits for it.

        A damaged build is passed over for the one before it. Raises DataError when nothing is built yet, all that
        is built is damaged, or the build was made with another embedder."""
        with self._lock:
            opened = self._newest()
            revision = self._workspace.catalog.revision()
            held = self._snapshot
            if held is None or opened.build is not held.build or revision != held.delta.revision:
                self._snapshot = held = self._fresh(opened.build, opened.notes)
            return held

    def _newest(self) -> Opened:
        """The newest build that is open."""
        path, embedder = self._workspace.path, self._embedder
        build_id = manifests.current(path)
        if build_id is None:
            raise DataError(f"{path} has no build yet: run `handpicked build` (or `make demo`)")
        if self._opened is None:
            self._opened = opening.newest(path, build_id, embedder)
        if build_id == self._opened.named:
            return self._opened
        if self._coming is None or (self._coming[0] != build_id and self._coming[1].done()):
            self._coming = build_id, opening.beside(path, build_id, embedder)
        if self._coming[1].done():
            self._opened = self._coming[1].result()
        return self._opened

    def _fresh(self, opened: Build, notes: tuple[str, ...]) -> Snapshot:
        """Without a delta when the build was made of another database: its revisions mean nothing here."""
        catalog = self._workspace.catalog
        if catalog.identity() == opened.manifest.catalog:
            return Snapshot(opened, self._changes(opened), notes)
        note = (
            f"index: build {opened.manifest.build_id} was made of another catalogue: run `handpicked build`"
        )
        return Snapshot(opened, self._delta(opened, Changes(catalog.revision(), (), ())), (*notes, note))

    def _changes(self, opened: Build) -> Delta:
        return self._delta(opened, self._workspace.catalog.changes_since(opened.manifest.catalog_revision))

    def _delta(self, opened: Build, changes: Changes) -> Delta:
        told = [document(item) for item in changes.upserted]
        plain, _, _ = views.apart(changes.upserted)
        return Delta(
            revision=changes.revision,
            items=tuple(plain),
            columns=columns.from_items(changes.upserted),
            vectors=self._embedded([one.text for one in told]),
            beginnings=self._embedded([*one.passages, one.text][0] for one in told),
            views=views.of_items(changes.upserted, opened.views),
            lexical=lexical.in_memory(changes.upserted),
            deleted=frozenset(changes.deleted),
        )

    def _embedded(self, texts: Iterable[str]) -> Floats:
        found = list(texts)
        return (
            self._embedder.embed_matrix(found)
            if found
            else np.empty((0, self._embedder.dimensions), np.float32)
        )


def _mask(part: Columns, other: Columns, constraint: Constraint) -> Mask:
    """Rows of one part that keep a constraint; no item here has a field that only the other part knows."""
    if part.knows(constraint) or not other.knows(constraint):
        return part.mask([constraint])
    free = bool(constraint.within) & part.outside(constraint)
    return free | (constraint.op == "not_in")


def _numbers(part: Columns, field: str) -> Numbers:
    found = part.numbers.get(field)
    return np.full(len(part), np.nan) if found is None else found

"""Tags of items that a capable model gives, kept beside the catalogue; a build uses them where likeness gets better by them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from handpicked.tools.data import view_weights
from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.data.choices import Choices
from handpicked.tools.data.codec import batches, encode, key_of
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import Floats, Item

FEWEST = 200
"""With fewer pairs of choices among tagged items nothing can be said, and tags aren't used."""
BATCH = 10
_FAILURES = 3
_CUTOFF = 10
_log = logging.getLogger(__name__)
Tags = tuple[str, ...]


class Tagger(Protocol):
    """Gives tags for some items, in their order. Raises ModelError and BudgetExceeded."""

    def __call__(self, items: Sequence[Item]) -> list[Tags]: ...


@dataclass(frozen=True, slots=True)
class Tagging:
    """A model to ask, and about how many items at most in one build."""

    tagger: Tagger
    budget: int


@dataclass(frozen=True, slots=True)
class Effect:
    """nDCG@10 of a choice among 50 others as often chosen, by likeness to another of the same user: over `pairs` of which an
    item is tagged, without tags and with; `error` is the standard error of the difference."""

    pairs: int
    without: float
    with_tags: float
    error: float

    @property
    def helps(self) -> bool:
        """Whether the 95% interval of the difference is above 0."""
        return self.pairs >= FEWEST and self.with_tags - self.without > 1.96 * self.error


def gather(
    items: Sequence[Item], order: Sequence[int], tagging: Tagging | None, store: CatalogStore,
    on_progress: Callable[[int, int], None],
) -> dict[int, Tags]:  # fmt: skip
    """Tags by row: those known of an item as it is, and those that a model gives for others, in an order, within its budget.

    Each answer is stored when it comes, so that a run that is cut off goes on where it was. A batch that fails costs its
    tags; after three in a row no more is asked."""
    if tagging is None and not store.has_tags():
        return {}
    keys = [key_of(encode(item)) for item in items]
    known = store.tags(keys)
    if tagging is not None:
        missing = [row for row in order if keys[row] not in known][: tagging.budget]
        for found in _asked([(keys[row], items[row]) for row in missing], tagging.tagger, on_progress):
            store.keep_tags(found)
            known |= found
    return {row: known[key] for row, key in enumerate(keys) if known.get(key)}


def _asked(
    missing: Sequence[tuple[int, Item]], tagger: Tagger, on_progress: Callable[[int, int], None]
) -> Iterator[dict[int, Tags]]:
    """Tags by key, a batch at a time."""
    failed = 0
    for at, batch in enumerate(batches(missing, BATCH)):
        on_progress(BATCH * at, len(missing))
        try:
            found = tagger([item for _, item in batch])
        except (ModelError, BudgetExceeded) as err:
            failed += 1
            _log.warning("%d items have no tags: %s", len(batch), err)
            if failed == _FAILURES:
                _log.warning("no more is asked; `handpicked build --tags N` goes on where this ended")
                return
            continue
        failed = 0
        yield {key: tags for (key, _), tags in zip(batch, found, strict=True)}


def effect(without: Floats, with_tags: Floats, tagged: Mapping[int, Tags], chosen: Choices) -> Effect:
    """Measure likeness by two matrices of unit vectors."""
    rng = np.random.default_rng(0)
    pairs, _ = view_weights.pairs(chosen, rng)
    others = (
        rng.permutation(pairs[:, 1])[rng.integers(len(pairs), size=(len(pairs), 50))] if len(pairs) else pairs
    )
    about = np.isin(pairs, list(tagged)).any(axis=1)
    pairs, others = pairs[about], others[about]
    if len(pairs) < 2:
        return Effect(len(pairs), 0.0, 0.0, 0.0)
    before, after = (
        _ndcg(matrix, pairs[:, 0], np.column_stack([pairs[:, 1], others])) for matrix in (without, with_tags)
    )
    error = float((after - before).std(ddof=1) / np.sqrt(len(pairs)))
    return Effect(len(pairs), float(before.mean()), float(after.mean()), error)


def _ndcg(matrix: Floats, seeds: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    found = [matrix[many] @ matrix[seed] for seed, many in zip(seeds, candidates, strict=True)]
    cosines = np.stack(found)
    ranks = (cosines[:, 1:] >= cosines[:, :1]).sum(axis=1) + 1
    return np.where(ranks <= _CUTOFF, 1.0 / np.log2(ranks + 1), 0.0)

"""How like a few words are to each of the items shown, by their meaning: for "the shark one"."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache

from handpicked.tools.data.documents import document
from handpicked.tools.data.index import Snapshot
from handpicked.tools.types import Embedder, Floats

Likeness = Callable[[str], Sequence[float]]
"""Gives each of the items shown a score for some words."""
_NAMES = 4
"""How many of an item's titles are compared, its own first."""


def of(snapshot: Snapshot, embedder: Embedder, shown: Sequence[str]) -> Likeness:
    """The sum of cosines to an item's facts, to the beginning of its description and to the nearest of its titles; each
    told something that the others didn't. Nothing is embedded before words are compared; then titles and descriptions
    once, after which the embedder knows them."""

    @cache
    def texts() -> list[list[Floats]]:
        return [_vectors(snapshot, embedder, item_id) for item_id in shown]

    def like(words: str) -> Sequence[float]:
        vector = embedder.query(words.replace("-", " "))
        return [sum(float((part @ vector).max()) for part in parts) for parts in texts()]

    return like


def closest(scores: Sequence[float], places: Collection[int], margin: float) -> int | None:
    """The place with the best score among some, if it leads by the margin; None where there is nothing to choose from."""
    ranked = sorted(places, key=lambda place: -scores[place])
    if len(ranked) < 2 or scores[ranked[0]] - scores[ranked[1]] < margin:
        return None
    return ranked[0]


def _vectors(snapshot: Snapshot, embedder: Embedder, item_id: str) -> list[Floats]:
    row = snapshot.row(item_id)
    if row is None:
        return []
    item = snapshot.item(row)
    titles = embedder.embed_matrix([item.title, *item.aliases[: _NAMES - 1]])
    beginning = document(item).passages[:1]
    facts = snapshot.vector(row)[None]
    return [facts, titles, *((embedder.embed_matrix(beginning),) if beginning else ())]

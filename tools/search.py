"""`search`: hybrid retrieval, dense and lexical."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import Field

from handpicked.tools.data import slips
from handpicked.tools.data.text import content_words, has_cjk
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.types import Candidate, Constraint, Floats, Found, Mask, Rows

RRF = 60.0
"""Reciprocal-rank fusion's constant (Cormack, Clarke & Buettcher, SIGIR 2009)."""
_DEPTH = 200
_MEANING = 0.3
"""The weight of the dense half against the lexical one: the best of .2 to .5 on `eval run search`, valid."""
_SHORTEST, _CORRECTIONS = 4, 3
Scored: TypeAlias = list[tuple[int, float]]

Constraints = Annotated[tuple[Constraint, ...], Field(description="what every item must keep")]
Limit = Annotated[int, Field(ge=1, le=500, description="how many candidates")]


@tool
def search(
    context: Context,
    query: Annotated[str, Field(description="what is looked for, in the user's words")],
    constraints: Constraints = (),
    limit: Limit = 100,
) -> Found:
    """Find items by meaning and by words: titles, people, categories, descriptions; English or Chinese.

    Cosine over embeddings and BM25, each scaled, are added up."""
    if not query.strip():
        return Found()
    mask = context.snapshot.mask(constraints)
    parts = [(_MEANING, dense(context, query, mask))]
    parts += [(1.0 - _MEANING, part) for part in lexical(context, query, mask)]
    return Found(blend(context, parts, limit))


def dense(context: Context, query: str, mask: Mask) -> Scored:
    """Rows under the mask by meaning, with cosines scaled so that the best has 1 and the last 0. An item counts by what is
    nearest: its facts or a passage of its description."""
    vector = context.embedder.query(query)
    found = _either(nearest(context, vector, mask, _DEPTH), _passages(context, vector, mask))
    if not found:
        return []
    high, low = found[0][1], found[-1][1]
    return [(row, (cosine - low) / (high - low) if high > low else 1.0) for row, cosine in found]


def lexical(context: Context, query: str, mask: Mask) -> list[Scored]:
    """Rows under the mask by words, the build's and the delta's, with BM25 scaled so that the best of each has 1."""
    snapshot = context.snapshot
    start = len(snapshot.build.columns)
    asked = f"{query} {' '.join(_corrections(context, query))}"
    base = [(row, score) for row, score in snapshot.build.lexical.search(asked, 10 * _DEPTH) if mask[row]]
    found = snapshot.delta.lexical.search(asked, _DEPTH)
    delta = [(start + row, score) for row, score in found if mask[start + row]]
    return [[(row, score / part[0][1]) for row, score in part[:_DEPTH]] for part in (base, delta) if part]


def blend(context: Context, parts: Iterable[tuple[float, Scored]], limit: int) -> tuple[Candidate, ...]:
    """Add up weighted scores; ties go to the lower row.

    A convex combination of scaled scores serves hybrid retrieval better than reciprocal ranks do (Bruch, Gai &
    Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023)."""
    scores: dict[int, float] = {}
    for weight, part in parts:
        for row, score in part:
            scores[row] = scores.get(row, 0.0) + weight * score
    return _best(context, scores, limit)


def nearest(context: Context, vector: Floats, mask: Mask, limit: int) -> list[tuple[int, float]]:
    """Rows under the mask by cosine to a unit vector, with it, the build's and the delta's together."""
    snapshot = context.snapshot
    start = len(snapshot.build.columns)
    rows, cosines = snapshot.build.vectors.nearest(vector, limit, mask[:start])
    fresh: Rows = np.flatnonzero(mask[start:])
    if len(fresh):
        rows = np.concatenate([rows, fresh + start])
        cosines = np.concatenate([cosines, snapshot.delta.vectors[fresh] @ vector])
    order = np.lexsort((rows, -cosines))[:limit]
    return [(int(rows[at]), float(cosines[at])) for at in order]


def fuse(context: Context, rankings: Iterable[Sequence[int]], limit: int) -> tuple[Candidate, ...]:
    """Fuse rankings of rows by reciprocal rank; ties go to the lower row."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0.0) + 1.0 / (RRF + rank)
    return _best(context, scores, limit)


def _passages(context: Context, vector: Floats, mask: Mask) -> Scored:
    snapshot = context.snapshot
    start = len(snapshot.build.columns)
    fresh: Rows = np.flatnonzero(mask[start:])
    scored = list(zip(fresh + start, snapshot.delta.beginnings[fresh] @ vector, strict=True))
    if (told := snapshot.build.passages) is not None:
        scored += zip(*told.nearest(vector, _DEPTH, mask[:start]), strict=True)
    return [(int(row), float(cosine)) for row, cosine in scored]


def _either(one: Scored, other: Scored) -> Scored:
    best = dict(one)
    for row, cosine in other:
        best[row] = max(cosine, best.get(row, cosine))
    return sorted(best.items(), key=lambda found: (-found[1], found[0]))[:_DEPTH]


def _best(context: Context, scores: Mapping[int, float], limit: int) -> tuple[Candidate, ...]:
    best = sorted(scores, key=lambda row: (-scores[row], row))[:limit]
    return tuple(Candidate(context.snapshot.item_id(row), scores[row]) for row in best)


def _corrections(context: Context, query: str) -> Iterator[str]:
    """The nearest words of titles, people and categories for each word that nothing in the catalogue has."""
    snapshot = context.snapshot
    for word in content_words(query):
        known = slips.known(word, snapshot.words)
        if len(word) < _SHORTEST or has_cjk(word) or known or snapshot.build.lexical.has(word):
            continue
        near = slips.neighbours(word, snapshot.words)
        yield from (other for other, distance in near[:_CORRECTIONS] if distance == near[0][1])

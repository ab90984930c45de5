"""`search`: hybrid retrieval, dense and lexical."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from handpicked.tools.dispatch import Context, tool
from handpicked.tools.types import Candidate, Constraint, Floats, Found, Mask, Rows

RRF = 60.0
"""Reciprocal-rank fusion's constant (Cormack, Clarke & Buettcher, SIGIR 2009)."""
_DEPTH = 200

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

    Cosine over embeddings and BM25 are fused by reciprocal rank."""
    if not query.strip():
        return Found()
    mask = context.snapshot.mask(constraints)
    return Found(fuse(context, [dense(context, query, mask), *lexical(context, query, mask)], limit))


def dense(context: Context, query: str, mask: Mask) -> list[int]:
    """Rows under the mask by meaning, best first."""
    return nearest(context, context.embedder.query(query), mask, _DEPTH)


def lexical(context: Context, query: str, mask: Mask) -> list[list[int]]:
    """Rows under the mask by words, best first: the build's and the delta's, each by its own BM25."""
    snapshot = context.snapshot
    start = len(snapshot.build.columns)
    base = [row for row, _ in snapshot.build.lexical.search(query, 10 * _DEPTH) if mask[row]]
    delta = [start + row for row, _ in snapshot.delta.lexical.search(query, _DEPTH) if mask[start + row]]
    return [base[:_DEPTH], delta]


def nearest(context: Context, vector: Floats, mask: Mask, limit: int) -> list[int]:
    """Rows under the mask by cosine to a unit vector, the build's and the delta's together."""
    snapshot = context.snapshot
    start = len(snapshot.build.columns)
    rows, cosines = snapshot.build.vectors.nearest(vector, limit, mask[:start])
    fresh: Rows = np.flatnonzero(mask[start:])
    if len(fresh):
        rows = np.concatenate([rows, fresh + start])
        cosines = np.concatenate([cosines, snapshot.delta.vectors[fresh] @ vector])
    order = np.lexsort((rows, -cosines))[:limit]
    return [int(row) for row in rows[order]]


def fuse(context: Context, rankings: Iterable[Sequence[int]], limit: int) -> tuple[Candidate, ...]:
    """Fuse rankings of rows by reciprocal rank; ties go to the lower row."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0.0) + 1.0 / (RRF + rank)
    best = sorted(scores, key=lambda row: (-scores[row], row))[:limit]
    return tuple(Candidate(context.snapshot.item_id(row), scores[row]) for row in best)

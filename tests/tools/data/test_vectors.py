"""Nearest vectors, exact and by Chroma."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from handpicked.tools.data import vectors
from handpicked.tools.data.vectors import Vectors
from handpicked.tools.types import Floats, Mask

_SIZE, _DIMENSIONS = 400, 16


def _units(count: int, seed: int) -> Floats:
    return _unit(np.random.default_rng(seed).standard_normal((count, _DIMENSIONS)))


def _unit(matrix: NDArray[np.floating]) -> Floats:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    folder = tmp_path_factory.mktemp("vectors")
    vectors.save(_units(_SIZE, 0), folder)
    return Vectors(folder)


def _slowly(matrix: Floats, query: Floats, limit: int, mask: Mask) -> list[int]:
    allowed = [row for row in range(len(matrix)) if mask[row]]
    return sorted(allowed, key=lambda row: (-float(matrix[row] @ query), row))[:limit]


@settings(deadline=None, max_examples=60)
@given(st.sets(st.integers(0, _SIZE - 1), max_size=_SIZE // 10), st.integers(1, 50), st.integers(1, 1000))
def test_selective_mask_gives_what_a_slow_search_gives(
    opened: Vectors, allowed: set[int], limit: int, seed: int
) -> None:
    mask = np.zeros(_SIZE, bool)
    mask[list(allowed)] = True
    [query] = _units(1, seed)
    rows, cosines = opened.nearest(query, limit, mask)
    assert rows.tolist() == _slowly(opened.matrix, query, limit, mask)
    assert cosines == pytest.approx(opened.matrix[rows] @ query, abs=1e-5)


@settings(deadline=None, max_examples=60)
@given(st.sets(st.integers(0, _SIZE - 1), max_size=200), st.integers(1, 300), st.integers(1, 1000))
def test_any_mask_is_kept_and_the_limit_filled(
    opened: Vectors, refused: set[int], limit: int, seed: int
) -> None:
    mask = np.ones(_SIZE, bool)
    mask[list(refused)] = False
    [query] = _units(1, seed)
    rows, cosines = opened.nearest(query, limit, mask)
    assert mask[rows].all()
    assert len(set(rows.tolist())) == len(rows) == min(limit, int(mask.sum()))
    assert cosines == pytest.approx(opened.matrix[rows] @ query, abs=1e-4)
    assert cosines.tolist() == pytest.approx(sorted(cosines.tolist(), reverse=True), abs=1e-5)


def test_chroma_finds_the_exact_ten_here(opened: Vectors) -> None:
    assert vectors.recall_at_10(opened, _units(50, 7)) >= 0.99


def test_exact_search_over_everything_equals_a_slow_one(opened: Vectors) -> None:
    [query] = _units(1, 3)
    rows, _ = opened.exact(query, 25, np.arange(_SIZE))
    assert rows.tolist() == _slowly(opened.matrix, query, 25, np.ones(_SIZE, bool))


def test_empty_mask_gives_nothing(opened: Vectors) -> None:
    rows, cosines = opened.nearest(_units(1, 1)[0], 10, np.zeros(_SIZE, bool))
    assert (len(rows), len(cosines)) == (0, 0)


def test_one_vector_is_found(tmp_path: Path) -> None:
    vectors.save(_units(1, 0), tmp_path)
    rows, cosines = Vectors(tmp_path).nearest(_units(1, 0)[0], 10, np.ones(1, bool))
    assert rows.tolist() == [0]
    assert cosines == pytest.approx([1.0], abs=1e-5)


def test_larger_indexes_have_more_neighbours_and_all_search_wider_than_by_default() -> None:
    small, large = vectors.hnsw(1_000), vectors.hnsw(100_000)
    assert small["space"] == large["space"] == "cosine"
    assert large["max_neighbors"] > small["max_neighbors"] > 16
    assert small["ef_search"] > 100
    assert large["max_neighbors"] > small["max_neighbors"] > 16


def test_a_sketch_leads_to_what_comparing_with_all_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vectors that mostly lie in six of their dimensions, as those of texts lie in few of theirs."""
    monkeypatch.setattr(vectors, "SKETCHED", 100)
    monkeypatch.setattr(vectors, "LIKELY", 40)
    monkeypatch.setattr(vectors.sketch, "DIMENSIONS", 8)
    rng = np.random.default_rng(5)
    matrix = _unit(_units(_SIZE, 0)[:, :6] @ rng.standard_normal((6, _DIMENSIONS)) + 0.1 * _units(_SIZE, 1))
    vectors.save(matrix, tmp_path)
    opened = Vectors(tmp_path)
    assert opened.sketch is not None
    assert opened.sketch.rows.shape == (_SIZE, 8)
    for rows in (np.arange(_SIZE), np.arange(0, _SIZE, 3), np.arange(20)):
        for query in _unit(matrix[::40] + 0.1 * _units(10, 9)):
            assert opened.compared(query, 4, rows)[0].tolist() == opened.exact(query, 4, rows)[0].tolist()


def test_few_vectors_have_no_sketch(opened: Vectors) -> None:
    assert opened.sketch is None

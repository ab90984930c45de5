"""Bags of words and of labels as the rows of sparse matrices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.types import Floats, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types


def vocabulary(texts: Sequence[Sequence[str]]) -> tuple[dict[str, int], Floats]:
    """Each word's column, and its inverse document frequency."""
    frequency = Counter(word for text in texts for word in set(text))
    columns = {word: at for at, word in enumerate(sorted(frequency))}
    counts = np.array([frequency[word] for word in columns], np.float32)
    return columns, np.log((1 + len(texts)) / (1 + counts)).astype(np.float32)


def weighed(texts: Sequence[Sequence[str]], columns: Mapping[str, int], idf: Floats) -> Any:
    """TF-IDF rows of length 1, a word's count damped by its logarithm."""
    found = ((row, columns[word]) for row, text in enumerate(texts) for word in text if word in columns)
    matrix = counted(found, (len(texts), len(columns)))
    matrix.data = (1 + np.log(matrix.data)) * idf[matrix.indices]
    return unit(matrix)


def labels(names: Sequence[Sequence[str]]) -> tuple[dict[str, int], Any]:
    """Each label's column, and rows of length 1."""
    known = {name: at for at, name in enumerate(sorted({name for row in names for name in row if name}))}
    found = ((row, known[name]) for row, some in enumerate(names) for name in set(some) if name)
    return known, unit(counted(found, (len(names), len(known))))


def indicator(known: Mapping[str, int], found: Iterable[str]) -> Floats:
    """1 in the columns of the labels found."""
    vector = np.zeros(len(known), np.float32)
    vector[[known[name] for name in found if name in known]] = 1.0
    return vector


def unit(matrix: Any) -> Any:
    """The matrix with rows of length 1; empty ones stay so."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
    return (sparse.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ matrix).tocsr()


def pairs(lists: Sequence[Rows], rows: Rows) -> Iterator[tuple[int, int]]:
    """Each row with each entry of its list."""
    for row, some in zip(rows.tolist(), lists, strict=True):
        yield from ((row, at) for at in some.tolist())


def counted(found: Iterable[tuple[int, int]], shape: tuple[int, int]) -> Any:
    """How often each pair comes, as a CSR matrix."""
    places = np.array(list(found), np.int64).reshape(-1, 2)
    ones = np.ones(len(places), np.float32)
    return sparse.csr_matrix((ones, (places[:, 0], places[:, 1])), shape=shape)


def binary(found: Iterable[tuple[int, int]], shape: tuple[int, int]) -> Any:
    """1 for each pair that comes, as a CSR matrix."""
    matrix = counted(found, shape)
    matrix.data[:] = 1.0
    return matrix


def dense(found: Any) -> Floats:
    """A sparse or dense product as a vector."""
    return np.asarray(found.todense() if sparse.issparse(found) else found, np.float32).ravel()

"""Implicit alternating least squares by the library `implicit`, which the extra `als` brings."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from handpicked.tools.data.sources import Latent
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Floats

_ITERATIONS = 15
_SEED = 0


def available() -> bool:
    """Whether the library is installed."""
    return find_spec("implicit") is not None


def fit(matrix: Any, *, factors: int, ridge: float, alpha: float) -> Latent:
    """Items' vectors from users x items, a CSR matrix of ones: Hu, Koren and Volinsky, "Collaborative Filtering for Implicit
    Feedback Datasets" (2008), the confidence of a choice being `alpha`, that of the rest 1; the same each time.

    Raises ConfigError where the library is missing."""
    if not available():
        raise ConfigError("a recipe with ALS needs the library implicit: pip install 'handpicked[als]'")
    library: Any = import_module("implicit.als")
    limits: Any = import_module("threadpoolctl")
    with limits.threadpool_limits(1):  # else it warns, and sums come in another order each time
        model = library.AlternatingLeastSquares(
            factors=factors,
            regularization=ridge,
            alpha=alpha,
            iterations=_ITERATIONS,
            num_threads=1,
            random_state=_SEED,
        )
        model.fit(matrix, show_progress=False)
    return latent(np.ascontiguousarray(model.item_factors, np.float32), ridge, alpha)


def latent(vectors: Floats, ridge: float, alpha: float) -> Latent:
    """Items' vectors with what a history's vector is solved with."""
    inner = vectors.T @ vectors
    inner[np.diag_indices_from(inner)] += np.float32(ridge)
    return Latent(vectors, inner, alpha)

"""Fits one system of another library and ranks for every user. Runs in that library's environment and imports
nothing of Handpicked: python fit.py JOB.npz LISTS.npy

The job holds two CSR matrices of users x items, `train` and `seen`, and JSON with system, params, seed and k. The
lists are columns, users x k, best first, -1 where a list ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

for _name in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "LK_NUM_THREADS",
    "RAYON_NUM_THREADS",
):
    os.environ[_name] = "1"  # one thread, so that sums have one order and a second run gives the same lists

import numpy as np

sparse: Any = import_module("scipy.sparse")

Lists = Any
Fit = Callable[[Any, Any, Mapping[str, Any], int, int], Lists]
_IMPLICIT = {
    "implicit-als": ("implicit.als", "AlternatingLeastSquares", True),
    "implicit-bpr": ("implicit.bpr", "BayesianPersonalizedRanking", True),
    "implicit-lmf": ("implicit.lmf", "LogisticMatrixFactorization", True),
    "implicit-bm25": ("implicit.nearest_neighbours", "BM25Recommender", False),
    "implicit-cosine": ("implicit.nearest_neighbours", "CosineRecommender", False),
}
_LENSKIT: dict[str, tuple[str, str, dict[str, str]]] = {
    "lenskit-als": ("lenskit.als", "ImplicitMFScorer", {}),
    "lenskit-ease": ("lenskit.knn", "EASEScorer", {}),
    "lenskit-knn": ("lenskit.knn", "ItemKNNScorer", {"feedback": "implicit"}),
}
_RECTOOLS = {"rectools-ease": "EASEModel", "rectools-popular": "PopularModel"}


def main(job_path: str, lists_path: str) -> None:
    """Do one job."""
    with np.load(job_path, allow_pickle=False) as arrays:
        job = json.loads(str(arrays["job"]))
        train, seen = _matrix(arrays, "train"), _matrix(arrays, "seen")
    library = job["system"].split("-")[0]
    fits = {"implicit": implicit, "lenskit": lenskit, "rectools": rectools}
    np.save(lists_path, fits[library](job["system"], train, seen, job).astype(np.int32))


def implicit(system: str, train: Any, seen: Any, job: Mapping[str, Any]) -> Lists:
    """Rank with a model of implicit; more is asked for than k where more is masked than was trained on."""
    module, name, is_seeded = _IMPLICIT[system]
    options: dict[str, Any] = {"num_threads": 1, **job["params"]}
    if is_seeded:
        options["random_state"] = job["seed"]
    model = getattr(import_module(module), name)(**options)
    model.fit(train, show_progress=False)
    extra = int((np.diff(seen.indptr) - np.diff(train.indptr)).max())
    columns, scores = model.recommend(
        np.arange(train.shape[0]), train, N=job["k"] + extra, filter_already_liked_items=True
    )
    # A list that ends early is filled with the lowest float; item-kNN fills it with zeros.
    usable = scores > (-1e30 if is_seeded else 0.0)
    return _unseen(np.where(usable, columns, -1), seen, job["k"])


def lenskit(system: str, train: Any, seen: Any, job: Mapping[str, Any]) -> Lists:
    """Rank with a scorer of LensKit, user by user."""
    data: Any = import_module("lenskit.data")
    pandas: Any = import_module("pandas")
    training: Any = import_module("lenskit.training")
    module, name, fixed = _LENSKIT[system]
    users, items = train.nonzero()
    frame = pandas.DataFrame({"user_id": users, "item_id": items})
    scorer = getattr(import_module(module), name)(**fixed, **job["params"])
    scorer.train(data.from_interactions_df(frame), training.TrainingOptions(rng=job["seed"], device="cpu"))
    every = data.ItemList(item_ids=np.unique(items))
    lists = np.full((train.shape[0], job["k"]), -1)
    for user in range(train.shape[0]):
        had = data.ItemList(item_ids=_row(train, user))
        scores = np.full(train.shape[1], -np.inf)
        found = scorer(data.RecQuery(user_id=user, user_items=had), every)
        scores[found.ids()] = np.nan_to_num(found.scores(), nan=-np.inf)
        scores[_row(seen, user)] = -np.inf
        order = np.lexsort((np.arange(len(scores)), -scores))[: job["k"]]
        order = order[scores[order] > -np.inf]
        lists[user, : len(order)] = order
    return lists


def rectools(system: str, train: Any, seen: Any, job: Mapping[str, Any]) -> Lists:
    """Rank with a model of RecTools as it is, which for EASE means with transposed weights."""
    pandas: Any = import_module("pandas")
    columns: Any = import_module("rectools").Columns
    dataset: Any = import_module("rectools.dataset").Dataset
    users, items = train.nonzero()
    frame = pandas.DataFrame({columns.User: users, columns.Item: items, columns.Weight: 1.0})
    frame[columns.Datetime] = pandas.Timestamp(0)
    made = dataset.construct(frame)
    model = getattr(import_module("rectools.models"), _RECTOOLS[system])(**job["params"])
    model.fit(made)
    extra = int((np.diff(seen.indptr) - np.diff(train.indptr)).max())
    found = model.recommend(np.unique(users), made, k=job["k"] + extra, filter_viewed=True)
    lists = np.full((train.shape[0], job["k"] + extra), -1)
    lists[found[columns.User], found[columns.Rank] - 1] = found[columns.Item]
    return _unseen(lists, seen, job["k"])


def _unseen(lists: Lists, seen: Any, k: int) -> Lists:
    """The first k of each list that are neither masked nor -1."""
    short = np.full((len(lists), k), -1)
    for user, columns in enumerate(lists):
        kept = columns[(columns >= 0) & ~np.isin(columns, _row(seen, user))][:k]
        short[user, : len(kept)] = kept
    return short


def _row(matrix: Any, user: int) -> Any:
    return matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]]


def _matrix(arrays: Any, name: str) -> Any:
    indices, starts = arrays[f"{name}_indices"], arrays[f"{name}_starts"]
    ones = np.ones(len(indices), np.float32)
    return sparse.csr_matrix((ones, indices, starts), shape=(len(starts) - 1, int(arrays["items"])))


if __name__ == "__main__":
    main(*sys.argv[1:])

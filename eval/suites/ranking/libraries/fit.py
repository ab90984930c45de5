"""Fits one system of another library and ranks for every user. Runs in that library's environment and imports
nothing of Handpicked: python fit.py JOB.npz LISTS.npy

What the fit and the lists of all users took stands in its last line of output: seconds of processor time (the middle one of
some rounds, for the lists), and the most memory in MB that they added.

The job holds two CSR matrices of users x items, `train` and `seen`, and JSON with system, params, seed and k. The
lists are columns, users x k, best first, -1 where a list ends."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from statistics import median
from typing import Any, TypeAlias

import numpy as np

sparse: Any = import_module("scipy.sparse")

Lists: TypeAlias = Any
Ranking: TypeAlias = Callable[[], Lists]
"""Ranks for every user, by a model that is fitted."""
SYSTEMS = {
    "implicit-als": ("implicit.als", "AlternatingLeastSquares"),
    "implicit-bpr": ("implicit.bpr", "BayesianPersonalizedRanking"),
    "implicit-lmf": ("implicit.lmf", "LogisticMatrixFactorization"),
    "implicit-bm25": ("implicit.nearest_neighbours", "BM25Recommender"),
    "implicit-cosine": ("implicit.nearest_neighbours", "CosineRecommender"),
    "lenskit-als": ("lenskit.als", "ImplicitMFScorer"),
    "lenskit-ease": ("lenskit.knn", "EASEScorer"),
    "lenskit-knn": ("lenskit.knn", "ItemKNNScorer"),
    "rectools-ease": ("rectools.models", "EASEModel"),
    "rectools-popular": ("rectools.models", "PopularModel"),
}
ROUNDS = 3


def main(job_path: str, lists_path: str) -> None:
    """Do one job."""
    with np.load(job_path, allow_pickle=False) as arrays:
        job = json.loads(str(arrays["job"]))
        train, seen = _matrix(arrays, "train"), _matrix(arrays, "seen")
    module, name = SYSTEMS[job["system"]]
    fit = {"implicit": implicit, "lenskit": lenskit, "rectools": rectools}[module.split(".")[0]]
    model_class = getattr(import_module(module), name)
    before, started = _held(), time.process_time()
    rank = fit(model_class, train, seen, job)
    fitted = time.process_time() - started
    lists, ranked = timed(rank)
    np.save(lists_path, lists.astype(np.int32))
    print(json.dumps({"fit_s": fitted, "rank_s": ranked, "peak_mb": _peak() - before}))


def timed(rank: Ranking) -> tuple[Lists, float]:
    """The lists, and the seconds of processor time of the middle one of some rounds."""
    rounds: list[tuple[Lists, float]] = []
    for _ in range(ROUNDS):
        started = time.process_time()
        rounds.append((rank(), time.process_time() - started))
    return rounds[-1][0], median(spent for _, spent in rounds)


def implicit(model_class: Any, train: Any, seen: Any, job: Mapping[str, Any]) -> Ranking:
    """A model of implicit; what its lists are filled up with when items run out is left out."""
    is_neighbours = model_class.__module__ == "implicit.nearest_neighbours"
    seeded = {} if is_neighbours else {"random_state": job["seed"]}
    model = model_class(num_threads=1, **seeded, **job["params"])
    model.fit(train, show_progress=False)
    users: Any = range(train.shape[0])
    besides = _masked_besides(train, seen)
    least = 0.0 if is_neighbours else np.finfo(np.float32).min

    def rank() -> Lists:
        columns, scores = model.recommend(users, train, N=job["k"] + besides, filter_already_liked_items=True)
        lists = np.where(scores > least, columns, -1)
        return unseen(lists, seen, job["k"]) if besides else lists

    return rank


def lenskit(scorer_class: Any, train: Any, seen: Any, job: Mapping[str, Any]) -> Ranking:
    """A scorer of LensKit, which is asked user by user."""
    data: Any = import_module("lenskit.data")
    pandas: Any = import_module("pandas")
    training: Any = import_module("lenskit.training")
    users, items = train.nonzero()
    rows = data.from_interactions_df(pandas.DataFrame({"user_id": users, "item_id": items}))
    implicit_feedback = {"feedback": "implicit"} if scorer_class.__name__ == "ItemKNNScorer" else {}
    scorer = scorer_class(**implicit_feedback, **job["params"])
    scorer.train(rows, training.TrainingOptions(rng=job["seed"], device="cpu"))
    every = data.ItemList(item_ids=np.unique(items))

    def rank() -> Lists:
        lists = np.full((train.shape[0], job["k"]), -1)
        for user in range(train.shape[0]):
            had = data.ItemList(item_ids=_row(train, user))
            found = scorer(data.RecQuery(user_id=user, user_items=had), every)
            scores = np.full(train.shape[1], -np.inf)
            scores[found.ids()] = np.nan_to_num(found.scores(), nan=-np.inf)  # NaN: the library can't say
            scores[_row(seen, user)] = -np.inf
            order = np.lexsort((np.arange(len(scores)), -scores))[: job["k"]]
            order = order[scores[order] > -np.inf]
            lists[user, : len(order)] = order
        return lists

    return rank


def rectools(model_class: Any, train: Any, seen: Any, job: Mapping[str, Any]) -> Ranking:
    """A model of RecTools as it is, which for EASE means with transposed weights."""
    pandas: Any = import_module("pandas")
    users, items = train.nonzero()
    rows = pandas.DataFrame({"user_id": users, "item_id": items, "weight": 1.0})
    rows["datetime"] = pandas.Timestamp(0)
    dataset = import_module("rectools.dataset").Dataset.construct(rows)
    model = model_class(**job["params"])
    model.fit(dataset)
    asked, besides = np.unique(users), _masked_besides(train, seen)

    def rank() -> Lists:
        found = model.recommend(asked, dataset, k=job["k"] + besides, filter_viewed=True)
        lists = np.full((train.shape[0], job["k"] + besides), -1)
        lists[found["user_id"], found["rank"] - 1] = found["item_id"]
        return unseen(lists, seen, job["k"]) if besides else lists

    return rank


def unseen(lists: Lists, seen: Any, k: int) -> Lists:
    """The first k of each list that are neither masked nor -1."""
    short = np.full((len(lists), k), -1)
    for user, columns in enumerate(lists):
        kept = columns[(columns >= 0) & ~np.isin(columns, _row(seen, user))][:k]
        short[user, : len(kept)] = kept
    return short


def _held() -> float:
    """The megabytes that the process holds."""
    with open("/proc/self/statm", encoding="ascii") as pages:
        return int(pages.read().split()[1]) * resource.getpagesize() / 1e6


def _peak() -> float:
    """The most megabytes that the process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _masked_besides(train: Any, seen: Any) -> int:
    """How many columns more are masked than were trained on, at most."""
    return int((np.diff(seen.indptr) - np.diff(train.indptr)).max())


def _row(matrix: Any, user: int) -> Any:
    return matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]]


def _matrix(arrays: Any, name: str) -> Any:
    indices, starts = arrays[f"{name}_indices"], arrays[f"{name}_starts"]
    ones = np.ones(len(indices), np.float32)
    return sparse.csr_matrix((ones, indices, starts), shape=(len(starts) - 1, int(arrays["items"])))


if __name__ == "__main__":
    main(*sys.argv[1:])

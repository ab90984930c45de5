"""What collaborative filtering costs beside other libraries: python -m handpicked.eval.bench_collab

Fits each system on the training rows of a part of the suite `ranking` (by valid), with its committed settings, and ranks for all users
at once, in a process of one thread: quality, seconds of processor time to fit, users ranked per second of it (the middle one of
three times, the first of which is slower), and the memory that this adds, as ratios to implicit's ALS of the same round too. Medians
of the rounds."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from handpicked.agent.settings import Settings
from handpicked.eval import metrics
from handpicked.eval.suites.ranking import K, environments, fitting, parts
from handpicked.eval.suites.ranking.libraries.fit import timed
from handpicked.eval.suites.ranking.parts import Part, Training
from handpicked.eval.suites.ranking.systems import Params
from handpicked.eval.types import Options
from handpicked.tools.data import choices, factors
from handpicked.tools.data.choices import Choices
from handpicked.tools.data.factors import PARTS, Factors, share
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.types import Floats, Rows

BESIDE = "implicit-als"
OTHERS = (
    BESIDE,
    "implicit-bpr",
    "implicit-cosine",
    "implicit-bm25",
    "lenskit-als",
    "lenskit-ease",
    "rectools-ease",
)
_CHUNK = 1024
_ALONE = Recipe(ease=1.0, knn=0.0, follow=0.0, decay=0.0, dropout=0.0, user_power=0.0, relaxed=0.0)
Cost = Mapping[str, float]


def main() -> None:
    """Measure, and print a table."""
    asked, given = _parser().parse_args(), Settings()
    os.environ.update(environments.ONE_THREAD)  # for the processes to come
    options = Options(split="valid", data=given.data, cache=given.cache)
    part = parts.load(asked.part, options)
    settings: dict[str, Params] = yaml.safe_load(fitting.PARAMS.read_text(encoding="utf-8"))[asked.part]
    systems = ("ease", "collab-tuned", *asked.beside)
    rounds: dict[str, list[Cost]] = {name: [] for name in systems}
    for _ in range(asked.rounds):
        for name in systems:
            rounds[name].append(_measured(name, part, options, settings.get(name, {})))
    Console().print(_table(asked.part, part, rounds))


def lists(found: Factors, known: Choices, training: Training, k: int) -> Rows:
    """The k best items of every user by column, users x k, -1 where a list ends; those that were seen are left out."""
    at = np.array([found.position.get(item_id, -1) for item_id in training.item_ids], np.int64)
    column = np.flatnonzero(at >= 0)[np.argsort(at[at >= 0])]
    moved = known.renumbered(at, len(found.ids))
    used = [name for name in PARTS if share(found.recipe, name)]
    weights = {
        name: PARTS[name].weigh(moved.ranks, getattr(found.recipe, PARTS[name].decay)) for name in used
    }
    seen = training.seen[:, column].tocsr()
    every = {name: moved.matrix(weights[name]) for name in used}
    ranked = np.full((len(known), k), -1, np.int64)
    for start in range(0, len(known), _CHUNK):
        rows = slice(start, start + _CHUNK)
        scores = factors.blend(found, {name: every[name][rows] for name in used}).scores
        scores[seen[rows].nonzero()] = 0.0
        ranked[rows] = _best(scores, column, k)
    return ranked


def _best(scores: Floats, column: Rows, k: int) -> Rows:
    top = np.sort(np.argpartition(scores, scores.shape[1] - k, axis=1)[:, -k:], axis=1)
    found = np.take_along_axis(scores, top, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    best = np.take_along_axis(found, order, axis=1)
    return np.where(best > 0, column[np.take_along_axis(top, order, axis=1)], -1)


def _measured(name: str, part: Part, options: Options, params: Params) -> Cost:
    """One system, fitted and asked in a process of its own."""
    if name in ("ease", "collab-tuned"):
        recipe = Recipe(**params) if name == "collab-tuned" else replace(_ALONE, **params)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            cost, ranked = pool.apply(_ours, (part.training, recipe))
    else:
        assert options.cache is not None, "it was set above"
        job = environments.job(name, part.training, options.seed, params)
        with tempfile.TemporaryDirectory(dir=options.cache) as folder:
            made = Path(folder) / "lists.npy"
            cost = environments.fit(environments.python(name.partition("-")[0], options.cache), job, made)
            ranked = np.load(made)
    return {**cost, "ndcg": _ndcg(part, ranked)}


def _ours(training: Training, recipe: Recipe) -> tuple[Cost, Rows]:
    known = choices.of_histories(training.histories, len(training.item_ids))
    before, started = _held(), time.process_time()
    found = factors.fit(known, training.item_ids, recipe)
    fitted = time.process_time() - started
    ranked, spent = timed(lambda: lists(found, known, training, K))
    return {"fit_s": fitted, "rank_s": spent, "peak_mb": _peak() - before}, ranked


def _ndcg(part: Part, ranked: Rows) -> float:
    """The mean nDCG@10 of the users who have something to be found."""
    ids = part.training.item_ids
    rows: list[list[int]] = ranked.tolist()
    listed = {user: [ids[at] for at in rows[user] if at >= 0] for user in part.relevant}
    scores = [
        metrics.ranking(listed[user], dict.fromkeys(relevant, 1), k=K)[f"ndcg@{K}"]
        for user, relevant in part.relevant.items()
    ]
    return float(np.mean(scores))


def _table(name: str, part: Part, rounds: Mapping[str, Sequence[Cost]]) -> Table:
    """A row for each system, its rate beside implicit's ALS in the same round."""
    users = part.training.matrix.shape[0]
    table = Table(title=f"{name}, valid: {users} users, {len(part.training.item_ids)} items, one thread")
    for head in ("system", "nDCG@10", "fit s", "users/s", f"rate / {BESIDE}", "MB"):
        table.add_column(head, justify="left" if head == "system" else "right")
    for system, found in rounds.items():
        middle = {key: median(one[key] for one in found) for key in found[0]}
        pairs = zip(rounds[BESIDE], found, strict=True) if BESIDE in rounds else ()
        ratios = [beside["rank_s"] / own["rank_s"] for beside, own in pairs]
        rate = f"{median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]" if ratios else "-"
        table.add_row(
            system,
            f"{middle['ndcg']:.3f}",
            f"{middle['fit_s']:.2f}",
            f"{users / middle['rank_s']:,.0f}",
            rate,
            f"{middle['peak_mb']:.0f}",
        )
    return table


def _peak() -> float:
    """The most megabytes that the process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _held() -> float:
    """The megabytes that the process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--part", default="ml-100k/random", choices=parts.PARTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--beside", nargs="*", default=OTHERS, choices=OTHERS)
    return parser


if __name__ == "__main__":
    main()

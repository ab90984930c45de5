"""The learned blend for conversations: a linear softmax over every item, then LambdaRank over the first of them.

Turns to learn from are scored by conversations of other folds only, so that none votes for itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from handpicked.tools.data import conversations
from handpicked.tools.data.conversations import SOURCES, Answered, Past, Turn
from handpicked.tools.data.shelf import Shelf
from handpicked.tools.types import Floats, Mask, Rows

DEPTH = 150
"""How many items the trees rank anew."""
MIN_TURNS = 300
"""With fewer past turns nothing is learned."""
RIDGE = 30.0
"""Of the linear weights; 3 and 10 did as well on ReDial's valid dialogues."""
TOOLS = tuple(dict.fromkeys(SOURCES.values()))

_FOLDS = 8
_NEGATIVES = 300
"""Items drawn evenly for each turn: hard ones did worse."""
_DRAWS = 4
"""The weights are the mean of fits on a part of the negatives each: with many negatives the loss is made by what is found
early anyway, with few by what is hardly found."""
_STEPS = 50
_GAIN = 0.01
_TINY = 1e-4
_FLOOR = 0.02
_ROUNDS = 60
_TRUST = 0.5
"""What the trees add to the linear score is halved: with rounds and shrinkage the best of eight on two folds of ReDial's valid
dialogues, none of them far from the linear blend (R@10 .194 to .203, standard error .012)."""
_TREES = {
    "objective": "lambdarank", "learning_rate": 0.03, "num_leaves": 15, "min_data_in_leaf": 60, "lambda_l2": 10.0,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "lambdarank_truncation_level": 30,
    "label_gain": [0, 1], "verbosity": -1, "deterministic": True, "force_row_wise": True, "num_threads": 1,
}  # fmt: skip

_NAMES = tuple(SOURCES)
_WHEN_NONE = ("chosen", "talked_of", "text_kinds", "near_recent", "near_whole", "expected")
"""Sources that count otherwise where no item was named yet."""
_LINEAR_OF = (*_NAMES, *_NAMES, *_WHEN_NONE)
_TREES_OF = (*_LINEAR_OF, *_NAMES)
"""The source of each feature: scaled scores, logarithms, scores where nothing was named; for the trees ranks too, and at
the end what is known of the turn."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Blend:
    """Weights of the linear features, and a LightGBM model as its text."""

    weights: Floats
    trees: str

    @cached_property
    def model(self) -> Any:
        """The trees, read."""
        return _lightgbm().Booster(model_str=self.trees)


@dataclass(frozen=True, slots=True)
class Blended:
    """Rows, best first, with their scores; `parts` is what each of `TOOLS` brings to a score, shape (rows, tools). A score is
    the sum of its parts and of what all rows have in common."""

    rows: Rows
    scores: Floats
    parts: Floats


def fit(
    shelf: Shelf,
    answered: Sequence[Answered],
    histories: Sequence[Rows] = (),
    *,
    without: Collection[str] = (),
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Blend:
    """Learn from past turns; `without` are tools whose sources don't count."""
    tell = on_progress or _silent
    turns, passes = len(answered), 2 * len(answered)
    drawn = _draw(answered, len(shelf), np.random.default_rng(seed))
    chosen: list[Floats] = []
    others: list[Floats] = []
    for at, (one, found) in enumerate(_out_of_fold(shelf, answered, histories, seed)):
        tell(at, passes)
        if len(drawn[at]):
            examples = features(found, one.turn, without)[drawn[at]]
            chosen.append(examples[:-_NEGATIVES])
            others.append(examples[-_NEGATIVES:])
    parts = np.split(np.stack(others), _DRAWS, axis=1)
    weights: Floats = np.mean([softmax(part, chosen, len(shelf)) for part in parts], axis=0)
    groups: list[Floats] = []
    labels: list[Rows] = []
    for at, (one, found) in enumerate(_out_of_fold(shelf, answered, histories, seed)):
        tell(turns + at, passes)
        rows, kept, _ = _first(features(found, one.turn, without), weights, one.turn)
        label = np.isin(rows, _fresh(one))
        if label.any():
            groups.append(_deeper(kept, one.turn))
            labels.append(label.astype(np.int64))
    return Blend(weights, _lambdarank(groups, labels, weights, seed))


def blend(
    found: Mapping[str, Floats],
    learned: Blend,
    turn: Turn,
    *,
    without: Collection[str] = (),
    allowed: Mask | None = None,
) -> Blended:
    """The first `DEPTH` rows by the linear blend, ranked by both; what was named before is left out.

    What a tool brings is its part of the linear score beyond the mean row's, and the trees' TreeSHAP values of its features
    (Lundberg et al. 2018); what they make of the turn's length counts for `dialogues`."""
    rows, kept, scores = _first(features(found, turn, without), learned.weights, turn, allowed)
    if not len(rows):
        return Blended(rows, scores, np.empty((0, len(TOOLS)), np.float32))
    shap: Floats = _TRUST * learned.model.predict(_deeper(kept, turn), pred_contrib=True, num_threads=1)
    terms = (kept - kept.mean(axis=0)) * learned.weights
    parts = _summed(terms, _LINEAR_OF) + _summed(shap[:, : len(_TREES_OF)], _TREES_OF)
    parts[:, TOOLS.index("dialogues")] += shap[:, len(_TREES_OF) : -1].sum(axis=1)
    total = scores + shap.sum(axis=1)
    order = np.lexsort((rows, -total))
    return Blended(rows[order], total[order].astype(np.float32), parts[order].astype(np.float32))


def linear(found: Mapping[str, Floats], learned: Blend, turn: Turn) -> Rows:
    """The first `DEPTH` rows by the linear blend alone."""
    return _first(features(found, turn), learned.weights, turn)[0]


def features(found: Mapping[str, Floats], turn: Turn, without: Collection[str] = ()) -> Floats:
    """The linear features of every row: sources scaled by their largest score, their logarithms, and some once more where
    nothing was named."""
    scaled = np.stack([found[name] * np.float32(SOURCES[name] not in without) for name in _NAMES])
    tops = scaled.max(axis=1, keepdims=True, initial=0.0)
    scaled /= np.where(tops > 0, tops, np.float32(1.0))
    logs = np.log(scaled + np.float32(_FLOOR)) - np.float32(np.log(_FLOOR))
    unnamed = scaled[[_NAMES.index(name) for name in _WHEN_NONE]] * np.float32(not len(turn.mentioned))
    return np.concatenate([scaled, logs, unnamed]).T


def save(learned: Blend, folder: Path) -> None:
    """Write `blend.npy` and `blend.txt`."""
    np.save(folder / "blend.npy", learned.weights)
    (folder / "blend.txt").write_text(learned.trees, encoding="utf-8")


def load(folder: Path) -> Blend:
    """Read back what `save` wrote. Raises ValueError for a blend of other sources than these."""
    weights: Floats = np.load(folder / "blend.npy")
    if len(weights) != len(_LINEAR_OF):
        raise ValueError(f"its blend has {len(weights)} weights, this version's {len(_LINEAR_OF)}")
    return Blend(weights, (folder / "blend.txt").read_text(encoding="utf-8"))


def _out_of_fold(
    shelf: Shelf, answered: Sequence[Answered], histories: Sequence[Rows], seed: int
) -> Iterator[tuple[Answered, dict[str, Floats]]]:
    """Each turn in order, scored by conversations that are in other folds than its own."""
    numbers = list(dict.fromkeys(one.dialogue for one in answered))
    order: Rows = np.random.default_rng(seed).permutation(len(numbers))
    fold_of = {name: int(place) % _FOLDS for name, place in zip(numbers, order, strict=True)}
    pasts: list[Past] = [
        conversations.past(shelf, [one for one in answered if fold_of[one.dialogue] != fold], histories)
        for fold in range(_FOLDS)
    ]
    for one in answered:
        yield one, conversations.scores(shelf, pasts[fold_of[one.dialogue]], one.turn)


def _draw(answered: Sequence[Answered], n: int, rng: np.random.Generator) -> list[Rows]:
    """For each turn its choices and then `_NEGATIVES` other rows; nothing for a turn whose choices had all been named."""
    drawn: list[Rows] = []
    for one in answered:
        fresh = _fresh(one)
        others = np.setdiff1d(rng.integers(0, n, 2 * _NEGATIVES), np.concatenate([fresh, one.turn.mentioned]))
        some = rng.choice(others, _NEGATIVES, replace=len(others) < _NEGATIVES) if len(others) else others
        drawn.append(np.concatenate([fresh, some]) if len(fresh) and len(some) else np.empty(0, np.int64))
    return drawn


def _fresh(one: Answered) -> Rows:
    return np.setdiff1d(one.chosen, one.turn.mentioned)


def softmax(others: Floats, chosen: Sequence[Floats], n: int) -> Floats:
    """Weights by which each choice is likeliest among all n rows, of which `others` (turns, negatives, features) are a sample;
    Newton's method on features scaled by their deviation, with a ridge."""
    width = others.shape[2]
    deviation = others.reshape(-1, width).std(axis=0)
    deviation[deviation < 1e-6] = 1.0
    sample = _Sample(
        others / deviation,
        np.concatenate(chosen) / deviation,
        np.repeat(np.arange(len(others)), np.array([len(one) for one in chosen], np.int64)),
        float(np.log(n / others.shape[1])),
    )
    weights = np.zeros(width)
    found = sample.at(weights)
    for _ in range(_STEPS):
        step = np.linalg.solve(*sample.slopes(weights, found))
        tried = sample.at(weights - step)
        while tried.loss > found.loss and np.abs(step).max() > _TINY:
            step /= 2
            tried = sample.at(weights - step)
        gained, weights, found = found.loss - tried.loss, weights - step, tried
        if gained < _GAIN:
            break
    return (weights / deviation).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """The loss at some weights, the share of each of a turn's negatives, and how unlikely each choice is."""

    loss: float
    shares: Floats
    missed: Floats


@dataclass(frozen=True, slots=True)
class _Sample:
    """Features of turns' negatives and of choices; `own` is the turn of each choice, `sampled` the logarithm of how many rows a
    negative stands for."""

    others: Floats
    chosen: Floats
    own: Rows
    sampled: float

    def at(self, weights: np.ndarray) -> _Likelihood:
        w = weights.astype(np.float32)
        theirs = self.others @ w
        top = theirs.max(axis=1, keepdims=True)
        raised = np.exp(theirs - top)
        together = raised.sum(axis=1, keepdims=True)
        rest = (np.log(together) + top)[:, 0] + self.sampled
        mine = self.chosen @ w
        total = np.logaddexp(mine, rest[self.own])
        return _Likelihood(
            float((total - mine).sum() + 0.5 * RIDGE * (w @ w)), raised / together, 1 - np.exp(mine - total)
        )

    def slopes(self, weights: np.ndarray, found: _Likelihood) -> tuple[np.ndarray, np.ndarray]:
        """The loss's second derivatives and its gradient."""
        missed, hit = found.missed[:, None], 1 - found.missed[:, None]
        counts = np.bincount(self.own, found.missed, len(self.others)).astype(np.float32)
        flat = self.others.reshape(-1, self.others.shape[2])
        share = (found.shares * counts[:, None]).ravel()
        mean = np.matmul(found.shares[:, None], self.others)[:, 0]
        middle = missed * mean[self.own] + hit * self.chosen
        second = (flat * share[:, None]).T @ flat + (self.chosen * hit).T @ self.chosen - middle.T @ middle
        slope = share @ flat - found.missed @ self.chosen + RIDGE * weights
        return second.astype(np.float64) + RIDGE * np.eye(len(weights)), slope


def _lambdarank(groups: Sequence[Floats], labels: Sequence[Rows], weights: Floats, seed: int) -> str:
    """LambdaRank (Burges 2010) by LightGBM, starting from the linear score."""
    lightgbm = _lightgbm()
    rows = np.concatenate(groups)
    known = lightgbm.Dataset(
        rows,
        np.concatenate(labels),
        group=[len(group) for group in groups],
        init_score=rows[:, : len(weights)] @ weights,
    )
    return lightgbm.train({**_TREES, "seed": seed}, known, _ROUNDS).model_to_string()


def _first(
    linear: Floats, weights: Floats, turn: Turn, allowed: Mask | None = None
) -> tuple[Rows, Floats, Floats]:
    """The rows that the linear blend has first, their features and scores."""
    scores = linear @ weights
    scores[turn.mentioned] = -np.inf
    if allowed is not None:
        scores[~allowed] = -np.inf
    rows = np.lexsort((np.arange(len(scores)), -scores))[: min(DEPTH, int(np.isfinite(scores).sum()))]
    return rows, linear[rows], scores[rows]


def _deeper(linear: Floats, turn: Turn) -> Floats:
    """The trees' features: the linear ones, ranks among these rows by each source, and how long the turn is."""
    scaled = linear[:, : len(_NAMES)]
    ranks = (scaled[None] > scaled[:, None]).sum(axis=1)
    lengths = np.tile(np.array([len(turn.mentioned), turn.text.count(" ")], np.float32), (len(linear), 1))
    return np.concatenate([linear, ranks.astype(np.float32), lengths], axis=1)


def _summed(values: Floats, sources: Sequence[str]) -> Floats:
    """Columns of features summed by the tools of their sources."""
    member = np.array([[SOURCES[source] == tool for tool in TOOLS] for source in sources], np.float32)
    return values @ member


def _lightgbm() -> Any:
    """LightGBM, imported where a blend is fitted or used: it has no types and takes a second."""
    return import_module("lightgbm")


def _silent(_done: int, _total: int) -> None:
    pass

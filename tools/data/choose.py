"""Chooses a recipe by trying some on choices that were held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from handpicked.tools.data import als, choices, trials
from handpicked.tools.data.choices import Choices
from handpicked.tools.data.factors import PARTS, often_chosen
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.sources import Source
from handpicked.tools.data.trials import Trials, Tried
from handpicked.tools.types import Mask, Rows

ALIKE = Recipe(als=0.5, follow=0.0, decay=0.0)
"""A good start where the order of choices says little."""
FRESH = Recipe(als=0.5, follow=1.0, decay=10.0)
"""A good start where it says much."""
GRID: Mapping[str, Sequence[float]] = {
    "ease": [1, 0, 0.5],
    "knn": [0, 0.1, 0.25, 0.5],
    "people": [0, 0.1, 0.25, 0.5],
    "als": [0, 0.1, 0.25, 0.5, 1],
    "follow": [0, 0.1, 0.25, 0.5, 1, 2],
    "popular": [0, 0.05, 0.1, 0.2, 0.4],
    "decay": [0, 3, 5, 8, 10, 15, 25, 50],
    "follow_decay": [1, 2, 3, 5, 10, 20],
    "ridge": [30, 50, 100, 200, 300, 500, 1000, 2000],
    "dropout": [0, 0.3, 0.6, 1, 1.5],
    "user_power": [0, 0.25, 0.5, 0.75],
    "relaxed": [0, 0.2, 0.35, 0.5, 0.65],
    "neighbours": [50, 100, 200, 400],
    "shrink": [0, 10, 50],
    "people_neighbours": [50, 100, 200, 400],
    "als_factors": [16, 32, 64],
    "als_ridge": [0.1, 1, 10],
    "als_alpha": [1, 2, 5],
    "window": [1, 3, 5, 10, 20],
    "backward": [0, 0.3, 0.5, 1],
    "follow_shrink": [1, 10, 30],
}
"""What the search tries for each setting."""


FEWEST = 10_000
"""With fewer choices the default recipe is as good as what a search finds (see docs/measurements.md)."""
MOST = 3_000_000
MOST_ITEMS = 20_000
"""With more choices or items a search takes minutes."""
_TRIALS = 24
_HELD = 0.2
_FEWEST_OF_USER = 5
_USERS = 1000
_HISTORY = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """A recipe, its nDCG@10 on what was held out, everything that was tried, and the items by position and the parts that
    were fitted for it on the rest."""

    recipe: Recipe
    quality: float
    tried: Tried
    order: Rows = field(compare=False)
    parts: Mapping[str, Source] = field(compare=False)


def choose(measured: Trials, *, budget: int, seed: int = 0, refit: bool = True) -> Chosen:
    """Search the grid from two starts, with and without the order of choices; ALS only where its library is there. Without
    `refit` the settings that parts are fitted with stay."""
    grid, starts = dict(GRID), [ALIKE, FRESH]
    if not refit:
        fixed = {setting for part in PARTS.values() for setting in part.settings}
        grid = {name: values for name, values in GRID.items() if name not in fixed}
    if not als.available():
        grid["als"], starts = [0], [replace(start, als=0.0) for start in starts]
    tried = trials.search(
        grid,
        lambda params: measured.quality(Recipe(**params)),
        trials=budget,
        starts=[asdict(start) for start in starts],
        seed=seed,
        same=lambda params: trials.live(Recipe(**params)),
    )
    quality, params = trials.best(tried)
    recipe = Recipe(**params)
    return Chosen(recipe, quality, tried, *measured.fitted(recipe))


def from_events(users: Rows, items: Rows, times: np.ndarray, n_items: int) -> Chosen | None:
    """Choose on the newest fifth of the events of at most 1,000 users; None where there are too few or too many. The parts are
    fitted with the default settings: a search of these too costs three times as much and finds nothing better."""
    known, held = hidden(users, items, times, n_items)
    measurable = np.flatnonzero((np.diff(held.starts) > 0) & (np.diff(known.starts) > 0))
    few_or_many = not FEWEST <= len(known.items) <= MOST or len(often_chosen(known)) > MOST_ITEMS
    if few_or_many or not len(measurable):
        return None
    drawn = np.random.default_rng(0).permutation(measurable)[:_USERS]
    measured = Trials(known, held, np.sort(drawn), _HISTORY)
    return choose(measured, budget=_TRIALS, refit=False)


def hidden(users: Rows, items: Rows, times: np.ndarray, n_items: int) -> tuple[Choices, Choices]:
    """What is known and what is held out: the newest fifth of the events of everyone who has five, but for items that are
    among the older ones."""
    newest = latest(users, times)
    pair = users * n_items + items
    fresh = newest & ~np.isin(pair, pair[~newest])
    n_users = int(users.max(initial=-1)) + 1
    known, held = (
        choices.of_events(users[rows], items[rows], times[rows], n_items, n_users)
        for rows in (~newest, fresh)
    )
    return known, held


def latest(users: Rows, times: np.ndarray) -> Mask:
    """The newest fifth of the events of everyone who has five."""
    count = np.bincount(users, minlength=int(users.max(initial=-1)) + 1)
    rank = np.empty(len(users), np.int64)
    rank[choices.newest_first(users, times)] = np.arange(len(users)) - np.repeat(
        np.cumsum(count) - count, count
    )
    return (rank < _HELD * count[users]) & (count[users] >= _FEWEST_OF_USER)

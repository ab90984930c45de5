"""What relevance doesn't tell of a list: how new it is, how varied, and how like what the user has."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from handpicked.eval import metrics
from handpicked.eval.suites.ranking.parts import Part, Training
from handpicked.eval.types import Scores
from handpicked.tools.types import Floats, Rows

GROUPS = ("niche", "diverse", "blockbuster")
_FIFTH = 0.2


@dataclass(frozen=True, slots=True)
class Beyond:
    """Measures lists for users of a training matrix, both as columns. `shares` are of users who have each item, an item that
    nobody has counting as one user's, as RecTools has it; `kinds` is items x kinds."""

    training: Training
    shares: Floats
    kinds: Floats | None

    def scores(self, user: int, listed: Rows) -> Scores:
        """Novelty and popularity of a list; its diversity and miscalibration where kinds are known."""
        past = self.training.histories[user]
        popularity, profile = (_mean(self.shares[items]) for items in (listed, past))
        found = {
            "novelty": metrics.novelty(self.shares[listed]),
            "popularity": popularity,
            "profile_popularity": profile,
            "popularity_gain": popularity - profile,
        }
        if self.kinds is None:
            return found
        mixes = (_mix(self.kinds[items]) for items in (past, listed))
        return {
            **found,
            "diversity": metrics.diversity(self.kinds[listed]),
            "miscalibration": metrics.miscalibration(*mixes),
        }


def of(training: Training, kinds: Floats | None) -> Beyond:
    """Count who has what."""
    users = np.maximum(_users(training), 1.0)
    return Beyond(training, (users / training.matrix.shape[0]).astype(np.float32), kinds)


def groups(part: Part) -> Mapping[int, str]:
    """The users to be asked by their taste for what is popular: the fifth with the fewest of the most popular fifth of all items
    among what they have, the fifth with the most, and the rest (Abdollahpouri et al., The Unfairness of Popularity Bias in
    Recommendation, RMSE 2019). Ties go by item and user."""
    training = part.training
    users = _users(training)
    order = np.argsort(-users, kind="stable")
    popular = np.zeros(len(users), bool)
    popular[order[: round(_FIFTH * len(users))]] = True
    asked = sorted(part.relevant)
    taste = np.array([_mean(popular[training.histories[user]].astype(np.float32)) for user in asked])
    places: list[int] = np.argsort(np.argsort(taste, kind="stable")).tolist()
    fifth = round(_FIFTH * len(asked))
    ends = (fifth, len(asked) - fifth)
    return {user: GROUPS[bisect_right(ends, place)] for user, place in zip(asked, places, strict=True)}


def _users(training: Training) -> Floats:
    return np.asarray(training.matrix.sum(axis=0), np.float32).ravel()


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _mix(kinds: Floats) -> Floats:
    total = kinds.sum(axis=0)
    return total / total.sum() if total.any() else total

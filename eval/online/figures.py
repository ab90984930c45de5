"""Rates of a log by scene, task, policy and position, each as sums by user that a ratio is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from handpicked.eval.online.log import Impression
from handpicked.eval.online.ratios import Doubles, Ratio, ratio

Pair = tuple[float, float]
"""What an impression brings above and below the line."""

_PLACES = 10
_LISTS = "acceptance"


def _told(seconds: float | None) -> Pair:
    return (0.0, 0.0) if seconds is None else (seconds, 1.0)


METRICS: Mapping[str, Callable[[Impression], Pair]] = {
    "ctr": lambda one: (float(one.opened), 1.0),
    "cvr": lambda one: (float(one.bought), 1.0),
    "cvr_opened": lambda one: (float(one.bought and one.opened), float(one.opened)),
    "dwell_s": lambda one: _told(one.dwell_s),
    "read_s": lambda one: _told(one.read_s),
    _LISTS: lambda one: (float(one.taken), 1.0),
}
"""By impression; `acceptance` by list, of which any item counts."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A metric of a group: the users that have something below the line, and both sums of each."""

    group: str
    metric: str
    users: Sequence[str]
    above: Doubles
    below: Doubles

    @property
    def ratio(self) -> Ratio:
        """The figure."""
        found = ratio(self.above, self.below)
        assert found is not None, "sums without anything below aren't made"
        return found


def groups_of(one: Impression) -> Iterator[str]:
    """The groups that an impression is in: all, and its scene, task, policy and position as far as they are known."""
    shown = one.event
    yield "all"
    for name, value in (("scene", shown.scene), ("task", shown.task), ("policy", shown.policy)):
        if value is not None:
            yield f"{name} {value}"
    if shown.position is not None:
        yield f"position {shown.position}" if shown.position <= _PLACES else f"position {_PLACES + 1}+"


def sums(impressions: Sequence[Impression]) -> list[Sums]:
    """All figures of a log: groups by name, positions in their order, metrics in that of METRICS.

    A list is taken up or not as a whole, so that positions have no acceptance."""
    users: dict[tuple[str, str], dict[str, Pair]] = {}
    for one in impressions:
        for group in groups_of(one):
            for metric, pair in METRICS.items():
                if metric != _LISTS:
                    _add(users, (group, metric), one.event.user_id, pair(one))
    for user_id, group, taken in _lists(impressions):
        _add(users, (group, _LISTS), user_id, (float(taken), 1.0))
    names = sorted({group for group, _ in users}, key=_order)
    return [
        _summed(group, metric, users[group, metric])
        for group in names
        for metric in METRICS
        if (group, metric) in users
    ]


def _lists(impressions: Sequence[Impression]) -> Iterator[tuple[str, str, bool]]:
    taken: dict[tuple[str, str, str], bool] = {}
    for one in impressions:
        for group in groups_of(one):
            if not group.startswith("position"):
                key = one.event.user_id, one.event.list_id or "", group
                taken[key] = taken.get(key, False) or one.taken
    for (user_id, _, group), any_taken in taken.items():
        yield user_id, group, any_taken


def _add(
    users: dict[tuple[str, str], dict[str, Pair]], key: tuple[str, str], user_id: str, pair: Pair
) -> None:
    if pair[1] == 0.0:
        return
    of = users.setdefault(key, {})
    above, below = of.get(user_id, (0.0, 0.0))
    of[user_id] = above + pair[0], below + pair[1]


def _summed(group: str, metric: str, of: Mapping[str, Pair]) -> Sums:
    columns = np.array([*of.values()], np.float64)
    return Sums(group, metric, [*of], columns[:, 0], columns[:, 1])


def _order(group: str) -> tuple[str, int, str]:
    kind, _, name = group.partition(" ")
    return kind, int(name.rstrip("+")) if kind == "position" else 0, name

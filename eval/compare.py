"""Two systems on the same cases: paired differences."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from handpicked.eval import reduce
from handpicked.eval.log import Log, only
from handpicked.eval.reduce import Doubles
from handpicked.eval.suite import Metric, Spec
from handpicked.eval.types import Difference, Row
from handpicked.tools.errors import ConfigError

_SHOWN = 5

_Pair: TypeAlias = tuple[Row, Row]


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric of two systems on the cases of one tag; `best` and `worst` are the cases where the first is ahead and
    behind the most."""

    tag: str
    metric: str
    better: str
    first: float
    second: float
    difference: Difference
    n: int
    best: tuple[str, ...]
    worst: tuple[str, ...]

    @property
    def winner(self) -> int:
        """1 or -1 when the interval lies on the first's or the second's side, else 0."""
        sign = 1 if self.better == "higher" else -1
        if self.difference.low > 0:
            return sign
        return -sign if self.difference.high < 0 else 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """All metrics compared; `unpaired` counts cases that only one of the two has."""

    first: str
    second: str
    compared: tuple[Compared, ...]
    unpaired: int


def compare(spec: Spec, first: Log, second: Log) -> Comparison:
    """Compare two logs that hold one system each, case by case.

    Raises ConfigError when they are of different suites, splits or cases."""
    names = [log.header.systems[0] for log in (first, second) if len(log.header.systems) == 1]
    if len(names) != 2:
        raise ConfigError("a log of several systems needs one named: LOG:SYSTEM")
    for what in ("suite", "split"):
        mine, theirs = getattr(first.header, what), getattr(second.header, what)
        if mine != theirs:
            raise ConfigError(f"can't pair a log of {what} {mine!r} with one of {theirs!r}")
    cases = [(log.header.cases, log.header.data.get("cases")) for log in (first, second)]
    if cases[0] != cases[1] and cases[0][0] == cases[1][0]:
        raise ConfigError("the cases of the two logs differ: run both again on the same data")
    ours, theirs = _by_case(first), _by_case(second)
    pairs = [(row, theirs[key]) for key, row in ours.items() if key in theirs]
    if not pairs:
        raise ConfigError("the two logs have no case in common")
    compared = [
        found
        for tag in dict.fromkeys(tag for row, _ in pairs for tag in row.case.tags)
        for name, metric in spec.metrics.items()
        if (found := _compared(tag, name, metric, [pair for pair in pairs if tag in pair[0].case.tags]))
    ]
    return Comparison(names[0], names[1], tuple(compared), len(ours) + len(theirs) - 2 * len(pairs))


def main_differences(spec: Spec, log: Log, tags: Collection[str]) -> Mapping[tuple[str, str], Difference]:
    """The suite's first metric by system and tag, less the baseline's in the same log; empty without a baseline."""
    if spec.baseline not in log.header.systems:
        return {}
    name, metric = next(iter(spec.metrics.items()))
    base = _by_case(only(log, spec.baseline))
    pairs: dict[tuple[str, str], list[_Pair]] = {}
    for row in log.rows:
        other = base.get((row.case.part, row.case.id))
        if row.system != spec.baseline and other is not None:
            for tag in row.case.tags:
                if tag in tags:
                    pairs.setdefault((row.system, tag), []).append((row, other))
    compared = {key: _compared(key[1], name, metric, found) for key, found in pairs.items()}
    return {key: found.difference for key, found in compared.items() if found}


def _by_case(log: Log) -> Mapping[tuple[str, str], Row]:
    return {(row.case.part, row.case.id): row for row in log.rows}


def _compared(tag: str, name: str, metric: Metric, pairs: Sequence[_Pair]) -> Compared | None:
    """None for what can't be paired: quantiles, times, coverage, and a ratio of nothing."""
    if metric.kind in ("p50", "p95", "coverage") or metric.of == ("ms",):
        return None
    brought = [[reduce.measured(name, metric, row) for row in pair] for pair in pairs]
    kept = [at for at, (a, b) in enumerate(brought) if a is not None and b is not None]
    first, second = (
        [
            np.array(column, dtype=np.float64)
            for column in zip(*(brought[at][side] or () for at in kept), strict=True)
        ]
        for side in (0, 1)
    )
    if not kept or (metric.kind == "ratio" and not (first[1].sum() and second[1].sum())):
        return None

    def difference(*columns: Doubles, axis: int = -1) -> Any:
        half = len(columns) // 2
        ours, theirs = columns[:half], columns[half:]
        return reduce.total(metric, *ours, axis=axis) - reduce.total(metric, *theirs, axis=axis)

    low, high = reduce.bootstrap([*first, *second], difference)
    ahead = (_each(metric, first) - _each(metric, second)) * (1 if metric.better == "higher" else -1)
    order: list[int] = np.argsort(-ahead, kind="stable").tolist()
    ids = [pairs[at][0].case.id for at in kept]
    return Compared(
        tag, name, metric.better, float(reduce.total(metric, *first)), float(reduce.total(metric, *second)),
        Difference(
            float(difference(*first, *second)), low, high,
            int((ahead > 0).sum()), int((ahead < 0).sum()), int((ahead == 0).sum()),
        ),
        len(kept),
        tuple(ids[at] for at in order[:_SHOWN] if ahead[at] > 0),
        tuple(ids[at] for at in order[::-1][:_SHOWN] if ahead[at] < 0),
    )  # fmt: skip


def _each(metric: Metric, columns: Sequence[Doubles]) -> Doubles:
    """The metric case by case; a ratio of nothing is 0."""
    if metric.kind == "ece":
        return np.abs(columns[0] - columns[1])
    if len(columns) == 1:
        return columns[0]
    return np.divide(columns[0], columns[1], out=np.zeros_like(columns[0]), where=columns[1] > 0)

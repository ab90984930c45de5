"""From rows to figures: each metric over the rows of a system and tag, with a 95% interval (SciPy's)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from handpicked.eval.log import Log
from handpicked.eval.suite import Metric, Spec, Threshold
from handpicked.eval.types import Row, Value
from handpicked.tools.errors import DataError

Doubles: TypeAlias = npt.NDArray[np.float64]

_CONFIDENCE = 0.95
_RESAMPLES = 9999
_BATCH = 4_000_000
_QUANTILES = {"p50": 0.5, "p95": 0.95}
_BINS = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of one system on the cases of one tag."""

    system: str
    tag: str
    metric: str
    value: Value

    @property
    def name(self) -> str:
        """`system/tag/metric`."""
        return f"{self.system}/{self.tag}/{self.metric}"


@dataclass(frozen=True, slots=True)
class Missed:
    """A threshold that a run didn't reach; `found` is None when there was nothing to measure."""

    threshold: Threshold
    found: float | None

    def __str__(self) -> str:
        want = self.threshold
        bound = f"at least {want.min:g}" if want.min is not None else f"at most {want.max:g}"
        found = "nothing measured" if self.found is None else f"{self.found:.4g}"
        return f"{want.system}/{want.tag}/{want.metric}: {found}, wanted {bound}"


def figures(spec: Spec, log: Log) -> list[Figure]:
    """Every metric of every system and tag, in the order of the log.

    A failed case counts as the metric's worst value, where it has one."""
    found: list[Figure] = []
    for (system, tag), at in _groups(log.rows).items():
        rows = [log.rows[i] for i in at]
        ms = np.array([log.ms[i] for i in at]) if log.ms else None
        for name, metric in spec.metrics.items():
            value = _value(name, metric, rows, ms)
            if value is not None:
                found.append(Figure(system, tag, name, value))
    return found


def failed(log: Log) -> int:
    """How many cases ended in an error."""
    return sum(row.error is not None for row in log.rows)


def missed(spec: Spec, log: Log, found: Iterable[Figure]) -> list[Missed]:
    """The thresholds of the systems that were run and are not reached."""
    values = {(f.system, f.tag, f.metric): f.value.value for f in found}
    wrong: list[Missed] = []
    for want in spec.thresholds:
        if want.system not in log.header.systems or not _asked(log, want.tag):
            continue
        value = values.get((want.system, want.tag, want.metric))
        low, high = want.min, want.max
        if value is None or (low is not None and value < low) or (high is not None and value > high):
            wrong.append(Missed(want, value))
    return wrong


def measured(name: str, metric: Metric, row: Row) -> tuple[float, ...] | None:
    """What a row brings to a metric: one score, or two. A failed row brings the metric's worst value,
    or None when it counts for nothing."""
    if row.error is not None:
        return None if metric.of_two or metric.worst is None else (metric.worst,)
    names = metric.of or (name,)
    if metric.partial and not row.scores.keys() >= {*names}:
        return None
    return tuple(_score(row, of) for of in names)


def total(metric: Metric, *columns: Doubles, axis: int = -1) -> Any:
    """The figure of a mean, share, sum, ratio or ece from columns of what its rows bring, over an axis; a ratio of
    nothing (a resample may have no denominator) is 0."""
    if metric.kind == "ratio":
        above, below = columns[0].sum(axis=axis), columns[1].sum(axis=axis)
        return np.divide(above, below, out=np.zeros_like(above), where=below != 0)
    if metric.kind == "ece":
        return _calibration_error(*columns, axis=axis)
    return columns[0].sum(axis=axis) if metric.kind == "sum" else columns[0].mean(axis=axis)


def _calibration_error(sure: Doubles, right: Doubles, axis: int) -> Any:
    """By bins of confidence, how far the mean confidence is from the share that is right, weighed by the bin's cases
    (Guo et al. 2017, eq. 3)."""
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [np.abs(np.where(bins == at, sure - right, 0.0).sum(axis=axis)) for at in range(_BINS)]
    return np.sum(gaps, axis=0) / sure.shape[axis]


def _groups(rows: Sequence[Row]) -> Mapping[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for at, row in enumerate(rows):
        for tag in row.case.tags:
            groups.setdefault((row.system, tag), []).append(at)
    return groups


def _asked(log: Log, tag: str) -> bool:
    return any(tag in row.case.tags for row in log.rows)


def _score(row: Row, name: str) -> float:
    try:
        return row.scores[name]
    except KeyError:
        raise DataError(
            f"case {row.case.id} of {row.system} has no score {name!r}; it has {', '.join(row.scores)}"
        ) from None


def _value(name: str, metric: Metric, rows: Sequence[Row], ms: Doubles | None) -> Value | None:
    if metric.kind == "coverage":
        return _coverage(metric, rows)
    if metric.of == ("ms",):
        columns = [] if ms is None else [ms[[row.error is None for row in rows]]]
    else:
        brought = [found for row in rows if (found := measured(name, metric, row)) is not None]
        columns = [np.array(column, dtype=np.float64) for column in zip(*brought, strict=True)]
    if not columns or not len(columns[0]) or (metric.kind == "ratio" and not columns[1].sum()):
        return None
    if metric.kind in _QUANTILES:
        return _quantile(columns[0], _QUANTILES[metric.kind])
    value, n = float(total(metric, *columns)), len(columns[0])
    return Value(value, *_interval(name, metric, columns, value), n)


def _coverage(metric: Metric, rows: Sequence[Row]) -> Value | None:
    """The share of all there is that was listed at least once. It has no interval: users drawn again list less."""
    answered = [row for row in rows if row.error is None]
    listed, number = metric.of
    found = {(row.case.part, one) for row in answered for one in row.answer[listed]}
    there = sum({row.case.part: row.case.data[number] for row in answered}.values())
    if not there:
        return None
    share = len(found) / there
    return Value(share, share, share, len(answered))


def _interval(name: str, metric: Metric, columns: Sequence[Doubles], value: float) -> tuple[float, float]:
    match metric.kind:
        case "mean":
            return _t(columns[0], value)
        case "share":
            return _wilson(columns[0], name)
        case "ratio" | "ece":
            return bootstrap(columns, partial(total, metric))
        case _:
            return value, value


def bootstrap(columns: Sequence[Doubles], statistic: Callable[..., Any]) -> tuple[float, float]:
    """The percentile bootstrap interval of a statistic of paired columns."""
    if len(columns[0]) < 2 or not any(np.ptp(column) for column in columns):
        value = float(statistic(*columns))
        return value, value
    batch = max(1, _BATCH // len(columns[0]))
    found = _stats().bootstrap(
        columns, statistic, paired=True, vectorized=True, n_resamples=_RESAMPLES, batch=batch,
        confidence_level=_CONFIDENCE, method="percentile", rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def _t(found: Doubles, mean: float) -> tuple[float, float]:
    error = float(_stats().sem(found)) if len(found) > 1 else 0.0
    if error == 0.0:
        return mean, mean
    low, high = _stats().t.interval(_CONFIDENCE, len(found) - 1, loc=mean, scale=error)
    return float(low), float(high)


def _wilson(found: Doubles, name: str) -> tuple[float, float]:
    if wrong := [score for score in found if score not in (0.0, 1.0)]:
        raise DataError(f"{name} is a share, so its scores are 0 or 1: {wrong[0]}")
    interval = _stats().binomtest(int(found.sum()), len(found)).proportion_ci(_CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def _quantile(found: Doubles, q: float) -> Value:
    """A quantile with its distribution-free interval by order statistics; an end that too few cases can't bound
    is the data's own."""
    value = float(np.quantile(found, q))
    interval = _stats().quantile_test(found, q=value, p=q).confidence_interval(_CONFIDENCE)
    low = float(found.min()) if np.isnan(interval.low) else float(interval.low)
    high = float(found.max()) if np.isnan(interval.high) else float(interval.high)
    return Value(value, low, high, len(found))


@cache
def _stats() -> Any:
    """SciPy's statistics, imported when an interval is asked for: it takes a second."""
    return import_module("scipy.stats")

"""Figures and comparisons: intervals that are right, failures that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handpicked.eval import compare as comparing
from handpicked.eval import log as logs
from handpicked.eval import reduce
from handpicked.eval.log import Header, Log
from handpicked.eval.suite import Metric, Spec, Suite, Threshold
from handpicked.eval.types import Case, Row
from handpicked.tools.errors import ConfigError, DataError

MEAN = Metric(kind="mean", better="higher", what="m")


def _spec(metric: Metric, *thresholds: Threshold) -> Spec:
    return Spec(
        what="", data="", protocol="", systems={"a": "", "b": ""}, baseline="b", metrics={"m": metric},
        thresholds=thresholds,
    )  # fmt: skip


def _log(scores: dict[str, Sequence[dict[str, float] | None]], ms: tuple[float, ...] = ()) -> Log:
    """A log of systems with the scores of their cases; None is a case that failed."""
    rows = tuple(
        Row(system, Case(str(at), "p", ("all",)), None, found or {}, None if found else "failed")
        for system, column in scores.items()
        for at, found in enumerate(column)
    )
    cases = max(map(len, scores.values()))
    header = Header("s", "m", "valid", tuple(scores), cases, {}, {"cases": "x"}, "", "", {})
    return Log(Path("log.jsonl"), header, rows, ms)


def _one(
    metric: Metric, column: Sequence[dict[str, float] | None], ms: tuple[float, ...] = ()
) -> reduce.Value:
    (figure,) = reduce.figures(_spec(metric), _log({"a": column}, ms))
    return figure.value


def test_a_mean_has_the_t_interval() -> None:
    # mean 2.5, sd 1.290994, n 4: half width t(.975, 3) = 3.182446 times .645497
    found = _one(MEAN, [{"m": x} for x in (1.0, 2.0, 3.0, 4.0)])
    assert (found.value, found.low, found.high) == pytest.approx((2.5, 0.445739, 4.554261), abs=1e-5)


def test_a_share_has_the_wilson_interval() -> None:
    # 7 of 10: .3967781 to .8922087 (Wilson 1927)
    column: Sequence[dict[str, float] | None] = [{"m": float(n < 7)} for n in range(10)]
    found = _one(Metric(kind="share", better="higher", what=""), column)
    assert (found.value, found.low, found.high) == pytest.approx((0.7, 0.3967781, 0.8922087), abs=1e-6)


def test_a_ratio_is_of_sums_and_its_interval_covers_it() -> None:
    metric = Metric(kind="ratio", better="higher", what="", of=("above", "below"))
    found = _one(metric, [{"above": 1, "below": 1}, {"above": 0, "below": 3}, {"above": 2, "below": 4}])
    assert found.value == pytest.approx(3 / 8)
    assert found.low < found.value < found.high


def test_the_calibration_error_weighs_the_gaps_of_the_bins() -> None:
    # .9-1: mean confidence .95, 1 of 2 right, gap .45; .6-.7: .65 and .6, both right, gap .375; 0-.1: .05, wrong, gap .05
    metric = Metric(kind="ece", better="lower", what="", of=("sure", "right"))
    cases = ((0.9, 1), (1.0, 0), (0.65, 1), (0.6, 1), (0.05, 0))
    found = _one(metric, [{"sure": sure, "right": right} for sure, right in cases])
    assert found.value == pytest.approx((2 * 0.45 + 2 * 0.375 + 1 * 0.05) / 5)
    assert (found.n, 0.0 <= found.low <= found.high <= 1.0) == (5, True)


def test_coverage_counts_what_is_listed_at_least_once_in_each_part() -> None:
    metric = Metric(kind="coverage", better="higher", what="", of=("listed", "there"))
    rows = [("p", 4, [0, 1]), ("p", 4, [1]), ("q", 6, [1]), ("q", 6, None)]
    log = _log({"a": [None for _ in rows]})
    rows = tuple(
        Row("a", Case(str(at), part, ("all",), {"there": there}), listed and {"listed": listed}, {}, None if listed else "x")
        for at, (part, there, listed) in enumerate(rows)
    )  # fmt: skip
    (found,) = reduce.figures(_spec(metric), replace(log, rows=rows))
    assert (found.value.value, found.value.low, found.value.n) == (3 / 10, 3 / 10, 3)


def test_a_partial_metric_is_over_the_cases_that_have_it() -> None:
    column: Sequence[dict[str, float] | None] = [{"m": 1.0}, {"n": 9.0}, {"m": 3.0}]
    found = _one(Metric(kind="mean", better="higher", what="", partial=True), column)
    assert (found.value, found.n) == (2.0, 2)
    with pytest.raises(DataError, match="no score"):
        _one(MEAN, column)


def test_a_quantile_of_times_leaves_failed_cases_out() -> None:
    metric = Metric(kind="p50", better="lower", what="", of=("ms",))
    found = _one(metric, [{"m": 1}, None, {"m": 1}, {"m": 1}], (10.0, 5000.0, 20.0, 30.0))
    assert (found.value, found.n) == (20.0, 3)


@pytest.mark.parametrize(
    ("metric", "value", "n"),
    [
        (MEAN, 0.5, 4),
        (Metric(kind="mean", better="lower", what=""), 1.0, 2),
        (Metric(kind="mean", better="lower", what="", failed_as=9), 5.0, 4),
        (Metric(kind="sum", better="higher", what=""), 2.0, 4),
    ],
)
def test_a_failed_case_counts_as_the_worst_value(metric: Metric, value: float, n: int) -> None:
    found = _one(metric, [{"m": 1}, None, {"m": 1}, None])
    assert (found.value, found.n) == (value, n)


def test_the_interval_of_a_mean_covers_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(300):
        found = _one(MEAN, [{"m": float(x)} for x in rng.exponential(1.0, 60)])
        covered += found.low <= 1.0 <= found.high
    assert 0.90 <= covered / 300 <= 0.985


def test_a_score_that_a_case_lacks_is_named() -> None:
    with pytest.raises(DataError, match="case 0 of a has no score 'm'; it has n"):
        _one(MEAN, [{"n": 1.0}])


@pytest.mark.parametrize(
    ("threshold", "missed"),
    [
        (Threshold(system="a", metric="m", min=0.5), []),
        (Threshold(system="a", metric="m", min=0.6), ["a/all/m: 0.5, wanted at least 0.6"]),
        (Threshold(system="a", metric="m", max=0.4), ["a/all/m: 0.5, wanted at most 0.4"]),
        (Threshold(system="b", metric="m", min=0.6), []),
        (Threshold(system="a", metric="m", tag="zh", min=0.6), []),
    ],
)
def test_thresholds_hold_for_what_was_run(threshold: Threshold, missed: list[str]) -> None:
    spec = _spec(MEAN, threshold)
    log = _log({"a": [{"m": 0.0}, {"m": 1.0}]})
    assert [str(each) for each in reduce.missed(spec, log, reduce.figures(spec, log))] == missed


def _compare(
    metric: Metric, a: Sequence[dict[str, float] | None], b: Sequence[dict[str, float] | None]
) -> comparing.Compared:
    log = _log({"a": a, "b": b})
    (found,) = comparing.compare(_spec(metric), logs.only(log, "a"), logs.only(log, "b")).compared
    return found


def test_a_difference_is_paired() -> None:
    # far apart between cases, always .1 apart within one: unpaired it would drown
    rng = np.random.default_rng(0)
    base = rng.uniform(0, 10, 50)
    found = _compare(MEAN, [{"m": x + 0.1} for x in base], [{"m": float(x)} for x in base])
    assert found.difference.value == pytest.approx(0.1)
    assert (found.difference.low, found.difference.high) == pytest.approx((0.1, 0.1))
    assert (found.difference.wins, found.difference.losses, found.difference.ties) == (50, 0, 0)
    assert found.winner == 1


def test_nobody_wins_when_the_interval_holds_0() -> None:
    rng = np.random.default_rng(1)
    a, b = ([{"m": float(x)} for x in rng.normal(size=80)] for _ in range(2))
    assert _compare(MEAN, a, b).winner == 0


def test_less_wins_where_less_is_better() -> None:
    metric = Metric(kind="sum", better="lower", what="")
    found = _compare(metric, [{"m": 1.0}] * 9 + [{"m": 0.0}], [{"m": 3.0}] * 10)
    assert (found.difference.value, found.winner, found.worst) == (-21.0, 1, ())
    assert found.best[0] == "9"


def test_a_failed_case_loses_its_pair() -> None:
    found = _compare(MEAN, [None, {"m": 1.0}], [{"m": 0.5}, {"m": 0.5}])
    assert (found.first, found.worst) == (0.5, ("0",))


def test_a_ratio_is_compared_by_its_sums() -> None:
    metric = Metric(kind="ratio", better="higher", what="", of=("above", "below"))
    rows: Sequence[dict[str, float] | None] = [{"above": float(n % 3), "below": 4.0} for n in range(30)]
    found = _compare(metric, [{"above": 4.0, "below": 4.0}] * 30, rows)
    assert found.difference.value == pytest.approx(1 - 0.25)
    assert found.winner == 1


def test_logs_of_other_cases_or_several_systems_are_not_compared(toy: Suite) -> None:
    a, b = _log({"a": [{"m": 1.0}]}), _log({"b": [{"m": 1.0}]})
    other = replace(b, header=replace(b.header, split="test"))
    changed = replace(b, header=replace(b.header, data={"cases": "y"}))
    for second, says in (
        (other, "split 'valid' with one of 'test'"),
        (changed, "the cases of the two logs differ"),
    ):
        with pytest.raises(ConfigError, match=says):
            comparing.compare(_spec(MEAN), a, second)
    both = _log({"a": [{"m": 1.0}], "b": [{"m": 1.0}]})
    with pytest.raises(ConfigError, match="LOG:SYSTEM"):
        comparing.compare(_spec(MEAN), both, b)


def test_calibration_errors_are_compared_and_each_case_by_its_distance() -> None:
    metric = Metric(kind="ece", better="lower", what="", of=("sure", "right"))
    found = _compare(
        metric,
        [{"sure": 1.0, "right": 1.0}, {"sure": 0.5, "right": 0.0}],
        [{"sure": 0.8, "right": 1.0}, {"sure": 0.5, "right": 0.0}],
    )
    assert (found.first, found.second) == pytest.approx((0.25, 0.35))
    assert (found.difference.wins, found.difference.losses, found.difference.ties) == (1, 0, 1)

"""A/B tests under peeking: the sequence's formula, and how often it raises a false alarm."""

from __future__ import annotations

from math import e, log, sqrt

import numpy as np
import pytest

from handpicked.eval.online import figures, sequential, simulate
from handpicked.eval.online.figures import Sums
from handpicked.eval.online.log import joined
from handpicked.eval.suites import peeking
from handpicked.tools.errors import DataError


def test_the_radius_by_hand() -> None:
    # With users x rho^2 = 1 it is sqrt(variance x 4 x log(sqrt(2) / alpha)).
    assert sequential.radius(0.25, 100, 0.1) == pytest.approx(sqrt(log(sqrt(2) / 0.05)))
    bound = -2 * log(0.05)
    assert sequential.mixture(400) == pytest.approx(sqrt((bound + log(bound + 1)) / 400))
    # A difference of 2 standard errors: sqrt(2) / e.
    assert sequential.always_valid_p(1.0, 0.25, 100, 0.1) == pytest.approx(sqrt(2) / e)


@pytest.mark.parametrize("planned", [500, 5000])
def test_the_sequence_is_narrowest_beside_a_fixed_interval_at_the_planned_users(planned: int) -> None:
    at = [
        sequential.radius(1.0, n, sequential.mixture(planned))
        for n in range(planned // 4, planned * 4, planned // 20)
    ]
    best = planned // 4 + at.index(min(at)) * (planned // 20)
    assert abs(best - planned) <= planned * 0.15
    assert min(at) > 1.959964


@pytest.mark.parametrize("difference", [0.0, 0.01, 0.02, 0.05])
def test_p_is_below_alpha_just_where_the_sequence_excludes_zero(difference: float) -> None:
    rho = sequential.mixture(2000)
    wide = sequential.radius(1e-4, 3000, rho)
    assert (sequential.always_valid_p(difference, 1e-4, 3000, rho) < 0.05) == (difference > wide)
    assert sequential.always_valid_p(wide, 1e-4, 3000, rho) == pytest.approx(0.05)


def _sums(group: str, rate: float, users: int = 200) -> Sums:
    clicks = np.random.default_rng(len(group)).binomial(10, rate, users).astype(np.float64)
    return Sums(group, "ctr", [*map(str, range(users))], clicks, np.full(users, 10.0))


def test_policies_are_compared_within_their_experiment() -> None:
    sums = [
        _sums("all", 0.5),
        _sums("policy a/one", 0.1),
        _sums("policy a/two", 0.4),
        _sums("policy b/one", 0.1),
    ]
    [found], left_out = sequential.by_policy(sums)
    assert (found.policy, found.decided, left_out) == ("a/two", True, [])
    assert found.low < found.fixed[0] < found.difference < found.fixed[1] < found.high
    assert 0.2 < found.difference < 0.4


def test_too_few_users_are_no_comparison() -> None:
    found, [why] = sequential.by_policy([_sums("policy a/one", 0.1), _sums("policy a/two", 0.1, 99)])
    assert (found, "99 users" in why) == ([], True)
    with pytest.raises(DataError, match="a comparison needs 100"):
        sequential.compare(_sums("policy a/one", 0.1, 50), _sums("policy a/two", 0.1))


def test_the_lift_of_a_simulated_log_is_found() -> None:
    made = joined((), simulate.event_log(np.random.default_rng(3), users=600)).impressions
    found, _ = sequential.by_policy(figures.sums(made))
    [ctr] = [one for one in found if one.metric == "ctr"]
    truth = np.mean([np.diff([simulate.place_ctr(n, p) for p in simulate.POLICIES])[0] for n in range(1, 6)])
    assert ctr.low <= truth <= ctr.high


def _alarms(runs: int, users: int, days: int) -> tuple[float, float]:
    """How many tests without a difference are decided at some look: by the sequence, and by the interval for one look."""
    sequence = fixed = 0
    for run in range(runs):
        test = simulate.ab_test(np.random.default_rng([run, 5]), users=users, days=days, lift=0.0)
        looks = [found for day in range(days) if (found := peeking.look(test, day)) is not None]
        sequence += any(one.decided for one in looks)
        fixed += any(not one.fixed[0] <= 0.0 <= one.fixed[1] for one in looks)
    return sequence / runs, fixed / runs


def test_peeking_raises_false_alarms_with_fixed_intervals_alone() -> None:
    sequence, fixed = _alarms(60, 600, 14)
    assert sequence <= 0.05
    assert fixed >= 0.08


@pytest.mark.soak
def test_of_a_thousand_tests_that_are_looked_at_daily_five_in_a_hundred_at_most_are_false_alarms() -> None:
    sequence, fixed = _alarms(1000, 2000, 28)
    assert sequence <= 0.05
    assert fixed > 0.1

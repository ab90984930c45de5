"""From events to rates: what is joined, what counts, and the intervals by user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.eval.online import figures, log, ratios, simulate
from handpicked.eval.online.log import Impression
from handpicked.tools.data.db import sqlite_url
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.types import Event


def _shown(user: str, item: str, place: int, list_id: str = "r", **more: str) -> Event:
    return Event(user, item, "impression", 1.0, list_id=list_id, position=place, propensity=1.0, **more)  # type: ignore[arg-type]


def _did(user: str, item: str, kind: str, dwell_s: float | None = None, list_id: str | None = "r") -> Event:
    return Event(user, item, kind, 2.0, dwell_s=dwell_s, list_id=list_id)


_LOG = [
    _shown("ann", "up", 1, scene="watch", policy="t/a"),
    _shown("ann", "heat", 2, scene="watch", policy="t/a"),
    _shown("bob", "up", 1, scene="read", policy="t/b"),
    _did("ann", "up", "click", 10.0),
    _did("ann", "up", "read", 30.0),
    _did("ann", "up", "purchase"),
    _did("bob", "up", "view", 4.0),
    _did("bob", "heat", "click"),  # not in bob's list
    _did("ann", "heat", "click", list_id=None),  # not from the list
]


def _by_name(impressions: list[Impression]) -> dict[tuple[str, str], float]:
    return {(one.group, one.metric): one.ratio.value for one in figures.sums(impressions)}


def test_rates_are_of_what_the_same_user_did_with_the_same_item_of_the_same_list() -> None:
    found = log.joined((), _LOG)
    assert (found.unmatched, found.unlisted) == (
        2,
        0,
    )  # `joined` is given what names a list, and counts the rest
    rates = _by_name(found.impressions)
    assert rates["all", "ctr"] == pytest.approx(2 / 3)
    assert rates["all", "cvr"] == pytest.approx(1 / 3)
    assert rates["all", "cvr_opened"] == pytest.approx(1 / 2)
    assert rates["all", "dwell_s"] == pytest.approx((40 + 4) / 2)
    assert rates["all", "read_s"] == pytest.approx(30)
    assert rates["all", "acceptance"] == pytest.approx(
        1 / 2
    )  # of two lists one: a view is no more than a look
    assert rates["scene watch", "ctr"] == pytest.approx(1 / 2)
    assert rates["policy t/b", "ctr"] == pytest.approx(1)
    assert rates["position 2", "ctr"] == 0
    assert ("position 1", "acceptance") not in rates


def test_the_kept_lists_and_the_ingested_ones_are_counted_once(tmp_path: Path) -> None:
    store = EventStore(sqlite_url(tmp_path / "events.db"))
    try:
        store.shown.add(_LOG[:2], None)
        store.append([*_LOG, Event("cat", "up", "impression"), Event("cat", "up", "purchase")])
        found = log.read(store)
    finally:
        store.close()
    assert (len(found.impressions), found.unlisted, found.unmatched) == (3, 1, 1)


def test_the_interval_is_the_delta_methods_by_user() -> None:
    above, below = np.array([1.0, 0.0, 3.0]), np.array([2.0, 2.0, 4.0])
    found = ratios.ratio(above, below)
    assert found is not None
    # By hand: the ratio is 1/2, residuals 0, -1, 1, the mean below 8/3, so that the variance is 1 / (64/9) / 3.
    assert (found.value, found.variance, found.users) == (0.5, pytest.approx(9 / 64 / 3), 3)
    low, high = found.interval
    assert (high - low) / 2 == pytest.approx(4.302653 * (9 / 64 / 3) ** 0.5, rel=1e-6)
    assert ratios.ratio(above, np.zeros(3)) is None
    lone = ratios.ratio(above[:1], below[:1])
    assert lone is not None
    assert lone.interval == (-float("inf"), float("inf"))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=2, max_size=30), st.integers(2, 4))
def test_a_user_who_saw_more_is_no_more_witnesses(rows: list[tuple[int, int]], times: int) -> None:
    above, below = np.array(rows, np.float64).T
    once, more = ratios.ratio(above, below), ratios.ratio(times * above, times * below)
    assert once is not None
    assert more is not None
    assert more.value == pytest.approx(once.value)
    assert more.variance == pytest.approx(once.variance, abs=1e-12)


def test_rates_of_a_simulated_log_hold_the_truth() -> None:
    held = wide = 0
    for seed in range(30):
        made = simulate.event_log(np.random.default_rng(seed), users=60)
        first = [one for one in log.joined((), made).impressions if one.event.position == 1]
        [ratio] = [s.ratio for s in figures.sums(first) if (s.group, s.metric) == ("position 1", "ctr")]
        low, high = ratio.interval
        held += low <= simulate.place_ctr(1) <= high
        wide += high - low < 0.3
    # Of 30 intervals of 95% fewer than 24 hold it once in 1,500 times.
    assert (held >= 24, wide) == (True, 30)

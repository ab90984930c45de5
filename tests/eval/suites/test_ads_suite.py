"""The ads suite: who is a case, what is known when, and that ours beats chance and popularity on the real coupons."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from handpicked.agent.settings import Settings
from handpicked.eval import suite
from handpicked.eval.suites.ads import data, systems, task
from handpicked.eval.suites.ads.data import SPLITS, World
from handpicked.eval.types import Case, Options
from handpicked.tools.data import assets, columns, exposures
from handpicked.tools.data.demo import ASSETS
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Campaign, Event, Item

DAY = 86_400.0
BEGUN, NEXT = SPLITS["valid"]


@pytest.fixture(scope="module")
def small() -> World:
    """Forty households: the even ones buy tea and redeem its coupons, the odd ones oil; three mailings."""
    items = [Item(name, name.title(), "grocery", categories=(name,)) for name in ("tea", "oil", "salt")]
    table = columns.from_items(items)
    users = [f"hh-{n}" for n in range(160)]
    campaigns = [
        Campaign(f"coupon-{mailing}-{item}", (item,), (), ("mailing_1=true",), start, end, 1.0, title=f"{mailing} (Type A)")
        for mailing, start, end in ((1, BEGUN - 40 * DAY, BEGUN - 10 * DAY), (2, BEGUN, BEGUN + 30 * DAY), (3, NEXT, NEXT + DAY))
        for item in ("tea", "oil", "salt")
    ]  # fmt: skip
    user = np.arange(160)
    log = exposures.Log.of(users, user, user % 2, np.full(160, BEGUN - 50 * DAY))
    redeemed = [
        Event(u, item, "redeem", start + DAY, list_id=f"coupon-{mailing}-{item}")
        for n, u in enumerate(users)
        for mailing, start in ((1, BEGUN - 40 * DAY), (2, BEGUN))
        for item in [("tea", "oil")[n % 2]]
    ]
    return World(
        table, log, campaigns, [exposures.rows_of(c, table) for c in campaigns],
        {u: {"mailing_1": n != 0} for n, u in enumerate(users)}, redeemed,
        {(e.user_id, str(e.list_id)): [e.timestamp or 0.0] for e in redeemed},
    )  # fmt: skip


def test_a_case_is_a_household_that_got_a_mailing_of_the_split_and_redeemed(small: World) -> None:
    valid = list(data.cases(small, "valid"))
    assert len(valid) == 159, "the first household got none"
    assert {case.day for case in valid} == {BEGUN}
    assert valid[0].redeemed == {"coupon-2-oil"}
    assert valid[0].kinds == ("A",)
    assert list(data.cases(small, "test")) == []


def test_what_is_eligible_runs_on_that_day_for_this_household(small: World) -> None:
    assert small.eligible("hh-1", BEGUN) == [3, 4, 5]
    assert small.eligible("hh-1", BEGUN - 11 * DAY) == [0, 1, 2]
    assert small.eligible("hh-0", BEGUN) == []


def test_ours_finds_the_coupon_of_what_a_household_buys(small: World) -> None:
    answer = systems.subject(small, "ours", Options())
    for case in list(data.cases(small, "valid"))[:6]:
        found = answer(Case("x", "coupons", (), {"household": case.household, "day": case.day}))
        assert found["eligible"] == 3
        assert {found["offers"][0]} == case.redeemed


def test_nothing_from_the_split_s_first_day_on_is_learnt_from(small: World) -> None:
    blind = replace(small, redemptions=[e for e in small.redemptions if (e.timestamp or 0) < BEGUN])
    one, other = (systems.learn(world, BEGUN).model for world in (small, blind))
    assert one is not None
    assert other is not None
    assert (one.weights == other.weights).all()
    assert systems.learn(small, BEGUN - 20 * DAY).model is None, "no campaign was over"


def test_a_household_s_own_redemptions_of_the_case_are_not_known(small: World) -> None:
    learnt = systems.learn(small, BEGUN)
    blind = replace(small, redemptions=[e for e in small.redemptions if (e.timestamp or 0) < BEGUN])
    one, other = (systems.features(world, learnt, "hh-1", BEGUN, [3, 4]) for world in (small, blind))
    assert (one == other).all()


def test_an_answer_is_scored_by_the_coupons_that_were_redeemed() -> None:
    case = Case("x", "coupons", ("all",), {"redeemed": ["a", "b"]})
    scores = task.score(case, {"offers": ["c", "a"], "eligible": 9})
    assert (scores["hit@10"], scores["mrr@10"], scores["found"], scores["redeemed"]) == (1.0, 0.5, 1.0, 2.0)
    with pytest.raises(ValueError, match="offers and eligible"):
        task.score(case, ["a"])


def test_without_the_assets_the_command_that_fetches_them_is_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.raises(ConfigError, match="handpicked assets fetch"):
        task.cases(Options(cache=tmp_path_factory.mktemp("cache")))
    with pytest.raises(ConfigError, match="no cache"):
        task.cases(Options())


def test_on_the_real_coupons_ours_finds_more_than_chance_and_popularity() -> None:
    cache = Settings().cache
    wanted = [name for name in ASSETS if name.startswith("groceries")]
    absent = [s.asset.name for s in assets.verify(cache, wanted) if s.state != "ok"]
    if absent and not os.environ.get("CI"):
        pytest.skip(f"not in the cache: {', '.join(absent)}")
    options = Options(cache=cache)
    cases = task.cases(options)
    assert len(cases) == 272
    found: dict[str, float] = {}
    for system in ("random", "popularity", "ours"):
        with task.open(system, "coupons", options) as answer:
            scores = [task.score(case, answer(case)) for case in cases[::3]]
        found[system] = sum(s["found"] for s in scores) / sum(s["redeemed"] for s in scores)
    assert found["random"] < found["popularity"] < found["ours"]


def test_the_suite_compares_ours_with_chance_and_popularity() -> None:
    assert {"random", "popularity", "ours"} <= set(suite.load("ads").spec.systems)

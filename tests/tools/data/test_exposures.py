"""Who was offered what and took it up, and that the model is taught nothing of the future."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.auction import Placed
from handpicked.tools.data import columns, exposures, response
from handpicked.tools.data.ad_ledger import AdTurn
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.exposures import Exposure, Log, Past
from handpicked.tools.types import Campaign, Event, Item

DAY = 86_400.0
ITEMS = [Item("tea", "Tea", categories=("Drinks",)), Item("oil", "Oil", categories=("Kitchen",))]
TABLE = columns.from_items(ITEMS)
TEA = Campaign("t", ("tea",), audience=("ann", "bob"), start=10 * DAY, end=20 * DAY, bid=1.0)


def log(*rows: tuple[int, int, float], users: Sequence[str] = ("ann", "bob")) -> Log:
    table = np.array(rows, np.float64).reshape(-1, 3)
    user, item = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    return Log.of(users, user, item, table[:, 2])


def redeemed(user: str, item: str, day: float, campaign: str | None = None) -> Event:
    return Event(user, item, "redeem", day * DAY, list_id=campaign)


def gathered(past: Past, *campaigns: Campaign, now: float = 40 * DAY) -> list[Exposure]:
    rows = [exposures.rows_of(campaign, TABLE) for campaign in campaigns]
    answers = exposures.answers_of(campaigns, rows, TABLE, past.redemptions)
    return list(exposures.gather(campaigns, rows, answers, past, now=now))


def answered(past: Past, *campaigns: Campaign, now: float = 40 * DAY) -> dict[tuple[str, int], bool]:
    return {(e.user_id, e.campaign): e.answered for e in gathered(past, *campaigns, now=now)}


def test_a_user_s_choices_before_a_time_are_found_the_newest_first() -> None:
    known = log((0, 0, 5.0), (1, 1, 1.0), (0, 1, 3.0), (0, 0, 9.0), (1, 0, np.nan))
    found = known.before(["bob", "nobody", "ann"], 5.0)
    assert list(zip(found.user.tolist(), found.item.tolist(), strict=True)) == [(0, 1), (2, 1)]
    assert (found.days * DAY).tolist() == [4.0, 2.0]


def test_only_the_latest_choices_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposures, "LATEST", 2)
    found = log(*((0, 0, float(n)) for n in range(5)), (1, 1, 0.0)).before(["ann", "bob"], 4.0)
    assert (found.days * DAY).tolist() == [2.0, 1.0, 4.0]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 20).map(float)), max_size=40),
    st.integers(0, 21),
)
def test_before_is_what_filtering_gives(rows: list[tuple[int, int, float]], when: int) -> None:
    users = ["a", "b", "c", "d"]
    found = log(*rows, users=users).before(["c", "a", "stranger"], float(when))
    for place, number in ((0, 2), (1, 0), (2, 9)):
        mine = [i for u, i, t in sorted(rows, key=lambda row: row[2]) if u == number and t < when]
        assert sorted(found.item[found.user == place].tolist()) == sorted(mine)


def test_shares_are_of_what_came_before() -> None:
    known = log((0, 0, 1 * DAY), (1, 1, 1 * DAY), (1, 1, 5 * DAY))
    assert known.shares(2 * DAY, 2).tolist() == [0.5, 0.5]
    assert known.shares(1 * DAY, 2).tolist() == [0.0, 0.0]


def test_an_audience_was_reached_when_the_campaign_began() -> None:
    past = Past([redeemed("ann", "tea", 12, "t")])
    assert gathered(past, TEA) == [Exposure("ann", 0, 10 * DAY, True), Exposure("bob", 0, 10 * DAY, False)]


@pytest.mark.parametrize(
    ("event", "counts"),
    [
        (redeemed("ann", "tea", 12, "t"), True),
        (redeemed("ann", "oil", 12, "t"), True),  # the campaign is named: the item is a detail
        (redeemed("ann", "tea", 12), True),
        (redeemed("ann", "tea", 12, "list-7"), True),  # names something that is no campaign
        (redeemed("ann", "tea", 12, "other"), False),
        (redeemed("ann", "oil", 12), False),
        (redeemed("ann", "tea", 9.9, "t"), False),
        (redeemed("ann", "tea", 10, "t"), True),
        (redeemed("ann", "tea", 20.1, "t"), False),
        (Event("ann", "tea", "redeem", None, list_id="t"), False),
    ],
)
def test_which_redemption_answers_which_campaign(event: Event, counts: bool) -> None:
    other = replace(TEA, campaign_id="other", item_ids=("oil",), audience=())
    assert answered(Past([event]), TEA, other)["ann", 0] is counts


def test_a_campaign_that_can_still_be_taken_up_teaches_nothing() -> None:
    assert gathered(Past(), TEA, now=19 * DAY) == []
    endless = replace(TEA, end=None)
    assert gathered(Past(), endless, now=39 * DAY) == []
    assert len(gathered(Past(), endless, now=40 * DAY)) == 2


def test_an_audience_is_told_by_attributes() -> None:
    past = Past(users={"cat": {"member": True}, "dan": {"member": False}})
    assert {e.user_id for e in gathered(past, replace(TEA, audience=("Member=true",)))} == {"cat"}


def test_showings_go_before_the_audience_and_the_first_counts() -> None:
    past = Past([redeemed("bob", "tea", 11, "t")], [("bob", "t", 12 * DAY), ("bob", "t", 11.5 * DAY)])
    assert gathered(past, TEA) == [Exposure("bob", 0, 11.5 * DAY, False)]
    later = replace(past, redemptions=[redeemed("bob", "tea", 13, "t")])
    assert gathered(later, TEA) == [Exposure("bob", 0, 11.5 * DAY, True)]


def test_without_an_audience_or_showings_there_is_nothing_to_learn() -> None:
    for nothing in (replace(TEA, audience=()), replace(TEA, start=None), replace(TEA, item_ids=("gone",))):
        assert gathered(Past([redeemed("ann", "tea", 12, "t")]), nothing) == []


def test_what_was_not_taken_up_is_sampled_and_weighs_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposures, "EXAMPLES", 40)
    many = replace(TEA, audience=tuple(f"u{n}" for n in range(100)))
    found = gathered(Past([redeemed("u7", "tea", 12, "t")]), many)
    assert [e.user_id for e in found if e.answered] == ["u7"]
    others = [e for e in found if not e.answered]
    assert len(others) == 40
    assert sum(e.weight for e in others) == pytest.approx(99)


def test_rows_are_of_items_and_of_categories() -> None:
    both = replace(TEA, categories=("kitchen", "Unknown"), item_ids=("tea", "gone"))
    assert exposures.rows_of(both, TABLE).tolist() == [0, 1]


def _world(n: int) -> tuple[Log, Past, tuple[Campaign, ...]]:
    """Half of the users bought tea before; they, and they only, take up the tea campaign."""
    users = [f"u{number}" for number in range(n)]
    rows = [(number, number % 2, 5 * DAY) for number in range(n)]
    campaign = replace(TEA, audience=tuple(users))
    return log(*rows, users=users), Past([redeemed(u, "tea", 12, "t") for u in users[::2]]), (campaign,)


def test_who_bought_before_is_learnt_to_take_up_and_the_others_not() -> None:
    known, past, campaigns = _world(300)
    learnt = exposures.fit(known, campaigns, past, TABLE, now=30 * DAY)
    assert learnt.model is not None
    assert (learnt.model.positives, learnt.model.base) == (150, 0.5)
    assert learnt.model.weights[response.FEATURES.index("bought")] > 0
    assert learnt.shares.sum() == pytest.approx(1.0)


def test_what_comes_after_an_offer_changes_nothing_that_is_learnt() -> None:
    known, past, campaigns = _world(300)
    later = [(number, 0, 11 * DAY) for number in range(300)]
    more = Log.of(
        known.users,
        np.concatenate([known.user, [u for u, _, _ in later]]),
        np.concatenate([known.item, [i for _, i, _ in later]]),
        np.concatenate([known.time, [t for _, _, t in later]]),
    )
    one, other = (exposures.fit(each, campaigns, past, TABLE, now=30 * DAY).model for each in (known, more))
    assert one is not None
    assert other is not None
    assert (one.weights == other.weights).all()


def test_few_redemptions_teach_no_model_but_shares() -> None:
    known, past, campaigns = _world(40)
    learnt = exposures.fit(known, campaigns, past, TABLE, now=30 * DAY)
    assert learnt.model is None
    assert learnt.shares.tolist() == [0.5, 0.5]


def test_an_empty_log_can_be_learnt_from() -> None:
    learnt = exposures.fit(log(), (TEA,), Past(), TABLE, now=30 * DAY)
    assert learnt.model is None
    assert learnt.shares.tolist() == [0.0, 0.0]


def test_the_past_is_read_from_the_databases(make_url: Callable[[str], str]) -> None:
    store = EventStore(make_url("events"))
    store.append(
        [
            redeemed("ann", "tea", 12, "t"),
            Event("bob", "tea", "impression", 11 * DAY, list_id="t"),
            Event("bob", "tea", "impression", 11 * DAY, list_id="organic"),
            Event("bob", "tea", "purchase", 11 * DAY),
        ]
    )
    store.upsert_users([("ann", {"member": True})])
    store.ads.settle(AdTurn("r", "cat", None, 13 * DAY), ("t",), lambda _: (Placed("t", "tea", 0.1, 0.2),))
    store.ads.settle(AdTurn("r", None, None, 13 * DAY), ("t",), lambda _: (Placed("t", "tea", 0.1, 0.2),))
    past = exposures.past(store, {"t"})
    assert [event.user_id for event in past.redemptions] == ["ann"]
    assert past.seen == [("cat", "t", 13 * DAY), ("bob", "t", 11 * DAY)]
    assert past.users == {"ann": {"member": True}}
    store.close()

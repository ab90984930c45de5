"""The auction and the pacing of bids: tables by hand, and what must hold for any bids."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handpicked.tools import auction
from handpicked.tools.auction import Bid, Placed
from handpicked.tools.types import Campaign

RESERVE = 0.01
TEA = Bid("tea", ("t1", "t2"), 0.50, 0.02)
OIL = Bid("oil", ("o1",), 0.40, 0.02)
JAM = Bid("jam", ("j1",), 0.10, 0.05)
BIDS = st.lists(
    st.builds(
        Bid,
        st.sampled_from("abcdefgh"),
        st.lists(st.sampled_from(["i1", "i2", "i3", "i4"]), min_size=1, max_size=3, unique=True).map(tuple),
        st.floats(0, 100),
        st.floats(0, 1),
    ),
    max_size=8,
    unique_by=lambda bid: bid.campaign_id,
)


def run(*bids: Bid, slots: int = 2, floor: float = 0.0, taken: tuple[str, ...] = ()) -> tuple[Placed, ...]:
    return auction.run(bids, slots, reserve=RESERVE, floor=floor, taken=taken)


def test_each_pays_the_next_one_s_worth_over_its_own_response() -> None:
    tea, oil = run(JAM, OIL, TEA)
    assert (tea.campaign_id, oil.campaign_id) == ("tea", "oil")
    assert tea.price == pytest.approx(0.40 * 0.02 / 0.02)
    assert oil.price == pytest.approx(0.10 * 0.05 / 0.02)


def test_the_last_pays_the_reserve() -> None:
    assert [placed.price for placed in run(TEA)] == [RESERVE]


def test_a_likely_response_beats_a_higher_bid_and_pays_less() -> None:
    first, _ = run(Bid("dear", ("d",), 0.9, 0.001), Bid("apt", ("a",), 0.1, 0.05))
    assert first.campaign_id == "apt"
    assert first.price == pytest.approx(0.9 * 0.001 / 0.05)


def test_who_responds_too_seldom_is_not_shown_and_sets_no_price() -> None:
    assert run(TEA, Bid("spam", ("s",), 99.0, 0.001), floor=0.005) == run(TEA)


def test_two_campaigns_for_one_item_show_it_once() -> None:
    rival = replace(OIL, item_ids=("t1", "o1"))
    assert [placed.item_id for placed in run(TEA, rival)] == ["t1", "o1"]
    assert [placed.item_id for placed in run(TEA, replace(OIL, item_ids=("t1",)), JAM)] == ["t1", "j1"]


def test_what_is_taken_is_not_shown() -> None:
    assert [placed.item_id for placed in run(TEA, OIL, taken=("t1", "o1"))] == ["t2"]


@given(BIDS, st.integers(0, 4), st.floats(0, 0.5))
def test_no_price_is_above_the_bid_or_below_the_reserve(bids: list[Bid], slots: int, floor: float) -> None:
    placed = auction.run(bids, slots, reserve=RESERVE, floor=floor)
    amounts = {bid.campaign_id: bid for bid in bids}
    assert len(placed) <= slots
    assert len({ad.item_id for ad in placed}) == len({ad.campaign_id for ad in placed}) == len(placed)
    for ad in placed:
        assert RESERVE <= ad.price <= amounts[ad.campaign_id].amount
        assert ad.response >= floor
        assert ad.item_id in amounts[ad.campaign_id].item_ids
    worths = [amounts[ad.campaign_id].worth for ad in placed]
    assert worths == sorted(worths, reverse=True)


@given(BIDS, st.floats(0, 50))
def test_who_bids_more_stands_no_lower_and_pays_no_less(bids: list[Bid], more: float) -> None:
    apart = [replace(bid, item_ids=(f"only-{bid.campaign_id}",)) for bid in bids]
    before = {ad.campaign_id: (place, ad.price) for place, ad in enumerate(run(*apart, slots=9))}
    for bid in apart:
        raised = [replace(b, amount=b.amount + more) if b is bid else b for b in apart]
        after = {ad.campaign_id: (place, ad.price) for place, ad in enumerate(run(*raised, slots=9))}
        if bid.campaign_id in before:
            (old_place, old_price), (place, price) = before[bid.campaign_id], after[bid.campaign_id]
            assert place <= old_place
            assert price >= old_price * (1 - 1e-9)
            if place == old_place:
                assert price == old_price, "one's own bid is in one's price"


@given(BIDS, st.integers(1, 3))
def test_without_the_last_of_the_bids_nobody_pays_more(bids: list[Bid], slots: int) -> None:
    assume(bids)
    apart = [replace(bid, item_ids=(f"only-{bid.campaign_id}",)) for bid in bids]
    full = {ad.campaign_id: ad.price for ad in run(*apart, slots=9)}
    last = min(apart, key=lambda bid: (bid.worth, bid.campaign_id))
    for ad in run(*(bid for bid in apart if bid is not last), slots=slots):
        assert ad.price <= full[ad.campaign_id] * (1 + 1e-9)


@given(BIDS, st.randoms(use_true_random=False))
def test_the_order_in_which_bids_come_is_nothing(bids: list[Bid], random: object) -> None:
    shuffled = bids[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert run(*bids) == run(*shuffled)


@given(BIDS)
def test_nothing_eligible_gives_nothing(bids: list[Bid]) -> None:
    assert run() == ()
    assert run(*bids, slots=0) == ()
    assert run(*bids, floor=1.1) == ()
    assert run(*(replace(bid, amount=RESERVE / 2) for bid in bids)) == ()
    assert run(*(replace(bid, response=0.0) for bid in bids)) == ()


FLIGHT = Campaign("c", ("i",), start=0.0, end=100.0, bid=1.0, budget=50.0)


@pytest.mark.parametrize(
    ("spent", "now", "bid"),
    [
        (0.0, 0.0, 1.0),
        (25.0, 50.0, 1.0),  # on the line
        (20.0, 50.0, 1.0),  # behind
        (26.25, 50.0, 0.5),  # half of the slack ahead
        (27.5, 50.0, 0.0),  # all of it
        (49.75, 100.0, 0.25),  # what is left
        (50.0, 100.0, 0.0),
        (60.0, 100.0, 0.0),  # the budget was lowered meanwhile
    ],
)
def test_a_bid_falls_with_what_is_spent_ahead_of_time(spent: float, now: float, bid: float) -> None:
    assert auction.paced(FLIGHT, spent, now, 0.05) == pytest.approx(bid)


def test_without_dates_or_budget_there_is_no_pace() -> None:
    assert auction.paced(replace(FLIGHT, end=None), 49.5, 1.0, 0.05) == 0.5
    assert auction.paced(replace(FLIGHT, budget=None), 1e6, 1.0, 0.05) == 1.0
    assert auction.paced(replace(FLIGHT, budget=0.0), 0.0, 1.0, 0.05) == 0.0
    assert auction.paced(replace(FLIGHT, end=0.0), 0.0, 0.0, 0.05) == 1.0


@given(st.floats(0, 60), st.floats(-10, 120), st.floats(0, 20))
def test_a_paced_bid_never_passes_the_bid_or_what_is_left(spent: float, now: float, more: float) -> None:
    bid = auction.paced(FLIGHT, spent, now, 0.05)
    assert 0.0 <= bid <= min(1.0, max(0.0, 50.0 - spent))
    assert auction.paced(FLIGHT, spent + more, now, 0.05) <= bid, "who spent more bids more"
    assert auction.paced(FLIGHT, spent, now + more, 0.05) >= bid, "the bid falls with time"


@pytest.mark.parametrize(
    ("start", "end", "runs"),
    [(None, None, True), (5.0, 5.0, True), (5.1, None, False), (None, 4.9, False), (4.9, 5.1, True)],
)
def test_dates_hold_at_both_ends(start: float | None, end: float | None, runs: bool) -> None:
    assert auction.runs(Campaign("c", start=start, end=end), 5.0) == runs

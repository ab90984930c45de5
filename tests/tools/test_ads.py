"""Which campaigns have an offer for whom, and what becomes of it when it is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from handpicked.tools import ads
from handpicked.tools.auction import Placed
from handpicked.tools.data import build, exposures, response
from handpicked.tools.data.ad_ledger import DAY_S, AdTurn, Standing
from handpicked.tools.data.db import open_engine, sqlite_url, writing
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context, call
from handpicked.tools.placing import RULES, Offer, Served
from handpicked.tools.types import Campaign, Embedder, Event, Found, Item, ToolCall, ToolResult

NOW = 1_000.0
SNACKS = Campaign("snacks", categories=("Snacks",), bid=0.2, title="Snack week")
MILK = Campaign("milk", ("g3",), bid=0.9, title="Milk for less")


def asked(context: Context, *campaigns: Campaign, user: str | None = None, **arguments: object) -> ToolResult:
    bound = replace(context, campaigns=campaigns, now=NOW, user_id=user)
    return call({"ads": ads.ads}, bound, ToolCall("ads", arguments))  # type: ignore[arg-type]


def items(context: Context, *campaigns: Campaign, user: str | None = None, **arguments: object) -> list[str]:
    return [c.item_id for c in asked(context, *campaigns, user=user, **arguments).candidates]


def test_items_of_a_campaign_by_id_and_by_category(context: Context) -> None:
    assert items(context, MILK) == ["g3"]
    assert set(items(context, SNACKS)) == {"g1", "g2"}


def test_the_higher_bid_times_response_comes_first(context: Context) -> None:
    assert items(context, SNACKS, MILK)[0] == "g3"


@pytest.mark.parametrize(
    "change",
    [
        {"start": NOW + 1},
        {"end": NOW - 1},
        {"audience": ("somebody else",)},
        {"audience": ("ANN",)},
        {"bid": 0.0},
        {"item_ids": ("gone",)},
    ],
)
def test_a_campaign_that_does_not_run_for_this_user_offers_nothing(
    context: Context, change: dict[str, object]
) -> None:
    assert items(context, replace(MILK, **change), user="ann") == []  # type: ignore[arg-type]


def test_an_audience_is_of_users_or_of_their_attributes(fresh: Workspace, context: Context) -> None:
    fresh.events.upsert_users(
        [("ann", {"age_band": "25-34", "member": True}), ("bob", {"age_band": "35-44"})]
    )
    bound = replace(context, events=fresh.events)
    for audience, users in [
        (("ann",), {"ann"}),
        (("age_band=25-34",), {"ann"}),
        (("Age_Band=25-34", "age_band=35-44"), {"ann", "bob"}),
        (("member=true",), {"ann"}),
        (("member=false",), set[str]()),
        ((), {"ann", "bob", None}),
    ]:
        offered = replace(MILK, audience=audience)
        assert {user for user in ("ann", "bob", None) if items(bound, offered, user=user)} == users


def test_an_offer_keeps_the_constraints_and_the_campaigns_are_counted(context: Context) -> None:
    cheap = [{"field": "price", "op": "range", "value": [None, 3]}]
    assert items(context, SNACKS, constraints=cheap) == ["g1"]
    dear = [{"field": "price", "op": "range", "value": [100, None]}]
    assert asked(context, SNACKS, constraints=dear).facts == {"offers": [], "running": 1}


def test_of_two_campaigns_for_an_item_the_better_paying_one_is_named(context: Context) -> None:
    found = asked(context, MILK, replace(MILK, campaign_id="more", bid=1.5))
    assert found.facts["g3"] == {"campaign_id": "more", "campaign": "Milk for less"}
    assert [offer.campaign_id for offer in ads.offers_of(found.facts)] == ["more", "milk"]


def test_nothing_that_the_tool_tells_lets_a_bid_be_known(context: Context) -> None:
    def told(bid: float) -> Found:
        result = asked(context, replace(MILK, bid=bid), SNACKS)
        return Found(result.candidates, result.facts)

    assert told(0.9) == told(0.95)


BEGUN = 100 * DAY_S


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, toy: Embedder) -> Context:
    """A shop where those who had bought milk took up its coupon, and those who had bought chips did not."""
    workspace = Workspace.open(tmp_path_factory.mktemp("taught") / "shop")
    goods = [
        Item("milk", "Milk", "grocery", categories=("Dairy",)),
        Item("chips", "Chips", "grocery", categories=("Snacks",)),
    ]
    workspace.catalog.upsert(goods)
    users = [f"u{n}" for n in range(200)]
    over = Campaign("over", ("milk",), audience=tuple(users), start=BEGUN, end=BEGUN + DAY_S, bid=1.0)
    workspace.catalog.upsert_campaigns([over])
    workspace.events.append(
        Event(user, ("milk", "chips")[n % 2], "purchase", BEGUN - 3_600 - n) for n, user in enumerate(users)
    )
    workspace.events.append(Event(user, "milk", "redeem", BEGUN + 5, list_id="over") for user in users[::2])
    build.build(workspace, toy)
    return Context(Index(workspace, toy).snapshot(), toy, workspace.events, BEGUN + 20 * DAY_S)


def responses(context: Context, user: str, *campaigns: Campaign) -> dict[str, float]:
    bound = replace(context, user_id=user, campaigns=campaigns)
    facts = call({"ads": ads.ads}, bound, ToolCall("ads", {})).facts
    return {offer.campaign_id: offer.response for offer in ads.offers_of(facts)}


AGAIN = Campaign("again", ("milk",), bid=0.5, title="Milk again")


def test_the_build_learns_who_takes_an_offer_up(taught: Context) -> None:
    assert taught.snapshot.build.manifest.measures["response_redemptions"] == 100
    assert responses(taught, "u2", AGAIN)["again"] > 3 * responses(taught, "u3", AGAIN)["again"]
    assert responses(taught, "stranger", AGAIN)["again"] > 0


def test_a_turn_predicts_from_what_the_build_was_taught_with(taught: Context) -> None:
    table = taught.snapshot.build.columns
    past = list(reversed(taught.events.recent("u2")))
    rows = np.array([table.row_of[event.item_id] for event in past], np.int64)
    times = np.array([event.timestamp for event in past], np.float64)
    log = exposures.Log.of(["u2"], np.zeros(len(past), np.int64), rows, times)
    features = response.features(
        log.before(["u2"], taught.now),
        response.offers_matrix([np.array([table.row_of["milk"]])], len(table)),
        taught.snapshot.build.response.shares.astype(np.float64),
        response.kinds_of(table),
        np.array([1.0]),
        (np.array([0]), np.array([0])),
    )
    model = taught.snapshot.build.response.model
    assert model is not None
    assert responses(taught, "u2", AGAIN)["again"] == pytest.approx(float(model.predict(features)[0]))


def test_a_turn_knows_nothing_of_what_comes_after_its_time(taught: Context) -> None:
    early = replace(taught, now=BEGUN - DAY_S)
    strangers = responses(early, "stranger", AGAIN)
    assert responses(early, "u2", AGAIN) == responses(early, "u3", AGAIN) == strangers


def test_an_offer_shows_the_item_that_the_user_chooses(taught: Context) -> None:
    both = replace(AGAIN, item_ids=("chips", "milk"))
    for user, first in (("u2", "milk"), ("u3", "chips")):
        bound = replace(taught, user_id=user, campaigns=(both,))
        found = call({"ads": ads.ads}, bound, ToolCall("ads", {}))
        assert found.candidates[0].item_id == first


def test_the_floor_is_a_share_of_the_usual_response(taught: Context) -> None:
    bound = replace(taught, campaigns=(AGAIN,))
    low, high = (Offer("again", RULES.quality * 0.5 * factor, ("milk",)) for factor in (0.99, 1.01))
    assert ads.serve(bound, [low], turn("low", now=taught.now), 1).ads == ()
    assert ads.serve(bound, [high], turn("high", now=taught.now), 1).ads


SHOWN = Offer("milk", 0.01, ("g3",))


@pytest.fixture
def bound(fresh: Workspace, context: Context) -> Context:
    """A ledger of the test's own."""
    return replace(context, events=fresh.events, campaigns=(MILK, SNACKS), now=NOW)


def turn(request_id: str, user_id: str | None = "ann", now: float = NOW) -> AdTurn:
    return AdTurn(request_id, user_id, None, now)


def serve(context: Context, *campaigns: Campaign, turn: AdTurn, slots: int = 1, **options: object) -> Served:
    offers = [Offer(c.campaign_id, 0.01, c.item_ids) for c in campaigns]
    return ads.serve(replace(context, campaigns=campaigns), offers, turn, slots, **options)  # type: ignore[arg-type]


def test_an_ad_is_charged_to_its_campaign(bound: Context) -> None:
    served = ads.serve(bound, [SHOWN], turn("r1"), 1)
    assert served == Served((Placed("milk", "g3", 0.01, RULES.reserve),))
    assert bound.events.ads.standing(["milk"]) == {"milk": Standing(RULES.reserve, 1)}


def test_no_more_ads_than_slots_and_one_of_each_campaign(bound: Context) -> None:
    rivals = [replace(MILK, campaign_id=f"c{n}", item_ids=(f"g{n}", "g3")) for n in (1, 2, 3)]
    assert len(serve(bound, *rivals, turn=turn("r1"), slots=2).ads) == 2
    assert serve(bound, *rivals, turn=turn("r2"), slots=0) == Served(why_none="no campaign runs now")


def test_a_cap_holds_for_each_user_and_ends_after_a_day(bound: Context) -> None:
    capped = replace(MILK, cap=2)
    shown = [bool(serve(bound, capped, turn=turn(f"r{n}")).ads) for n in range(3)]
    assert shown == [True, True, False]
    assert serve(bound, capped, turn=turn("r4", "bob")).ads
    assert serve(bound, capped, turn=turn("r5", now=NOW + DAY_S)).ads


def test_who_cannot_be_told_from_others_is_shown_no_capped_campaign(bound: Context) -> None:
    assert serve(bound, replace(MILK, cap=9), turn=turn("r1", None)).ads == ()
    assert serve(bound, MILK, turn=turn("r2", None)).ads
    assert serve(bound, replace(MILK, cap=9), turn=AdTurn("r3", None, "s", NOW)).ads


def test_a_budget_ends_a_campaign(bound: Context) -> None:
    poor = replace(MILK, budget=3.5 * RULES.reserve)
    prices = [ad.price for n in range(6) for ad in serve(bound, poor, turn=turn(f"r{n}")).ads]
    assert prices == [RULES.reserve] * 3
    assert serve(bound, poor, turn=turn("r9")).why_none == "no campaign has an ad left for this turn"


def test_spending_follows_the_flight(bound: Context) -> None:
    flight = replace(MILK, start=0.0, end=1_000.0, budget=100 * RULES.reserve)

    def shown(now: float) -> int:
        for n in range(200):
            serve(bound, flight, turn=turn(f"{now}/{n}", now=now))
        return bound.events.ads.standing(["milk"])["milk"].shown

    for now in (0.0, 250.0, 500.0, 1_000.0):
        ahead = shown(now) - now / 10
        assert 0 <= ahead <= 100 * RULES.slack + 1


def test_a_turn_that_comes_again_is_charged_once_even_if_nothing_is_left(bound: Context) -> None:
    last = replace(MILK, budget=RULES.reserve)
    first = serve(bound, last, turn=turn("r1"))
    assert first.ads
    assert serve(bound, last, turn=turn("r1")) == first
    assert serve(bound, last, turn=turn("r2")).ads == ()


def test_a_turn_that_comes_again_shows_no_more_what_it_may_not(bound: Context) -> None:
    assert serve(bound, MILK, turn=turn("r1")).ads
    assert serve(bound, MILK, turn=turn("r1"), refused=("g3",)).ads == ()
    other = replace(SNACKS, item_ids=("g1",))
    assert serve(bound, other, turn=turn("r1")).ads == ()
    assert bound.events.ads.standing(["snacks"]) == {}


def test_an_offer_that_is_hardly_wanted_is_not_shown_whatever_it_pays(bound: Context) -> None:
    spam = Offer("milk", 1e-6, ("g3",))
    assert ads.serve(bound, [spam], turn("r1"), 1).ads == ()


def test_a_ledger_that_cannot_be_written_shows_nothing_and_says_so(bound: Context, fresh: Workspace) -> None:
    with writing(open_engine(sqlite_url(fresh.path / "events.db"))):
        served = ads.serve(bound, [SHOWN], turn("r1"), 1)
    assert served.ads == ()
    assert "another process is writing" in str(served.degraded)


@pytest.mark.parametrize("rows", [["milk"], [{"campaign_id": "milk"}]])
def test_offers_that_are_none_are_a_bug(rows: Sequence[object]) -> None:
    with pytest.raises(TypeError, match="milk"):
        ads.offers_of({"offers": rows})  # type: ignore[dict-item]

"""Ads in a turn: apart, marked, capped, paid for once, and never in the way of the lists."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from handpicked.agent.types import Reply, Request, Surroundings
from handpicked.tools.data.db import open_engine, sqlite_url, writing
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Campaign, Event

SHOP = Surroundings(scene="shop", now=1_700_100_000.0)
CHIPS = Campaign("chips", ("g2",), bid=0.4, title="Chips for less")


def turn(agent: Any, message: str = "", **request: Any) -> Reply:
    request = {"tasks": ("recommend", "ads"), "context": SHOP, "user_id": "h1"} | request
    return asyncio.run(agent.turn(Request(message=message, **request)))


def sponsored(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists if ranked.task == "ads" for item in ranked.items]


def organic(reply: Reply) -> list[tuple[str, ...]]:
    return [tuple(item.item_id for item in ranked.items) for ranked in reply.lists if ranked.task != "ads"]


def test_ads_stand_apart_marked_and_change_no_organic_list(make_agent: Any, fresh: Workspace) -> None:
    fresh.catalog.upsert_campaigns([CHIPS])
    agent = make_agent(workspace=fresh)
    reply = turn(agent, "snacks and any coupons")
    assert set(sponsored(reply)) == {"g1", "g2"}
    assert all(item.sponsored == (ranked.task == "ads") for ranked in reply.lists for item in ranked.items)
    assert all("Sponsored" in item.reason for item in reply.lists[-1].items)
    assert organic(reply) == organic(turn(agent, "snacks and any coupons", tasks=("recommend",)))
    assert "Sponsored: there is an offer on Oat Crackers." in reply.text


def test_a_scene_caps_its_ads(make_agent: Any, fresh: Workspace) -> None:
    many = [Campaign(f"c{n}", (f"g{n}",), bid=0.4, title="Less") for n in (1, 2, 3)]
    fresh.catalog.upsert_campaigns(many)
    agent = make_agent(workspace=fresh)
    assert len(sponsored(turn(agent, "snacks", context=SHOP))) == 2
    home = Surroundings(scene="browse", now=SHOP.now)
    assert len(sponsored(turn(agent, "snacks", context=home))) == 1
    film = turn(agent, "a film", context=Surroundings(scene="watch", now=SHOP.now))
    assert sponsored(film) == []
    assert "choosing something to watch" in film.lists[-1].emptied_by[0]


def test_an_answer_to_deals_alone_is_the_offers(make_agent: Any, fresh: Workspace) -> None:
    reply = turn(make_agent(workspace=fresh), "any deals?", tasks=("ads",))
    assert sponsored(reply) == ["g1"]
    assert reply.text == "Sponsored: there is an offer on Oat Crackers."
    assert reply.citations[0].item_id == "g1"
    chinese = turn(make_agent(workspace=fresh), "有什么优惠吗", tasks=("ads",))
    assert chinese.text == "赞助：Oat Crackers有优惠。"
    assert chinese.lists[0].items[0].reason == "赞助：Crackers for less"


@pytest.mark.parametrize(
    ("message", "told"),
    [("any deals?", "There is no offer for you right now."), ("有什么优惠吗", "目前没有适合你的优惠。")],
)
def test_no_offer_is_said_to_be_none(make_agent: Any, built: Workspace, message: str, told: str) -> None:
    reply = turn(make_agent(), message, tasks=("ads",), context=Surroundings(scene="shop", now=5e9))
    assert reply.text == told
    assert reply.lists[0].emptied_by == ("no campaign runs now",)


def test_an_offer_keeps_the_wishes_or_there_is_none(make_agent: Any, fresh: Workspace) -> None:
    agent = make_agent(workspace=fresh)
    reply = turn(agent, "snacks under $2 and any coupons")
    assert sponsored(reply) == []
    assert reply.lists[-1].emptied_by == ("no offer fits the wishes",)
    assert "There are offers right now, but none on what you asked for." in reply.text


def test_what_a_user_dislikes_is_not_advertised(make_agent: Any, fresh: Workspace) -> None:
    agent = make_agent(workspace=fresh)
    assert sponsored(turn(agent, "snacks")) == ["g1"]
    fresh.events.append([Event("h1", "g1", "dislike", 1.7e9)])
    assert sponsored(turn(agent, "snacks")) == []


def test_a_turn_asked_again_with_its_id_is_charged_once(make_agent: Any, fresh: Workspace) -> None:
    agent = make_agent(workspace=fresh)
    first, again = (turn(agent, "any deals?", id="r1") for _ in range(2))
    assert sponsored(first) == sponsored(again) == ["g1"]
    assert fresh.events.ads.standing(["c1"])["c1"].shown == 1
    turn(agent, "any deals?", id="r2")
    turn(agent, "any deals?")
    assert fresh.events.ads.standing(["c1"])["c1"].shown == 3


def test_the_time_of_the_request_is_the_time_of_the_ad(make_agent: Any, fresh: Workspace) -> None:
    turn(make_agent(workspace=fresh), "any deals?")
    assert [showing.time for showing in fresh.events.ads.showings()] == [SHOP.now]


def test_a_turn_that_cannot_be_charged_shows_no_ad_and_says_why(make_agent: Any, fresh: Workspace) -> None:
    agent = make_agent(workspace=fresh)
    with writing(open_engine(sqlite_url(fresh.path / "events.db"))):
        reply = turn(agent, "snacks and any coupons")
    assert organic(reply)[0]
    assert sponsored(reply) == []
    assert [note for note in reply.degraded if note.startswith("ads: ") and "writing" in note]
    assert fresh.events.ads.standing(["c1"]) == {}


def test_no_bid_or_price_is_in_a_reply(make_agent: Any, fresh: Workspace) -> None:
    fresh.catalog.upsert_campaigns([Campaign("c9", ("g2",), bid=0.123456, title="Chips")])
    reply = turn(make_agent(workspace=fresh), "any deals?", tasks=("ads",))
    assert sponsored(reply)
    (paid, *_) = sorted({showing.price for showing in fresh.events.ads.showings()}, reverse=True)
    assert paid > 0.01
    assert not [secret for secret in ("0.123456", repr(paid)) if secret in repr(reply)]

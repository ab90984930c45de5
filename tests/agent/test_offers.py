"""Offers beside goods are told from offers on them."""

from __future__ import annotations

import asyncio

import pytest

from handpicked.agent import offers, wants
from handpicked.agent.types import Request, Surroundings
from handpicked.tools.dispatch import Context
from tests.agent.conftest import MakeAgent


@pytest.mark.parametrize(
    ("message", "beside"),
    [
        ("便宜的零食，有优惠券吗", True), ("零食和优惠券", True), ("snacks and any coupons", True), ("snacks, is there a discount?", True),
        ("any coupons for snacks", False), ("零食有没有打折", False), ("coupons, and snacks", False), ("snacks for a party", False),
    ],
)  # fmt: skip
def test_goods_in_a_part_of_their_own_are_asked_for_beside_offers(
    context: Context, message: str, *, beside: bool
) -> None:
    assert offers.beside(message, wants.extract(context.snapshot, message)) is beside


def test_a_search_leaves_out_what_is_asked_of_offers() -> None:
    assert (
        offers.without("what's on offer, and a comedy for tonight", ["comedy"]) == "and a comedy for tonight"
    )
    assert offers.without("coupons for oat milk", ["oat milk"]) == "coupons for oat milk"
    assert offers.without("a comedy for tonight", []) == "a comedy for tonight"


@pytest.mark.parametrize("message", ["零食，有优惠券吗", "snacks and any coupons"])
def test_goods_and_their_offers_have_a_list_each(make_agent: MakeAgent, message: str) -> None:
    reply = asyncio.run(make_agent().turn(Request(message)))
    assert [ranked.task for ranked in reply.lists] == ["recommend", "ads"]
    assert {item.item_id for item in reply.lists[0].items} == {"g1", "g2"}


def test_a_scene_without_ads_says_so(make_agent: MakeAgent) -> None:
    asked = Request(
        "a western and any coupons", tasks=("recommend", "ads"), context=Surroundings(scene="watch")
    )
    reply = asyncio.run(make_agent().turn(asked))
    assert "Offers are shown where you shop" in reply.text

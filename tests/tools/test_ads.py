from __future__ import annotations

from dataclasses import replace

import pytest

from handpicked.tools import ads
from handpicked.tools.dispatch import Context, call
from handpicked.tools.types import Campaign, ToolCall

NOW = 1_000.0
SNACKS = Campaign("snacks", categories=("Snacks",), bid=0.2, title="Snack week")
MILK = Campaign("milk", ("g3",), bid=0.9, title="Milk for less")


def offers(context: Context, *campaigns: Campaign, user: str | None = None, **arguments: object) -> list[str]:
    bound = replace(context, campaigns=campaigns, now=NOW, user_id=user)
    return [c.item_id for c in call({"ads": ads.ads}, bound, ToolCall("ads", arguments)).candidates]  # type: ignore[arg-type]


def test_items_of_a_campaign_by_id_and_by_category(context: Context) -> None:
    assert offers(context, MILK) == ["g3"]
    assert set(offers(context, SNACKS)) == {"g1", "g2"}


def test_the_higher_bid_times_popularity_comes_first(context: Context) -> None:
    assert offers(context, SNACKS, MILK)[0] == "g3"


@pytest.mark.parametrize(
    "change",
    [
        {"start": NOW + 1},
        {"end": NOW - 1},
        {"audience": ("somebody else",)},
        {"bid": 0.0},
        {"item_ids": ("gone",)},
    ],
)
def test_a_campaign_that_does_not_run_for_this_user_offers_nothing(
    context: Context, change: dict[str, object]
) -> None:
    assert offers(context, replace(MILK, **change), user="ann") == []  # type: ignore[arg-type]


def test_an_offer_keeps_the_constraints(context: Context) -> None:
    cheap = [{"field": "price", "op": "range", "value": [None, 3]}]
    assert offers(context, SNACKS, constraints=cheap) == ["g1"]


def test_of_two_campaigns_for_an_item_the_better_paying_one_is_named(context: Context) -> None:
    bound = replace(context, campaigns=(MILK, replace(MILK, campaign_id="more", bid=1.5)), now=NOW)
    found = call({"ads": ads.ads}, bound, ToolCall("ads", {}))
    assert found.facts["g3"] == {"campaign_id": "more", "campaign": "Milk for less"}

"""The demo's advertising: coupon campaigns on groceries, who was targeted, and which coupons were redeemed.

The campaigns, their dates, products and households are data. What an ad costs is not in it: bids, budgets and
caps are drawn here from a fixed seed, and every campaign's title says so.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handpicked.tools.data.demo_files import Counts, Log
from handpicked.tools.data.demo_groceries import Groceries
from handpicked.tools.types import Campaign, Json

parquet: Any = import_module("pyarrow.parquet")

SEED = 20170101
DAY_S = 86_400
MIN_COVERAGE = 0.1
"""Share of an item's products that a campaign's coupons must be good for."""
MAX_ITEMS = 60
"""Items of a campaign at most, those with the most products on offer first."""

Products = frozenset[int]


@dataclass(frozen=True, slots=True)
class CouponFiles:
    """Where the assets about coupons and households are."""

    campaigns: Path
    descriptions: Path
    coupons: Path
    redemptions: Path
    demographics: Path


@dataclass(frozen=True, slots=True)
class Advertising:
    """Campaigns, their redemptions as events `redeem`, and what is known of the households."""

    campaigns: tuple[Campaign, ...]
    log: Log
    users: tuple[Mapping[str, Json], ...]
    counts: Counts


def read_advertising(files: CouponFiles, groceries: Groceries) -> Advertising:
    """Make ads of the campaigns; coupons are for products: they are mapped to the items these sell as."""
    coupons = _products_of_coupons(files.coupons)
    campaigns, covered = _campaigns(files, groceries, coupons)
    redemptions: list[dict[str, Any]] = parquet.read_table(files.redemptions).to_pylist()
    log = _redemptions(redemptions, groceries, coupons)
    users = tuple(
        _user(row) for row in parquet.read_table(files.demographics).sort_by("household_id").to_pylist()
    )
    targeted = sum(len(campaign.audience) for campaign in campaigns)
    counts = {
        "campaigns": len(campaigns),
        "campaigns without an item": sum(not campaign.item_ids for campaign in campaigns),
        "items with a coupon, over all campaigns": covered,
        "items advertised, over all campaigns": sum(len(campaign.item_ids) for campaign in campaigns),
        "households targeted, over all campaigns": targeted,
        "redemptions read": len(redemptions),
        "redemptions that no purchase and no coupon of one item explains": len(redemptions) - len(log),
        "redemptions kept": len(log),
        "households with demographics": len(users),
    }
    return Advertising(campaigns, log, users, counts)


def _products_of_coupons(path: Path) -> dict[tuple[int, int], Products]:
    """Give the products that each coupon of each campaign is good for, by (campaign, coupon)."""
    products: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    table: Any = parquet.read_table(path)
    columns = (table[name].to_pylist() for name in ("campaign_id", "coupon_upc", "product_id"))
    for campaign, coupon, product in zip(*columns, strict=True):
        products[campaign, coupon].add(product)
    return {key: frozenset(found) for key, found in products.items()}


def _campaigns(
    files: CouponFiles, groceries: Groceries, coupons: Mapping[tuple[int, int], Products]
) -> tuple[tuple[Campaign, ...], int]:
    audience: defaultdict[int, list[str]] = defaultdict(list)
    for row in parquet.read_table(files.campaigns).sort_by("household_id").to_pylist():
        audience[row["campaign_id"]].append(f"hh-{row['household_id']}")
    products: defaultdict[int, set[int]] = defaultdict(set)
    for (campaign, _), found in coupons.items():
        products[campaign] |= found
    of_item = _products_of_items(groceries)
    rng = random.Random(SEED)
    made: list[Campaign] = []
    covered = 0
    for row in parquet.read_table(files.descriptions).sort_by("campaign_id").to_pylist():
        number: int = row["campaign_id"]
        offered = {item: len(all_of & products[number]) for item, all_of in of_item.items()}
        covered += sum(count > 0 for count in offered.values())
        shares = {item: count / len(of_item[item]) for item, count in offered.items() if count}
        made.append(_campaign(row, _advertised(offered, shares), tuple(audience[number]), rng))
    return tuple(made), covered


def _products_of_items(groceries: Groceries) -> dict[str, set[int]]:
    of_item: defaultdict[str, set[int]] = defaultdict(set)
    for product, kind in zip(groceries.products.ids.tolist(), groceries.products.kind, strict=True):
        if kind in groceries.item_of_kind:
            of_item[groceries.item_of_kind[kind]].add(product)
    return dict(of_item)


def _advertised(offered: Mapping[str, int], shares: Mapping[str, float]) -> tuple[str, ...]:
    """Choose items of which a fair share is on offer; if there is none, the one with the greatest share."""
    enough = [item for item, share in shares.items() if share >= MIN_COVERAGE]
    best = sorted(enough, key=lambda item: (-offered[item], item))[:MAX_ITEMS]
    return tuple(best) or tuple(sorted(shares, key=lambda item: (-shares[item], item))[:1])


def _campaign(
    row: Mapping[str, Any], items: tuple[str, ...], audience: tuple[str, ...], rng: random.Random
) -> Campaign:
    number, kind = row["campaign_id"], row["campaign_type"]
    bid = round(rng.uniform(0.05, 0.60), 2)
    return Campaign(
        campaign_id=f"coupons-{number}",
        item_ids=items,
        audience=audience,
        start=_seconds(row["start_date"]),
        end=_seconds(row["end_date"]) + DAY_S - 1,
        bid=bid,
        budget=round(bid * rng.randint(200, 2000), 2),
        cap=rng.randint(2, 5),
        title=f"Coupon campaign {number} ({kind}); bid, budget and cap are synthetic",
    )


def _seconds(when: Any) -> float:
    return float(np.datetime64(when, "s").astype(np.int64))


def _redemptions(
    redemptions: Sequence[Mapping[str, Any]],
    groceries: Groceries,
    coupons: Mapping[tuple[int, int], Products],
) -> Log:
    """Map each redemption to the item that was bought with it that day, else to the coupon's only item."""
    bought = _purchases_by_day(groceries, {row["household_id"] for row in redemptions})
    kind_of = dict(zip(groceries.products.ids.tolist(), groceries.products.kind, strict=True))
    events: list[tuple[int, str, str]] = []
    for row in redemptions:
        day = int(_seconds(row["redemption_date"]))
        good_for = coupons.get((row["campaign_id"], row["coupon_upc"]), frozenset())
        that_day = [found for found in bought.get((row["household_id"], day), ()) if found[2] in good_for]
        kinds = {
            kind_of[product] for product in good_for if product in kind_of
        } & groceries.item_of_kind.keys()
        if that_day:
            _, timestamp, product = max(that_day)
            events.append((timestamp, f"hh-{row['household_id']}", groceries.item_of_kind[kind_of[product]]))
        elif len(kinds) == 1:
            events.append((day, f"hh-{row['household_id']}", groceries.item_of_kind[kinds.pop()]))
    return _log(sorted(events))


def _purchases_by_day(
    groceries: Groceries, households: set[int]
) -> dict[tuple[int, int], list[tuple[float, int, int]]]:
    """Give (sales, timestamp, product) of these households' catalogue purchases, by (household, day)."""
    bought, ids = groceries.purchases, groceries.products.ids
    in_catalog = np.array([kind in groceries.item_of_kind for kind in groceries.products.kind] + [False])
    rows = np.flatnonzero(np.isin(bought.household, sorted(households)) & in_catalog[bought.product])
    days: NDArray[np.int64] = bought.timestamp[rows] // DAY_S * DAY_S
    columns = (
        bought.household[rows],
        days,
        bought.sales[rows],
        bought.timestamp[rows],
        ids[bought.product[rows]],
    )
    by_day: defaultdict[tuple[int, int], list[tuple[float, int, int]]] = defaultdict(list)
    for household, day, sales, timestamp, product in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        by_day[household, day].append((sales, timestamp, product))
    return by_day


def _log(events: Sequence[tuple[int, str, str]]) -> Log:
    users = tuple(sorted({user for _, user, _ in events}))
    items = tuple(sorted({item for _, _, item in events}))
    return Log(
        event="redeem",
        scene="shop",
        users=users,
        items=items,
        user=np.array([users.index(user) for _, user, _ in events], dtype=np.int32),
        item=np.array([items.index(item) for _, _, item in events], dtype=np.int32),
        timestamp=np.array([timestamp for timestamp, _, _ in events], dtype=np.int64),
        value=np.full(len(events), np.nan),
    )


def _user(row: Mapping[str, Any]) -> Mapping[str, Json]:
    names = {"age": "age_band"}  # MovieLens has an age in years
    facts = {
        names.get(name, name): value
        for name, value in row.items()
        if name != "household_id" and value is not None
    }
    return {"user_id": f"hh-{row['household_id']}", **facts}

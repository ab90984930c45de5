"""The demo's advertising: coupons for groceries, which households they were sent to, and which were redeemed.

Each coupon of a mailing is a campaign of its own. Mailings, their dates and households and the coupons' products are
data. What an ad costs is not in it: bids, budgets and caps are drawn here from a fixed seed, and every campaign's title
says so.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
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
"""Share of an item's products that a coupon must be good for."""
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
    """Make campaigns of the coupons; a coupon is for products: they are mapped to the items these sell as."""
    coupons = _products_of_coupons(files.coupons)
    mailed = _mailed(files.campaigns)
    campaigns, covered = _campaigns(files.descriptions, groceries, coupons)
    redemptions: list[dict[str, Any]] = parquet.read_table(files.redemptions).to_pylist()
    log = _redemptions(redemptions, groceries, coupons)
    demographics = parquet.read_table(files.demographics).sort_by("household_id").to_pylist()
    counts = {
        "mailings": len(mailed),
        "households mailed, over all mailings": sum(map(len, mailed.values())),
        "coupons, over all mailings": len(coupons),
        "coupons for no item of the catalogue (left out)": len(coupons) - len(campaigns),
        "campaigns (one for each coupon of each mailing)": len(campaigns),
        "items with a coupon, over all campaigns": covered,
        "items advertised, over all campaigns": sum(len(campaign.item_ids) for campaign in campaigns),
        "redemptions read": len(redemptions),
        "redemptions that no purchase and no coupon of one item explains": len(redemptions) - len(log),
        "redemptions kept": len(log),
        "households with demographics": len(demographics),
    }
    return Advertising(campaigns, log, _users(demographics, mailed), counts)


def campaign_id(mailing: int, coupon: int) -> str:
    """Give the campaign of a coupon; the same coupon in two mailings is two campaigns."""
    return f"coupon-{mailing}-{coupon}"


def _products_of_coupons(path: Path) -> dict[tuple[int, int], Products]:
    """Give the products that each coupon is good for, by (mailing, coupon)."""
    products: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    table: Any = parquet.read_table(path)
    columns = (table[name].to_pylist() for name in ("campaign_id", "coupon_upc", "product_id"))
    for mailing, coupon, product in zip(*columns, strict=True):
        products[mailing, coupon].add(product)
    return {key: frozenset(products[key]) for key in sorted(products)}


def _mailed(path: Path) -> dict[int, list[int]]:
    """Give the households that each mailing was sent to."""
    households: defaultdict[int, list[int]] = defaultdict(list)
    for row in parquet.read_table(path).sort_by("household_id").to_pylist():
        households[row["campaign_id"]].append(row["household_id"])
    return dict(households)


def _campaigns(
    descriptions: Path, groceries: Groceries, coupons: Mapping[tuple[int, int], Products]
) -> tuple[tuple[Campaign, ...], int]:
    mailings: dict[int, Mapping[str, Any]] = {
        row["campaign_id"]: row for row in parquet.read_table(descriptions).to_pylist()
    }
    of_item = _products_of_items(groceries)
    item_of = {product: item for item, products in of_item.items() for product in products}
    rng = random.Random(SEED)
    made: list[Campaign] = []
    covered = 0
    for (mailing, coupon), products in coupons.items():
        offered = Counter(item_of[product] for product in sorted(products) if product in item_of)
        if not offered:
            continue
        covered += len(offered)
        shares = {item: count / len(of_item[item]) for item, count in offered.items()}
        made.append(_campaign(mailings[mailing], coupon, _advertised(offered, shares), rng))
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
    mailing: Mapping[str, Any], coupon: int, items: tuple[str, ...], rng: random.Random
) -> Campaign:
    number, kind = mailing["campaign_id"], mailing["campaign_type"]
    bid = round(rng.uniform(0.05, 0.60), 2)
    return Campaign(
        campaign_id=campaign_id(number, coupon),
        item_ids=items,
        audience=(f"{_mailing(number)}=true",),
        start=_seconds(mailing["start_date"]),
        end=_seconds(mailing["end_date"]) + DAY_S - 1,
        bid=bid,
        budget=round(bid * rng.randint(200, 2000), 2),
        cap=rng.randint(2, 5),
        title=f"Coupon {coupon} of mailing {number} ({kind}); bid, budget and cap are synthetic",
    )


def _mailing(number: int) -> str:
    """The attribute of households that a mailing was sent to."""
    return f"mailing_{number}"


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
    events: list[tuple[int, str, str, str]] = []
    for row in redemptions:
        day = int(_seconds(row["redemption_date"]))
        good_for = coupons.get((row["campaign_id"], row["coupon_upc"]), frozenset())
        that_day = [found for found in bought.get((row["household_id"], day), ()) if found[2] in good_for]
        kinds = {
            kind_of[product] for product in good_for if product in kind_of
        } & groceries.item_of_kind.keys()
        user, campaign = f"hh-{row['household_id']}", campaign_id(row["campaign_id"], row["coupon_upc"])
        if that_day:
            _, timestamp, product = max(that_day)
            events.append((timestamp, user, groceries.item_of_kind[kind_of[product]], campaign))
        elif len(kinds) == 1:
            events.append((day, user, groceries.item_of_kind[kinds.pop()], campaign))
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


def _log(events: Sequence[tuple[int, str, str, str]]) -> Log:
    timestamps, users, items, campaigns = zip(*events, strict=True) if events else ((),) * 4
    (user_names, user), (item_names, item), (campaign_names, campaign) = map(
        _coded, (users, items, campaigns)
    )
    return Log(
        event="redeem",
        scene="shop",
        users=user_names,
        items=item_names,
        user=user,
        item=item,
        timestamp=np.array(timestamps, dtype=np.int64),
        value=np.full(len(events), np.nan),
        campaigns=campaign_names,
        campaign=campaign,
    )


def _coded(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Give the names in order, and for each that came its place among them."""
    known = sorted(set(names))
    place = {name: row for row, name in enumerate(known)}
    return tuple(known), np.array([place[name] for name in names], dtype=np.int32)


def _users(
    demographics: Sequence[Mapping[str, Any]], mailed: Mapping[int, Sequence[int]]
) -> tuple[Mapping[str, Json], ...]:
    """What is known of households, and which mailings they got."""
    known: defaultdict[int, dict[str, Json]] = defaultdict(dict)
    names = {"age": "age_band"}  # MovieLens has an age in years
    for row in demographics:
        known[row["household_id"]] |= {
            names.get(name, name): value
            for name, value in row.items()
            if name != "household_id" and value is not None
        }
    for number in sorted(mailed):
        for household in mailed[number]:
            known[household][_mailing(number)] = True
    return tuple({"user_id": f"hh-{number}", **known[number]} for number in sorted(known))

"""Coupons, who got them when, and who redeemed which: The Complete Journey, as the demo's campaigns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from handpicked.eval.types import Options
from handpicked.tools import auction
from handpicked.tools.ads import addresses, audiences
from handpicked.tools.data import assets, columns, exposures
from handpicked.tools.data.columns import Columns
from handpicked.tools.data.demo_campaigns import CouponFiles, campaign_id, read_advertising
from handpicked.tools.data.demo_groceries import read_groceries
from handpicked.tools.data.exposures import Log
from handpicked.tools.errors import AssetError, ConfigError
from handpicked.tools.types import Campaign, Event, Rows, Scalar

SPLITS: Mapping[str, tuple[float, float]] = {
    "valid": (datetime(2017, 8, 1, tzinfo=UTC).timestamp(), datetime(2017, 10, 30, tzinfo=UTC).timestamp()),
    "test": (datetime(2017, 10, 30, tzinfo=UTC).timestamp(), datetime(2018, 1, 1, tzinfo=UTC).timestamp()),
}
"""A split's mailings began from the first time on and before the second."""
_COUPONS = ("campaigns", "campaign-descriptions", "coupons", "coupon-redemptions", "demographics")


@dataclass(frozen=True, slots=True)
class World:
    """All that happened. `rows` are each campaign's rows of `table`; `redemptions` is what a log knows of them, by item;
    `redeemed` is when each (household, campaign) was redeemed."""

    table: Columns
    log: Log
    campaigns: Sequence[Campaign]
    rows: Sequence[Rows]
    households: Mapping[str, Mapping[str, Scalar]]
    redemptions: Sequence[Event]
    redeemed: Mapping[tuple[str, str], Sequence[float]]

    def eligible(self, household: str, day: float) -> list[int]:
        """The campaigns that address a household on a day."""
        user = audiences(household, self.households.get(household, {}))
        return [
            number
            for number, campaign in enumerate(self.campaigns)
            if auction.runs(campaign, day) and addresses(campaign, user)
        ]


@dataclass(frozen=True, slots=True)
class Mailed:
    """A household on the day on which a mailing to it began, and the campaigns that it redeemed from then on; `kinds` are
    the types of the mailings that began."""

    household: str
    day: float
    redeemed: frozenset[str]
    kinds: tuple[str, ...]

    @property
    def date(self) -> str:
        """The day as text."""
        return f"{datetime.fromtimestamp(self.day, UTC):%Y-%m-%d}"


def world(options: Options) -> World:
    """Read it from the assets. Raises ConfigError when they were not fetched."""
    if options.cache is None:
        raise ConfigError("no cache is set: the coupons are read from it")
    return _read(options.cache)


def cases(known: World, split: str) -> Iterator[Mailed]:
    """Households that redeemed something, in order of day and id."""
    first, last = SPLITS[split]
    begun: defaultdict[float, list[Campaign]] = defaultdict(list)
    for campaign in known.campaigns:
        if campaign.start is not None and first <= campaign.start < last:
            begun[campaign.start].append(campaign)
    buyers = sorted({household for household, _ in known.redeemed})
    for day in sorted(begun):
        for household in buyers:
            user = audiences(household, known.households.get(household, {}))
            theirs = [campaign for campaign in begun[day] if addresses(campaign, user)]
            if not theirs:
                continue
            ids = [known.campaigns[number].campaign_id for number in known.eligible(household, day)]
            redeemed = {i for i in ids if any(t >= day for t in known.redeemed.get((household, i), ()))}
            if redeemed:
                kinds = sorted({campaign.title.split("Type ")[1][0] for campaign in theirs})
                yield Mailed(household, day, frozenset(redeemed), tuple(kinds))


@cache
def _read(cache_: Path) -> World:
    def at(name: str) -> Path:
        try:
            return assets.path(cache_, f"groceries-{name}")
        except AssetError as err:
            raise ConfigError(str(err)) from err

    groceries = read_groceries(at("transactions"), at("products"))
    made = read_advertising(CouponFiles(*map(at, _COUPONS)), groceries)
    table = columns.from_items(groceries.items)
    row = np.array([table.row_of[item_id] for item_id in groceries.log.items], np.int64)
    bought = groceries.log
    return World(
        table=table,
        log=Log.of(
            bought.users, bought.user.astype(np.int64), row[bought.item], bought.timestamp.astype(float)
        ),
        campaigns=made.campaigns,
        rows=[exposures.rows_of(campaign, table) for campaign in made.campaigns],
        households={str(user["user_id"]): _attributes(user) for user in made.users},
        redemptions=[
            Event(
                made.log.users[user],
                made.log.items[item],
                "redeem",
                float(time),
                list_id=made.log.campaigns[of],
            )
            for user, item, time, of in _rows(made.log)
        ],
        redeemed=_redeemed(at("coupon-redemptions")),
    )


def _rows(log: Any) -> Iterator[tuple[int, int, int, int]]:
    yield from zip(
        *(column.tolist() for column in (log.user, log.item, log.timestamp, log.campaign)), strict=True
    )


def _attributes(user: Mapping[str, Any]) -> Mapping[str, Scalar]:
    return {name: value for name, value in user.items() if name != "user_id"}


def _redeemed(path: Path) -> Mapping[tuple[str, str], Sequence[float]]:
    parquet: Any = import_module("pyarrow.parquet")
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for row in parquet.read_table(path).to_pylist():
        key = f"hh-{row['household_id']}", campaign_id(row["campaign_id"], row["coupon_upc"])
        found[key].append(row["redemption_date"].replace(tzinfo=UTC).timestamp())
    return found

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handpicked.tools.ads import addresses, audiences
from handpicked.tools.data.demo_campaigns import Advertising, CouponFiles, read_advertising
from handpicked.tools.data.demo_files import write_logs
from handpicked.tools.data.demo_groceries import Groceries, read_groceries

pa: Any = import_module("pyarrow")
parquet: Any = import_module("pyarrow.parquet")

NEW_YEAR = datetime(2017, 1, 1)
PRODUCTS = [
    # id, department, brand, category, type, size
    (1, "GROCERY", "Private", "COFFEE", "GROUND FLVR REG COFFEE", "12 OZ"),
    (2, "GROCERY", "Private", "COFFEE", "GROUND FLVR REG COFFEE", "12 OZ"),
    (3, "MEAT-PCKGD", "National", "BACON", "PREMIUM", None),
    (4, "GROCERY", "National", "PASTA SAUCE", "PREMIUM", "26 OZ"),
    (5, "FUEL", "National", "COUPON/MISC ITEMS", "GASOLINE-REG UNLEADED", None),
    (6, "GROCERY", "National", "TEAS", "TEA DRY", None),
    (7, "GROCERY", "National", None, None, None),
]


def write(path: Path, columns: dict[str, list[Any]]) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


def transactions(path: Path) -> Path:
    """Twelve households buy products 1 to 5 and 7 in one basket each; one household buys product 6, and coffee again."""
    rows = [
        (h, 100 + h, p, 2, 5.0 + p, NEW_YEAR + timedelta(hours=h))
        for h in range(12)
        for p in (1, 2, 3, 4, 5, 7)
    ]
    rows += [
        (0, 200, 6, 1, 9.0, NEW_YEAR),
        (0, 201, 1, 0, 0.0, NEW_YEAR + timedelta(days=1)),
        (0, 201, 99, 1, 1.0, NEW_YEAR),
    ]
    names = ["household_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]
    return write(path, {name: [row[at] for row in rows] for at, name in enumerate(names)})


def products(path: Path) -> Path:
    names = ["product_id", "department", "brand", "product_category", "product_type", "package_size"]
    return write(path, {name: [row[at] for row in PRODUCTS] for at, name in enumerate(names)})


@pytest.fixture
def groceries(tmp_path: Path) -> Groceries:
    return read_groceries(transactions(tmp_path / "t.parquet"), products(tmp_path / "p.parquet"))


def test_types_bought_by_ten_households_become_items_with_readable_names(groceries: Groceries) -> None:
    assert {item.title for item in groceries.items} == {
        "Ground Flavored Regular Coffee",
        "Bacon: Premium",
        "Pasta Sauce: Premium",
    }
    assert all(item.domain == "grocery" for item in groceries.items)


def test_an_item_says_what_its_purchases_say(groceries: Groceries) -> None:
    coffee = next(item for item in groceries.items if "Coffee" in item.title)
    assert coffee.item_id == "grocery-ground-flvr-reg-coffee"
    assert coffee.price == 3.25  # half of the purchases at 6.0 for two, half at 7.0
    assert coffee.brand == "Store brand"
    assert coffee.categories == ("Grocery", "Coffee")
    assert dict(coffee.attributes) == {
        "households": 12,
        "price_observations": 24,
        "description_from_facts": True,
        "package_size": "12 oz",
    }
    assert coffee.description == (
        "Ground Flavored Regular Coffee: Coffee in the Grocery department. Common package sizes: 12 oz."
    )


def test_one_event_for_each_basket_and_type(groceries: Groceries) -> None:
    log = groceries.log
    coffee = log.items.index("grocery-ground-flvr-reg-coffee")
    rows = np.flatnonzero((log.item == coffee) & (log.user == log.users.index("hh-3")))
    assert log.value[rows].tolist() == [4.0]
    assert log.timestamp[rows].tolist() == [
        int(np.datetime64(NEW_YEAR + timedelta(hours=3), "s").astype(int))
    ]


def test_every_transaction_is_accounted_for(groceries: Groceries) -> None:
    counts = groceries.counts
    assert counts["transactions read"] == 75
    assert counts["transactions without a product type"] == 13
    assert counts["transactions of types that were not kept"] == 13
    assert counts["transactions merged (same basket and type)"] == 12
    assert counts["purchases"] == len(groceries.log) == 37


def advertising(tmp_path: Path, groceries: Groceries) -> Advertising:
    day = datetime(2017, 1, 1)
    files = CouponFiles(
        campaigns=write(tmp_path / "c.parquet", {"campaign_id": [1, 1], "household_id": [4, 2]}),
        descriptions=write(
            tmp_path / "d.parquet",
            {"campaign_id": [1], "campaign_type": ["Type A"], "start_date": [day], "end_date": [day]},
        ),
        coupons=write(
            tmp_path / "k.parquet",
            {"coupon_upc": [10, 11, 11], "product_id": [1, 3, 4], "campaign_id": [1, 1, 1]},
        ),
        redemptions=write(
            tmp_path / "r.parquet",
            {
                "household_id": [2, 99, 99],
                "coupon_upc": [11, 10, 11],
                "campaign_id": [1, 1, 1],
                "redemption_date": [day, day, day],
            },
        ),
        demographics=write(tmp_path / "h.parquet", {"household_id": [2], "age": ["35-44"], "income": [None]}),
    )
    return read_advertising(files, groceries)


def test_each_coupon_is_a_campaign_on_its_items(tmp_path: Path, groceries: Groceries) -> None:
    coffee, others = advertising(tmp_path, groceries).campaigns
    assert coffee.campaign_id == "coupon-1-10"
    assert coffee.item_ids == ("grocery-ground-flvr-reg-coffee",)
    assert set(others.item_ids) == {item.item_id for item in groceries.items} - set(coffee.item_ids)
    assert coffee.start is not None
    assert coffee.end == coffee.start + 86_399
    assert coffee.bid > 0
    assert "synthetic" in coffee.title


def test_a_coupon_is_for_the_households_that_got_its_mailing(tmp_path: Path, groceries: Groceries) -> None:
    made = advertising(tmp_path, groceries)
    assert made.users == (
        {"user_id": "hh-2", "age_band": "35-44", "mailing_1": True},
        {"user_id": "hh-4", "mailing_1": True},
    )
    reached = {
        str(user["user_id"])
        for user in made.users
        if addresses(
            made.campaigns[0], audiences(str(user["user_id"]), {"mailing_1": user["mailing_1"] is True})
        )
    }
    assert reached == {"hh-2", "hh-4"}
    assert not addresses(made.campaigns[0], audiences("hh-9", {}))


def test_a_redemption_is_mapped_by_purchase_or_by_the_coupon_s_only_item(
    tmp_path: Path, groceries: Groceries
) -> None:
    made = advertising(tmp_path, groceries)
    log = made.log
    assert log.campaign is not None
    redeemed = {
        (log.users[int(log.user[n])], log.items[int(log.item[n])], log.campaigns[int(log.campaign[n])])
        for n in range(len(log))
    }
    assert redeemed == {
        ("hh-2", "grocery-premium-pasta-sauce", "coupon-1-11"),
        ("hh-99", "grocery-ground-flvr-reg-coffee", "coupon-1-10"),
    }
    assert made.counts["redemptions that no purchase and no coupon of one item explains"] == 1
    assert np.isnan(log.value).all()


def test_a_redemption_says_in_its_file_which_coupon_it_was(tmp_path: Path, groceries: Groceries) -> None:
    write_logs(tmp_path / "events.parquet", [advertising(tmp_path, groceries).log])
    table = parquet.read_table(tmp_path / "events.parquet")
    assert set(table["list_id"].to_pylist()) == {"coupon-1-10", "coupon-1-11"}
    assert set(table["event"].to_pylist()) == {"redeem"}

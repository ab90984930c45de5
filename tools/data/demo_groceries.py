"""The demo's groceries: product types that at least ten households bought, and who bought them when."""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handpicked.tools.data.demo_files import Counts, Log
from handpicked.tools.data.demo_names import Names
from handpicked.tools.data.documents import FROM_FACTS
from handpicked.tools.types import Item

parquet: Any = import_module("pyarrow.parquet")

MIN_HOUSEHOLDS = 10
DOMINANT = 0.8
"""Share of a type's purchases that a brand needs to be called its brand."""
BRANDS = {"Private": "Store brand", "National": "National brands"}
WORDS = Path(__file__).with_name("demo_words.toml")

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Products:
    """The product table. `kind` is what a product is sold as: its type, and category where vague."""

    ids: Ints
    kind: tuple[str, ...]
    type: tuple[str, ...]
    department: tuple[str, ...]
    category: tuple[str, ...]
    brand: tuple[str, ...]
    size: tuple[str, ...]

    def rows(self, ids: Ints) -> Ints:
        """Find products by id; -1 where there is none. `ids` of this table are sorted."""
        at = np.searchsorted(self.ids, ids).clip(0, len(self.ids) - 1)
        return np.where(self.ids[at] == ids, at, -1)


@dataclass(frozen=True, slots=True)
class Purchases:
    """The transactions, one row each. `kind` points into the names of kinds, -1 where there is no type."""

    household: Ints
    basket: Ints
    product: Ints
    kind: Ints
    quantity: Ints
    sales: Reals
    timestamp: Ints


@dataclass(frozen=True, slots=True)
class Groceries:
    """The grocery catalogue, its events, and how they came about."""

    items: tuple[Item, ...]
    log: Log
    item_of_kind: Mapping[str, str]
    products: Products
    purchases: Purchases
    counts: Counts


def read_groceries(transactions: Path, products: Path) -> Groceries:
    """Make the catalogue of product types and one event `purchase` for each basket and type."""
    words: dict[str, Any] = tomllib.loads(WORDS.read_text(encoding="utf-8"))["groceries"]
    goods = _products(products, frozenset(words["vague_types"]))
    kinds = tuple(sorted(set(goods.kind) - {""}))
    bought = _purchases(transactions, goods, kinds)
    households = _distinct(bought.kind, bought.household, len(kinds))
    popular = [row for row in range(len(kinds)) if households[row] >= MIN_HOUSEHOLDS]
    kept = [row for row in popular if not _no_goods(kinds[row], words)]
    items = _items(goods, bought, kinds, {row: int(households[row]) for row in kept}, Names(words))
    item_of_kind = {kinds[row]: item.item_id for row, item in zip(kept, items, strict=True)}
    log = _log(bought, kinds, item_of_kind)
    by_type = _households_by_type(goods, bought)
    rows, typeless = len(bought.kind), int((bought.kind < 0).sum())
    of_kept = int(np.isin(bought.kind, kept).sum())
    counts = {
        "product types bought": int((by_type > 0).sum()),
        "product types bought by ten households or more": int((by_type >= MIN_HOUSEHOLDS).sum()),
        "types told apart by category (vague names)": len(words["vague_types"]),
        "items bought by ten households or more": len(popular),
        "items dropped (no goods: fuel, gift cards, deposits)": len(popular) - len(kept),
        "items": len(items),
        "households": len(np.unique(bought.household)),
        "transactions read": rows,
        "transactions without a product type": typeless,
        "transactions of types that were not kept": rows - of_kept - typeless,
        "transactions merged (same basket and type)": of_kept - len(log),
        "purchases": len(log),
    }
    return Groceries(items, log, item_of_kind, goods, bought, counts)


def _products(path: Path, vague: frozenset[str]) -> Products:
    table: Any = parquet.read_table(path).sort_by("product_id")
    columns: dict[str, tuple[str, ...]] = {
        name: tuple(re.sub(r"\s+", " ", text or "").strip() for text in table[name].to_pylist())
        for name in ("product_type", "department", "product_category", "brand", "package_size")
    }
    types, categories = columns["product_type"], columns["product_category"]
    kind = tuple(f"{t} | {c}" if t in vague and c else t for t, c in zip(types, categories, strict=True))
    return Products(
        ids=table["product_id"].to_numpy(),
        kind=kind,
        type=types,
        department=columns["department"],
        category=categories,
        brand=columns["brand"],
        size=columns["package_size"],
    )


def _purchases(path: Path, goods: Products, kinds: Sequence[str]) -> Purchases:
    names = ["household_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]
    table: Any = parquet.read_table(path, columns=names)
    row_of = {kind: row for row, kind in enumerate(kinds)}
    kind_of_product = np.array([row_of.get(kind, -1) for kind in goods.kind] + [-1], dtype=np.int64)
    product = goods.rows(table["product_id"].to_numpy())
    return Purchases(
        household=table["household_id"].to_numpy(),
        basket=table["basket_id"].to_numpy(),
        product=product,
        kind=kind_of_product[product],
        quantity=table["quantity"].to_numpy(),
        sales=table["sales_value"].to_numpy(),
        timestamp=table["transaction_timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64),
    )


def _distinct(group: Ints, member: Ints, groups: int) -> Ints:
    """Count the different members of each group; rows of group -1 are left out."""
    names, codes = np.unique(member, return_inverse=True)
    pairs = np.unique(group[group >= 0] * len(names) + codes[group >= 0])
    return np.bincount(pairs // len(names), minlength=groups)


def _households_by_type(goods: Products, bought: Purchases) -> Ints:
    """Count households for each type as the data has it, for the report."""
    names = sorted(set(goods.type) - {""})
    row_of = {name: row for row, name in enumerate(names)}
    of_product = np.array([row_of.get(name, -1) for name in goods.type] + [-1], dtype=np.int64)
    return _distinct(of_product[bought.product], bought.household, len(names))


def _no_goods(kind: str, words: Mapping[str, Any]) -> bool:
    return any(re.search(pattern, kind) for pattern in words["no_goods"])


def _items(
    goods: Products, bought: Purchases, kinds: Sequence[str], households: Mapping[int, int], names: Names
) -> tuple[Item, ...]:
    order = np.argsort(bought.kind, kind="stable")
    starts = np.searchsorted(bought.kind[order], np.arange(len(kinds) + 1))
    facts = {row: _facts(goods, bought, order[starts[row] : starts[row + 1]]) for row in households}
    titles = names.titles({kinds[row]: fact.category for row, fact in facts.items()})
    ids = _slugs([kinds[row] for row in households])
    return tuple(
        _item(ids[kinds[row]], titles[kinds[row]], facts[row], (households[row], names)) for row in households
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the purchases of a kind say about it."""

    department: str
    category: str
    brand: str | None
    sizes: tuple[str, ...]
    price: float | None
    prices_seen: int


def _facts(goods: Products, bought: Purchases, rows: Ints) -> _Facts:
    products: list[int] = bought.product[rows].tolist()
    sold = Counter(products)
    brands, sizes = _share(sold, goods.brand), _share(sold, goods.size)
    brand = max(sorted(brands), key=brands.__getitem__)
    priced = rows[(bought.quantity[rows] > 0) & (bought.sales[rows] > 0)]
    prices = bought.sales[priced] / bought.quantity[priced]
    sizes.pop("", None)
    return _Facts(
        department=max(_share(sold, goods.department).items(), key=lambda pair: (pair[1], pair[0]))[0],
        category=max(_share(sold, goods.category).items(), key=lambda pair: (pair[1], pair[0]))[0],
        brand=BRANDS.get(brand) if brands[brand] >= DOMINANT * sold.total() else None,
        sizes=tuple(sorted(sizes, key=lambda size: (-sizes[size], size))[:3]),
        price=round(float(np.median(prices)), 2) if len(prices) else None,
        prices_seen=len(prices),
    )


def _share(sold: Counter[int], column: Sequence[str]) -> dict[str, int]:
    share: defaultdict[str, int] = defaultdict(int)
    for product, times in sold.items():
        share[column[product]] += times
    return dict(share)


def _item(item_id: str, title: str, facts: _Facts, context: tuple[int, Names]) -> Item:
    households, names = context
    department, category = names.department(facts.department), names.readable(facts.category)
    sizes = [size.lower() for size in facts.sizes]
    text = f"{title}: {category} in the {department} department."
    text += f" Common package sizes: {', '.join(sizes)}." if sizes else ""
    attributes = {
        "households": households,
        "price_observations": facts.prices_seen,
        FROM_FACTS: True,
    }
    return Item(
        item_id=item_id,
        title=title,
        domain="grocery",
        description=text,
        categories=tuple(dict.fromkeys(name for name in (department, category) if name)),
        price=facts.price,
        brand=facts.brand,
        attributes=attributes | ({"package_size": sizes[0]} if sizes else {}),
    )


def _slugs(kinds: Sequence[str]) -> dict[str, str]:
    """Make item ids from the names in the data, so that they stay when titles are polished."""
    slugs: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for kind in sorted(kinds):
        slug = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")
        taken[slug] += 1
        slugs[kind] = f"grocery-{slug}" if taken[slug] == 1 else f"grocery-{slug}-{taken[slug]}"
    return slugs


def _log(bought: Purchases, kinds: Sequence[str], item_of_kind: Mapping[str, str]) -> Log:
    items = tuple(item_of_kind.values())
    code = {kind: row for row, kind in enumerate(item_of_kind)}
    item_of = np.array([code.get(kind, -1) for kind in kinds] + [-1], dtype=np.int64)
    item = item_of[bought.kind]
    rows = np.flatnonzero(item >= 0)
    basket = np.unique(bought.basket[rows], return_inverse=True)[1]
    _, first, event = np.unique(basket * len(items) + item[rows], return_index=True, return_inverse=True)
    quantity = np.bincount(event, weights=bought.quantity[rows].astype(np.float64))
    first = rows[first]
    order = np.lexsort((item[first], bought.household[first], bought.timestamp[first]))
    households, household = np.unique(bought.household[first], return_inverse=True)
    return Log(
        event="purchase",
        scene="shop",
        users=tuple(f"hh-{number}" for number in households.tolist()),
        items=items,
        user=household[order].astype(np.int32),
        item=item[first][order].astype(np.int32),
        timestamp=bought.timestamp[first][order],
        value=quantity[order].astype(np.float64),
    )

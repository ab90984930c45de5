"""The data sets: who had what and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from handpicked.eval.types import Options
from handpicked.tools.data import assets
from handpicked.tools.errors import AssetError, ConfigError, DataError
from handpicked.tools.types import Mask, Rows


@dataclass(frozen=True, slots=True)
class Interactions:
    """One row for each pair of user and item, in the order of the file. `users` and `items` are rows of `user_ids`
    and `item_ids`, which stand in the order in which they come first; `times` is in seconds since 1970, None where
    the data say nothing of it."""

    users: Rows
    items: Rows
    times: Rows | None
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.users)

    def only(self, rows: Mask) -> Interactions:
        """Some of the rows; users and items keep their numbers."""
        times = None if self.times is None else self.times[rows]
        return replace(self, users=self.users[rows], items=self.items[rows], times=times)


Reader: TypeAlias = Callable[[Options], Interactions]


def named(users: Sequence[str], items: Sequence[str], times: Rows | None = None) -> Interactions:
    """Number users and items by where they come first. Raises DataError when a pair comes twice."""
    user_ids, user = _numbered(users)
    item_ids, item = _numbered(items)
    if len(np.unique(user * len(item_ids) + item)) != len(user):
        raise DataError("a user has an item twice: keep one of the rows")
    return Interactions(user, item, times, user_ids, item_ids)


def core(data: Interactions, k: int) -> Interactions:
    """The k-core: users and items with fewer than k rows are dropped until there are none; the rest is numbered
    anew."""
    keep = np.ones(len(data), bool)
    while True:
        users = np.bincount(data.users[keep], minlength=len(data.user_ids))
        items = np.bincount(data.items[keep], minlength=len(data.item_ids))
        weak = keep & ((users[data.users] < k) | (items[data.items] < k))
        if not weak.any():
            break
        keep &= ~weak
    return _renumbered(data.only(keep))


def ml_100k(options: Options) -> Interactions:
    """MovieLens 100K: every rating counts, whatever its value."""
    with asset(options, "ratings").open(encoding="utf-8") as lines:
        next(lines)
        rows = [line.rstrip("\n").split("\t") for line in lines]
    times = np.array([float(row[3]) for row in rows]).astype(np.int64)
    return named([row[0] for row in rows], [row[1] for row in rows], times)


def groceries(options: Options) -> Interactions:
    """The Complete Journey: a household's first purchase of a product type, 10-core; types as the data name them.

    Of first purchases at one moment the order is that of the types' names."""
    bought = table(options, "groceries-transactions", "household_id", "product_id", "transaction_timestamp")
    goods = table(options, "groceries-products", "product_id", "product_type").sort_by("product_id")
    names, kind = np.unique([text or "" for text in goods["product_type"].to_pylist()], return_inverse=True)
    product: Rows = bought["product_id"].to_numpy()
    ids: Rows = goods["product_id"].to_numpy()
    row = np.searchsorted(ids, product).clip(0, len(ids) - 1)
    typed = (ids[row] == product) & (names[kind[row]] != "")
    kinds = kind[row[typed]]
    households, users = np.unique(bought["household_id"].to_numpy()[typed], return_inverse=True)
    times = bought["transaction_timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64)[typed]
    order = np.lexsort((kinds, times))
    _, first = np.unique((users * len(names) + kinds)[order], return_index=True)
    kept = order[np.sort(first)]
    user_ids = tuple(str(household) for household in households.tolist())
    return core(Interactions(users[kept], kinds[kept], times[kept], user_ids, tuple(names.tolist())), 10)


def lastfm(options: Options) -> Interactions:
    """Last.fm (HetRec 2011): who listened to whom, 10-core; the data have no times."""
    if options.data is None:
        raise ConfigError(
            "Last.fm is read from HANDPICKED_DATA/lastfm_hetrec/user_artists.dat: set HANDPICKED_DATA, "
            "or run the parts that need it not, e.g. --part ml-100k/time"
        )
    path = options.data / "lastfm_hetrec" / "user_artists.dat"
    if not path.is_file():
        raise ConfigError(f"{path} is not there: put HANDPICKED_DATA right, or name other parts with --part")
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return core(named([row[0] for row in rows], [row[1] for row in rows]), 10)


READERS: Mapping[str, Reader] = {"ml-100k": ml_100k, "groceries": groceries, "lastfm": lastfm}


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], Rows]:
    row_of: dict[str, int] = {}
    rows = [row_of.setdefault(name, len(row_of)) for name in names]
    return tuple(row_of), np.array(rows, np.int64)


def _renumbered(data: Interactions) -> Interactions:
    """The same rows; users and items without any are gone."""
    columns: list[tuple[Rows, tuple[str, ...]]] = []
    for rows, ids in ((data.users, data.user_ids), (data.items, data.item_ids)):
        left, first, row = np.unique(rows, return_index=True, return_inverse=True)
        order = np.argsort(first)
        columns.append((np.argsort(order)[row], tuple(ids[int(left[at])] for at in order)))
    (users, user_ids), (items, item_ids) = columns
    return Interactions(users, items, data.times, user_ids, item_ids)


def asset(options: Options, name: str) -> Path:
    """Where an asset lies. Raises ConfigError when it is not there."""
    if options.cache is None:
        raise ConfigError(f"no cache is set: asset {name} is read from it")
    try:
        return assets.path(options.cache, name)
    except AssetError as err:
        raise ConfigError(f"{err}, or name other parts with --part") from err


def table(options: Options, name: str, *columns: str) -> Any:
    """Columns of an asset that is a Parquet file. Raises ConfigError when it is not there."""
    parquet: Any = import_module("pyarrow.parquet")
    return parquet.read_table(asset(options, name), columns=list(columns))

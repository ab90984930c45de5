"""What kinds of thing the items are, where the data say so: genres of films, departments of groceries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from handpicked.eval.suites.ranking.data import asset, table
from handpicked.eval.types import Options
from handpicked.tools.types import Floats


def of(data_set: str, options: Options, item_ids: Sequence[str]) -> Floats | None:
    """Items x kinds, each row of sum 1 and split evenly, of zeros where nothing is known; None where no kinds are known.

    Raises ConfigError when the data are missing."""
    match data_set:
        case "ml-100k":
            named = _genres(options)
        case "groceries":
            named = {name: (department,) for name, department in departments(options).items()}
        case _:
            return None
    kinds = sorted({kind for item_id in item_ids for kind in named.get(item_id, ())})
    column = {kind: at for at, kind in enumerate(kinds)}
    found = np.zeros((len(item_ids), len(kinds)), np.float32)
    for row, item_id in enumerate(item_ids):
        for kind in named.get(item_id, ()):
            found[row, column[kind]] = 1.0 / len(named[item_id])
    return found


def departments(options: Options) -> Mapping[str, str]:
    """The department of most products of each type of groceries."""
    goods = table(options, "groceries-products", "product_type", "department")
    counted = goods.group_by(["product_type", "department"]).aggregate([([], "count_all")])
    counted = counted.sort_by([("count_all", "ascending"), ("department", "descending")])
    columns = (counted[name].to_pylist() for name in ("product_type", "department"))
    return {name: department for name, department in zip(*columns, strict=True) if name and department}


def _genres(options: Options) -> Mapping[str, tuple[str, ...]]:
    with asset(options, "ratings-items").open(encoding="utf-8") as lines:
        next(lines)
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return {row[0]: tuple(kind for kind in row[3].split() if kind != "unknown") for row in rows}

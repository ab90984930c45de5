"""The demo catalogue: fetched assets and our own small tables become files that `handpicked ingest` reads.

What maps to what, and what is lost on the way, is in docs/demo-data.md and in the report that `write` gives.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handpicked.tools.data import assets
from handpicked.tools.data.assets import Progress
from handpicked.tools.data.demo_campaigns import Advertising, CouponFiles, read_advertising
from handpicked.tools.data.demo_files import Counts, write_campaigns, write_items, write_logs, write_rows
from handpicked.tools.data.demo_films import add_aliases, read_films
from handpicked.tools.data.demo_groceries import Groceries, read_groceries
from handpicked.tools.data.demo_plots import add_plots
from handpicked.tools.data.demo_ratings import read_ratings
from handpicked.tools.errors import DataError

ASSETS = (
    "films", "plots", "ratings", "ratings-items", "ratings-users", "groceries-transactions",
    "groceries-products", "groceries-campaigns", "groceries-campaign-descriptions", "groceries-coupons",
    "groceries-coupon-redemptions", "groceries-demographics",
)  # fmt: skip
"""What `write` needs in the cache."""
FILES = (
    "items-films.jsonl", "items-groceries.jsonl", "items-synthetic.jsonl", "events-ratings.parquet",
    "events-groceries.parquet", "events-coupons.parquet", "users.jsonl", "campaigns.jsonl",
)  # fmt: skip
"""What `write` makes; the word before the dash or dot is the flag of `handpicked ingest`."""
SYNTHETIC_DOMAINS = frozenset({"news", "book", "music"})
PACKAGE = Path(__file__).parent
ALIASES = {"aliases_zh.csv": "a Chinese title", "aliases_en.csv": "a short or other English name"}
"""Tables of ours with other titles of films."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The files that were written, and for each part of the demo what was read, kept, merged and lost."""

    files: tuple[Path, ...]
    counts: Mapping[str, Counts]


def write(
    cache: Path, target: Path, *, on_progress: Progress | None = None, ours: Path = PACKAGE
) -> DemoReport:
    """Write the demo's files into `target`, the same bytes each time.

    `ours` is the folder of the tables that ship with Handpicked: `synthetic.jsonl` and those of `ALIASES`.
    Raises AssetError if an asset was not fetched, DataError if one of our tables is wrong.
    """
    at = {name: assets.path(cache, name) for name in ASSETS}
    to = {name: target / name for name in FILES}
    target.mkdir(parents=True, exist_ok=True)
    step = _Steps(on_progress)
    films = read_films(at["films"])
    for table, kind in ALIASES.items():
        films = add_aliases(films, _shipped(ours, table), kind)
    step("plots")
    films = add_plots(films, at["plots"])
    write_items(to["items-films.jsonl"], films.items)
    step("ratings")
    ratings = read_ratings(at["ratings"], at["ratings-items"], at["ratings-users"], films.items)
    write_logs(to["events-ratings.parquet"], [ratings.log])
    step("groceries")
    groceries = read_groceries(at["groceries-transactions"], at["groceries-products"])
    write_items(to["items-groceries.jsonl"], groceries.items)
    step("campaigns")
    advertising = _advertising(at, groceries)
    write_campaigns(to["campaigns.jsonl"], advertising.campaigns)
    write_rows(to["users.jsonl"], [*ratings.users, *advertising.users])
    step("purchases")
    write_logs(to["events-groceries.parquet"], [groceries.log])
    write_logs(to["events-coupons.parquet"], [advertising.log])
    step("synthetic items")
    synthetic = copy_synthetic(_shipped(ours, "synthetic.jsonl"), to["items-synthetic.jsonl"])
    step("done")
    return DemoReport(
        tuple(to.values()),
        {
            "films": films.counts,
            "ratings": ratings.counts,
            "groceries": groceries.counts,
            "advertising": advertising.counts,
            "synthetic": synthetic,
        },
    )


class _Steps:
    """Reports progress by step, since the steps take about as long as each other."""

    def __init__(self, report: Progress | None) -> None:
        self._report = report
        self._done = 0
        self("films")

    def __call__(self, name: str) -> None:
        if self._report is not None:
            self._report(name, self._done, len(FILES))
        self._done += 1


def _advertising(at: Mapping[str, Path], groceries: Groceries) -> Advertising:
    names = ("campaigns", "campaign-descriptions", "coupons", "coupon-redemptions", "demographics")
    return read_advertising(CouponFiles(*(at[f"groceries-{name}"] for name in names)), groceries)


def _shipped(folder: Path, name: str) -> Path:
    file = folder / name
    if not file.is_file():
        raise DataError(f"{file} is missing, though it ships with Handpicked: install Handpicked again")
    return file


def copy_synthetic(source: Path, target: Path) -> Counts:
    """Check that each line is an item of ours that says it is synthetic, then copy."""
    rows: list[dict[str, object]] = []
    seen: set[str] = set()
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row: dict[str, object] = json.loads(line)
        except json.JSONDecodeError as err:
            raise DataError(f"{source.name}:{number} is no JSON: {err}") from err
        _check(row, seen, f"{source.name}:{number}")
        seen.add(str(row["item_id"]))
        rows.append(row)
    domains = Counter(str(row["domain"]) for row in rows)
    target.write_bytes(source.read_bytes())
    return {
        "items": len(rows),
        **{f"items in domain {name}": count for name, count in sorted(domains.items())},
    }


def _check(row: Mapping[str, object], seen: set[str], where: str) -> None:
    if not row.get("item_id") or not row.get("title"):
        raise DataError(f"{where} needs item_id and title")
    if row["item_id"] in seen:
        raise DataError(f"{where} has the item_id {row['item_id']!r} of a line before it")
    if row.get("domain") not in SYNTHETIC_DOMAINS:
        raise DataError(
            f"{where} has domain {row.get('domain')!r}, expected one of {sorted(SYNTHETIC_DOMAINS)}"
        )
    if row.get("synthetic") is not True:
        raise DataError(f'{where} must say "synthetic": true')

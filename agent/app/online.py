"""`handpicked eval online`: the figures of a workspace's log, its A/B tests, and what another policy would have got."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from rich.table import Table
from rich.text import Text

from handpicked.agent.app import show, wiring
from handpicked.agent.settings import Settings
from handpicked.eval.online import figures, log, replayed, sequential
from handpicked.eval.online.figures import Sums
from handpicked.eval.online.log import Shown
from handpicked.eval.online.ratios import Ratio
from handpicked.eval.online.sequential import Compared
from handpicked.tools.errors import DataError

_NOT_A_RATE = ("dwell_s", "read_s")


@dataclass(frozen=True, slots=True)
class Told:
    """All that is said of a log; `left_out` are comparisons and estimates that can't be made, and why."""

    sums: Sequence[Sums]
    compared: Sequence[Compared]
    other: replayed.Replayed | None
    left_out: Sequence[str]


def run(settings: Settings, *, planned: int, target: Path | None, json: bool) -> None:
    """Tell the figures of the workspace's log. Raises DataError when it has no impressions, ConfigError for a bad file."""
    shown = log.read(wiring.open_workspace(settings).events)
    if not shown.impressions:
        raise DataError(
            f"{settings.workspace} has no impressions: set `explore` in a scene or HANDPICKED_EXPERIMENT, or ingest events "
            "`impression` with a list_id"
        )
    told = _told(shown, planned, target)
    if json:
        sys.stdout.buffer.write(orjson.dumps(_document(shown, told), option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
        return
    show.out.print(_rates(told.sums))
    if told.compared:
        show.out.print(_tests(told.compared))
    if told.other is not None:
        show.out.print(_other(told.other))
    for line in (*told.left_out, *_unused(shown)):
        show.note(line)


def _told(shown: Shown, planned: int, target: Path | None) -> Told:
    sums = figures.sums(shown.impressions)
    compared, left_out = sequential.by_policy(sums, planned=planned)
    other = None
    if target is not None:
        try:
            other = replayed.clicks(shown.impressions, replayed.load(target))
        except DataError as err:
            left_out = [*left_out, str(err)]
    return Told(sums, compared, other, left_out)


def _unused(shown: Shown) -> list[str]:
    notes: list[str] = []
    if shown.unlisted:
        notes.append(f"{shown.unlisted:,} impressions have no list_id and are left out")
    if shown.unmatched:
        notes.append(f"{shown.unmatched:,} events name a list that shows no such item to their user")
    return notes


def _rates(sums: Sequence[Sums]) -> Table:
    """Groups down, metrics across, each with half its interval; users by the group's impressions."""
    table = Table(box=None, pad_edge=False)
    table.add_column("group", overflow="fold")
    for name in ("users", *figures.METRICS):
        table.add_column(name, justify="right")
    found = {(one.group, one.metric): one.ratio for one in sums}
    for group in dict.fromkeys(one.group for one in sums):
        cells = [_cell(found.get((group, name)), name) for name in figures.METRICS]
        table.add_row(Text(group), str(found[group, "ctr"].users), *map(Text, cells))
    return table


def _cell(ratio: Ratio | None, metric: str) -> str:
    if ratio is None:
        return ""
    low, high = ratio.interval
    digits = 1 if metric in _NOT_A_RATE else 3
    half = "?" if ratio.users < 2 else f"{(high - low) / 2:.{digits}f}"
    return f"{ratio.value:.{digits}f} ±{half}"


def _tests(compared: Sequence[Compared]) -> Table:
    table = Table(title=Text("A/B, less the first policy", style="bold"), title_justify="left", box=None)
    for name in ("policy", "metric", "users", "difference", "at any look", "looked at once", "p", ""):
        table.add_column(name, overflow="fold")
    for one in compared:
        ends = f"[{one.low:+.4f}, {one.high:+.4f}]", "[{:+.4f}, {:+.4f}]".format(*one.fixed)
        verdict = "decided" if one.decided else "go on"
        cells = (
            one.policy,
            one.metric,
            f"{one.users:,}",
            f"{one.difference:+.4f}",
            *ends,
            f"{one.p:.3f}",
            verdict,
        )
        table.add_row(*map(Text, cells))
    return table


def _other(other: replayed.Replayed) -> Table:
    title = f"The other policy, items opened of those shown; {other.estimate.overlap.effective:,.0f} effective of {other.rows:,}"
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None)
    for name, ratio in other.by_name.items():
        low, high = ratio.interval
        table.add_row(Text(name), f"{ratio.value:.4f}", Text(f"[{low:.4f}, {high:.4f}]"))
    return table


def _document(shown: Shown, told: Told) -> dict[str, object]:
    rates = [{"group": one.group, "metric": one.metric, **_value(one.ratio)} for one in told.sums]
    document: dict[str, object] = {
        "impressions": len(shown.impressions), "unlisted": shown.unlisted, "unmatched": shown.unmatched,
        "figures": rates, "tests": [{**asdict(one), "decided": one.decided} for one in told.compared],
        "left_out": [*told.left_out],
    }  # fmt: skip
    if told.other is not None:
        seen = told.other.estimate.overlap
        values = {name: _value(ratio) for name, ratio in told.other.by_name.items()}
        document["other"] = values | {
            "effective": seen.effective,
            "clipped": seen.clipped,
            "rows": told.other.rows,
        }
    return document


def _value(ratio: Ratio) -> dict[str, object]:
    low, high = ratio.interval
    bounds = (None, None) if ratio.users < 2 else (low, high)
    return {"value": ratio.value, "low": bounds[0], "high": bounds[1], "users": ratio.users}

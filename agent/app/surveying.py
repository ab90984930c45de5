"""`handpicked catalog quality`: what the catalogue and the events are like."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import orjson
from rich.table import Table
from rich.text import Text

from handpicked.agent.app import show, wiring
from handpicked.agent.settings import Settings
from handpicked.tools.data import quality
from handpicked.tools.data.quality import Catalog, Events
from handpicked.tools.errors import DataError

_EXAMPLES = 3


def run(settings: Settings, *, json: bool) -> None:
    """Print both reports. Raises DataError for an empty catalogue."""
    workspace = wiring.open_workspace(settings)
    items = list(workspace.catalog.scan())
    if not items:
        raise DataError(f"{settings.workspace} has no items: run `handpicked ingest --items FILE` first")
    known = frozenset(item.item_id for item in items)
    found, log = quality.catalog(items), quality.events(workspace.events.columns(), known)
    if json:
        document = {"catalog": asdict(found), "events": asdict(log)}
        sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
        return
    _catalog(found)
    _events(log)


def _catalog(found: Catalog) -> None:
    _line("items", f"{found.items:,} ({_counts(found.domains)})")
    _line("language of the text", _counts(found.languages))
    for name, lengths in (("title", found.title_lengths), ("description", found.description_lengths)):
        if lengths:
            low, middle, high, longest = lengths
            _line(
                f"{name} length",
                f"{low:.0f} to {high:.0f} characters, median {middle:.0f}, longest {longest:.0f}",
            )
    _line("no description of their own", f"{found.generated:,}: searched by a text made of their facts")
    _pairs("same title and year", found.same)
    _pairs("same title and maker, a year apart", found.twins)
    _pairs("descriptions alike to 80%", found.copies)
    for out in found.outliers:
        ids = ", ".join(out.examples[:_EXAMPLES])
        _line(
            f"far out: {out.domain} {out.field}",
            f"{out.count:,} outside {out.low:.4g} to {out.high:.4g}, e.g. {ids}",
        )
    show.out.print(_missing(found.missing))


def _events(log: Events) -> None:
    if not log.events:
        _line("events", "none")
        return
    _line("events", f"{log.events:,} ({_counts(log.kinds)})")
    _line(
        "users, items",
        f"{log.users:,} users, {log.items:,} items; {log.density:.2%} of the pairs have an event",
    )
    _line("without a time", f"{log.untimed:,}")
    _line("of unknown items", f"{log.unknown:,}")
    _line("with one event", f"{log.one_hit_users:,} users, {log.one_hit_items:,} items")
    _line("unequal over items", f"Gini {log.gini:.2f}")
    _some("far more events than others", log.heavy)
    _some("60 events in a minute (bots?)", log.bursts)


def _missing(missing: Mapping[str, Mapping[str, float]]) -> Table:
    """Fields down, domains across, in percent; a field that no item lacks is left out, and one that is none of a domain's
    is blank."""
    table = Table(title="missing", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("field")
    for domain in missing:
        table.add_column(Text(domain), justify="right")
    fields = dict.fromkeys(field for shares in missing.values() for field in shares)
    for field in fields:
        lacking = [shares.get(field) for shares in missing.values()]
        if any(lacking):
            table.add_row(Text(field), *("" if share is None else f"{share:.1%}" for share in lacking))
    return table


def _line(name: str, said: str) -> None:
    show.out.print(Text.assemble((f"{name}: ", "bold"), said))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())


def _pairs(name: str, groups: Sequence[Sequence[str]]) -> None:
    examples = "; ".join(" = ".join(group) for group in groups[:_EXAMPLES])
    _line(name, f"{len(groups):,}" + (f", e.g. {examples}" if groups else ""))


def _some(name: str, users: Sequence[str]) -> None:
    _line(name, f"{len(users):,} users" + (f", e.g. {', '.join(users[:_EXAMPLES])}" if users else ""))

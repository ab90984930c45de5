"""`handpicked ingest`, `build` and `catalog`: data in, builds, and items out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.table import Table

from handpicked.agent.app import show, wiring
from handpicked.agent.llm import factory
from handpicked.agent.settings import Settings
from handpicked.agent.tagging import ModelTagger
from handpicked.tools.catalog import facts_of
from handpicked.tools.data import build as building
from handpicked.tools.data import codec, packed
from handpicked.tools.data import ingest as ingesting
from handpicked.tools.data.factors import PARTS
from handpicked.tools.data.features import features
from handpicked.tools.data.report import IngestReport, KindReport
from handpicked.tools.data.tags import Tagging
from handpicked.tools.errors import ConfigError, DataError
from handpicked.tools.types import Item, Json

_COLUMNS_SHOWN = 20


def ingest(
    settings: Settings, files: Mapping[str, tuple[Path, ...]], mapping: Sequence[str], *, json: bool
) -> None:
    """Read files and report what was kept, merged and rejected."""
    if not files:
        raise ConfigError(
            "nothing to ingest: give --items, --events, --users, --campaigns or --dialogues FILE"
        )
    columns: dict[str, str] = {}
    for pair in mapping:
        target, equals, source = pair.partition("=")
        if not (target and equals and source):
            raise ConfigError(f"can't read --map {pair!r}; write TARGET=COLUMN, e.g. item_id=movieId")
        columns[target] = source
    with show.progress() as progress:
        report = ingesting.ingest(
            wiring.open_workspace(settings),
            ingesting.IngestFiles(**files),
            mapping=columns,
            on_progress=progress,
        )
    if json:
        sys.stdout.buffer.write(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        told(report)


def build(settings: Settings, *, json: bool, tags: int = 0) -> None:
    """Make a build and print how it measured; with `tags` a model tags at most so many items more. Raises ConfigError where
    there is no model to."""
    with show.progress() as progress, asyncio.Runner() as runner:
        made = building.build(
            wiring.open_workspace(settings),
            factory.embedder(settings),
            tagging=Tagging(_tagger(settings, runner), tags) if tags else None,
            on_progress=progress,
        )
    if json:
        sys.stdout.buffer.write(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2) + b"\n")
        return
    seconds = {k.removeprefix("seconds."): v for k, v in made.measures.items() if k.startswith("seconds.")}
    parts = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
    show.out.print(
        f"build {made.build_id}: {made.items:,} items in {sum(seconds.values()):.0f} s ({parts})",
        markup=False,
    )
    if quality := made.measures.get("recipe_ndcg_at_10"):
        used = ", ".join(f"{part} {made.recipe[part]:g}" for part in PARTS if made.recipe[part])
        show.out.print(
            f"collaborative filtering: {used}; nDCG@10 {quality:.3f} on the newest fifth of users' events"
        )
    if learned_from := made.measures.get("mix_learned_from"):
        show.out.print(f"candidates of turns without words are mixed as {learned_from:,.0f} choices teach")
    if "tags.kept" in made.measures:
        show.out.print(_of_tags(made.measures), markup=False)
    generated = int(made.measures["generated_documents"])
    show.out.print(
        f"{generated:,} items have no description of their own; they are searched by a text made of their facts"
    )
    show.out.print(f"Chroma's recall@10 against exact search: {made.measures['chroma_recall_at_10']:.3f}")


def _of_tags(measures: Mapping[str, float]) -> str:
    before, after = measures["tags.ndcg_without"], measures["tags.ndcg_with"]
    used = "used" if measures["tags.kept"] else "not used"
    return (
        f"tags of {measures['tags.items']:,.0f} items: {used}; likeness has nDCG@10 {after:.3f} with and {before:.3f} without "
        f"(± {1.96 * measures['tags.error']:.3f}) on {measures['tags.pairs']:,.0f} pairs of choices"
    )


def _tagger(settings: Settings, runner: asyncio.Runner) -> ModelTagger:
    client, missing = wiring.model_client(settings)
    if client is None:
        raise ConfigError(f"--tags needs a language model ({missing or 'HANDPICKED_MODEL is none'})")
    return ModelTagger(client, runner, seed=settings.seed)


def told(report: IngestReport) -> None:
    """A table of counts, the reasons for rejects, and what was found."""
    table = Table(box=None, padding=(0, 1))
    for name in ("", "in", "kept", "merged", "rejected"):
        table.add_column(name, justify="left" if not name else "right")
    for kind, counts in report.kinds.items():
        table.add_row(kind, *(f"{n:,}" for n in (counts.read, counts.kept, counts.merged, counts.rejected)))
    show.out.print(table)
    for kind, counts in report.kinds.items():
        _told_oddities(kind, counts)
    if report.items and report.items.domains:
        domains = ", ".join(f"{name} {number:,}" for name, number in report.items.domains.items())
        show.out.print(
            f"  items by domain: {domains}; titles that may be the same: {report.items.near_duplicates}",
            markup=False,
        )
    if report.events and report.events.users:
        found = report.events
        kinds = ", ".join(f"{name} {number:,}" for name, number in found.kinds.items())
        show.out.print(f"  events: {found.users:,} users, {found.items:,} items; {kinds}", markup=False)
        show.out.print(
            f"  users with one event: {found.one_event_users:,}; suspected bots: {len(found.suspected_bots)}"
        )
    if report.rejects:
        show.out.print(f"  rejected rows with their reasons: {report.rejects}", markup=False)


def _told_oddities(kind: str, counts: KindReport) -> None:
    """What happened to rows and columns, each with the first place where it did."""
    if not counts.read:
        show.out.print(f"  {kind}: no rows in the files", markup=False)
    for reason, number in (*counts.reasons.items(), *counts.notes.items()):
        place = f" (first: {counts.first[reason]})" if reason in counts.first else ""
        show.out.print(f"  {kind}: {number:,} x {reason}{place}", markup=False, soft_wrap=True)
    for what, columns in (
        ("not used", counts.ignored_columns),
        ("kept as attributes", counts.attributes),
    ):
        if columns:
            more = f" and {len(columns) - _COLUMNS_SHOWN:,} more" if len(columns) > _COLUMNS_SHOWN else ""
            names = ", ".join(columns[:_COLUMNS_SHOWN])
            show.out.print(f"  {kind}: columns {what}: {names}{more}", markup=False, soft_wrap=True)


def show_item(settings: Settings, item_id: str) -> None:
    """Print an item and, apart from its own fields, what its text tells. Raises DataError for an unknown id."""
    item = wiring.open_workspace(settings).catalog.get(item_id)
    if item is None:
        raise DataError(f"no item {item_id!r} in {settings.workspace}; `handpicked catalog export` lists all")
    document = {"item_id": item.item_id} | facts_of(item) | {"derived": asdict(features(item))}
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def export(settings: Settings, output: Path | None) -> None:
    """Write every item as a line."""
    items = wiring.open_workspace(settings).catalog.scan()
    _written("items", output, (_line(item) for item in items))


def export_impressions(settings: Settings, output: Path | None) -> None:
    """Write every item of the lists with drawn places as an event."""
    shown = wiring.open_workspace(settings).events.shown.impressions()
    known = ({name: value for name, value in asdict(event).items() if value is not None} for event in shown)
    _written("impressions", output, known)


def _line(item: Item) -> dict[str, Json]:
    document = orjson.loads(codec.encode(item))
    attributes = document.pop("attributes", {})
    vectors = {name: packed.unpack(text) for name, text in document.pop("vectors", {}).items()}
    return document | attributes | vectors


def _written(what: str, output: Path | None, documents: Iterable[dict[str, Json]]) -> None:
    file = output.open("wb") if output else sys.stdout.buffer
    count = 0
    for document in documents:
        file.write(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
        count += 1
    file.flush()
    if output:
        file.close()
        show.note(f"{count:,} {what} written to {output}")

"""From files to the stores: rows are read, cleaned, checked, counted, and each kind written at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from handpicked.tools.data.catalog_store import Upserted
from handpicked.tools.data.codec import dump, encode, key_of
from handpicked.tools.data.event_store import Appended
from handpicked.tools.data.inputs import IngestFiles, Input, ignored_columns, open_inputs, renamed
from handpicked.tools.data.parse import (
    KEEPS_ATTRIBUTES,
    Kind,
    Rejected,
    User,
    is_nested,
    parse_campaign,
    parse_dialogue,
    parse_event,
    parse_item,
    parse_user,
)
from handpicked.tools.data.quantities import is_nothing
from handpicked.tools.data.readers import Broken, Row, Source
from handpicked.tools.data.rejects import Rejects
from handpicked.tools.data.report import (
    EventFacts,
    IngestReport,
    ItemFacts,
    ItemTally,
    KindReport,
    event_facts,
)
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Campaign, Dialogue, Event, Item

Progress = Callable[[str, int, int | None], None]
Record = TypeVar("Record", Item, User, Event, Campaign, Dialogue)

_PROGRESS_ROWS = 5_000


@dataclass(slots=True)
class _Tally:
    """Counts of one kind while it is read."""

    kind: Kind
    rejects: Rejects
    progress: Progress | None
    total: int
    read: int = 0
    rejected: int = 0
    merged: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    notes: Counter[str] = field(default_factory=Counter[str])
    nested: set[str] = field(default_factory=set[str])

    def count(self) -> None:
        self.read += 1
        if self.progress and self.read % _PROGRESS_ROWS == 0:
            self.progress(self.kind, self.read, max(self.total, self.read))

    def reject(self, why: Rejected, path: Path, number: int, row: Row | str) -> None:
        self.rejected += 1
        self.reasons[why.reason] += 1
        self.rejects.write(path, number, str(why), row)

    def merge(self, reason: str, count: int = 1) -> None:
        if count:
            self.merged += count
            self.reasons[reason] += count

    def note(self, row: Row, record: object) -> None:
        self.nested.update(name for name, value in row.items() if is_nested(value))
        if isinstance(record, Item) and record.year is None and _has_year(row):
            self.notes["year out of range, left out"] += 1

    def report(self, ignored: tuple[str, ...]) -> KindReport:
        if self.progress:
            self.progress(self.kind, self.read, self.read)
        kept = self.read - self.merged - self.rejected
        reasons = dict(self.reasons.most_common())
        columns = tuple(sorted({*ignored, *self.nested}))
        return KindReport(self.read, kept, self.merged, self.rejected, reasons, dict(self.notes), columns)


def ingest(
    workspace: Workspace,
    files: IngestFiles,
    *,
    mapping: Mapping[str, str] | None = None,
    on_progress: Progress | None = None,
) -> IngestReport:
    """Read files into a workspace's databases, items first.

    `mapping` gives the source column of a target column, `{"item_id": "movieId"}`; a target may be of one
    kind only, `events.value`. Each kind is written in one transaction: when it fails, its part is as it was
    before. Rejected rows are in `rejects.csv` of the workspace, which holds the last run's only.
    `on_progress` is told kind, rows read and rows expected. Raises `DataError` for unusable files or columns.
    """
    inputs = open_inputs(files, mapping or {})
    kinds: dict[Kind, KindReport] = {}
    items: ItemFacts | None = None
    events: EventFacts | None = None
    with Rejects(workspace.path / "rejects.csv") as rejects:
        for given in inputs:
            total = sum(source.total for source, _ in given.sources)
            tally = _Tally(given.kind, rejects, on_progress, total)
            if given.kind == "items":
                items = _ingest_items(workspace, given, tally)
            elif given.kind == "events":
                events = _ingest_events(workspace, given, tally)
            else:
                _OTHERS[given.kind](workspace, given, tally)
            kinds[given.kind] = tally.report(ignored_columns(given))
    return IngestReport(kinds, items, events, rejects.path if rejects.count else None)


def _ingest_items(workspace: Workspace, given: Input, tally: _Tally) -> ItemFacts:
    facts = ItemTally()

    def items() -> Iterator[Item]:
        records = _accepted(given, tally, lambda source: partial(parse_item, infer=not source.typed))
        for item, is_new in _distinct(records, tally, lambda item: (item.item_id, key_of(encode(item)))):
            if is_new:
                facts.add(item)
            yield item

    workspace.catalog.upsert(items())
    return facts.facts()


def _ingest_users(workspace: Workspace, given: Input, tally: _Tally) -> Upserted:
    records = _accepted(given, tally, lambda source: partial(parse_user, infer=not source.typed))
    distinct = _distinct(records, tally, lambda user: (user[0], key_of(dump(user[1]))))
    return workspace.events.upsert_users(user for user, _ in distinct)


def _ingest_campaigns(workspace: Workspace, given: Input, tally: _Tally) -> Upserted:
    records = _accepted(given, tally, lambda source: parse_campaign)
    distinct = _distinct(records, tally, lambda campaign: (campaign.campaign_id, key_of(encode(campaign))))
    return workspace.catalog.upsert_campaigns(campaign for campaign, _ in distinct)


def _ingest_events(workspace: Workspace, given: Input, tally: _Tally) -> EventFacts:
    known = workspace.catalog.ids()
    mapped = {id(source): columns for source, columns in given.sources}

    def parser(source: Source) -> Callable[[Row], Event]:
        has_kind = "event" in source.columns or "event" in mapped[id(source)]
        return lambda row: parse_event(row, known, has_kind=has_kind)

    before = workspace.events.revision()
    done = workspace.events.append(_accepted(given, tally, parser))
    tally.merge("same event", done.duplicates)
    return event_facts(workspace.events.columns(after=before))


def _ingest_dialogues(workspace: Workspace, given: Input, tally: _Tally) -> Appended:
    known = workspace.catalog.ids()
    records = _accepted(given, tally, lambda source: lambda row: parse_dialogue(row, known))
    done = workspace.events.append_dialogues(records)
    tally.merge("same dialogue turn", done.duplicates)
    return done


_OTHERS: Mapping[Kind, Callable[[Workspace, Input, _Tally], Upserted | Appended]] = {
    "users": _ingest_users,
    "campaigns": _ingest_campaigns,
    "dialogues": _ingest_dialogues,
}


def _has_year(row: Row) -> bool:
    value = row.get("year")
    return value not in (None, 0, "0") and not is_nothing(value)


def _accepted(
    given: Input, tally: _Tally, parser: Callable[[Source], Callable[[Row], Record]]
) -> Iterator[Record]:
    """Stream the records of all files; what can't be one is rejected and counted."""
    for source, columns in given.sources:
        parse = parser(source)
        for number, row in source.rows():
            tally.count()
            if isinstance(row, Broken):
                tally.reject(Rejected(row.reason, row.detail), source.path, number, row.content)
                continue
            named = renamed(row, columns) if columns else row
            try:
                record = parse(named)
            except Rejected as why:
                tally.reject(why, source.path, number, row)
                continue
            if given.kind in KEEPS_ATTRIBUTES:
                tally.note(named, record)
            yield record


def _distinct(
    records: Iterator[Record], tally: _Tally, identify: Callable[[Record], tuple[str, int]]
) -> Iterator[tuple[Record, bool]]:
    """Pass over repeated records; of two with one id but other content both pass, and the later one wins."""
    seen: dict[str, int] = {}
    for record in records:
        name, content = identify(record)
        before = seen.get(name)
        if before is not None:
            tally.merge("same row" if before == content else "same id, later row kept")
        if before != content:
            seen[name] = content
            yield record, before is None

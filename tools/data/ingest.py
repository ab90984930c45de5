"""From files to the stores: rows are read, cleaned, checked, counted, and each kind written at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from handpicked.tools.data import packed
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
from handpicked.tools.data.readers import Source
from handpicked.tools.data.rejects import Rejects
from handpicked.tools.data.report import (
    EventFacts,
    IngestReport,
    ItemFacts,
    ItemTally,
    KindReport,
    event_facts,
)
from handpicked.tools.data.rows import Broken, Row
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Campaign, Dialogue, Event, Item

Progress = Callable[[str, int, int | None], None]
Record = TypeVar("Record", Item, User, Event, Campaign, Dialogue)

_PROGRESS_ROWS = 5_000
_DAY_S = 86_400


@dataclass(slots=True)
class _Tally:
    """Counts of one kind while it is read."""

    kind: Kind
    rejects: Rejects
    progress: Progress | None
    total: int
    place: tuple[Path, int] = (Path(), 0)
    read: int = 0
    rejected: int = 0
    merged: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    notes: Counter[str] = field(default_factory=Counter[str])
    first: dict[str, str] = field(default_factory=dict[str, str])
    nested: set[str] = field(default_factory=set[str])
    attributes: set[str] = field(default_factory=set[str])

    def count(self, path: Path, number: int) -> None:
        self.read += 1
        self.place = (path, number)
        if self.progress and self.read % _PROGRESS_ROWS == 0:
            self.progress(self.kind, self.read, max(self.total, self.read))

    def reject(self, why: Rejected, row: Row | str) -> None:
        self.rejected += 1
        self._remember(self.reasons, why.reason, why.detail)
        self.rejects.write(*self.place, str(why), row)

    def merge(self, reason: str) -> None:
        """Count the present row as merged."""
        self.merged += 1
        self._remember(self.reasons, reason)

    def merge_in_store(self, reason: str, count: int) -> None:
        """Count rows that the database found to be there; nobody knows which they were."""
        if count:
            self.merged += count
            self.reasons[reason] += count

    def note_kept(self, row: Row, record: object) -> None:
        """Note what was left out of an item or a user, and what was made an attribute."""
        self.nested.update(name for name, value in row.items() if is_nested(value))
        if isinstance(record, Item):
            self.attributes.update(record.attributes, record.vectors)
            if record.year is None and _has_year(row):
                self._remember(self.notes, "year out of range, left out", repr(row["year"]))
        elif isinstance(record, tuple):
            self.attributes.update(cast(User, record)[1])

    def note_remark(self, row: Row | Broken, remark: str) -> None:
        """Note a row of a file whose encoding is doubtful."""
        self._remember(self.notes, remark)
        if not isinstance(row, Broken) and any("\ufffd" in v for v in row.values() if isinstance(v, str)):
            self._remember(self.notes, "bytes that stand for no character, replaced by \ufffd")

    def _remember(self, counts: Counter[str], reason: str, detail: str = "") -> None:
        counts[reason] += 1
        if counts[reason] == 1:
            path, number = self.place
            self.first[reason] = f"{path} row {number}{': ' if detail else ''}{detail}"

    def report(self, ignored: tuple[str, ...]) -> KindReport:
        if self.progress:
            self.progress(self.kind, self.read, self.read)
        kept = self.read - self.merged - self.rejected
        reasons = dict(self.reasons.most_common())
        columns = tuple(sorted({*ignored, *self.nested}))
        return KindReport(
            self.read, kept, self.merged, self.rejected, reasons, dict(self.notes), columns,
            tuple(sorted(self.attributes)), self.first,
        )  # fmt: skip


def ingest(
    workspace: Workspace,
    files: IngestFiles,
    *,
    mapping: Mapping[str, str] | None = None,
    on_progress: Progress | None = None,
    now: float | None = None,
) -> IngestReport:
    """Read files into a workspace's databases, items first.

    `mapping` gives the source column of a target column, `{"item_id": "movieId"}`; a target may be of one
    kind only, `events.value`. `now` is in seconds since 1970, by default the clock's; nothing can have happened a
    day after it. `on_progress` is told kind, rows read and rows expected.

    A kind is read and checked to its end while others may write, then written in one transaction. So a run that
    fails or is killed leaves the kinds before as they are in the files, its own and those after as they were, and
    the same run again gives what one run would have given. Rejected rows are in `rejects.csv` of the workspace,
    which holds the last run's only. Raises `DataError` for unusable files or columns.
    """
    latest = (time.time() if now is None else now) + _DAY_S
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
                events = _ingest_events(workspace, given, tally, latest)
            else:
                _OTHERS[given.kind](workspace, given, tally)
            kinds[given.kind] = tally.report(ignored_columns(given))
    return IngestReport(kinds, items, events, rejects.path if rejects.count else None)


def _ingest_items(workspace: Workspace, given: Input, tally: _Tally) -> ItemFacts:
    facts, lengths = ItemTally(), dict[str, int]()

    def parser(source: Source) -> Callable[[Row], Item]:
        return lambda row: _of_one_length(parse_item(row, infer=not source.typed), lengths)

    def items() -> Iterator[Item]:
        records = _accepted(given, tally, parser)
        for item, is_new in _distinct(records, tally, lambda item: (item.item_id, key_of(encode(item)))):
            if is_new:
                facts.add(item)
            yield item

    workspace.catalog.upsert(items())
    return facts.facts()


def _of_one_length(item: Item, lengths: dict[str, int]) -> Item:
    """The item, unless a vector is of another length than the first of its column."""
    found = {name: packed.size(text) for name, text in item.vectors.items()}
    for name, length in found.items():
        if length != lengths.get(name, length):
            raise Rejected(
                f"{name} of another length", f"{length} numbers; the first of this column has {lengths[name]}"
            )
    lengths.update(found)
    return item


def _ingest_users(workspace: Workspace, given: Input, tally: _Tally) -> Upserted:
    records = _accepted(given, tally, lambda source: partial(parse_user, infer=not source.typed))
    distinct = _distinct(records, tally, lambda user: (user[0], key_of(dump(user[1]))))
    return workspace.events.upsert_users(user for user, _ in distinct)


def _ingest_campaigns(workspace: Workspace, given: Input, tally: _Tally) -> Upserted:
    records = _accepted(given, tally, lambda source: parse_campaign)
    distinct = _distinct(records, tally, lambda campaign: (campaign.campaign_id, key_of(encode(campaign))))
    return workspace.catalog.upsert_campaigns(campaign for campaign, _ in distinct)


def _ingest_events(workspace: Workspace, given: Input, tally: _Tally, latest: float) -> EventFacts:
    known = workspace.catalog.ids()
    mapped = {id(source): columns for source, columns in given.sources}

    def parser(source: Source) -> Callable[[Row], Event]:
        has_kind = "event" in source.columns or "event" in mapped[id(source)]
        return lambda row: parse_event(row, known, has_kind=has_kind, latest=latest)

    before = workspace.events.revision()
    done = workspace.events.append(_accepted(given, tally, parser))
    tally.merge_in_store("same event", done.duplicates)
    return event_facts(workspace.events.columns(after=before))


def _ingest_dialogues(workspace: Workspace, given: Input, tally: _Tally) -> Appended:
    known = workspace.catalog.ids()
    records = _accepted(given, tally, lambda source: lambda row: parse_dialogue(row, known))
    done = workspace.events.append_dialogues(records)
    tally.merge_in_store("same dialogue turn", done.duplicates)
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
            tally.count(source.path, number)
            if source.remark:
                tally.note_remark(row, source.remark)
            if isinstance(row, Broken):
                tally.reject(Rejected(row.reason, row.detail), row.content)
                continue
            named = renamed(row, columns) if columns else row
            try:
                record = parse(named)
            except Rejected as why:
                tally.reject(why, row)
                continue
            if given.kind in KEEPS_ATTRIBUTES:
                tally.note_kept(named, record)
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

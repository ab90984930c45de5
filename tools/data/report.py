"""What an ingest found: counts that add up, and what the data look like."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handpicked.tools.data.clean import same_title
from handpicked.tools.data.codec import key_of
from handpicked.tools.data.event_store import EventColumns
from handpicked.tools.data.parse import OPTIONAL, Kind
from handpicked.tools.types import Item, Json

BOT_EVENTS_PER_DAY = 10_000
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class KindReport:
    """Rows of one kind: read = kept + merged + rejected; `reasons` counts the merged and the rejected.

    `notes` counts rows that were kept although something was odd. `attributes` are the columns kept as such, or as vectors;
    `first` tells of each reason and note where it came up first: file, row and value.
    """

    read: int
    kept: int
    merged: int
    rejected: int
    reasons: Mapping[str, int]
    notes: Mapping[str, int] = field(default_factory=dict[str, int])
    ignored_columns: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    first: Mapping[str, str] = field(default_factory=dict[str, str])

    def as_json(self) -> dict[str, Json]:
        """Give plain values."""
        return {
            "read": self.read,
            "kept": self.kept,
            "merged": self.merged,
            "rejected": self.rejected,
            "reasons": dict(self.reasons),
            "notes": dict(self.notes),
            "ignored_columns": list(self.ignored_columns),
            "attributes": list(self.attributes),
            "first": dict(self.first),
        }


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """The items of a run: how many by domain, which share lacks a field, how many repeat another's title."""

    domains: Mapping[str, int]
    missing: Mapping[str, float]
    near_duplicates: int

    def as_json(self) -> dict[str, Json]:
        """Give plain values."""
        return {
            "domains": dict(self.domains),
            "missing": dict(self.missing),
            "near_duplicates": self.near_duplicates,
        }


@dataclass(frozen=True, slots=True)
class EventFacts:
    """The events that a run added. `first` and `last` are in seconds since 1970."""

    users: int
    items: int
    kinds: Mapping[str, int]
    first: float | None
    last: float | None
    one_event_users: int
    suspected_bots: tuple[str, ...]

    def as_json(self) -> dict[str, Json]:
        """Give plain values."""
        return {
            "users": self.users,
            "items": self.items,
            "kinds": dict(self.kinds),
            "first": self.first,
            "last": self.last,
            "one_event_users": self.one_event_users,
            "suspected_bots": list(self.suspected_bots),
        }


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a run did, by kind; `rejects` is the file with the rejected rows, None when there are none."""

    kinds: Mapping[Kind, KindReport]
    items: ItemFacts | None
    events: EventFacts | None
    rejects: Path | None

    def as_json(self) -> dict[str, Json]:
        """Give plain values."""
        return {
            "kinds": {kind: report.as_json() for kind, report in self.kinds.items()},
            "items": self.items.as_json() if self.items else None,
            "events": self.events.as_json() if self.events else None,
            "rejects": str(self.rejects) if self.rejects else None,
        }


@dataclass(slots=True)
class ItemTally:
    """Counts over a stream of items, each id once. Of titles, years and creators it keeps numbers only."""

    domains: Counter[str] = field(default_factory=Counter[str])
    missing: Counter[str] = field(default_factory=Counter[str])
    _titles: array[int] = field(default_factory=lambda: array("q"))
    _years: array[int] = field(default_factory=lambda: array("h"))
    _creators: array[int] = field(default_factory=lambda: array("q"))
    _ends: array[int] = field(default_factory=lambda: array("q", [0]))

    def add(self, item: Item) -> None:
        """Count one item."""
        self.domains[item.domain] += 1
        self.missing.update(name for name in OPTIONAL["items"] if getattr(item, name) in (None, "", ()))
        self._titles.append(key_of(f"{item.domain}\x1f{same_title(item.title)}"))
        self._years.append(item.year or 0)
        self._creators.extend(map(key_of, item.creators))
        self._ends.append(len(self._creators))

    def facts(self) -> ItemFacts:
        """Give what was counted."""
        total = self.domains.total()
        shares = {
            name: round(self.missing[name] / total, 4) for name in OPTIONAL["items"] if self.missing[name]
        }
        return ItemFacts(dict(self.domains.most_common()), shares, self._near_duplicates())

    def _near_duplicates(self) -> int:
        titles = np.frombuffer(self._titles, np.int64) if self._titles else np.zeros(0, np.int64)
        order = np.argsort(titles, kind="stable")
        starts = np.flatnonzero(np.diff(titles[order], prepend=titles[order][:1] - 1))
        return sum(self._repeats(twins.tolist()) for twins in np.split(order, starts[1:]) if len(twins) > 1)

    def _repeats(self, twins: list[int]) -> int:
        """Count the items of one title that may be the same as one before them."""
        known: dict[tuple[int, frozenset[int]], None] = {}
        count = 0
        for item in twins:
            made = (self._years[item], frozenset(self._creators[self._ends[item] : self._ends[item + 1]]))
            count += any(_alike(made, other) for other in known)
            known[made] = None
        return count


def event_facts(columns: EventColumns) -> EventFacts:
    """Describe a log."""
    times = columns.timestamp[~np.isnan(columns.timestamp)]
    by_user = np.bincount(columns.user, minlength=len(columns.users))
    by_kind = np.bincount(columns.kind, minlength=len(columns.kinds))
    return EventFacts(
        users=len(columns.users),
        items=len(columns.items),
        kinds={kind: int(count) for kind, count in zip(columns.kinds, by_kind, strict=True)},
        first=float(times.min()) if len(times) else None,
        last=float(times.max()) if len(times) else None,
        one_event_users=int((by_user == 1).sum()),
        suspected_bots=tuple(_bots(columns, by_user)),
    )


def _bots(columns: EventColumns, by_user: NDArray[np.int64]) -> Iterator[str]:
    """Give the users with more than `BOT_EVENTS_PER_DAY` events on one day."""
    for user in np.flatnonzero(by_user > BOT_EVENTS_PER_DAY):
        times = columns.timestamp[columns.user == user]
        _, counts = np.unique(np.floor(times[~np.isnan(times)] / _DAY_S), return_counts=True)
        if counts.max(initial=0) > BOT_EVENTS_PER_DAY:
            yield columns.users[user]


def _alike(one: tuple[int, frozenset[int]], other: tuple[int, frozenset[int]]) -> bool:
    """Whether two makings, year (0 for none) and creators, may be those of one thing."""
    if one[0] and other[0] and abs(one[0] - other[0]) > 1:
        return False
    return not one[1] or not other[1] or not one[1].isdisjoint(other[1])

"""What was shown, joined with what the user then did with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from handpicked.tools.data.event_store import EventStore
from handpicked.tools.types import Event

OPENED = frozenset({"view", "click", "play", "read"})
BOUGHT = frozenset({"purchase", "redeem"})
TAKEN = frozenset({"play", "read", "like", "cart"}) | BOUGHT
"""What is more than a look."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Impression:
    """An item in its place of a list, and what came of it; `dwell_s` are the seconds that events with this item of this list
    told, `read_s` those of events `read`; None where none told any. `event` is the item as it was shown."""

    event: Event
    opened: bool = False
    bought: bool = False
    taken: bool = False
    dwell_s: float | None = None
    read_s: float | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """All impressions of a log. `unlisted` impressions have no list, and `unmatched` responses no impression of their user, list
    and item: they are in no figure."""

    impressions: list[Impression] = field(default_factory=list[Impression])
    unlisted: int = 0
    unmatched: int = 0


def read(store: EventStore) -> Shown:
    """The impressions of a workspace, those of the table `shown` and those that were ingested, once each."""
    return joined(store.shown.impressions(), store.listed())


def joined(shown: Iterable[Event], listed: Iterable[Event]) -> Shown:
    """Lists that were shown, and events that carry a list: further impressions, and what users did."""
    impressions: dict[Key, Event] = {}
    responses: defaultdict[Key, list[Event]] = defaultdict(list)
    unlisted = 0
    for event in shown:
        impressions.setdefault(_key(event), event)
    for event in listed:
        if event.event != "impression":
            responses[_key(event)].append(event)
        elif event.list_id is None:
            unlisted += 1
        else:
            impressions.setdefault(_key(event), event)
    found = [_with(event, responses.pop(key, [])) for key, event in impressions.items()]
    return Shown(found, unlisted, sum(map(len, responses.values())))


def _with(shown: Event, responses: list[Event]) -> Impression:
    kinds = {event.event for event in responses}
    return replace(
        Impression(shown),
        opened=bool(kinds & OPENED),
        bought=bool(kinds & BOUGHT),
        taken=bool(kinds & TAKEN),
        dwell_s=_seconds(responses),
        read_s=_seconds([event for event in responses if event.event == "read"]),
    )


def _seconds(events: list[Event]) -> float | None:
    told = [event.dwell_s for event in events if event.dwell_s is not None]
    return sum(told) if told else None


def _key(event: Event) -> Key:
    return event.user_id, event.list_id or "", event.item_id

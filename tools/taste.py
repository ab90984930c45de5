"""What events say of a user's taste."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf

from handpicked.tools.data.profile_store import Label
from handpicked.tools.types import Event

_LIKED = frozenset({"view", "click", "play", "read", "like", "cart", "purchase", "redeem"})
_GOOD_RATING = 3.0
"""Ratings are on a five-point scale; from here on they speak for an item."""


def liked(events: Iterable[Event]) -> list[str]:
    """Items that the user chose, in the order of the events, each once; refused ones left out."""
    given = list(events)
    refused = set(disliked(given))
    return [
        item_id
        for item_id in dict.fromkeys(e.item_id for e in given if _speaks_for(e))
        if item_id not in refused
    ]


def disliked(events: Iterable[Event]) -> list[str]:
    """Items that the user disliked or rated low."""
    return list(dict.fromkeys(event.item_id for event in events if _speaks_against(event)))


def with_words(events: Sequence[Event], labels: Sequence[Label], user_id: str) -> tuple[Event, ...]:
    """Events, newest first, with what the user said of items among them; a word goes before the events until then that
    say otherwise."""
    said = [_event(label, user_id) for label in labels if label.field == "item_id"]
    latest: Mapping[str, Event] = {event.item_id: event for event in reversed(said)}
    kept = [event for event in events if not _overruled(event, latest.get(event.item_id))]
    return tuple(sorted([*said, *kept], key=lambda event: -_time(event)))


def _event(label: Label, user_id: str) -> Event:
    # An impression says that the item was had, and nothing of how it was.
    kind = {"like": "like", "dislike": "dislike"}.get(label.stance, "impression")
    return Event(user_id, label.label, kind, label.at, scene=label.scene or None)


def _overruled(event: Event, word: Event | None) -> bool:
    if word is None or _time(event) > _time(word):
        return False
    return (_speaks_for(event) and _speaks_against(word)) or (_speaks_against(event) and _speaks_for(word))


def _time(event: Event) -> float:
    """Without a time, an event is older than all others."""
    return event.timestamp if event.timestamp is not None else -inf


def _speaks_for(event: Event) -> bool:
    if event.event == "rate":
        return event.value is not None and event.value >= _GOOD_RATING
    return event.event in _LIKED


def _speaks_against(event: Event) -> bool:
    rated_low = event.event == "rate" and event.value is not None and event.value < _GOOD_RATING
    return rated_low or event.event == "dislike"

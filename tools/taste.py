"""What events say of a user's taste."""

from __future__ import annotations

from collections.abc import Iterable

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


def _speaks_for(event: Event) -> bool:
    if event.event == "rate":
        return event.value is not None and event.value >= _GOOD_RATING
    return event.event in _LIKED


def _speaks_against(event: Event) -> bool:
    rated_low = event.event == "rate" and event.value is not None and event.value < _GOOD_RATING
    return rated_low or event.event == "dislike"

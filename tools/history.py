"""`history`: what this user did, and the interests that it shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from handpicked.tools import taste
from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.types import Candidate, Event, Found, Json

_INTERESTS = 8
_EVIDENCE = 3


@tool
def history(context: Context, limit: Annotated[int, Field(ge=1, le=100)] = 20) -> Found:
    """Tell what this user chose lately and which interests show in it, each with the items behind it."""
    if context.user_id is None:
        return Found()
    events = context.past
    chosen = [item_id for item_id in taste.liked(events) if context.snapshot.row(item_id) is not None]
    candidates = tuple(Candidate(item_id, 1.0 / rank) for rank, item_id in enumerate(chosen[:limit], 1))
    return Found(
        candidates, {"events": len(events), "interests": interests(context.snapshot, chosen, events)}
    )


def interests(snapshot: Snapshot, chosen: Sequence[str], events: Sequence[Event]) -> list[dict[str, Json]]:
    """Labels (categories and people) by how often they stand in what was chosen, with example items."""
    counts: Counter[tuple[str, str]] = Counter()
    evidence: dict[tuple[str, str], list[str]] = defaultdict(list)
    ratings = {event.item_id: event.value for event in events if event.event == "rate"}
    for item_id in sorted(chosen, key=lambda i: -(ratings.get(i) or 0.0)):
        item = snapshot.get(item_id)
        if item is None:
            continue
        for label in (*item.categories, *item.creators):
            key = (item.domain, label)
            counts[key] += 1
            evidence[key].append(item.item_id)
    top = sorted(counts, key=lambda key: (-counts[key], key))[:_INTERESTS]
    return [
        {"domain": key[0], "label": key[1], "count": counts[key], "items": evidence[key][:_EVIDENCE]}
        for key in top
    ]

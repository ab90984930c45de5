"""What a user did just now as evidence of the scene: someone who puts things in a cart is shopping, whatever the page."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from handpicked.agent.scenes import Scenes
from handpicked.agent.types import Request
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.index import Snapshot
from handpicked.tools.types import Event

_EVENTS = 20
"""How many of a user's latest events are looked at."""
_WINDOW_S = 3600.0
_HALF_LIFE_S = 900.0
_BUYING = frozenset({"cart", "purchase", "redeem"})
_WEIGHTS = {
    "view": 0.5,
    "click": 0.5,
    "like": 0.5,
    "rate": 0.5,
    "play": 1.0,
    "read": 1.0,
    **dict.fromkeys(_BUYING, 1.0),
}
"""What an event says of where its user is: less where it is looked at, more where it is used."""
_TYPED, _SILENT = 1.0, 6.0
"""The most log-odds that it adds, to words and to a turn without any: all judgements, there are no turns to learn them from."""


def of_user(request: Request, store: EventStore, snapshot: Snapshot, scenes: Scenes) -> Mapping[str, float]:
    """How far the latest events of a request's user speak for each scene, at the time of the request."""
    if request.user_id is None:
        return {}
    now = request.context.now if request.context.now is not None else time.time()
    return lately(store.recent(request.user_id, _EVENTS), snapshot, scenes, now)


def lately(events: Iterable[Event], snapshot: Snapshot, scenes: Scenes, now: float) -> Mapping[str, float]:
    """How far the last hour's events speak for each scene, below 1 in all; the latest count most.

    An event's own scene counts, else buying is of the scenes of goods and the rest of those that offer its item."""
    strength: dict[str, float] = defaultdict(float)
    for event in events:
        age = now - event.timestamp if event.timestamp is not None else -1.0
        if not 0.0 <= age <= _WINDOW_S:
            continue
        weight = _WEIGHTS.get(event.event, 0.0) * 0.5 ** (age / _HALF_LIFE_S)
        names = _scenes_of(event, snapshot, scenes) if weight else ()
        for name in names:
            strength[name] += weight / len(names)
    total = sum(strength.values())
    return {name: value / (1.0 + total) for name, value in strength.items()}


def evidence(strength: Mapping[str, float], *, typed: bool) -> Mapping[str, float]:
    """Log-odds by scene of what was done lately: little beside words, more where nothing is said."""
    return {name: (_TYPED if typed else _SILENT) * value for name, value in strength.items()}


def _scenes_of(event: Event, snapshot: Snapshot, scenes: Scenes) -> Sequence[str]:
    if event.scene is not None and event.scene in scenes:
        return (event.scene,)
    if event.event in _BUYING:
        return [name for name, scene in scenes.items() if not scene.titles]
    item = snapshot.get(event.item_id)
    return [name for name, scene in scenes.items() if item is not None and item.domain in scene.domains]

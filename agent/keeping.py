"""What is kept of a turn: the conversation, what it tells of a taste, and the lists that are to be learned from."""

from __future__ import annotations

from collections.abc import Sequence

from handpicked.agent import memory, profile
from handpicked.agent.scenes import LIST_TASKS
from handpicked.agent.turn import Turn
from handpicked.agent.types import RankedList
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.errors import DataError
from handpicked.tools.types import Event


def keep(events: EventStore, turn: Turn, lists: Sequence[RankedList], text: str) -> list[str]:
    """Keep what there is to keep; what can't be kept costs memory, not the answer, and is told."""
    request, context = turn.request, turn.context
    said = profile.Said(request.session_id, len(turn.memory.turns) + 1, context.now)
    known = context.user_id is not None
    learnt = profile.learnt(context.snapshot, request, turn.reading, said) if known else ()
    try:
        if request.session_id:
            after = memory.remember(turn.memory, request, turn.reading, tuple(lists), text)
            events.save_session(request.session_id, request.user_id, memory.dump(after))
        if learnt and context.user_id is not None:
            events.profile.add(context.user_id, learnt, wait_s=2.0)
        events.shown.add(impressions(turn, lists), request.session_id)
    except DataError as err:
        return [f"memory: {err}"]
    return []


def impressions(turn: Turn, lists: Sequence[RankedList]) -> list[Event]:
    """The items of the lists of a known user as events, where the scene explores or the user is in an experiment; else none:
    without a draw every propensity is 1 and tells nothing. Only an experiment keeps searches."""
    user_id = turn.context.user_id
    if user_id is None or not (turn.scene.explore or turn.policy):
        return []
    tasks = LIST_TASKS if turn.policy else ("recommend",)
    return [
        Event(
            user_id,
            item.item_id,
            "impression",
            turn.context.now,
            scene=turn.reading.scene.name,
            list_id=ranked.list_id,
            position=item.rank,
            propensity=item.propensity,
            policy=turn.policy,
            task=ranked.task,
        )
        for ranked in lists
        if ranked.task in tasks
        for item in ranked.items
    ]

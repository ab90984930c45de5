"""What was shown last, when a turn is about it: asked for again, asked why, or counted past its end."""

from __future__ import annotations

from handpicked.agent import followups, ordinals
from handpicked.agent.memory import Memory
from handpicked.agent.types import Reading


def items(message: str, reading: Reading, memory: Memory) -> tuple[str, ...]:
    """The items to show once more: where that is asked for, where "the seventh one" of four is, and where it is asked
    why they were picked."""
    wondered = reading.tasks == ("explain",) and not reading.like and bool(memory.why)
    if wondered or followups.asks_again(message) or missed(message, memory) is not None:
        return memory.last
    return ()


def missed(message: str, memory: Memory) -> int | None:
    """How many items were shown, where a message counts past the last of them; else None."""
    count = len(memory.last)
    beyond = any(place >= count for one in ordinals.counted(message) for place in one.places)
    return count if count and beyond else None

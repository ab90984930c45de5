"""The state of a conversation: small, validated JSON; what was said, shown, liked and refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from handpicked.agent.types import RankedList, Reading, Request
from handpicked.tools.errors import DataError

_TURNS = 20
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Turn:
    """One past turn."""

    message: str
    answer: str
    scene: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What a conversation remembers; `shown` holds item ids, the latest last."""

    turns: tuple[Turn, ...] = ()
    shown: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    dislike: tuple[str, ...] = ()

    @property
    def previous(self) -> str | None:
        """The user's message before this one."""
        return self.turns[-1].message if self.turns else None


_MEMORY: TypeAdapter[Memory] = TypeAdapter(Memory)


def recall(document: str | None, request: Request) -> Memory:
    """The state to start a turn from; a client's own history, where it sends one, replaces the turns.

    Raises DataError for a state that is not one."""
    try:
        memory = _MEMORY.validate_json(document) if document else Memory()
    except ValidationError as err:
        raise DataError(f"the state of session {request.session_id!r} can't be read: {err}") from err
    if request.messages is None:
        return memory
    said = [m.content for m in request.messages if m.role == "user"]
    return replace(memory, turns=tuple(Turn(text, "", "") for text in said[-_TURNS:]))


def remember(
    memory: Memory, request: Request, reading: Reading, lists: tuple[RankedList, ...], text: str
) -> Memory:
    """The state after a turn."""
    shown = [item.item_id for ranked in lists for item in ranked.items]
    turn = Turn(request.message, text, reading.scene.name)
    return Memory(
        turns=(*memory.turns, turn)[-_TURNS:],
        shown=tuple(dict.fromkeys((*memory.shown, *shown)))[-_SHOWN:],
        like=tuple(dict.fromkeys((*memory.like, *reading.like))),
        dislike=tuple(dict.fromkeys((*memory.dislike, *reading.dislike))),
    )


def dump(memory: Memory) -> str:
    """The state as JSON."""
    return _MEMORY.dump_json(memory).decode()

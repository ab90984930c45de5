"""What a conversation remembers."""

from __future__ import annotations

import pytest

from handpicked.agent import memory
from handpicked.agent.memory import Memory
from handpicked.agent.types import ListItem, Message, RankedList, Reading, Request, SceneGuess
from handpicked.tools.errors import DataError


def _shown(*item_ids: str) -> tuple[RankedList, ...]:
    items = tuple(ListItem(n, i, i, 1.0, "", {}, False, ()) for n, i in enumerate(item_ids, 1))
    return (RankedList("recommend", "", items),)


def _after(
    state: Memory, message: str, *shown: str, like: tuple[str, ...] = (), dislike: tuple[str, ...] = ()
) -> Memory:
    reading = Reading(SceneGuess("watch", 1.0), ("recommend",), like=like, dislike=dislike)
    return memory.remember(state, Request(message), reading, _shown(*shown), "an answer")


def test_a_turn_is_remembered_with_what_was_shown_and_named() -> None:
    state = _after(_after(Memory(), "one", "a", "b", like=("x",)), "two", "b", "c", dislike=("y",))
    assert state.previous == "two"
    assert (state.shown, state.like, state.dislike) == (("a", "b", "c"), ("x",), ("y",))
    assert [turn.scene for turn in state.turns] == ["watch", "watch"]


def test_a_state_survives_being_stored() -> None:
    state = _after(Memory(), "今晚看什么", "a", like=("x",))
    assert memory.recall(memory.dump(state), Request("next")) == state


def test_nothing_stored_is_an_empty_state() -> None:
    assert memory.recall(None, Request("hi")) == Memory()
    assert Memory().previous is None


def test_a_clients_own_history_replaces_the_turns() -> None:
    state = _after(Memory(), "stored", "a")
    history = (Message("user", "mine"), Message("assistant", "yours"), Message("user", "mine again"))
    recalled = memory.recall(memory.dump(state), Request("hi", messages=history))
    assert [turn.message for turn in recalled.turns] == ["mine", "mine again"]
    assert recalled.shown == ("a",)


def test_a_state_stays_small() -> None:
    state = Memory()
    for number in range(60):
        state = _after(state, f"turn {number}", *(f"i{number}-{n}" for n in range(20)))
    assert len(state.turns) == 20
    assert len(state.shown) == 500
    assert state.shown[-1] == "i59-19"


def test_a_broken_state_is_named() -> None:
    with pytest.raises(DataError, match="'s1'"):
        memory.recall('{"turns": 3}', Request("hi", session_id="s1"))

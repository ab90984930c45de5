"""What a conversation remembers."""

from __future__ import annotations

from typing import Any

import pytest

from handpicked.agent import memory
from handpicked.agent.memory import Memory, Turn
from handpicked.agent.types import ListItem, Message, RankedList, Reading, Request, SceneGuess
from handpicked.tools.errors import DataError
from handpicked.tools.types import Constraint


def _shown(*item_ids: str, task: str = "recommend", **facts: float) -> tuple[RankedList, ...]:
    items = tuple(ListItem(n, i, i, 1.0, "", facts, False, ()) for n, i in enumerate(item_ids, 1))
    return (RankedList(task, "", items),)


def _after(state: Memory, message: str, *shown: str, **reading: Any) -> Memory:
    given: dict[str, Any] = {"scene": SceneGuess("watch", 1.0), "tasks": ("recommend",)} | reading
    return memory.remember(state, Request(message), Reading(**given), _shown(*shown), "an answer")


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


def test_an_item_stands_where_the_latest_word_put_it() -> None:
    state = _after(Memory(), "liked a and b, hated c, seen d", like=("a", "b"), dislike=("c",), seen=("d",))
    assert (state.like, state.dislike, state.seen) == (("a", "b"), ("c",), ("d",))
    state = _after(
        state, "actually I liked c, b not so much, and I've seen a", like=("c",), dislike=("b",), seen=("a",)
    )
    assert (state.like, state.dislike, state.seen) == (("c",), ("b",), ("d", "a"))


def test_a_title_that_is_only_asked_about_is_no_taste() -> None:
    state = _after(Memory(), "what's a about", tasks=("summarize",), like=("a", "b"), about=("a",))
    assert state.like == ("b",)


def test_the_last_lists_are_kept_in_order_until_others_are_shown() -> None:
    state = _after(Memory(), "films", "c", "a", "b")
    assert state.last == ("c", "a", "b")
    assert _after(state, "thanks", scene=SceneGuess("chat", 1.0), tasks=("chitchat",)).last == ("c", "a", "b")
    asked = _after(state, "what's the second about", "a", tasks=("summarize",), like=("a",), about=("a",))
    assert asked.last == ("c", "a", "b")
    other = _after(state, "what's x about", "x", tasks=("summarize",), like=("x",), about=("x",))
    assert other.last == ("x",)


def test_offers_are_shown_but_are_none_of_the_last_list() -> None:
    reading = Reading(SceneGuess("shop", 1.0), ("recommend", "ads"))
    lists = (*_shown("a", price=2.0), *_shown("b", task="ads", price=9.0))
    state = memory.remember(Memory(), Request("snacks"), reading, lists, "")
    assert (state.last, state.shown, state.measures) == (("a",), ("a", "b"), {"price": 2.0})


def test_the_middle_of_what_was_shown_is_measured() -> None:
    lists = (*_shown("a", year=1950, runtime=90), *_shown("b", year=1990), *_shown("c", year=1970))
    state = memory.remember(Memory(), Request("films"), Reading(SceneGuess("watch", 1.0), ()), lists, "")
    assert state.measures == {"year": 1970.0, "runtime": 90.0}


def test_a_state_with_a_wish_in_force_survives_being_stored() -> None:
    wishes = (
        Constraint("year", "range", (None, 1959), "text", "before 1960"),
        Constraint("price", "range", (0.5, 2), "memory", ""),
        Constraint("in_stock", "in", (True,), "context"),
    )
    state = _after(
        Memory(), "old films", "a", query="films", constraints=wishes, prefer=wishes[:1], seen=("b",)
    )
    assert state.topic is not None
    assert state.topic.constraints == wishes
    assert memory.recall(memory.dump(state), Request("next")) == state


def test_a_state_of_an_earlier_version_loads() -> None:
    old = '{"turns": [{"message": "hi", "answer": "yes", "scene": "chat"}], "shown": ["a"], "like": ["b"], "dislike": []}'
    assert memory.recall(old, Request("next")) == Memory((Turn("hi", "yes", "chat"),), ("a",), ("b",))


def test_a_turn_that_asks_to_forget_is_not_kept() -> None:
    state = _after(
        _after(Memory(), "I like horror"), "forget that I like horror", forget="Horror", tasks=("chitchat",)
    )
    assert [turn.message for turn in state.turns] == ["I like horror"]

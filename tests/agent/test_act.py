from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from handpicked.agent import act, scenes
from handpicked.agent.memory import Memory, Turn
from handpicked.agent.types import CartLine, Reading, Request, SceneGuess, Surroundings
from handpicked.tools.data import shelf
from handpicked.tools.data.blend import Blend
from handpicked.tools.data.learned import Learned
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint, ToolCall, ToolResult

WATCH = Reading(SceneGuess("watch", 1.0), ("recommend",), query="robots in the rain")


def plan(bound_to: Context, reading: Reading = WATCH, **request: object) -> list[ToolCall]:
    scene = scenes.load()[reading.scene.name]
    return act.plan(Request("robots", **request), reading, Memory(), scene, bound_to)  # type: ignore[arg-type]


def names(calls: Sequence[ToolCall]) -> list[str]:
    return [wanted.name for wanted in calls]


def test_a_tool_with_nothing_to_work_on_is_not_called(context: Context) -> None:
    assert names(plan(context)) == ["search", "dialogues", "popular"]
    assert names(plan(context, replace(WATCH, query="some"))) == ["dialogues", "popular"]


def test_a_known_user_adds_history_and_collaborative_filtering(context: Context) -> None:
    assert {"history", "collab"} <= set(names(plan(context, user_id="u1")))


def test_a_learned_blend_is_told_all_that_was_said_and_named(context: Context) -> None:
    items = shelf.shelf([context.snapshot.item(0)], np.zeros((1, 2), np.float32))
    learned = Learned(items, (), (), Blend(np.zeros(1, np.float32), ""))
    build = replace(context.snapshot.build, learned=learned)
    bound_to = replace(context, snapshot=replace(context.snapshot, build=build))
    said = tuple(Turn(f"said {n}", "", "watch") for n in range(5))
    memory = Memory(turns=said, like=("f1",), seen=("f2",))
    reading = replace(WATCH, like=("f3",))
    calls = act.plan(Request("and now?"), reading, memory, scenes.load()["watch"], bound_to)
    [arguments] = [call.arguments for call in calls if call.name == "dialogues"]
    assert arguments["utterances"] == [*(f"said {n}" for n in range(5)), "and now?"]
    assert arguments["item_ids"] == ["f2", "f1", "f3"]


def test_named_titles_and_the_cart_are_the_seeds_and_what_is_gone_is_not(context: Context) -> None:
    given = Surroundings(cart=(CartLine("g1"), CartLine("gone")))
    calls = plan(context, replace(WATCH, like=("f1",)), context=given)
    seeds = next(wanted for wanted in calls if wanted.name == "similar").arguments["item_ids"]
    assert seeds == ["f1", "g1"]


def test_every_search_keeps_the_constraints(context: Context) -> None:
    bound = Constraint("year", "range", (None, 1970))
    for wanted in plan(context, replace(WATCH, constraints=(bound,))):
        assert wanted.arguments["constraints"] == [{"field": "year", "op": "range", "value": [None, 1970]}]


@pytest.mark.parametrize(
    ("span", "bound"),
    [("cheap", False), ("便宜", False), ("under $3", True), ("五块以内", True), (None, True)],
)
def test_an_offer_keeps_an_amount_and_not_what_is_merely_cheap(
    context: Context, span: str | None, bound: bool
) -> None:
    price = Constraint("price", "range", (None, 3.0), span=span)
    shop = replace(WATCH, scene=SceneGuess("shop", 1.0), tasks=("recommend", "ads"), constraints=(price,))
    given = {wanted.name: wanted.arguments["constraints"] for wanted in plan(context, shop)}
    assert bool(given["ads"]) == bound
    assert given["popular"]


def test_a_leaning_runs_each_search_once_more_within_it(context: Context) -> None:
    calls = plan(context, replace(WATCH, prefer=(Constraint("categories", "in", ("Comedy",)),)))
    assert names(calls) == ["search", "dialogues", "search", "dialogues", "popular"]


def test_small_talk_calls_nothing(context: Context) -> None:
    assert plan(context, replace(WATCH, scene=SceneGuess("chat", 1.0))) == []


def test_a_call_over_the_budget_becomes_an_error_and_the_others_stay(context: Context) -> None:
    class Slow:
        name, dimensions = "slow", 512

        def query(self, text: str) -> object:
            time.sleep(0.6)
            return context.embedder.query(text)

    async def collect() -> list[ToolResult]:
        slow = replace(context, embedder=Slow())  # type: ignore[arg-type]
        calls = [ToolCall("search", {"query": "robots"}, "1"), ToolCall("popular", {}, "2")]
        return [result async for result in act.run(calls, slow, budget_ms=200)]

    found = {result.call.name: result for result in asyncio.run(collect())}
    assert found["popular"].candidates
    assert "200 ms" in str(found["search"].error)


def test_every_tool_has_a_description_and_a_schema_that_a_model_can_read() -> None:
    for tool in act.TOOLS.values():
        definition = tool.definition()["function"]
        assert len(definition["description"]) > 20
        assert definition["parameters"]["type"] == "object"
        assert "context" not in definition["parameters"]["properties"]


def test_a_question_about_a_title_looks_it_up_and_searches_only_for_what_else_is_told(
    context: Context,
) -> None:
    asked = Reading(SceneGuess("search", 1.0), ("summarize",), query="what's the plot of and who's in it", like=("f1",), about=("f1",))  # fmt: skip
    assert [c.arguments for c in plan(context, asked) if c.name == "lookup"] == [{"item_ids": ["f1"]}]
    assert "search" not in names(plan(context, asked))
    assert "search" in names(plan(context, replace(asked, query="the heist film with the shootout")))
    assert "search" in names(plan(context, replace(asked, query="in the rain", tasks=("recommend",))))


def test_who_asks_about_a_title_that_two_films_share_may_mean_either(context: Context) -> None:
    asked = Reading(SceneGuess("search", 1.0), ("search",), query="who directed", like=("f2",), about=("f2",))
    for message, found in (
        ("who directed Heat", [{"item_ids": ["f2"]}, {"title": "Heat"}]),
        ("who directed the second one", [{"item_ids": ["f2"]}]),
        ("who directed Heat (1995)", [{"item_ids": ["f2"]}]),
    ):
        calls = act.plan(Request(message), asked, Memory(), scenes.load()["search"], context)
        assert [wanted.arguments for wanted in calls if wanted.name == "lookup"] == found

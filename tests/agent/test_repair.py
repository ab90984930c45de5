"""Lists that break a wish are mended once: first without a model, then with one round of a capable model's calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from handpicked.agent import repair, scenes
from handpicked.agent.lists import Wish, ranked_lists
from handpicked.agent.llm.scripted import Answer, Asked, Call, ScriptedChat
from handpicked.agent.memory import Memory
from handpicked.agent.types import Lists, RankedList, Reading, Reply, Request, SceneGuess, Step, Surroundings
from handpicked.tools.data import build
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Candidate, Constraint, Embedder, Event, Item, ToolCall, ToolResult

SCENES = scenes.load()
WATCH = Reading(
    SceneGuess("watch", 1.0), ("recommend",), constraints=(Constraint("domain", "in", ("movie",)),)
)
COMEDY = Constraint("categories", "in", ("Comedy",))


def found(tool: str, *item_ids: str) -> ToolResult:
    return ToolResult(ToolCall(tool, {}), tuple(Candidate(item_id, 1.0) for item_id in item_ids))


def wish(context: Context, reading: Reading, *results: ToolResult, **request: Any) -> Wish:
    return Wish(Request("a film", **request), reading, Memory(), context, results, ())


def why(given: Wish) -> list[str]:
    return repair.breaks(given, ranked_lists(given, SCENES, 3), SCENES, 3)


def test_a_full_list_that_answers_is_left_alone(context: Context) -> None:
    assert why(wish(context, replace(WATCH, query="robots"), found("search", "f7", "f1", "f2"))) == []


def test_fewer_than_asked_for_are_too_few_where_the_catalogue_has_more(context: Context) -> None:
    given = wish(context, WATCH, found("popular", "f7", "f1"))
    assert why(given) == ["recommend: 2 items of 3, and the catalogue has 10 that may be shown"]


def test_as_many_as_there_are_are_enough(context: Context) -> None:
    old = (*WATCH.constraints, Constraint("year", "range", (None, 1960)))
    assert why(wish(context, replace(WATCH, constraints=old), found("popular", "f5", "f9"))) == []


def test_what_was_seen_is_not_counted_as_available(context: Context) -> None:
    given = wish(context, WATCH, found("popular", "f1"))
    past = tuple(Event("u", f"f{n}", "view") for n in range(2, 11))
    assert why(replace(given, past=past)) == []


def test_a_list_that_a_constraint_emptied_stays_empty_and_is_not_tried_again(context: Context) -> None:
    never = (*WATCH.constraints, Constraint("year", "range", (2030, 2030)))
    assert why(wish(context, replace(WATCH, constraints=never), found("popular", "f1"))) == []


def test_a_leaning_that_no_item_keeps_is_the_wrong_kind(context: Context) -> None:
    given = wish(context, replace(WATCH, prefer=(COMEDY,)), found("search", "f1", "f2", "f5"))
    assert why(given) == ["recommend: no item with categories in Comedy"]
    assert why(wish(context, replace(WATCH, prefer=(COMEDY,)), found("search", "f1", "f7", "f5"))) == []


def test_a_leaning_that_nothing_can_keep_is_let_go(context: Context) -> None:
    jazz = Constraint("categories", "in", ("Jazz",))
    assert why(wish(context, replace(WATCH, prefer=(jazz,)), found("search", "f1", "f2", "f5"))) == []


def test_a_list_that_is_merely_popular_does_not_answer_words(context: Context) -> None:
    popular = found("popular", "f1", "f2", "f5")
    assert why(wish(context, replace(WATCH, query="the robots"), popular)) == [
        "recommend: no item answers to 'robots'"
    ]
    assert why(wish(context, replace(WATCH, query="some"), popular)) == []


def test_calls_look_within_leanings_then_without_and_keep_what_is_hard(context: Context) -> None:
    reading = replace(WATCH, query="robots", prefer=(COMEDY,), like=("f1", "gone"))
    calls = repair.calls(wish(context, reading), SCENES["watch"])
    assert [call.name for call in calls] == ["search", "similar", "popular"] * 2
    for call in calls:
        assert {"field": "domain", "op": "in", "value": ["movie"]} in call.arguments["constraints"]  # type: ignore[operator]
    within = [len(call.arguments["constraints"]) for call in calls]  # type: ignore[arg-type]
    assert within == [2, 2, 2, 1, 1, 1]
    assert calls[0].arguments["query"] == "robots Comedy"
    assert calls[1].arguments["item_ids"] == ["f1"]


# Whole turns, in a catalogue in which the first hundred that are popular were seen.

SEEN, UNSEEN = 110, 40


@pytest.fixture(scope="module")
def worn(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Workspace:
    """Many films of one kind, all of the popular ones seen by u."""
    workspace = Workspace.open(tmp_path_factory.mktemp("worn"))
    workspace.catalog.upsert([_film(number) for number in range(SEEN + UNSEEN)])
    crowd = [Event(f"c{n}", f"f{n}", "view", 1.7e9 + n) for n in range(SEEN) for _ in range(2)]
    workspace.events.append([*crowd, *(Event("u", f"f{n}", "view", 1.7e9 + n) for n in range(SEEN))])
    build.build(workspace, embedder)
    return workspace


def _film(number: int) -> Item:
    return Item(f"f{number}", f"Film Number {number}", "movie", "", ("Drama",), year=1950 + number % 60)


def turn(agent: Any, **request: Any) -> Reply:
    given: dict[str, Any] = {"user_id": "u", "context": Surroundings(page="movies"), **request}
    return asyncio.run(agent.turn(Request("", **given)))


def step(reply: Reply, name: str) -> list[Step]:
    return [step for step in reply.trace if step.step == name]


def shown(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists for item in ranked.items]


def test_a_user_who_had_all_that_is_popular_gets_a_full_list(make_agent: Any, worn: Workspace) -> None:
    reply = turn(make_agent(workspace=worn))
    assert len(shown(reply)) == 10
    assert not {f"f{n}" for n in range(SEEN)} & set(shown(reply))
    [mended] = step(reply, "repair")
    assert mended.detail["why"] == ["recommend: 0 items of 10, and the catalogue has 40 that may be shown"]
    assert (mended.detail["left"], mended.detail["by_model"]) == ([], False)
    assert len(step(reply, "rank")) == 2
    assert "already" not in reply.text


def test_the_lists_are_sent_once_and_mended(make_agent: Any, worn: Workspace) -> None:
    async def sent() -> list[Lists]:
        request = Request("", user_id="u", context=Surroundings(page="movies"))
        return [e async for e in make_agent(workspace=worn).stream(request) if isinstance(e, Lists)]

    [lists] = asyncio.run(sent())
    assert len(lists.lists[0].items) == 10


def test_hard_constraints_are_never_relaxed(make_agent: Any, worn: Workspace) -> None:
    old = Constraint("year", "range", (None, 1955), "request")
    reply = turn(make_agent(workspace=worn), filters=(old,))
    kept = [n for n in range(SEEN, SEEN + UNSEEN) if 1950 + n % 60 <= 1955]
    assert sorted(shown(reply)) == sorted(f"f{n}" for n in kept)
    assert all(int(str(item.facts["year"])) <= 1955 for item in reply.lists[0].items)


def test_no_time_means_no_repair_and_it_is_told(make_agent: Any, worn: Workspace) -> None:
    reply = turn(make_agent(workspace=worn), budget_ms=1)
    assert not step(reply, "repair")
    assert "rerank, repair: left out, budget_ms 1 is spent; raise it" in reply.degraded


def _models(calls: Sequence[Call]) -> ScriptedChat:
    """A model that thinks nothing is missing, until it is told what is wrong."""

    def answer(asked: Asked) -> Answer:
        if "response_schema" in asked.options:
            return json.dumps({"titles": []})
        if asked.tools:
            return calls if "What is wrong" in asked.messages[-1].text else "done"
        return "Something."

    return ScriptedChat(answers=answer)


def test_a_model_is_asked_once_more_only_where_the_rest_does_not_do(make_agent: Any, worn: Workspace) -> None:
    chat = _models([("popular", {})])
    turn(make_agent(chat, workspace=worn, capable=True))
    assert len([asked for asked in chat.asked if asked.tools]) == 1


def test_a_models_round_mends_what_is_left(
    make_agent: Any, fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always(given: Wish, lists: Sequence[RankedList], *rest: object) -> list[str]:
        return (
            []
            if "f8" in [item.item_id for ranked in lists for item in ranked.items]
            else ["no masked stranger"]
        )

    monkeypatch.setattr(repair, "breaks", always)
    chat = _models([("search", {"query": "a masked stranger returns"}), ("similar", {"item_ids": ["f8"]})])
    agent = make_agent(chat, workspace=fresh, capable=True)
    reply = asyncio.run(agent.turn(Request("westerns", k=2)))
    [mended] = step(reply, "repair")
    assert (mended.detail["why"], mended.detail["by_model"]) == (["no masked stranger"], True)
    told = [asked.messages[-1].text for asked in chat.asked if asked.tools][-1]
    assert '["no masked stranger"]' in told
    assert "Shown now: [{" in told
    made = [s for s in step(reply, "tool") if s.detail["by"] == "model"]
    assert [s.detail["tool"] for s in made] == ["search", "similar"]
    assert len(step(reply, "repair")) == 1, "once, whether it helps or not"


def test_a_scene_that_calls_no_tools_is_not_repaired(make_agent: Any) -> None:
    reply = asyncio.run(make_agent().turn(Request("hello, what can you do?")))
    assert not step(reply, "repair")

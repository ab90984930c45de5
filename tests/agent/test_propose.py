"""Titles named for a turn: found in the catalogue or dropped and counted, fused with the rest, recorded and replayed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handpicked.agent.llm.scripted import Answer, Asked, ScriptedChat
from handpicked.agent.propose import Title, parsed, propose, recorded, row
from handpicked.agent.types import Reply, Request, Step
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context, call
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Item, ToolCall


def turn(agent: Any, message: str = "a film for tonight", **request: Any) -> Reply:
    return asyncio.run(agent.turn(Request(message, **request)))


def shown(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists for item in ranked.items]


def proposals(reply: Reply) -> list[Step]:
    return [step for step in reply.trace if step.detail.get("tool") == "propose"]


def names(chat_names: Sequence[dict[str, Any]]) -> ScriptedChat:
    def answer(asked: Asked) -> Answer:
        if "response_schema" in asked.options:
            return json.dumps({"titles": list(chat_names)})
        return "done" if asked.tools else "Something."

    return ScriptedChat(answers=answer)


@pytest.mark.parametrize(
    ("title", "year", "found"),
    [
        ("Heat", 1995, "f2"),
        ("Heat", 1972, "f3"),
        ("Heat", 1973, "f3"),
        ("Heat", 1980, None),
        ("Heat (1972)", None, "f3"),
        ("the dry valley", None, "f5"),
        ("Dry Valley, The", None, "f5"),
        ("Dry Valley, The", 1956, "f5"),
        ("Grave Houre", 1978, "f8"),
        ("Grave Houre", None, None),
        ("Grave Houre", 2001, None),
        ("Night Signal: The Final Cut", 1982, "f1"),
        ("Night Signal: The Final Cut", None, None),
        ("Up", None, "f4"),
        ("算法之外", None, "b2"),
        ("Solaris", 1972, None),
        ("", None, None),
        ("!!!", 1999, None),
    ],
)
def test_a_title_is_found_by_its_spelling_and_its_year(
    context: Context, title: str, year: int | None, found: str | None
) -> None:
    everything = np.ones(len(context.snapshot), bool)
    place = row(context.snapshot, Title(title, year), everything)
    assert (None if place is None else context.snapshot.item_id(place)) == found


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Heat (1995)", Title("Heat", 1995)),
        ("Heat", Title("Heat")),
        ("(500) Days of Summer", Title("(500) Days of Summer")),
        ("(2010)", Title("(2010)")),
        ("1984 (film)", Title("1984 (film)")),
    ],
)
def test_a_year_in_brackets_is_taken_apart(text: str, title: Title) -> None:
    assert parsed(text) == title


def test_what_the_catalogue_lacks_is_dropped_and_counted(context: Context) -> None:
    wanted: Any = {
        "titles": [
            {"title": "Solaris", "year": 1972},
            {"title": "Heat", "year": 1995},
            {"title": "Heat (1995)"},
        ]
    }
    result = call({"propose": propose}, context, ToolCall("propose", wanted))
    assert [candidate.item_id for candidate in result.candidates] == ["f2"]
    assert result.facts == {"named": 3, "missing": ["Solaris"]}


def test_a_title_is_looked_for_among_what_the_constraints_leave(context: Context) -> None:
    only_old: Any = {
        "titles": [{"title": "Heat"}],
        "constraints": [{"field": "year", "op": "range", "value": [None, 1980]}],
    }
    result = call({"propose": propose}, context, ToolCall("propose", only_old))
    assert [candidate.item_id for candidate in result.candidates] == ["f3"]


def test_a_models_titles_are_one_more_source(make_agent: Any) -> None:
    chat = names([{"title": "Cold Harbor Blues", "year": 2003}, {"title": "Solaris", "year": 1972}])
    reply = turn(make_agent(chat, capable=True), k=20)
    [step] = proposals(reply)
    assert (step.detail["by"], step.detail["round"], step.detail["candidates"]) == ("propose", 1, 1)
    assert (step.detail["named"], step.detail["missing"]) == (2, ["Solaris"])
    blues = next(item for item in reply.lists[0].items if item.item_id == "f10")
    source = next(source for source in blues.sources if source.tool == "propose")
    assert (source.rank, source.weight) == (1, 1.0)
    assert len(blues.sources) > 1
    assert len(shown(reply)) > 1, "never a list by itself"


def test_titles_that_the_catalogue_lacks_change_no_list(make_agent: Any) -> None:
    chat = names([{"title": "Solaris", "year": 1972}, {"title": "Stalker", "year": 1979}])
    assert shown(turn(make_agent(chat, capable=True))) == shown(turn(make_agent()))


def test_a_title_that_breaks_a_constraint_or_was_refused_is_not_shown(make_agent: Any) -> None:
    chat = names([{"title": "Silver Spurs", "year": 1966}, {"title": "The Dry Valley", "year": 1956}])
    assert shown(turn(make_agent(chat, capable=True), "westerns made before 1960")) == ["f5"]


def test_a_scene_without_a_weight_asks_for_no_titles(make_agent: Any) -> None:
    chat = names([{"title": "Oat Crackers", "year": None}])
    reply = turn(make_agent(chat, capable=True), "snacks under 5 dollars")
    assert reply.scene.name == "shop"
    assert not proposals(reply)
    assert not [asked for asked in chat.asked if "response_schema" in asked.options]


def test_the_model_is_told_the_turn_as_data(make_agent: Any) -> None:
    chat = names([])
    turn(make_agent(chat, capable=True), 'like "Night Signal",\nbut funny')
    asked = next(asked for asked in chat.asked if "response_schema" in asked.options)
    said = asked.messages[-1].text
    assert '"title":"Night Signal"' in said
    assert '"like \\"Night Signal\\",\\nbut funny"' in said


def write(path: Path, *rows: Any) -> Path:
    path.write_text(
        "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8"
    )
    return path


def test_recorded_titles_are_replayed_by_id_or_message_without_a_model(
    make_agent: Any, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "named.jsonl",
        {"turn": "t7", "titles": ["Cold Harbor Blues (2003)", {"title": "Solaris", "year": 1972}]},
        "",
        {"turn": "a film for tonight", "titles": [{"title": "Grave Hour"}]},
    )
    agent = make_agent(proposer=recorded(path))
    by_id, by_message, neither = (
        turn(agent, id="t7"), turn(agent, "a film for tonight "), turn(agent, "another film")
    )  # fmt: skip
    assert [proposals(reply)[0].detail["candidates"] for reply in (by_id, by_message)] == [1, 1]
    assert proposals(by_id)[0].detail["missing"] == ["Solaris"]
    assert not proposals(neither)
    assert by_id.degraded == ()
    sources = {s.tool for item in by_id.lists[0].items if item.item_id == "f10" for s in item.sources}
    assert "propose" in sources


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("{", "line 2 is no proposal: unexpected end of data"),
        ('{"turn": "x"}', r"line 2 is no proposal: titles: Field required"),
        ('{"turn": "", "titles": []}', r"line 2 is no proposal: turn: .*at least 1 character"),
        ('{"turn": "x", "titles": [3]}', r"line 2 is no proposal: titles"),
        ('{"turn": "x", "titles": [], "k": 1}', r"line 2 is no proposal: k: .*not permitted"),
    ],
)
def test_a_bad_recording_is_refused_with_the_line(tmp_path: Path, line: str, wrong: str) -> None:
    path = write(tmp_path / "named.jsonl", {"turn": "x", "titles": []}, line)
    with pytest.raises(ConfigError, match=rf"named\.jsonl, {wrong}"):
        recorded(path)


def test_a_recording_that_is_missing_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.jsonl can't be read .*HANDPICKED_PROPOSALS"):
        recorded(tmp_path / "gone.jsonl")


def test_a_title_deleted_since_the_build_is_missing(make_agent: Any, fresh: Workspace) -> None:
    fresh.catalog.delete(["f10"])
    fresh.catalog.upsert([Item("f99", "Blue Comet", "movie", "A comet.", ("Drama",), year=2024)])
    chat = names([{"title": "Cold Harbor Blues", "year": 2003}, {"title": "Blue Comet", "year": 2024}])
    reply = turn(make_agent(chat, workspace=fresh, capable=True))
    assert proposals(reply)[0].detail["missing"] == ["Cold Harbor Blues"]
    assert "f99" in shown(reply)

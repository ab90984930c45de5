"""Tastes put into words: which are kept, and how they lean a list."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from handpicked.agent import profile
from handpicked.agent.profile import Said
from handpicked.agent.types import Reading, Reply, Request, SceneGuess
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.profile_store import Label
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint

SAID = Said("s", 3, 100.0)
FILMS = Constraint("domain", "in", ("movie",), "context")


@pytest.fixture
def snapshot(context: Context) -> Snapshot:
    return context.snapshot


def _learnt(snapshot: Snapshot, message: str, scene: str = "watch", **reading: Any) -> list[tuple[str, str]]:
    given = Reading(SceneGuess(scene, 1.0), ("recommend",), **reading)
    return [(one.label, one.stance) for one in profile.learnt(snapshot, Request(message), given, SAID)]


@pytest.mark.parametrize(
    ("message", "tastes"),
    [
        ("I love westerns", [("Western", "like")]),
        ("i really can't stand horror", [("Horror", "dislike")]),
        ("love westerns, hate horror", [("Western", "like"), ("Horror", "dislike")]),
        ("I'm a huge fan of westerns", [("Western", "like")]),
        ("I'm not into horror", [("Horror", "dislike")]),
        ("My favourite genre is comedy", [("Comedy", "like")]),
        ("westerns are my guilty pleasure", [("Western", "like")]),
        ("I like westerns but not horror", [("Western", "like"), ("Horror", "dislike")]),
        ("I have a soft spot for Ada Brandt films", [("Ada Brandt", "like")]),
        ("we enjoy a good western. show me something short", [("Western", "like")]),
        ("我喜欢西部片", [("Western", "like")]),
        ("我一直很爱看西部片，推荐一部", [("Western", "like")]),
        ("讨厌恐怖片", [("Horror", "dislike")]),
        ("我不喜欢恐怖片", [("Horror", "dislike")]),
        ("我从小就喜欢西部片和喜剧", [("Western", "like"), ("Comedy", "like")]),
    ],
)
def test_a_taste_is_kept_as_it_is_said(
    snapshot: Snapshot, message: str, tastes: list[tuple[str, str]]
) -> None:
    assert _learnt(snapshot, message) == tastes


@pytest.mark.parametrize(
    "message",
    [
        "a western please",
        "I'd like a western",
        "would I like westerns?",
        "I don't like horror tonight, something light",
        "something like a western",
        "my husband loves westerns",
        "she hates horror",
        "no horror",
        "I want a western",
        "do you like westerns?",
        "I feel like a western",
        "if I like westerns, what should I see",
        "I love this app. show me westerns",
        "I love it, so show me a western",
        "westerns before 1960",
        "来部西部片",
        "我妈喜欢西部片",
        "今晚不喜欢恐怖片",
        "不要恐怖片",
        "爱情片有吗",
        "",
    ],
)
def test_a_wish_for_now_and_others_tastes_are_none(snapshot: Snapshot, message: str) -> None:
    assert _learnt(snapshot, message) == []


def test_the_words_behind_a_label_are_kept_with_session_turn_and_time(snapshot: Snapshot) -> None:
    reading = Reading(SceneGuess("watch", 1.0), ("recommend",))
    message = "Evening! I absolutely love old westerns. What's on?"
    (label,) = profile.learnt(snapshot, Request(message), reading, SAID)
    assert label == Label(
        "categories", "Western", "like", "watch", "I absolutely love old westerns", "s", 3, 100.0
    )


def test_titles_are_kept_with_their_stance_but_not_those_only_asked_about(snapshot: Snapshot) -> None:
    message = "Loved Night Signal. Hated Grave Hour, seen Up. what is Heat about"
    tastes: dict[str, Any] = {"like": ("f1", "f2"), "about": ("f2",), "dislike": ("f8",), "seen": ("f4",)}
    assert _learnt(snapshot, message, **tastes) == [("f1", "like"), ("f8", "dislike"), ("f4", "seen")]
    labels = profile.learnt(
        snapshot, Request(message), Reading(SceneGuess("watch", 1.0), ("recommend",), **tastes), SAID
    )
    assert labels[0].words == "Loved Night Signal"


def test_a_gifts_taste_is_somebody_elses(snapshot: Snapshot) -> None:
    assert _learnt(snapshot, "I like westerns", scene="gift", like=("f1",)) == []


def test_a_refused_kind_is_shut_out_unless_it_is_asked_for(snapshot: Snapshot) -> None:
    labels = [Label("categories", "Western", "dislike"), Label("categories", "Horror", "dislike")]
    plain = Reading(SceneGuess("watch", 1.0), ("recommend",), constraints=(FILMS,))
    refused = Constraint("categories", "not_in", ("Western", "Horror"), "profile")
    assert profile.lean(plain, labels, snapshot).constraints == (FILMS, refused)
    western = Constraint("categories", "in", ("Western",), "text", "western")
    asked = replace(plain, constraints=(FILMS, western))
    assert profile.lean(asked, labels, snapshot).constraints[2:] == (replace(refused, value=("Horror",)),)
    resembled = replace(plain, like=("f5",))
    assert profile.lean(resembled, labels, snapshot).constraints[1:] == (replace(refused, value=("Horror",)),)
    for other in ("chat", "search", "gift"):
        elsewhere = replace(plain, scene=SceneGuess(other, 1.0))
        assert profile.lean(elsewhere, labels, snapshot) == elsewhere


def test_a_taste_alone_never_empties_a_list(snapshot: Snapshot) -> None:
    director = Constraint("creators", "in", ("Jon Carver",), "text", "Jon Carver")
    reading = Reading(SceneGuess("watch", 1.0), ("recommend",), constraints=(FILMS, director))
    assert profile.lean(reading, [Label("categories", "Horror", "dislike")], snapshot) == reading


def test_liked_kinds_are_leant_to_where_the_turn_leans_to_nothing(snapshot: Snapshot) -> None:
    labels = [Label("categories", "Western"), Label("creators", "Ada Brandt"), Label("categories", "Snacks")]
    plain = Reading(SceneGuess("watch", 1.0), ("recommend",), constraints=(FILMS,))
    leant = profile.lean(plain, labels, snapshot).prefer
    assert [(c.field, c.value, c.source) for c in leant] == [
        ("categories", ("Western", "Snacks"), "profile"), ("creators", ("Ada Brandt",), "profile"),
    ]  # fmt: skip
    mood = Constraint("categories", "in", ("Comedy",))
    assert profile.lean(replace(plain, prefer=(mood,)), labels, snapshot).prefer == (mood,)
    wished = replace(
        plain, constraints=(FILMS, Constraint("categories", "in", ("Comedy",), "text", "comedy"))
    )
    assert profile.lean(wished, labels, snapshot).prefer == ()


def turn(agent: Any, message: str, **request: Any) -> Reply:
    return asyncio.run(agent.turn(Request(message=message, **request)))


def shown(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists for item in ranked.items]


def test_what_was_said_in_one_conversation_ranks_the_next(make_agent: Any, fresh: Workspace) -> None:
    agent = make_agent(workspace=fresh)
    plain = shown(turn(agent, "recommend me a film", user_id="new"))
    assert set(plain[:2]) != {"f5", "f6"}
    turn(agent, "hi! I love westerns and I can't stand comedies", user_id="new", session_id="one")
    reply = turn(agent, "recommend me a film", user_id="new", session_id="two")
    assert set(shown(reply)[:2]) == {"f5", "f6"}
    assert not {"f3", "f4", "f7"} & set(shown(reply))
    assert {"f3", "f4"} & set(shown(turn(agent, "a comedy", user_id="new", session_id="two")))
    assert shown(turn(agent, "recommend me a film", user_id="somebody else")) == plain


def test_a_disliked_title_stays_away_in_the_next_conversation(make_agent: Any, fresh: Workspace) -> None:
    agent = make_agent(workspace=fresh)
    turn(agent, "I hated The Dry Valley, give me a western", user_id="new", session_id="one")
    assert shown(turn(agent, "westerns", user_id="new", session_id="two")) == ["f6"]


def test_nobody_known_leaves_nothing_behind(make_agent: Any, fresh: Workspace) -> None:
    turn(make_agent(workspace=fresh), "I love westerns", session_id="one")
    assert fresh.events.profile.labels("") == []

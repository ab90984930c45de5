"""Forgetting, done: nothing of it is left in any file, and the reply says what was deleted."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path
from typing import Any

import pytest

from handpicked.agent import erasing
from handpicked.agent.erasing import Forgotten
from handpicked.agent.memory import Memory
from handpicked.agent.types import Reply, Request, Surroundings
from handpicked.tools import taste
from handpicked.tools.data import build
from handpicked.tools.data.index import Index
from handpicked.tools.data.profile_store import Label
from handpicked.tools.data.rejects import COLUMNS
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import Campaign, Embedder, Event

ANN = "ann-of-green-gables"
SAYING = "I love westerns because of grandpa Ferdinand"
START = 1_700_000_000.0


def turn(
    agent: Any, message: str, session: str | None = "one", user: str | None = ANN, **request: Any
) -> Reply:
    return asyncio.run(agent.turn(Request(message, user_id=user, session_id=session, **request)))


def shown(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists for item in ranked.items]


def left(workspace: Workspace, *words: str) -> set[tuple[str, str]]:
    """The words that stand in some file of the workspace, and where: the file's name, in a build its path there."""
    found: set[tuple[str, str]] = set()
    for path in workspace.path.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        parts = path.relative_to(workspace.path).parts
        place = "/".join(parts) if parts[0] == "builds" else parts[0]
        found |= {(word, place) for word in words if word.encode() in content}
    return found


@pytest.fixture
def lived(fresh: Workspace, make_agent: Any, embedder: Embedder) -> tuple[Workspace, Any]:
    """A workspace in which ann did and said a lot, bob a little, and an agent on it."""
    agent = make_agent(workspace=fresh)
    fresh.events.append(
        Event(ANN, item, "rate", START + n, 5.0) for n, item in enumerate(("f5", "f6", "f8", "f1"))
    )
    fresh.events.append([Event("bob", "f5", "rate", START, 5.0), Event(ANN, "f9", "rate", START, 1.0)])
    fresh.events.upsert_users(
        [(ANN, {"town": "Avonlea", "favourite": "Western"}), ("bob", {"town": "Carmody"})]
    )
    fresh.catalog.upsert_campaigns(
        [
            Campaign("c2", ("g1",), audience=(ANN,), bid=0.4),
            Campaign("c3", ("g2",), audience=(ANN, "bob"), bid=0.4),
        ]
    )
    rows = [
        ("e.csv", 1, f"unknown item 'x' of {ANN}", f'{{"user_id":"{ANN}","item_id":"x"}}'),
        ("e.csv", 2, "unknown item", '{"user_id":"bob","item_id":"x"}'),
        ("e.csv", 3, "wrong number of fields", f"{ANN},x,view"),
    ]
    with (fresh.path / "rejects.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    turn(agent, SAYING)
    turn(agent, "snacks please, any deals?", context=Surroundings(scene="shop"), tasks=("recommend", "ads"))
    turn(agent, "I also love comedies, says aunt Marilla", session="two")
    turn(agent, SAYING.replace("Ferdinand", "Barry"), session="three", user="bob")
    build.build(fresh, embedder)
    return fresh, agent


def test_a_build_has_no_user_in_it(lived: tuple[Workspace, Any]) -> None:
    everywhere = left(lived[0], ANN, "grandpa Ferdinand", "bob")
    assert {place for _, place in everywhere} >= {"events.db-wal", "rejects.csv"}
    assert not [place for _, place in everywhere if place.startswith("builds/")]


def test_nothing_of_a_forgotten_user_is_left_in_any_file(
    lived: tuple[Workspace, Any], embedder: Embedder
) -> None:
    workspace, agent = lived
    secrets = (ANN, "Ferdinand", "Marilla", "Avonlea")
    assert {word for word, _ in left(workspace, *secrets)} == set(secrets)
    reply = turn(agent, "forget me")
    assert left(workspace, *secrets) == set()
    assert (reply.scene.name, reply.tasks, reply.lists, reply.session_id) == (
        "chat",
        ("chitchat",),
        (),
        "one",
    )
    for part in ("5 events", "2 things you said of your taste", "2 conversations", "2 records of ads", "2 campaigns", "2 rejected rows"):  # fmt: skip
        assert part in reply.text
    build.build(workspace, embedder)
    assert left(workspace, *secrets) == set()
    assert workspace.events.every(ANN) == []
    assert [c.audience for c in workspace.catalog.campaigns()][1:] == [("(forgotten)",), ("bob",)]


def test_others_keep_what_is_theirs(lived: tuple[Workspace, Any]) -> None:
    workspace, agent = lived
    turn(agent, "forget me")
    assert {word for word, _ in left(workspace, "bob", "Carmody", "grandpa Barry")} == {
        "bob",
        "Carmody",
        "grandpa Barry",
    }
    assert workspace.events.load_session("three") is not None
    assert [label.label for label in workspace.events.profile.labels("bob")] == ["Western"]


def test_the_turn_that_forgets_the_user_neither_uses_nor_keeps_anything(lived: tuple[Workspace, Any]) -> None:
    workspace, agent = lived
    message = "forget me and show me a western. deals too?"
    reply = turn(agent, message, tasks=("recommend", "ads"), context=Surroundings(scene="shop"))
    assert left(workspace, ANN, "one\x00", message) == set()
    assert workspace.events.load_session("one") is None
    assert not any(step.detail.get("tool") in ("history", "collab") for step in reply.trace)
    assert turn(agent, "a western").lists[0].items  # it starts anew


def test_without_a_user_the_conversation_is_forgotten_and_the_reply_says_so(
    make_agent: Any, fresh: Workspace
) -> None:
    agent = make_agent(workspace=fresh)
    turn(agent, "westerns like grandpa Ferdinand's", user=None)
    reply = turn(agent, "please delete all my data", user=None)
    assert "1 conversation" in reply.text
    assert "Without a user id" in reply.text
    assert left(fresh, "Ferdinand") == set()
    assert "nothing about you" in turn(agent, "delete my data", user=None, session=None).text


def test_a_forgotten_conversation_takes_what_was_learnt_in_it_along(lived: tuple[Workspace, Any]) -> None:
    workspace, agent = lived
    reply = turn(agent, "forget this conversation")
    assert "1 conversation" in reply.text
    assert left(workspace, "Ferdinand", "forget this conversation") == set()
    assert {word for word, _ in left(workspace, "Marilla", ANN)} == {"Marilla", ANN}
    assert [label.label for label in workspace.events.profile.labels(ANN)] == ["Comedy"]
    assert len(workspace.events.every(ANN)) == 5


def test_a_forgotten_taste_is_gone_from_labels_events_and_every_conversation(
    lived: tuple[Workspace, Any], embedder: Embedder
) -> None:
    workspace, agent = lived
    turn(agent, "the best western is The Dry Valley, said Diana", session="two")
    reply = turn(agent, "forget that I like westerns")
    for part in ("forgotten Western", "2 events", "1 detail of your profile"):
        assert part in reply.text
    assert left(workspace, "Ferdinand", "Diana", "forget that I like") == set()
    assert {word for word, _ in left(workspace, "Marilla")} == {"Marilla"}
    build.build(workspace, embedder)
    kept = workspace.events.every(ANN)
    assert [event.item_id for event in kept] == ["f8", "f1", "f9"]
    assert [label.label for label in workspace.events.profile.labels(ANN)] == ["Comedy"]
    assert workspace.events.user(ANN) == {"town": "Avonlea"}
    assert [event.item_id for event in workspace.events.every("bob")] == ["f5"]
    again = turn(agent, "recommend me a film", session="four")
    assert not any(
        "western" in str(c).casefold() for c in (*again.reading.prefer, *again.reading.constraints)
    )


def test_forgetting_a_dislike_leaves_what_was_liked(lived: tuple[Workspace, Any]) -> None:
    workspace, agent = lived
    workspace.events.profile.add(ANN, [Label("categories", "Horror", "dislike", words="hate horror")])
    turn(agent, "forget that I hate horror")
    assert "f8" in [event.item_id for event in workspace.events.every(ANN)]
    assert "Horror" not in [label.label for label in workspace.events.profile.labels(ANN)]
    turn(agent, "forget that I like horror")
    assert "f8" not in [event.item_id for event in workspace.events.every(ANN)]


def test_a_forgotten_title_is_named_and_liked_no_more(lived: tuple[Workspace, Any]) -> None:
    workspace, agent = lived
    turn(agent, "I adored Night Signal, said Diana", session="two")
    assert "f1" in [label.label for label in workspace.events.profile.labels(ANN)]
    reply = turn(agent, "forget that I liked Night Signal")
    assert "forgotten Night Signal" in reply.text
    assert left(workspace, "Diana") == set()
    assert "f1" not in taste.liked(workspace.events.every(ANN))
    assert "f1" not in [label.label for label in workspace.events.profile.labels(ANN)]


def test_the_rest_of_the_turn_goes_on_from_what_is_left(lived: tuple[Workspace, Any]) -> None:
    _, agent = lived
    turn(agent, "a western", session="five")
    reply = turn(agent, "forget that I like westerns and show me something else", session="five")
    assert reply.text.startswith("I have forgotten Western")
    assert shown(reply)
    assert not any(c.field == "categories" for c in reply.reading.constraints)


def test_what_is_not_found_is_said(lived: tuple[Workspace, Any]) -> None:
    assert turn(lived[1], "forget that I like jazz").text == "I found nothing about jazz to forget."
    assert turn(lived[1], "忘掉我喜欢爵士乐").text == "没有找到和爵士有关的记录。"


def test_chinese_is_answered_in_chinese(lived: tuple[Workspace, Any]) -> None:
    workspace, agent = lived
    reply = turn(agent, "忘掉我喜欢西部片")
    assert reply.text.startswith("已经忘掉西部片")
    assert "2 条行为记录" in reply.text
    assert left(workspace, "Ferdinand") == set()
    assert "已经删除你的记录" in turn(agent, "把我的记录都删了").text


def test_the_label_of_another_user_and_an_anonymous_wish_touch_nobody(lived: tuple[Workspace, Any]) -> None:
    workspace, agent = lived
    before = workspace.events.every(ANN), workspace.events.profile.labels(ANN)
    turn(agent, "forget that I like westerns", user="bob", session="three")
    turn(agent, "forget that I like westerns", user=None, session="anonymous")
    assert (workspace.events.every(ANN), workspace.events.profile.labels(ANN)) == before


def test_a_state_that_cannot_be_read_goes_with_a_forgotten_taste(lived: tuple[Workspace, Any]) -> None:
    workspace, agent = lived
    workspace.events.save_session("broken", ANN, '{"turns": "Ferdinand"}')
    turn(agent, "forget that I like westerns")
    assert workspace.events.load_session("broken") is None


def test_what_could_not_be_overwritten_is_told(
    lived: tuple[Workspace, Any], embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, agent = lived

    def busy() -> None:
        raise DataError("events.db: another process reads it")

    monkeypatch.setattr(workspace.events, "erase", busy)
    reply = turn(agent, "forget me")
    assert "memory: events.db: another process reads it" in reply.degraded
    assert workspace.events.every(ANN) == []


def test_labels_may_have_a_comma_themselves() -> None:
    assert erasing.labels("Horror, Western") == ("Horror", "Western")
    assert erasing.labels("Candy, Packaged") == ("Candy, Packaged",)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I have forgotten Horror: 1 event, 2 messages and 1 conversation deleted."),
        ("zh", "已经忘掉恐怖：删除了1 条行为记录、2 条消息、1 段对话。"),
    ],
)
def test_what_was_done_is_told_with_numbers(language: str, said: str) -> None:
    counts = {"events": 1, "turns": 2, "sessions": 1, "counter": 7}
    assert erasing.told(Forgotten("Horror", counts, Memory(), None, True), language) == said


def test_items_that_are_no_more_in_the_catalogue_are_no_reason_to_fail(
    lived: tuple[Workspace, Any], embedder: Embedder
) -> None:
    workspace, _ = lived
    workspace.catalog.delete(["f5"])
    snapshot = Index(workspace, embedder).snapshot()
    done = erasing.forget(workspace, snapshot, Request(user_id=ANN), Memory(), "Western")
    assert done.counts["events"] == 1


def test_the_workspace_of_a_test_is_scanned_whole(tmp_path: Path, fresh: Workspace) -> None:
    (fresh.path / "builds" / "note").write_text("needle")
    assert left(fresh, "needle") == {("needle", "builds/note")}

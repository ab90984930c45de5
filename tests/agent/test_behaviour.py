"""What was done just now tells the scene where nothing is said, and hardly moves what is said."""

from __future__ import annotations

import asyncio

import pytest

from handpicked.agent import behaviour
from handpicked.agent.memory import Memory
from handpicked.agent.read import Reader
from handpicked.agent.types import CartLine, Request, Surroundings
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Event
from tests.agent.conftest import MakeAgent

_NOW = 1_795_000_000.0
_SHOPPING = (("view", "g1"), ("cart", "g1"), ("purchase", "g1"))
_WATCHING = (("view", "f1"), ("play", "f2"))


def _events(done: tuple[tuple[str, str], ...], minutes_ago: float = 5.0) -> list[Event]:
    return [Event("u", item, event, _NOW - 60 * minutes_ago - 10 * n) for n, (event, item) in enumerate(done)]


@pytest.fixture
def snapshot(context: Context) -> Snapshot:
    return context.snapshot


def _scene(reader: Reader, snapshot: Snapshot, message: str, events: list[Event], **around: object) -> str:
    lately = behaviour.lately(events, snapshot, reader.scenes, _NOW)
    request = Request(message, context=Surroundings(now=_NOW, **around))  # type: ignore[arg-type]
    return reader.read(request, Memory(), snapshot, lately).scene.name


@pytest.mark.parametrize(
    ("done", "name"),
    [(_SHOPPING, "shop"), (_WATCHING, "watch"), ((("cart", "f1"), ("purchase", "f1")), "shop")],
)
def test_a_sequence_of_events_speaks_for_its_scene(
    reader: Reader, snapshot: Snapshot, done: tuple[tuple[str, str], ...], name: str
) -> None:
    lately = behaviour.lately(_events(done), snapshot, reader.scenes, _NOW)
    assert max(lately, key=lambda scene: lately[scene]) == name
    assert 0.0 < sum(lately.values()) < 1.0
    assert _scene(reader, snapshot, "", _events(done)) == name


def test_what_is_said_outweighs_what_was_done(reader: Reader, snapshot: Snapshot) -> None:
    assert _scene(reader, snapshot, "a western for tonight", _events(_SHOPPING)) == "watch"
    assert _scene(reader, snapshot, "你好", _events(_SHOPPING)) == "chat"


def test_only_the_last_hour_counts_and_the_latest_most(reader: Reader, snapshot: Snapshot) -> None:
    assert behaviour.lately(_events(_SHOPPING, 61), snapshot, reader.scenes, _NOW) == {}
    assert behaviour.lately([Event("u", "g1", "cart", _NOW + 1e7)], snapshot, reader.scenes, _NOW) == {}
    assert behaviour.lately([Event("u", "g1", "cart")], snapshot, reader.scenes, _NOW) == {}
    assert behaviour.lately(_events((("impression", "f1"),)), snapshot, reader.scenes, _NOW) == {}
    both = [*_events((("play", "f1"),), 2), *_events((("play", "g1"),), 40)]
    lately = behaviour.lately(both, snapshot, reader.scenes, _NOW)
    assert lately["watch"] > lately["shop"] > 0.0


def test_the_scene_that_an_event_was_logged_in_counts(reader: Reader, snapshot: Snapshot) -> None:
    event = Event("u", "f1", "click", _NOW - 60, scene="gift")
    assert set(behaviour.lately([event], snapshot, reader.scenes, _NOW)) == {"gift"}


@pytest.mark.parametrize(
    ("around", "name"),
    [
        ({"cart": (CartLine("g1"),)}, "shop"),
        ({"page": "movies"}, "watch"),
        ({"clicked": ("f1", "f2")}, "watch"),
        ({"page": "cart"}, "shop"),
        ({}, "browse"),
    ],
)
def test_a_turn_without_words_is_where_its_user_is(
    reader: Reader, snapshot: Snapshot, around: dict[str, object], name: str
) -> None:
    assert _scene(reader, snapshot, "", [], **around) == name


def test_the_agent_reads_the_users_latest_events(make_agent: MakeAgent, fresh: Workspace) -> None:
    fresh.events.append(Event("shopper", item, event, _NOW - 60) for event, item in _SHOPPING)
    agent = make_agent(workspace=fresh)
    around = Surroundings(now=_NOW)
    shopper = asyncio.run(agent.turn(Request("", user_id="shopper", context=around)))
    stranger = asyncio.run(agent.turn(Request("", user_id="stranger", context=around)))
    assert (shopper.scene.name, stranger.scene.name) == ("shop", "browse")
    assert "what was done just now" in shopper.scene.why

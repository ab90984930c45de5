"""A conversation of twelve turns: what each is read as, and what its lists show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from handpicked.agent.loop import Agent
from handpicked.agent.types import Reply, Request, Surroundings
from handpicked.tools.data.workspace import Workspace
from tests.agent.conftest import MakeAgent
from tests.conftest import ITEMS

_NOW = 1_700_100_000.0


@dataclass
class Talk:
    """One user's session."""

    agent: Agent
    replies: list[Reply] = field(default_factory=list[Reply])

    def say(self, message: str) -> Reply:
        request = Request(
            message, user_id="ann", session_id="talk", k=3, context=Surroundings(now=_NOW + len(self.replies))
        )
        self.replies.append(asyncio.run(self.agent.turn(request)))
        return self.replies[-1]


@pytest.fixture
def talk(make_agent: MakeAgent, fresh: Workspace) -> Talk:
    return Talk(make_agent(workspace=fresh))


def ids(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists if ranked.task != "ads" for item in ranked.items]


def refused(workspace: Workspace) -> set[str]:
    return {label.label for label in workspace.events.profile.labels("ann") if label.stance == "dislike"}


def said(reply: Reply) -> set[str]:
    return {str(c) for c in reply.reading.constraints if c.field != "domain"}


def test_twelve_turns(talk: Talk, fresh: Workspace) -> None:
    # A greeting, then a wish.
    reply = talk.say("hi there")
    assert (reply.scene.name, ids(reply)) == ("chat", [])
    reply = talk.say("a film from before 2000 for tonight")
    assert (reply.scene.name, reply.tasks) == ("watch", ("recommend",))
    assert said(reply) == {"year at most 1999"}
    first = ids(reply)
    assert len(first) == 3

    # A refinement that refuses something; what was shown isn't shown again.
    reply = talk.say("no horror, i hate horror")
    assert said(reply) == {"year at most 1999", "categories not in Horror"}
    second = ids(reply)
    assert len(second) == 3
    assert not {"f8", *first} & set(second)

    # A question about an item that was shown leaves the wish as it is; "that one" is the item asked about.
    reply = talk.say("who directed the second one?")
    assert reply.reading.about == (second[1],)
    assert ids(reply) == [second[1]]
    (director,) = next(item for item in ITEMS if item.item_id == second[1]).creators
    assert director in reply.text
    reply = talk.say("not that one")
    assert reply.reading.dislike == (second[1],)
    assert said(reply) == {"year at most 1999", "categories not in Horror"}
    third = ids(reply)
    assert third
    assert not {"f8", *first, *second} & set(third)

    # Other scenes, there and back.
    reply = talk.say("actually we need snacks for the kids")
    assert (reply.scene.name, set(ids(reply))) == ("shop", {"g1", "g2"})
    reply = talk.say("anything under $3?")
    assert (reply.scene.name, ids(reply)) == ("shop", ["g1"])
    assert "price at most 3" in said(reply)
    reply = talk.say("推荐两部喜剧电影")
    assert (reply.scene.name, reply.reading.language, reply.reading.count) == ("watch", "zh", 2)
    assert said(reply) == {
        "categories in Comedy",
        "categories not in Horror",
    }  # the long memory has the second
    comedies = ids(reply)
    assert comedies
    assert set(comedies) <= {"f3", "f4", "f7"}
    assert second[1] not in comedies
    reply = talk.say("第一部是谁导演的")
    assert reply.reading.about == (comedies[0],)
    assert reply.reading.language == "zh"

    # What is forgotten counts no more.
    assert "Horror" in refused(fresh)
    reply = talk.say("forget that i hate horror")
    assert reply.reading.forget == "Horror"
    assert "Horror" not in refused(fresh)
    reply = talk.say("a horror film please")
    assert ids(reply) == ["f8"]
    reply = talk.say("forget me")
    assert reply.reading.forget == "me"
    assert list(fresh.events.profile.labels("ann")) == []
    assert fresh.events.load_session("talk") is None
    assert len(talk.replies) == 12

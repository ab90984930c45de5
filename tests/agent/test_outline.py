"""Texts about what was shown: why it was picked, and what lies past its end."""

from __future__ import annotations

import asyncio

import pytest

from handpicked.agent.loop import Agent
from handpicked.agent.types import Reply, Request
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Item
from tests.agent.conftest import MakeAgent


@pytest.fixture
def agent(make_agent: MakeAgent, fresh: Workspace) -> Agent:
    return make_agent(workspace=fresh)


def say(agent: Agent, *messages: str) -> Reply:
    """The reply to the last of the messages of one session."""
    replies = [asyncio.run(agent.turn(Request(message, session_id="s", k=3))) for message in messages]
    return replies[-1]


def ids(reply: Reply) -> list[str]:
    return [item.item_id for ranked in reply.lists for item in ranked.items]


def test_why_tells_what_is_behind_an_item_and_the_wishes_that_it_keeps(agent: Agent) -> None:
    first = say(agent, "westerns under three hours")
    reply = say(agent, "why the second one?")
    assert reply.tasks == ("explain",)
    assert ids(reply) == ids(first)[1:2]
    title = first.lists[0].items[1].title
    assert reply.text.startswith(f"I picked {title} because ")
    assert "It keeps what you asked for: westerns and under three hours." in reply.text
    again = say(agent, "why did you pick these?")
    assert ids(again) == ids(first)
    assert again.text.count("I picked ") == len(ids(first))


def test_why_names_the_title_that_carries_the_score(agent: Agent) -> None:
    say(agent, "I loved Night Signal, recommend something like it")
    reply = say(agent, "why the first one?")
    assert "Night Signal (named by you)" in reply.text
    assert "you named it" in say(agent, "why Grave Hour?").text


@pytest.mark.parametrize(
    ("ask", "count", "answer"),
    [
        ("recommend three films", "the seventh one", "I showed you 3. Which of them do you mean?"),
        ("recommend three films", "who directed the ninth film?", "I showed you 3."),
        ("推荐三部电影", "第七部是谁导演的", "刚才给你看了 3 个"),
        ("推荐三部电影", "第十五部呢", "刚才给你看了 3 个"),
        ("recommend three films", "what about the 12th one?", "I showed you 3."),
    ],
)
def test_a_number_past_the_end_asks_which_is_meant(agent: Agent, ask: str, count: str, answer: str) -> None:
    first = say(agent, ask)
    reply = say(agent, count)
    assert reply.text.startswith(answer)
    assert ids(reply) == ids(first)
    assert reply.reviews == {}
    assert say(agent, "the second one, who made it?").reading.about == (ids(first)[1],)


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("review Night Signal and recommend some snacks", {"f1"}),
        ("is there an offer on snacks and also tell me what Night Signal is about", {"f1"}),
        ("which is better, Night Signal or Grave Hour, and any snacks to go with it?", {"f1", "f8"}),
    ],
)
def test_a_text_on_a_title_and_goods_beside_it(agent: Agent, message: str, titles: set[str]) -> None:
    reply = say(agent, message)
    assert "recommend" in reply.tasks
    assert set(ids(reply)) == {"g1", "g2"}
    assert titles <= {citation.item_id for citation in reply.citations}


def test_a_plot_that_nothing_has_is_said_to_be_but_close(agent: Agent) -> None:
    search = Request("that film where a pilot marries a lighthouse", session_id="s", tasks=("search",))
    assert "these come closest" in asyncio.run(agent.turn(search)).text
    told = Request("that film where an old man ties balloons to his house", session_id="t", tasks=("search",))
    assert "these come closest" not in asyncio.run(agent.turn(told)).text
    chinese = Request("找一部片子，讲飞行员娶了灯塔", session_id="u", tasks=("search",))
    assert "最接近" not in asyncio.run(agent.turn(chinese)).text  # what is known there is in English


def test_a_kind_alone_is_ranked_by_more_than_titles_with_the_word(agent: Agent) -> None:
    reply = say(agent, "a western for tonight")
    weights = {source.tool: source.weight for source in reply.lists[0].items[0].sources}
    assert weights["search"] < weights["popular"]


def test_a_wish_that_binds_another_domain_is_no_reason(agent: Agent) -> None:
    say(agent, "snacks and a western")
    reply = say(agent, "why The Dry Valley?")
    assert "It keeps what you asked for: western." in reply.text


def test_a_summary_of_what_has_no_description_says_so(make_agent: MakeAgent, fresh: Workspace) -> None:
    fresh.catalog.upsert([Item("f99", "The Vanishing Ferry", "movie", "", ("Drama",), year=1990)])
    reply = asyncio.run(make_agent(workspace=fresh).turn(Request("summarize The Vanishing Ferry")))
    assert reply.text.startswith("The catalogue doesn't say what The Vanishing Ferry is about.")

"""A wish for each of several domains has its own list, words, count and bounds."""

from __future__ import annotations

import asyncio

import pytest

from handpicked.agent.loop import Agent
from handpicked.agent.parts import split
from handpicked.agent.types import Reading, Reply, Request, SceneGuess
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint
from tests.agent.conftest import MakeAgent

SNACKS = Constraint("categories", "in", ("Snacks",), "text", "snacks", ("grocery",))
FILM_AND_SNACKS = Reading(
    SceneGuess("shop", 1.0),
    ("recommend",),
    query="cheap snacks and a film with robots",
    constraints=(Constraint("domain", "in", ("movie", "grocery"), "text"), SNACKS),
)


@pytest.fixture
def agent(make_agent: MakeAgent, fresh: Workspace) -> Agent:
    return make_agent(workspace=fresh)


def say(agent: Agent, *messages: str) -> Reply:
    """The reply to the last of the messages of one session."""
    return [asyncio.run(agent.turn(Request(message, session_id="s", k=3))) for message in messages][-1]


def domains(reply: Reply) -> list[set[str]]:
    return [
        {str(item.facts["domain"]) for item in ranked.items} for ranked in reply.lists if ranked.task != "ads"
    ]


def test_each_part_has_its_own_words_and_constraints(context: Context) -> None:
    snacks, film = split(FILM_AND_SNACKS, "two snacks and three films with robots", context.snapshot)
    assert (snacks.query, film.query) == ("cheap snacks", "a film with robots")
    assert (snacks.count, film.count) == (2, 3)
    assert snacks.constraints == (Constraint("domain", "in", ("grocery",), "text"), SNACKS)
    assert film.constraints == (Constraint("domain", "in", ("movie",), "text"),)


def test_alternatives_share_a_list(context: Context) -> None:
    either = Reading(
        SceneGuess("browse", 1.0),
        ("recommend",),
        query="a book or a film about salt",
        constraints=(Constraint("domain", "in", ("book", "movie"), "text"),),
    )
    assert split(either, either.query, context.snapshot) == (either,)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("snacks and a film for tonight", ["grocery", "movie"]), ("a western and some snacks", ["movie", "grocery"]),
        ("snacks and a good western", ["grocery", "movie"]), ("零食和一部电影", ["grocery", "movie"]),
        ("买点零食，再推荐一部西部片", ["grocery", "movie"]), ("some jazz and a book about salt", ["music", "book"]),
        ("snacks for a party and some jazz", ["grocery", "music"]), ("a western + snacks", ["movie", "grocery"]),
        ("给我推荐电影和零食，零食五块以内", ["movie", "grocery"]),
        ("need groceries for dinner under $10 and a western after", ["grocery", "movie"]),
    ],
)  # fmt: skip
def test_each_wish_has_a_list_and_a_sentence_of_its_own(
    agent: Agent, message: str, wanted: list[str]
) -> None:
    reply = say(agent, message)
    assert domains(reply) == [{name} for name in wanted]
    assert len({ranked.label for ranked in reply.lists}) == 2
    told = [citation.item_id for citation in reply.citations]
    assert {ranked.items[0].item_id for ranked in reply.lists} <= set(told)


def test_a_kind_before_the_name_of_things_asks_for_no_others(agent: Agent) -> None:
    assert domains(say(agent, "some good drama and history books")) == [{"book"}]


def test_a_refusal_binds_the_domain_that_has_it(agent: Agent) -> None:
    reply = say(agent, "a film, not horror, and some snacks under $3")
    assert "(snacks, under $3)" in reply.text
    assert "(no horror)" in reply.text.replace("not horror", "no horror")


def test_a_follow_up_on_one_part_goes_on_from_that_part(agent: Agent) -> None:
    reply = say(agent, "snacks and a film for tonight", "snacks under $3")
    assert [item.item_id for ranked in reply.lists for item in ranked.items] == ["g1"]
    reply = say(agent, "snacks and a film for tonight", "a shorter film")
    assert domains(reply) == [{"movie"}]


@pytest.mark.parametrize(
    ("message", "domain"),
    [
        ("write an article about film noir", None),
        ("写一篇关于爵士乐的文章", None),
        ("an article about rivers", "news"),
    ],
)
def test_the_form_that_is_written_is_no_domain(agent: Agent, message: str, domain: str | None) -> None:
    named = [
        c.value for c in say(agent, message).reading.constraints if c.field == "domain" and c.source == "text"
    ]
    assert ("news",) not in named if domain is None else (domain,) in named

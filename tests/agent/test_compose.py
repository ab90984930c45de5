"""The text is on what the message names; what is listed comes beside it."""

from __future__ import annotations

import asyncio

import pytest

from handpicked.agent.types import Reply, Request
from tests.agent.conftest import MakeAgent


def answered(make_agent: MakeAgent, message: str) -> Reply:
    return asyncio.run(make_agent().turn(Request(message)))


@pytest.mark.parametrize(
    "message",
    [
        "write me a review of Night Signal and find two like it",
        "给我写一篇《Night Signal》的影评，再推荐两部类似的",
    ],
)
def test_a_review_is_of_what_is_named_and_the_list_of_what_is_like_it(
    make_agent: MakeAgent, message: str
) -> None:
    reply = answered(make_agent, message)
    assert set(reply.tasks) == {"review", "recommend"}
    assert set(reply.reviews) == {"f1"}
    (listed,) = reply.lists
    assert len(listed.items) == 2
    assert "f1" not in {item.item_id for item in listed.items}
    told = [citation.item_id for citation in reply.citations]
    assert told[0] == "f1"
    assert told[1:] == [item.item_id for item in listed.items]


def test_a_question_about_a_title_is_answered_with_it_alone(make_agent: MakeAgent) -> None:
    reply = answered(make_agent, "what is Night Signal about")
    assert [item.item_id for ranked in reply.lists for item in ranked.items] == ["f1"]
    assert reply.text.startswith("Night Signal")
    shared = answered(make_agent, "who directed Heat")
    assert {item.item_id for ranked in shared.lists for item in ranked.items} == {"f2", "f3"}


def test_two_that_are_compared_stand_in_the_text_and_what_is_like_them_in_the_list(
    make_agent: MakeAgent,
) -> None:
    reply = answered(make_agent, "compare Night Signal and Grave Hour and find me something like them")
    assert [citation.item_id for citation in reply.citations][:2] == ["f1", "f8"]
    assert not {"f1", "f8"} & {item.item_id for ranked in reply.lists for item in ranked.items}

"""Ratings are read from the user's words, and say what was liked."""

from __future__ import annotations

import asyncio

import pytest

from handpicked.agent import memory, ratings
from handpicked.agent.read import Reader
from handpicked.agent.types import Reading, Reply, Request, SceneGuess
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from tests.agent.conftest import MakeAgent


@pytest.mark.parametrize(
    ("message", "words", "stance"),
    [
        ("I'd give Heat 4 stars", "4 stars", "like"), ("Heat, two and a half stars", "two and a half stars", "seen"),
        ("Just finished Whiplash, 9/10", "9/10", "like"), ("those waffles: 1 out of 5", "1 out of 5", "dislike"),
        ("my biography: 4 of 5", "4 of 5", "like"), ("thumbs down on this", "thumbs down", "dislike"), ("👍 for that", "👍", "like"),
        ("that one gets a six off me", "gets a six", "like"), ("this gets a 4", "gets a 4", "seen"),
        ("盗火线四星 有点长了", "四星", "like"), ("这张给满分", "满分", "like"), ("太甜了，给两分吧", "两分", "dislike"), ("打四分", "四分", "seen"),
        ("ok I'd give it 4 out of 5", "4 out of 5", "like"), ("三星半", "三星半", "like"),
    ],
)  # fmt: skip
def test_a_rating_is_read(message: str, words: str, stance: str) -> None:
    (found,) = ratings.given(message)
    assert (found.words, found.stance) == (words, stance)


@pytest.mark.parametrize("message", ["a good film, 20 minutes long", "二十分钟的短片", "give me three"])
def test_what_is_no_rating_is_left_alone(message: str) -> None:
    assert ratings.given(message) == []


def test_several_ratings_belong_to_the_items_in_order_or_to_none() -> None:
    reading = Reading(SceneGuess("watch", 1.0), ("rate",), about=("f2", "f9"), like=("f2", "f9"))
    assert {i: one.words for i, one in ratings.of("Heat 4/5 and Waltz 1/5", reading).items()} == {
        "f2": "4/5",
        "f9": "1/5",
    }
    assert ratings.of("4/5, 1/5 and 3/5", reading) == {}
    assert [one.share for one in ratings.of("Heat 4.5, Waltz 2", reading).values()] == [0.9, 0.2]
    assert dict(ratings.stances("Heat 4/5 and Waltz 1/5", reading)) == {
        "like": ["f2"],
        "dislike": ["f9"],
        "seen": [],
    }


def test_a_rating_is_kept_and_the_text_says_so(make_agent: MakeAgent, fresh: Workspace) -> None:
    agent = make_agent(workspace=fresh)

    def say(message: str, *, user: str | None = "ann", session: str | None = "s") -> Reply:
        return asyncio.run(agent.turn(Request(message, user_id=user, session_id=session)))

    assert "Night Signal, “4 stars”; your profile" in say("I'd give Night Signal 4 stars").text
    reply = say("I rate Grave Hour 2 out of 10", session="other")
    assert "you don't like" in reply.text
    assert [item.item_id for ranked in reply.lists for item in ranked.items] == ["f8"]
    labels = {(one.label, one.stance) for one in fresh.events.profile.labels("ann")}
    assert labels == {("f1", "like"), ("f8", "dislike")}
    kept = [memory.parse(fresh.events.load_session(name) or "", name) for name in ("s", "other")]
    assert (kept[0].like, kept[1].dislike) == (("f1",), ("f8",))
    assert "can't be kept" in say("《Night Signal》 9/10", user=None, session=None).text.replace(
        "记不下来", "can't be kept"
    )


def test_a_rating_of_a_title_is_one_whatever_else_the_words_are_like(
    reader: Reader, context: Context
) -> None:
    def tasks(message: str) -> tuple[str, ...]:
        return reader.read(Request(message), memory.Memory(), context.snapshot).tasks

    assert tasks("Grave Hour was awful, 2/10") == ("rate",)
    assert set(tasks("Grave Hour was awful, 2/10. recommend me a western")) == {"rate", "recommend"}
    assert "rate" not in tasks("films rated 8/10 or more")

"""Follow-ups go on from the wish in force; new wishes, other scenes and resets don't."""

from __future__ import annotations

import pytest

from handpicked.agent import memory
from handpicked.agent.memory import Memory
from handpicked.agent.read import Reader
from handpicked.agent.types import ListItem, RankedList, Reading, Request, SceneGuess
from handpicked.tools.dispatch import Context

FIRST = {"en": "a thriller from the eighties under two hours", "zh": "推荐几部八十年代的惊悚片 两小时以内"}
IN_FORCE = {"categories in Thriller", "year 1980 to 1989", "runtime at most 120"}
THRILLER, EIGHTIES, SHORT = "categories in Thriller", "year 1980 to 1989", "runtime at most 120"


def _after(reader: Reader, context: Context, language: str, message: str) -> Reading:
    """What a message is read as after the first wish, whose list showed a film of 1982 with 100 minutes."""
    request = Request(FIRST[language], session_id="s")
    reading = reader.read(request, Memory(), context.snapshot)
    assert _said(reading) == IN_FORCE
    item = ListItem(1, "f1", "Night Signal", 1.0, "", {"year": 1982, "runtime": 100}, False, ())
    state = memory.remember(Memory(), request, reading, (RankedList("recommend", "", (item,)),), "")
    return reader.read(Request(message, session_id="s"), state, context.snapshot)


def _said(reading: Reading) -> set[str]:
    return {str(c) for c in reading.constraints if c.field != "domain"}


@pytest.mark.parametrize(
    ("message", "now"),
    [
        ("older", {THRILLER, SHORT, "year at least 1980", "year at most 1981"}),
        ("something newer", {THRILLER, SHORT, "year at least 1983", "year at most 1989"}),
        ("shorter please", {THRILLER, EIGHTIES, "runtime at most 99"}),
        ("before 1960", {THRILLER, SHORT, "year at most 1959"}),
        ("after 1985", {THRILLER, SHORT, "year at least 1986", "year at most 1989"}),
        ("only comedies", {EIGHTIES, SHORT, "categories in Comedy"}),
        ("what about westerns", {EIGHTIES, SHORT, "categories in Western"}),
        ("or comedies too", {EIGHTIES, SHORT, "categories in Thriller, Comedy"}),
        ("no horror", IN_FORCE | {"categories not in Horror"}),
        ("without horror", IN_FORCE | {"categories not in Horror"}),
        ("under 90 minutes", {THRILLER, EIGHTIES, "runtime at most 90"}),
        ("any length is fine", {THRILLER, EIGHTIES}),
        ("another one", IN_FORCE),
        ("something else", IN_FORCE),
        ("more", IN_FORCE),
        ("what else", IN_FORCE),
        ("hmm no. funnier", IN_FORCE),
        ("not too violent", IN_FORCE),
        ("show me those again", IN_FORCE),
        ("i've seen Night Signal", IN_FORCE),
        ("not the first one", IN_FORCE),
    ],
)
def test_english_follow_ups_go_on(reader: Reader, context: Context, message: str, now: set[str]) -> None:
    reading = _after(reader, context, "en", message)
    assert _said(reading) == now
    assert (reading.scene.name, reading.tasks) == ("watch", ("recommend",))


@pytest.mark.parametrize(
    ("message", "now"),
    [
        ("再老一点", {THRILLER, SHORT, "year at least 1980", "year at most 1981"}),
        ("再短一点", {THRILLER, EIGHTIES, "runtime at most 99"}),
        ("那喜剧呢", {EIGHTIES, SHORT, "categories in Comedy"}),
        ("也可以是喜剧片", {EIGHTIES, SHORT, "categories in Thriller, Comedy"}),
        ("不要恐怖片", IN_FORCE | {"categories not in Horror"}),
        ("90分钟以下的", {THRILLER, EIGHTIES, "runtime at most 90"}),
        ("1960年以前的", {THRILLER, SHORT, "year at most 1959"}),
        ("换一批", IN_FORCE),
        ("还有吗", IN_FORCE),
        ("再来几部", IN_FORCE),
        ("刚才那些再给我看一下", IN_FORCE),
    ],
)
def test_chinese_follow_ups_go_on(reader: Reader, context: Context, message: str, now: set[str]) -> None:
    reading = _after(reader, context, "zh", message)
    assert _said(reading) == now
    assert reading.scene.name == "watch"


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "never mind"), ("en", "start over"), ("en", "thanks"), ("en", "who directed the first one"),
        ("en", "hello"), ("en", "i want a book instead"), ("en", "a birthday present for my aunt"),
        ("en", "we need milk and bread"), ("en", "recommend me a western"), ("en", "put on some jazz"),
        ("zh", "算了重新来"), ("zh", "谢谢"), ("zh", "第一部讲什么"), ("zh", "买点牛奶"), ("zh", "推荐一本书"),
        ("zh", "放点爵士乐"),
    ],
)  # fmt: skip
def test_a_new_wish_takes_nothing_over(reader: Reader, context: Context, language: str, message: str) -> None:
    assert not _said(_after(reader, context, language, message)) & IN_FORCE


def test_what_was_asked_about_is_no_taste_and_the_latest_word_counts() -> None:
    def after(state: Memory, **named: tuple[str, ...]) -> Memory:
        reading = Reading(SceneGuess("watch", 1.0), ("recommend",), **named)  # type: ignore[arg-type]
        return memory.remember(state, Request("said", session_id="s"), reading, (), "")

    asked = after(Memory(), like=("f1", "f2"), about=("f1",))
    assert asked.like == ("f2",)
    refused = after(asked, dislike=("f2",))
    assert (refused.like, refused.dislike) == ((), ("f2",))
    assert after(refused, like=("f2",)).dislike == ()


def test_a_state_of_before_still_loads() -> None:
    state = memory.parse('{"turns":[],"shown":["f1"],"like":[],"dislike":[]}', "s")
    assert (state.shown, state.topic, state.last) == (("f1",), None, ())

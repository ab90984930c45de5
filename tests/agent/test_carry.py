"""Messages that lean on the one before: which do, and what becomes of the wish in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
import yaml

from handpicked import prompts
from handpicked.agent import followups, memory, scenes
from handpicked.agent.memory import Memory, Topic
from handpicked.agent.types import Reading, Request, SceneGuess, Surroundings
from handpicked.tools.types import Constraint

SCENES = scenes.load()
FILMS = Constraint("domain", "in", ("movie",), "context")
GOODS = Constraint("domain", "in", ("grocery",), "context")
WESTERN = Constraint("categories", "in", ("Western",), "text", "westerns")
OLD = Constraint("year", "range", (None, 1959), "text", "before 1960")
SHORT = Constraint("runtime", "range", (None, 120), "text", "under two hours")
SNACKS = Constraint("categories", "in", ("Snacks",), "text", "snacks")
CHEAP = Constraint("price", "range", (None, 5), "text", "under $5")
WATCH = Topic("watch", ("recommend",), "westerns with trains", (FILMS, WESTERN, OLD, SHORT), (), ("f5",))
SHOP = Topic("shop", ("recommend",), "snacks", (GOODS, SNACKS, CHEAP))
STATE = Memory(topic=WATCH, last=("f5",), measures={"year": 1952.0, "runtime": 100.0, "rating": 7.0})
IN_SHOP = Memory(topic=SHOP, last=("g1",), measures={"price": 3.0})
BASE = ("categories in Western", "year at most 1959", "runtime at most 120")


def _said(field: str, value: object, span: str) -> Constraint:
    """A constraint of a message; a term with ! before it is refused."""
    if isinstance(value, tuple):
        low, high = cast(tuple[float | None, float | None], value)
        return Constraint(field, "range", (low, high), "text", span)
    text = str(value)
    return Constraint(field, "not_in" if text[0] == "!" else "in", (text.removeprefix("!"),), "text", span)


def _read(message: str, *said: tuple[str, object, str], scene: str = "watch", **more: Any) -> Reading:
    """What a reader makes of a message by itself."""
    constraints = tuple(_said(*one) for one in said)
    query = message
    for constraint in constraints:
        query = query.replace(constraint.span or "", " ") if constraint.op == "range" else query
    domain = tuple(Constraint("domain", "in", d, "context") for d in [SCENES[scene].domains] if d)
    given: dict[str, Any] = {"tasks": ("recommend",), "query": query.strip()} | more
    return Reading(SceneGuess(scene, 0.6), constraints=(*domain, *constraints), **given)


def _carry(state: Memory, message: str, reading: Reading, **request: Any) -> Reading:
    return memory.carry(state, Request(message, **request), reading, SCENES)


def _kept(reading: Reading) -> set[str]:
    return {str(c) for c in reading.constraints if c.field != "domain"}


def _but(*changes: str, without: str = "") -> set[str]:
    """The constraints in force, but for the fields named and with these."""
    return {one for one in BASE if one.split()[0] not in without.split()} | set(changes)


# The message, what it says by itself, and the constraints in force after it.
ON: tuple[tuple[str, tuple[tuple[str, object, str], ...], set[str]], ...] = (
    ("older", (), _but("year at most 1951", without="year")),
    ("something newer please", (), _but("year at most 1959", "year at least 1953")),
    ("nothing older", (), _but("year at least 1953")),
    ("hm, shorter?", (), _but("runtime at most 99", without="runtime")),
    ("too long for me", (), _but("runtime at most 99", without="runtime")),
    ("before 1950", (("year", (None, 1949), "before 1950"),), _but("year at most 1949", without="year")),
    ("after 1940", (("year", (1941, None), "after 1940"),), _but("year at least 1941")),
    ("from the 70s", (("year", (1970, 1979), "the 70s"),), _but("year 1970 to 1979", without="year")),
    ("since 1980", (("year", (1980, None), "since 1980"),), _but("year at least 1980", without="year")),
    ("under 90 minutes", (("runtime", (None, 90), "under 90 minutes"),), _but("runtime at most 90", without="runtime")),
    ("up to three hours is ok too", (("runtime", (None, 180), "up to three hours"),), _but("runtime at most 180", without="runtime")),
    ("only comedies", (("categories", "Comedy", "comedies"),), _but("categories in Comedy", without="categories")),
    ("comedies", (("categories", "Comedy", "comedies"),), _but("categories in Comedy", without="categories")),
    ("or comedies too", (("categories", "Comedy", "comedies"),), _but("categories in Western, Comedy", without="categories")),
    ("comedies would be fine as well", (("categories", "Comedy", "comedies"),), _but("categories in Western, Comedy", without="categories")),
    ("which of those are comedies", (("categories", "Comedy", "comedies"),), _but("categories in Comedy")),
    ("make it a comedy instead", (("categories", "Comedy", "comedy"),), _but("categories in Comedy", without="categories")),
    ("what about musicals?", (("categories", "Musical", "musicals"),), _but("categories in Musical", without="categories")),
    ("without musicals", (("categories", "!Musical", "musicals"),), _but("categories not in Musical")),
    ("no westerns, sorry", (("categories", "!Western", "westerns"),), _but("categories not in Western", without="categories")),
    ("in French", (("language", "French", "French"),), _but("language in French")),
    ("but with Ada Brandt", (("cast", "Ada Brandt", "Ada Brandt"),), _but("cast in Ada Brandt")),
    ("any length", (), _but(without="runtime")),
    ("old or new, doesn't matter", (), _but(without="year")),
    ("something else", (), _but()),
    ("another one", (), _but()),
    ("more", (), _but()),
    ("ok what else have you got", (), _but()),
    ("not that one", (), _but()),
    ("with robots in it", (), _but()),
    ("way too gloomy lol", (), _but()),
    ("one more time", (), _but()),
    ("funnier, less talking", (), _but()),
    ("show me a few more", (), _but()),
    ("再短一点", (), _but("runtime at most 99", without="runtime")),
    ("太老了，要80年代以后的", (("year", (1980, None), "80年代以后"),), _but("year at least 1980", without="year")),
    ("那喜剧呢", (("categories", "Comedy", "喜剧"),), _but("categories in Comedy", without="categories")),
    ("喜剧也行", (("categories", "Comedy", "喜剧"),), _but("categories in Western, Comedy", without="categories")),
    ("不要歌舞片", (("categories", "!Musical", "歌舞片"),), _but("categories not in Musical")),
    ("换成喜剧吧", (("categories", "Comedy", "喜剧"),), _but("categories in Comedy", without="categories")),
    ("只要法语的", (("language", "French", "法语"),), _but("language in French")),
    ("换一批", (), _but()),
    ("还有别的吗", (), _but()),
    ("时长不限", (), _but(without="runtime")),
    ("再轻松点的", (), _but()),
)  # fmt: skip

NEW: tuple[tuple[str, Reading], ...] = (
    ("a heist film with a twist", _read("a heist film with a twist")),
    ("recommend me a comedy", _read("recommend me a comedy", ("categories", "Comedy", "comedy"))),
    ("I want to see dinosaurs with my kids, nothing too scary", _read("I want to see dinosaurs with my kids, nothing too scary")),
    ("what about a book?", _read("what about a book?", ("domain", "book", "book"), scene="read")),
    ("now some music to cook to", _read("now some music to cook to", ("domain", "music", "music"), scene="listen")),
    ("I need to buy milk", _read("I need to buy milk", ("categories", "Dairy", "milk"), scene="shop")),
    ("and a birthday present for my niece", _read("and a birthday present for my niece", scene="gift")),
    ("time travel", _read("time travel")),
    ("推荐几部关于下棋的电影", _read("推荐几部关于下棋的电影")),
    ("想买点牛奶", _read("想买点牛奶", ("categories", "Dairy", "牛奶"), scene="shop")),
)  # fmt: skip

ASIDE: tuple[tuple[str, Reading], ...] = (
    ("thanks, lovely", _read("thanks, lovely", scene="chat", tasks=("chitchat",))),
    ("how's the weather", _read("how's the weather", scene="chat", tasks=("chitchat",))),
    ("what's the second one about?", _read("what's the second one about?", tasks=("summarize",), like=("f5",), about=("f5",))),
    ("who directed it", _read("who directed it", scene="search", tasks=("search",))),
    ("why did you pick that one", _read("why did you pick that one", tasks=("explain",))),
    ("is it shorter than Heat", _read("is it shorter than", tasks=("compare",), like=("f2",), about=("f2",))),
    ("第二部讲的是什么", _read("第二部讲的是什么", tasks=("summarize",), like=("f5",), about=("f5",))),
    ("谢谢，晚安", _read("谢谢，晚安", scene="chat", tasks=("chitchat",))),
)  # fmt: skip

RESET = (
    "never mind",
    "start over",
    "forget that",
    "算了重新来",
    "scratch that, let's start again",
    "还是算了",
    "换个话题吧",
)


def _leaves(node: object) -> Iterator[object]:
    if isinstance(node, dict | list):
        inner = (
            cast(Mapping[str, object], node).values() if isinstance(node, dict) else cast(list[object], node)
        )
        for child in inner:
            yield from _leaves(child)
    else:
        yield node


def test_every_word_of_the_lists_is_text() -> None:
    """YAML reads a bare `no` as false."""
    document = yaml.safe_load(prompts.read_text("followups.yaml"))
    assert [word for word in _leaves(document) if not isinstance(word, str)] == []


@pytest.mark.parametrize(("message", "said", "after"), ON, ids=[row[0] for row in ON])
@pytest.mark.parametrize("guess", ["watch", "shop", "chat"])
def test_a_follow_up_keeps_what_is_in_force_whatever_its_words_alone_look_like(
    message: str, said: tuple[tuple[str, object, str], ...], after: set[str], guess: str
) -> None:
    if guess == "chat" and message in ("with robots in it", "way too gloomy lol"):
        return  # nothing tells these from small talk but the reading of the scene
    tasks = ("chitchat",) if guess == "chat" else ("recommend",)
    carried = _carry(STATE, message, _read(message, *said, scene=guess, tasks=tasks))
    assert _kept(carried) == after
    assert (carried.scene.name, carried.tasks, carried.like) == ("watch", ("recommend",), ("f5",))
    assert [c.value for c in carried.constraints if c.field == "domain"] == [("movie",)]
    assert "trains" in carried.query


@pytest.mark.parametrize(("message", "reading"), [*NEW, *ASIDE], ids=[row[0] for row in (*NEW, *ASIDE)])
def test_a_new_wish_and_a_remark_come_back_as_they_are(message: str, reading: Reading) -> None:
    assert _carry(STATE, message, reading) == reading


@pytest.mark.parametrize("message", RESET)
def test_a_reset_takes_nothing_over_and_leaves_nothing_in_force(message: str) -> None:
    reading = _read(message, scene="chat", tasks=("chitchat",))
    assert _carry(STATE, message, reading) == reading
    assert memory.remember(STATE, Request(message), reading, (), "").topic is None


@pytest.mark.parametrize(("message", "reading"), NEW, ids=[row[0] for row in NEW])
def test_a_new_wish_takes_the_place_of_the_one_in_force(message: str, reading: Reading) -> None:
    after = memory.remember(STATE, Request(message), reading, (), "")
    assert after.topic is not None
    assert (after.topic.scene, after.topic.query) == (reading.scene.name, reading.query)
    assert after.topic.constraints == reading.constraints


@pytest.mark.parametrize(("message", "reading"), ASIDE, ids=[row[0] for row in ASIDE])
def test_a_remark_leaves_the_wish_in_force(message: str, reading: Reading) -> None:
    assert memory.remember(STATE, Request(message), reading, (), "").topic == WATCH


@pytest.mark.parametrize(
    ("message", "said", "after"),
    [
        ("cheaper", (), {"categories in Snacks", "price at most 2.99"}),
        ("cheaper", (("price", (None, 1.2), "cheaper"),), {"categories in Snacks", "price at most 2.99"}),
        ("those are pricey, up to 2 dollars?", (("price", (None, 2), "up to 2 dollars"),), {"categories in Snacks", "price at most 2"}),
        ("price doesn't matter", (), {"categories in Snacks"}),
        ("没有便宜点的吗", (), {"categories in Snacks", "price at most 2.99"}),
        ("贵点也行", (), {"categories in Snacks"}),
    ],
)  # fmt: skip
def test_dear_and_cheap_are_measured_by_what_was_shown(
    message: str, said: tuple[tuple[str, object, str], ...], after: set[str]
) -> None:
    assert _kept(_carry(IN_SHOP, message, _read(message, *said, scene="shop"))) == after


def test_a_comparison_without_anything_to_compare_with_says_nothing() -> None:
    state = replace(STATE, measures={})
    assert _kept(_carry(state, "older", _read("older"))) == set(BASE)


def test_words_that_no_longer_hold_leave_the_query_and_new_ones_come_in() -> None:
    message = "only comedies, with robots"
    carried = _carry(STATE, message, _read(message, ("categories", "Comedy", "comedies")))
    assert carried.query.split() == ["with", "trains", "comedies", "robots"]


def test_a_new_title_to_resemble_replaces_the_old_one_and_a_refused_one_is_dropped() -> None:
    more = _read("more like", like=("f6",))
    assert _carry(STATE, "more like Silver Spurs", more).like == ("f6",)
    both = _read("like also", like=("f6",))
    assert _carry(STATE, "like Silver Spurs also", both).like == ("f6", "f5")
    refused = _read("not", dislike=("f5",))
    assert _carry(STATE, "not The Dry Valley", refused).like == ()


def test_a_mood_in_force_stays_until_another_is_named() -> None:
    light, dark = (Constraint("categories", "in", (name,)) for name in ("Comedy", "Thriller"))
    state = replace(STATE, topic=replace(WATCH, prefer=(light,)))
    assert _carry(state, "older", _read("older")).prefer == (light,)
    assert _carry(state, "darker", _read("darker", prefer=(dark,))).prefer == (dark,)


def test_filters_and_tasks_of_the_client_are_its_own() -> None:
    given = Constraint("rating", "range", (8, None), "request")
    reading = replace(_read("older"), constraints=(given, FILMS), tasks=("ads",))
    carried = _carry(STATE, "older", reading, tasks=("ads",))
    assert carried.tasks == ("ads",)
    assert given in carried.constraints
    after = memory.remember(STATE, Request("older"), carried, (), "")
    assert after.topic is not None
    assert given not in after.topic.constraints


def test_another_scene_given_by_the_client_starts_anew() -> None:
    reading = _read("older", scene="read")
    assert _carry(STATE, "older", reading, context=Surroundings(scene="read")) == reading


def test_an_open_scene_gives_way_to_the_particular_one_that_a_follow_up_names() -> None:
    state = replace(STATE, topic=replace(WATCH, scene="browse", constraints=()))
    comedies = _read("only comedies", ("categories", "Comedy", "comedies"))
    assert _carry(state, "only comedies", comedies).scene.name == "watch"
    assert _carry(state, "more", _read("more")).scene.name == "browse"


def test_what_is_taken_over_is_marked_and_goes_on_from_turn_to_turn() -> None:
    first = _carry(STATE, "in French", _read("in French", ("language", "French", "French")))
    assert {c.field: c.source for c in first.constraints} == {
        "domain": "context", "categories": "memory", "year": "memory", "runtime": "memory", "language": "text",
    }  # fmt: skip
    state = memory.remember(STATE, Request("in French"), first, (), "")
    assert _kept(_carry(state, "older", _read("older"))) == _but(
        "language in French", "year at most 1951", without="year"
    )


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("show me those again", True),
        ("again", True),
        ("again please", True),
        ("can you list them once more", True),
        ("same again but without the nuts", True),
        ("go back to the first list", True),
        ("再给我看看刚才的", True),
        ("把刚才那几部再列一遍", True),
        ("再来一遍", True),
        ("what's the plot again", False),
        ("not those again", False),
        ("don't show me that one again", False),
        ("never again", False),
        ("a film I can watch again and again", False),
        ("show me more", False),
        ("再来一部", False),
        ("不要刚才的", False),
    ],
)
def test_what_was_shown_is_wanted_again_only_where_it_is_said(message: str, asked: bool) -> None:
    assert followups.asks_again(message) == asked

"""Reading a turn: scene, tasks, titles and constraints together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handpicked.agent.memory import Memory
from handpicked.agent.read import Reader
from handpicked.agent.types import CartLine, Reading, Request, Surroundings
from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Constraint


@pytest.fixture
def snapshot(context: Context) -> Snapshot:
    return context.snapshot


def _read(reader: Reader, snapshot: Snapshot, message: str, **more: Any) -> Reading:
    return reader.read(Request(message, **more), Memory(), snapshot)


def _values(reading: Reading, field: str) -> list[tuple[str, tuple[object, ...]]]:
    return [(c.op, c.value) for c in reading.constraints if c.field == field]


def test_a_wish_for_films_is_read_whole(reader: Reader, snapshot: Snapshot) -> None:
    reading = _read(reader, snapshot, "westerns made before 1970 under two hours")
    assert reading.scene.name == "watch"
    assert reading.tasks == ("recommend",)
    assert _values(reading, "categories") == [("in", ("Western",))]
    assert _values(reading, "year") == [("range", (None, 1969))]
    assert _values(reading, "runtime") == [("range", (None, 120))]
    assert "1970" not in reading.query


def test_liked_and_refused_titles_are_told_apart(reader: Reader, snapshot: Snapshot) -> None:
    reading = _read(reader, snapshot, "loved Night Signal, hated Grave Hour")
    assert (reading.like, reading.dislike) == (("f1",), ("f8",))
    assert "Night Signal" not in reading.query


def test_what_the_client_says_overrules_what_is_read(reader: Reader, snapshot: Snapshot) -> None:
    given_filters = (Constraint("year", "range", (2000, None), "request"),)
    reading = _read(
        reader,
        snapshot,
        "hello",
        context=Surroundings(scene="gift"),
        tasks=("compare",),
        filters=given_filters,
    )
    assert (reading.scene.name, reading.scene.confidence, reading.tasks) == ("gift", 1.0, ("compare",))
    assert given_filters[0] in reading.constraints


@pytest.mark.parametrize(
    ("more", "named"),
    [({"context": Surroundings(scene="moon")}, "moon"), ({"tasks": ("dance",)}, "dance")],
)
def test_an_unknown_scene_or_task_is_named(
    reader: Reader, snapshot: Snapshot, more: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        _read(reader, snapshot, "hello", **more)


def test_a_page_and_a_cart_are_enough(reader: Reader, snapshot: Snapshot) -> None:
    around = Surroundings(page="cart", cart=(CartLine("g1"),))
    assert _read(reader, snapshot, "", context=around).scene.name == "shop"


def test_goods_listed_are_alternatives(reader: Reader, snapshot: Snapshot) -> None:
    reading = _read(reader, snapshot, "snacks and milk", context=Surroundings(scene="shop"))
    assert snapshot.mask(reading.constraints).any()


@pytest.mark.parametrize(
    ("message", "scene", "bound"),
    [
        ("cheese, under 5", "shop", ("price", (None, 5))),
        ("a film, under 90", "watch", ("runtime", (None, 90))),
        ("给爷爷的礼物，五十以内", "gift", ("price", (None, 50))),
    ],
)
def test_a_bound_without_a_unit_fits_the_domain(
    reader: Reader, snapshot: Snapshot, message: str, scene: str, bound: tuple[str, tuple[object, ...]]
) -> None:
    reading = _read(reader, snapshot, message, context=Surroundings(scene=scene))
    assert _values(reading, bound[0]) == [("range", bound[1])]


def test_terms_that_no_item_of_the_domain_has_are_dropped(reader: Reader, snapshot: Snapshot) -> None:
    reading = _read(reader, snapshot, "french fries", context=Surroundings(scene="shop"))
    assert _values(reading, "language") == []


def test_the_language_is_the_messages_else_the_clients(reader: Reader, snapshot: Snapshot) -> None:
    assert _read(reader, snapshot, "今晚看什么").language == "zh"
    assert _read(reader, snapshot, "what now").language == "en"
    assert _read(reader, snapshot, "", context=Surroundings(locale="zh-CN")).language == "zh"


def test_this_is_the_item_on_the_page(reader: Reader, snapshot: Snapshot) -> None:
    page = Surroundings(page="movie", clicked=("f2", "f1"))
    assert _read(reader, snapshot, "more like this one please", context=page).like == ("f1",)
    assert _read(reader, snapshot, "tldr", context=page).about == ("f1",)
    assert _read(reader, snapshot, "a comedy please", context=page).like == ()


def test_small_talk_asks_for_no_list(reader: Reader, snapshot: Snapshot) -> None:
    assert _read(reader, snapshot, "hello!").tasks == ("chitchat",)


@pytest.mark.parametrize(
    "text", ["at least a 7 out of 10", "spanish-language horror", "a review of Heat and two more westerns"]
)
def test_what_bounds_ratings_names_a_kind_or_counts_asks_for_a_list(
    reader: Reader, snapshot: Snapshot, text: str
) -> None:
    reading = _read(reader, snapshot, text)
    assert "recommend" in reading.tasks
    assert any(c.source == "text" for c in reading.constraints)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(message=st.text(max_size=1000))
def test_any_message_is_read(reader: Reader, snapshot: Snapshot, message: str) -> None:
    reading = _read(reader, snapshot, message)
    assert reading.scene.name in reader.scenes
    assert reading.tasks
    snapshot.mask(reading.constraints)


def test_what_is_said_of_a_title_that_is_asked_about_is_no_filter(reader: Reader, context: Context) -> None:
    asked = reader.read(
        Request("how long is Heat, the one by Mike Moran from 1995"), Memory(), context.snapshot
    )
    assert asked.about == ("f2",)
    assert [c for c in asked.constraints if c.source == "text"] == []

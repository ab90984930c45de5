"""Rows to records, and why a row is rejected."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from handpicked.tools.data import packed
from handpicked.tools.data.parse import (
    Rejected,
    parse_campaign,
    parse_dialogue,
    parse_event,
    parse_item,
    parse_user,
)
from handpicked.tools.data.rows import Row
from handpicked.tools.types import Campaign, Dialogue, Event, Item

KNOWN = frozenset({"up", "heat"})
NOW = 2e9


def item(row: Row) -> Item:
    return parse_item(row, infer=True)


def event(row: Row) -> Event:
    return parse_event(
        {"user_id": "ann", "item_id": "up"} | dict(row), KNOWN, has_kind="event" in row, latest=NOW
    )


def test_an_item_of_csv_text() -> None:
    row = {
        "item_id": "heat",
        "title": "<b>Heat</b>",
        "domain": "Film",
        "categories": "crime|drama",
        "creators": "Michael Mann",
        "year": "1995",
        "runtime": "2h 50min",
        "price": "$9.99",
        "in_stock": "no",
        "country": " US ",
        "votes": "12",
        "oscar": "false",
        "image_vector": "0.1 0.2",
    }
    assert item(row) == Item(
        "heat", "Heat", "film", categories=("crime", "drama"), creators=("Michael Mann",), year=1995, runtime=170,
        price=9.99, in_stock=False, country="US", attributes={"votes": 12, "oscar": False},
        vectors={"image_vector": packed.pack(np.array([0.4472136, 0.8944272], np.float32))},
    )  # fmt: skip


def test_typed_text_stays_text_and_nested_values_are_left_out() -> None:
    row = {"item_id": 1, "title": "Up", "code": "12", "size": 3, "tags": ["a", "b"], "extra": {"x": 1}}
    assert parse_item(row, infer=False).attributes == {"code": "12", "size": 3, "tags": "a, b"}


def test_a_price_of_nothing_stays_and_a_length_of_nothing_does_not() -> None:
    found = item({"item_id": "up", "title": "Up", "price": 0, "runtime": 0})
    assert (found.price, found.runtime) == (0.0, None)


def test_a_user_keeps_every_other_column() -> None:
    assert parse_user({"user_id": 7.0, "age": "35", "size": "2 Adults"}, infer=True) == (
        "7",
        {"age": 35, "size": "2 Adults"},
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, Event("ann", "up", "view")),
        ({"value": 4}, Event("ann", "up", "rate", value=4.0)),
        ({"value": 4, "event": ""}, Event("ann", "up", "view", value=4.0)),
        ({"event": " Purchase "}, Event("ann", "up", "purchase")),
        ({"timestamp": "2020-01-01"}, Event("ann", "up", "view", timestamp=1577836800.0)),
        ({"timestamp": 1577836800000.0}, Event("ann", "up", "view", timestamp=1577836800.0)),
        (
            {
                "scene": "watch",
                "dwell_s": "3.5",
                "list_id": 9,
                "position": "2",
                "propensity": "0.5",
                "event_id": "e",
                "policy": "flat/as-is",
                "task": "search",
            },
            Event("ann", "up", "view", None, None, "watch", 3.5, "9", 2, 0.5, "e", "flat/as-is", "search"),
        ),
    ],
)
def test_events(row: Row, expected: Event) -> None:
    assert event(row) == expected


@pytest.mark.parametrize(
    ("parse", "row", "reason", "whole"),
    [
        (item, {"title": "Up"}, "missing item_id", ""),
        (item, {"item_id": "up", "title": "<br>"}, "missing title", ""),
        (item, {"item_id": "up", "title": "Up", "price": "-1"}, "negative price", "'-1'"),
        (item, {"item_id": "up", "title": "Up", "runtime": -5}, "negative runtime", "-5"),
        (
            item,
            {"item_id": "up", "title": "Up", "price": "cheap"},
            "unreadable price",
            "'cheap' is no number",
        ),
        (item, {"item_id": "up", "title": "Up", "cast": [{"id": 1}]}, "unreadable cast", "nested"),
        (item, {"item_id": {"x": 1}, "title": "Up"}, "unreadable item_id", "{'x': 1} is no id"),
        (item, {"item_id": "x" * 501, "title": "Up"}, "item_id too long", "has 501 characters, 500 fit"),
        (item, {"item_id": "up", "title": "x" * 2001}, "title too long", "has 2,001 characters, 2,000 fit"),
        (item, {"item_id": "up", "title": "\u202e\u200d"}, "missing title", "stands for nothing"),
        (item, {"item_id": "up", "title": {"en": "Up"}}, "unreadable title", "nested"),
        (item, {"item_id": "up", "title": "Up", "brand": {"name": "B"}}, "unreadable brand", "nested"),
        (item, {"item_id": "up", "title": "Up", "price": 10**400}, "unreadable price", "too large"),
        (item, {"item_id": "up", "title": "Up", "price": "1e300"}, "price too large", "'1e300'"),
        (item, {"item_id": "up", "title": "Up", "n" * 201: 1}, "column name too long", "201 characters"),
        (event, {"timestamp": "2090-01-01"}, "timestamp out of range", "'2090-01-01' is in the future"),
        (event, {"timestamp": NOW + 1}, "timestamp out of range", "in the future"),
        (event, {"timestamp": "0001-01-01"}, "timestamp out of range", "'0001-01-01' is before 1970"),
        (event, {"timestamp": -1.0}, "timestamp out of range", "before 1970"),
        (event, {"position": 1e30}, "unreadable position", "too large"),
        (event, {"user_id": "x" * 501}, "user_id too long", ""),
        (event, {"user_id": " "}, "missing user_id", ""),
        (event, {"item_id": ""}, "missing item_id", ""),
        (event, {"item_id": "gone"}, "unknown item", "gone"),
        (event, {"event": "teleport"}, "unknown event", "'teleport'; known: impression, view, click"),
        (event, {"timestamp": "soon"}, "unreadable timestamp", "'soon'"),
        (event, {"value": float("inf")}, "unreadable value", "not finite"),
        (event, {"propensity": 0}, "propensity out of range", "0"),
        (event, {"dwell_s": -1}, "negative dwell_s", "-1"),
        (parse_campaign, {"campaign_id": "c"}, "names neither items nor categories", ""),
        (
            parse_campaign,
            {"campaign_id": "c", "item_ids": "up", "start": "2020-02-01", "end": "2020-01-01"},
            "ends before it starts",
            "2020-02-01 to 2020-01-01",
        ),
        (parse_campaign, {"campaign_id": "c", "item_ids": "up", "bid": -1}, "negative bid", ""),
        (
            parse_campaign,
            {"campaign_id": "c", "item_ids": "up", "bid": 2e6},
            "bid too large",
            "at most 1,000,000",
        ),
        (
            parse_campaign,
            {"campaign_id": "c", "item_ids": "up", "budget": 2e12},
            "budget too large",
            "2000000000000",
        ),
    ],
)
def test_rejected_rows_say_why(parse: Callable[[Row], object], row: Row, reason: str, whole: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse(row)
    assert caught.value.reason == reason
    assert whole in str(caught.value)


def test_a_campaign() -> None:
    row = {"campaign_id": 1, "item_ids": "up|heat", "audience": "A, B", "start": 0, "bid": "0.25", "cap": "3"}
    assert parse_campaign(row) == Campaign("1", ("up", "heat"), (), ("A", "B"), 0.0, None, 0.25, None, 3)


def test_a_dialogue_needs_one_known_target() -> None:
    row = {
        "context": ["Hi, there", "A film?"],
        "mentioned": ["heat"],
        "target": ["up", "gone"],
        "dialogue_id": 5,
    }
    assert parse_dialogue(row, KNOWN) == Dialogue(("Hi, there", "A film?"), ("heat",), ("up", "gone"), "5")
    with pytest.raises(Rejected, match="unknown item: 'gone'; ingest one with --items"):
        parse_dialogue({**row, "target": "gone"}, KNOWN)
    with pytest.raises(Rejected, match="missing target"):
        parse_dialogue({**row, "target": []}, KNOWN)
    with pytest.raises(Rejected, match="missing context"):
        parse_dialogue({"target": "up"}, KNOWN)

"""Lookup by id, title and attribute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pytest

from handpicked.tools.catalog import by_title, facts_of, lookup
from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context
from handpicked.tools.errors import ToolError
from handpicked.tools.types import Constraint, Found, Item, Json


def _ids(found: Found) -> list[str]:
    return [candidate.item_id for candidate in found.candidates]


def test_ids_give_their_items_in_order_each_once(context: Context) -> None:
    found = lookup.function(context, item_ids=("g1", "nobody", "f1", "g1"))
    assert _ids(found) == ["g1", "f1"]
    assert list(found.facts) == ["g1", "f1"]


def test_facts_tell_what_is_known_and_nothing_else() -> None:
    item = Item("i", "Oats", "grocery", categories=("Dry",), price=2.5, attributes={"organic": True})
    assert facts_of(item) == {
        "title": "Oats", "domain": "grocery", "categories": ["Dry"], "price": 2.5,
        "in_stock": True, "organic": True,
    }  # fmt: skip


@pytest.mark.parametrize("title", ["Night Signal", "night signal", "Nigth Signal", "night-signal!"])
def test_title_is_found_in_any_spelling(context: Context, title: str) -> None:
    found = lookup.function(context, title=title)
    assert _ids(found) == ["f1"]
    assert cast(Mapping[str, Json], found.facts["f1"])["year"] == 1982


def test_chinese_title_is_found(context: Context) -> None:
    assert _ids(lookup.function(context, title="算法之外")) == ["b2"]


def test_title_of_two_gives_the_popular_first(snapshot: Snapshot) -> None:
    assert [snapshot.item_id(row) for row, _ in by_title(snapshot, "Heat", 10)] == ["f2", "f3"]


def test_title_of_two_is_told_apart_by_a_constraint(context: Context) -> None:
    year = Constraint("year", "range", (1972, 1972))
    assert _ids(lookup.function(context, title="Heat", constraints=(year,))) == ["f3"]


def test_title_unlike_any_gives_nothing(context: Context) -> None:
    assert lookup.function(context, title="Zanzibar Express") == Found()


def test_mistyped_title_scores_less_than_a_right_one(context: Context) -> None:
    [right] = lookup.function(context, title="Robot Picnic").candidates
    [wrong] = lookup.function(context, title="Robot Piknic").candidates
    assert wrong.score < right.score == 1.0


def test_constraints_alone_give_what_keeps_them(context: Context) -> None:
    dairy = Constraint("categories", "in", ("dairy",))
    assert _ids(lookup.function(context, constraints=(dairy,))) == ["g3", "g4"]
    assert _ids(lookup.function(context, constraints=(dairy,), limit=1)) == ["g3"]


def test_nothing_to_look_for_is_told(context: Context) -> None:
    with pytest.raises(ToolError, match="needs item_ids, a title or constraints"):
        lookup.function(context)

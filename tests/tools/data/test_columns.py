"""Constraints become masks over columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from handpicked.tools.data import columns
from handpicked.tools.errors import ToolError
from handpicked.tools.types import Constraint, Item, Op, Scalar

_WORDS = st.sampled_from(["Sci-Fi", "thriller", "Snacks", "Dairy", "Ada Brandt", "Ida Lupin", "林知夏"])
_NAMES = st.lists(_WORDS, max_size=2, unique=True).map(tuple)
_ITEMS = st.lists(
    st.builds(
        Item,
        item_id=st.sampled_from(["f1", "g1", "g2", "x1", "x2", "x3", "x4", "x5"]),
        title=_WORDS,
        domain=st.sampled_from(["movie", "grocery", "book"]),
        categories=_NAMES,
        creators=_NAMES,
        year=st.sampled_from([None, 1944, 1982, 2010]),
        runtime=st.sampled_from([None, 52, 100]),
        price=st.sampled_from([None, 0.0, 1.89, 2.5, 6.5]),
        rating=st.sampled_from([None, 7.0, 7.5, 9.0]),
        brand=st.sampled_from([None, "Acme", "Brill"]),
        language=st.sampled_from([None, "English", "Chinese, English"]),
        in_stock=st.booleans(),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda item: item.item_id,
)


def _kept(items: list[Item], field: str, op: Op, *value: Scalar | None) -> list[str]:
    table = columns.from_items(items)
    mask = table.mask([Constraint(field, op, value)])
    return [item_id for item_id, kept in zip(table.ids, mask, strict=True) if kept]


@settings(deadline=None, max_examples=150)
@given(_ITEMS, st.data())
def test_masks_equal_a_slow_evaluation(
    constraint_lists: SearchStrategy[list[Constraint]],
    keeps: Callable[[Item, Constraint], bool],
    items: list[Item],
    data: st.DataObject,
) -> None:
    constraints = data.draw(constraint_lists)
    mask = columns.from_items(items).mask(constraints)
    assert mask.tolist() == [all(keeps(item, c) for c in constraints) for item in items]


@settings(deadline=None, max_examples=30)
@given(_ITEMS, st.data())
def test_saved_columns_give_the_same_masks(
    tmp_path_factory: pytest.TempPathFactory,
    constraint_lists: SearchStrategy[list[Constraint]],
    items: list[Item],
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("columns")
    made = columns.from_items(items)
    columns.save(made, folder)
    loaded = columns.load(folder)
    constraints = data.draw(constraint_lists)
    assert loaded.mask(constraints).tolist() == made.mask(constraints).tolist()
    assert (loaded.ids, loaded.titles, loaded.row_of) == (made.ids, made.titles, made.row_of)


@pytest.mark.parametrize("bounds", [(None, None), (0, None), (None, 1e300), (-1e300, 1e300)])
def test_unknown_number_never_keeps_a_range(bounds: tuple[Scalar | None, Scalar | None]) -> None:
    items = [Item("known", "A", price=3.0), Item("unknown", "B")]
    assert _kept(items, "price", "range", *bounds) == ["known"]


def test_range_includes_both_ends() -> None:
    items = [Item(str(price), "A", price=price) for price in (2.48, 2.49, 2.5, 2.51)]
    assert _kept(items, "price", "range", 2.49, 2.5) == ["2.49", "2.5"]


@pytest.mark.parametrize("value", [2.49, "2.49"])
def test_number_is_found_by_its_value_also_as_text(value: Scalar) -> None:
    items = [Item("a", "A", price=2.49), Item("b", "B", price=2.5), Item("c", "C")]
    assert _kept(items, "price", "in", value) == ["a"]
    assert _kept(items, "price", "not_in", value) == ["b", "c"]


@pytest.mark.parametrize("number", [10**400, -(10**400), 1e300])
def test_number_of_any_size_is_compared(number: float) -> None:
    items = [Item("small", "A", attributes={"views": 5}), Item("big", "B", attributes={"views": number})]
    low, high = min(number, 0), max(number, 0)
    assert _kept(items, "views", "range", low, high) == (["small", "big"] if number > 0 else ["big"])


def test_large_whole_numbers_are_told_apart() -> None:
    items = [
        Item(str(n), "A", attributes={"views": n}) for n in (16_777_216, 16_777_217, 10**15 - 1, 10**15 - 2)
    ]
    assert _kept(items, "views", "in", 16_777_217) == ["16777217"]
    assert _kept(items, "views", "range", 10**15 - 1, None) == ["999999999999999"]


@pytest.mark.parametrize(("low", "high"), [(9.99, None), (None, 9.99), (9.99, 1e300), (9.99, 9.99)])
def test_ends_are_kept_in_a_build_that_has_single_precision(low: float | None, high: float | None) -> None:
    made = columns.from_items([Item("a", "A", price=9.99)])
    older = replace(made, numbers={name: column.astype(np.float32) for name, column in made.numbers.items()})
    assert older.mask([Constraint("price", "range", (low, high), "text")]).tolist() == [True]
    assert older.mask([Constraint("price", "in", ("9.99",), "text")]).tolist() == [True]


def test_unknown_field_is_told_with_the_known_ones() -> None:
    with pytest.raises(ToolError, match=r"no field 'colour' .*known: brand, .*in_stock.*organic.*price"):
        _kept([Item("a", "A", attributes={"organic": True})], "colour", "in", "red")


def test_range_of_a_field_without_numbers_is_told_what_has_some() -> None:
    with pytest.raises(
        ToolError, match=r"'brand' is no number.*in or not_in.*: price, rating, runtime, year"
    ):
        _kept([Item("a", "A", brand="Acme")], "brand", "range", 1, 2)


@pytest.mark.parametrize("value", ["ACME", "acme", "Acmé", " acme "])
def test_terms_are_compared_without_case_and_accents(value: str) -> None:
    assert _kept([Item("a", "A", brand="Acme"), Item("b", "B", brand="Brill")], "brand", "in", value) == ["a"]


def test_item_of_two_languages_is_found_by_each() -> None:
    items = [Item("a", "A", language="English, French"), Item("b", "B", language="German")]
    assert _kept(items, "language", "in", "french") == ["a"]
    assert _kept(items, "language", "in", "English") == ["a"]


def test_brand_with_a_comma_is_one_name() -> None:
    assert _kept([Item("a", "A", brand="Ben, Jerry")], "brand", "in", "Ben") == []


@pytest.mark.parametrize(
    ("value", "kept"), [(True, ["a"]), ("true", ["a"]), (False, ["b"]), ("false", ["b"])]
)
def test_stock_is_asked_as_bool_or_text(value: Scalar, kept: list[str]) -> None:
    items = [Item("a", "A"), Item("b", "B", in_stock=False)]
    assert _kept(items, "in_stock", "in", value) == kept


def test_attributes_are_columns_of_their_own() -> None:
    items = [
        Item("a", "A", attributes={"organic": True, "pack": "Large Box", "pieces": 12}),
        Item("b", "B", attributes={"organic": False, "pieces": "a dozen"}),
        Item("c", "C"),
    ]
    assert _kept(items, "organic", "in", True) == ["a"]
    assert _kept(items, "organic", "not_in", True) == ["b", "c"]
    assert _kept(items, "pack", "in", "large box") == ["a"]
    assert _kept(items, "pieces", "range", 10, None) == ["a"]
    assert _kept(items, "pieces", "in", 12, "A Dozen") == ["a", "b"]


def test_titles_are_phrase_keys_with_the_aliases() -> None:
    [names] = columns.from_items([Item("a", "The Dry-Valley!", aliases=("干谷",))]).titles
    assert names == ("the dry valley", "干 谷")


def test_no_items_make_columns_too(tmp_path: Path) -> None:
    columns.save(columns.from_items([]), tmp_path)
    assert columns.load(tmp_path).mask([Constraint("price", "range", (0, 1))]).tolist() == []


def test_the_language_of_a_description_can_be_asked_for_and_an_own_column_wins() -> None:
    items = [
        Item("a", "Over the Algorithm", description="Essays of an engineer about machines and daily life."),
        Item("b", "算法之外", description="一位工程师写人工智能与日常生活的随笔。"),
        Item("c", "算法之外", description="一位工程师写的随笔。", attributes={"text_language": "own"}),
        Item("d", "算法之外"),
    ]
    table = columns.from_items(items)
    asked = [("en", "a"), ("zh", "b"), ("own", "c")]
    for language, wanted in asked:
        mask = table.mask([Constraint("text_language", "in", (language,))])
        assert [item.item_id for item, kept in zip(items, mask, strict=True) if kept] == [wanted]


def test_a_constraint_within_a_domain_leaves_the_others_alone() -> None:
    cheese = Item("g", "Cheese", "grocery", price=5.0)
    made = columns.from_items([Item("f", "Film", "movie"), cheese, replace(cheese, item_id="h", price=9.0)])
    bound = Constraint("price", "range", (None, 6.0), within=("grocery",))
    assert made.mask([bound]).tolist() == [True, True, False]

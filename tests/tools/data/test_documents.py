"""The texts that stand for items in the vector index."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data.documents import FROM_FACTS, Document, Layout, document
from handpicked.tools.types import Item


def test_a_document_is_made_of_facts_and_the_description_stands_apart_with_the_title() -> None:
    item = Item(
        "i",
        "Up",
        description="An old man.",
        categories=("Comedy",),
        creators=("A", "B", "C"),
        cast=("D", "E", "F", "G"),
        year=2009,
        country="Peru",
    )
    assert document(item) == Document(
        "Up. Comedy. A, B. 2009, Peru. D, E, F", generated=False, passages=("Up. An old man.",)
    )


def test_an_item_without_a_description_is_marked_and_has_no_passages() -> None:
    item = Item("i", "Up", categories=("Comedy",), year=2009)
    assert document(item) == Document("Up. Comedy. 2009", generated=True)


def test_a_description_that_a_catalogue_made_of_facts_is_marked_too() -> None:
    item = Item("i", "Milk", description="In the dairy department.", attributes={FROM_FACTS: True})
    assert document(item).generated


def test_passages_are_cut_between_words() -> None:
    item = Item("i", "Up", description="one two three four five six")
    assert document(item, Layout(passage=8)).passages == ("Up. one two", "three", "four", "five six")


def test_chinese_is_cut_after_a_mark_and_a_run_without_one_anywhere() -> None:
    told = document(Item("i", "书", description="一二三，四五六七八九十百千"), Layout(passage=6))
    assert told.passages == ("书. 一二三，", "四五六七八九", "十百千")


@given(st.text(max_size=300))
def test_nothing_of_a_text_is_lost_but_space_and_what_is_over_the_longest(text: str) -> None:
    told = document(Item("i", "", description=text), Layout(passage=30, longest=200)).passages
    assert all(len(passage) <= 30 for passage in told[1:])
    assert "".join("".join(told).removeprefix(". ").split()) == "".join(text[:200].split())

"""BM25 over folded, segmented words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.tools.data import lexical
from handpicked.tools.types import Item

ITEMS = (
    Item("a", "Harbour Lights", description="A film about fishing boats."),
    Item("b", "Night Train", creators=("Zoë Harbour",), description="Strangers on rails."),
    Item("c", "Quiet Street", description="From the harbour one sees the street.", year=1987),
    Item("d", "人工智能简史", "book", "从图灵到今天的机器学习。", ("科学",)),
    Item("e", "Le Café Noir", description="Coffee.", attributes={"roast": "dark espresso"}, brand="Brûlée"),
)
INDEX = lexical.in_memory(ITEMS)


def _rows(query: str, limit: int = 10) -> list[int]:
    return [row for row, _ in INDEX.search(query, limit)]


def test_title_counts_more_than_people_and_people_more_than_the_body() -> None:
    assert _rows("harbour") == [0, 1, 2]


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("zoe", 1),
        ("CAFE", 4),
        ("café", 4),
        ("brulee", 4),
        ("espresso", 4),
        ("fish boat", 0),
        ("1987", 2),
        ("人工智能", 3),
        ("机器学习", 3),
        ("科学", 3),
    ],
)
def test_words_are_found_in_any_spelling_and_both_languages(query: str, row: int) -> None:
    assert _rows(query)[0] == row


def test_one_word_of_many_is_enough() -> None:
    assert _rows("an unheardof coffee, please") == [4]


def test_words_that_say_nothing_find_nothing_beside_one_that_does() -> None:
    assert _rows("give me something with espresso") == [4]


@pytest.mark.parametrize("query", ["", "  ", "?!", '" OR *', "qwertz"])
def test_query_without_known_words_finds_nothing(query: str) -> None:
    assert _rows(query) == []


def test_limit_is_kept_and_the_best_stay() -> None:
    assert _rows("harbour", 2) == [0, 1]


def test_ties_go_to_the_lower_row() -> None:
    index = lexical.in_memory([Item("x", "Same Words"), Item("y", "Other"), Item("z", "Same Words")])
    assert [row for row, _ in index.search("same words", 5)] == [0, 2]


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=80))
def test_any_text_can_be_asked(query: str) -> None:
    found = INDEX.search(query, 3)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)


def test_thousands_of_words_can_be_asked() -> None:
    assert _rows(" ".join(f"word{n}" for n in range(5_000)) + " espresso") == [4]


def test_saved_index_answers_as_the_one_in_memory(tmp_path: Path) -> None:
    lexical.save(ITEMS, tmp_path / "lexical.db")
    opened = lexical.open_index(tmp_path / "lexical.db")
    for query in ("harbour", "人工智能", "night street coffee", "nothing like it"):
        assert [row for row, _ in opened.search(query, 5)] == _rows(query, 5)


def test_threads_may_search_at_once(tmp_path: Path) -> None:
    lexical.save(ITEMS, tmp_path / "lexical.db")
    opened = lexical.open_index(tmp_path / "lexical.db")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(opened.search, ["harbour", "人工智能"] * 50, [5] * 100))
    assert answers[:2] * 50 == answers


def test_of_very_many_documents_the_commonest_words_are_left_out() -> None:
    items = [Item(f"c{n}", "Plain", description="a common thing") for n in range(9)]
    index = lexical.in_memory([*items, Item("r", "Odd", description="a rare common thing")], postings=5)
    assert [row for row, _ in index.search("common rare", 20)] == [9]


def test_of_common_words_alone_only_titles_count() -> None:
    items = [Item(f"c{n}", "Plain", description="a common thing") for n in range(9)]
    index = lexical.in_memory([*items, Item("t", "Common Ground", description="a thing")], postings=5)
    assert [row for row, _ in index.search("common", 20)] == [9]
    assert index.search("thing", 20) == []

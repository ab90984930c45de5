"""Titles in what people write: whole, in a plain form, in part, mistyped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data import near_titles
from handpicked.tools.data.text import STOP_WORDS, phrase_key
from handpicked.tools.data.titles import TitleIndex, Titles

NAMES = (
    ("The Godfather", "教父"), ("The Godfather Part II",), ("Heat",), ("The Heat",), ("Spider-Man",),
    ("Star Wars: Episode IV – A New Hope", "Star Wars"), ("The Shawshank Redemption", "肖申克的救赎"), ("Casablanca",),
    ("My Neighbor Totoro",), ("Seven",), ("Eternal Sunshine of the Spotless Mind",), ("V for Vendetta",), ("Rocky V",),
    ("12 Monkeys",), ("Alien",), ("Blade Runner",), ("The The",),
)  # fmt: skip


def _titles(alive: list[bool] | None = None) -> Titles:
    keys = [tuple(map(phrase_key, names)) for names in NAMES]
    return Titles([TitleIndex(keys), TitleIndex(())], np.array(alive or [True] * len(NAMES)))


def _whole(text: str) -> set[tuple[str, str]]:
    words = phrase_key(text).split()
    return {(" ".join(words[m.first : m.last]), NAMES[m.row][0]) for m in _titles().exact(words)}


def _near(text: str) -> set[tuple[str, str, int, bool]]:
    words = phrase_key(text).split()
    found = near_titles.find(
        _titles(), words, lambda word: word not in ("the", "of", "my", "for", "heat"), STOP_WORDS.__contains__
    )
    return {(" ".join(words[m.first : m.last]), NAMES[m.row][0], m.slips, m.part) for m in found}


WHOLE: list[tuple[str, set[tuple[str, str]]]] = [
    ("loved the godfather!", {("the godfather", "The Godfather")}),
    ("godfather", {("godfather", "The Godfather")}),
    (
        "the Godfather 2",
        {("the godfather 2", "The Godfather Part II"), ("the godfather", "The Godfather")},
    ),
    (
        "godfather part two",
        {("godfather part two", "The Godfather Part II"), ("godfather", "The Godfather")},
    ),
    (
        "Godfather: Part II",
        {("godfather part ii", "The Godfather Part II"), ("godfather", "The Godfather")},
    ),
    ("spiderman", {("spiderman", "Spider-Man")}),
    ("starwars", {("starwars", "Star Wars: Episode IV – A New Hope")}),
    ("the heat", {("heat", "Heat"), ("the heat", "The Heat")}),
    ("twelve monkeys", {("twelve monkeys", "12 Monkeys")}),
    ("rocky 5", {("rocky 5", "Rocky V")}),
    ("v for vendetta", {("v for vendetta", "V for Vendetta")}),
    ("看过教父了", {("教 父", "The Godfather")}),
    ("a film about the mafia", set()),
    ("", set()),
]


@pytest.mark.parametrize(("text", "found"), WHOLE)
def test_a_title_is_found_whole_in_its_plain_form(text: str, found: set[tuple[str, str]]) -> None:
    assert _whole(text) == found


NEAR: list[tuple[str, set[tuple[str, str, int, bool]]]] = [
    ("cassablanca", {("cassablanca", "Casablanca", 1, False)}),
    ("cassa blanca", {("cassa blanca", "Casablanca", 1, False)}),
    ("shawshenk redemtion", {("shawshenk redemtion", "The Shawshank Redemption", 2, False)}),
    ("balde runner", {("balde runner", "Blade Runner", 1, False)}),
    ("se7en", {("se7en", "Seven", 0, False)}),
    ("totoro again", {("totoro", "My Neighbor Totoro", 0, True)}),
    ("eternal sunshine", {("eternal sunshine", "Eternal Sunshine of the Spotless Mind", 0, True)}),
    ("肖申克", {("肖 申 克", "The Shawshank Redemption", 0, True)}),
    ("aliens", set()),  # another form of the word
    ("plade runner", {("runner", "Blade Runner", 0, True)}),  # a slip keeps the first letter
    ("runner blade", {("blade", "Blade Runner", 0, True), ("runner", "Blade Runner", 0, True)}),
    ("zzz qqq", set()),
]


@pytest.mark.parametrize(("text", "found"), NEAR)
def test_a_title_is_found_mistyped_and_in_part(text: str, found: set[tuple[str, str, int, bool]]) -> None:
    assert _near(text) >= found
    assert {one[1] for one in _near(text)} == {one[1] for one in found}


def test_rows_are_those_of_the_very_title() -> None:
    titles = _titles()
    assert titles.rows("Heat") == (2,)
    assert titles.rows("HEAT!") == (2,)
    assert titles.rows("教父") == (0,)
    assert titles.rows("Godfather") == ()


def test_what_lives_no_more_is_not_found() -> None:
    titles = _titles([False] * len(NAMES))
    assert titles.rows("Heat") == ()
    assert (
        titles.exact(["heat"])
        == near_titles.find(titles, ["cassablanca"], bool, STOP_WORDS.__contains__)
        == []
    )


def test_a_word_counts_in_how_many_titles_it_is() -> None:
    titles = _titles()
    assert [titles.frequency(word) for word in ("godfather", "totoro", "zzz")] == [2, 1, 0]


@given(
    st.lists(
        st.sampled_from("the a of heat godfather part ii 2 v 教 父 alien aliens 12".split()), max_size=12
    )
)
def test_matches_lie_within_the_text(words: list[str]) -> None:
    titles = _titles()
    for match in (*titles.exact(words), *near_titles.find(titles, words, bool, STOP_WORDS.__contains__)):
        assert 0 <= match.first < match.last <= len(words)

"""Descriptions of one of the items shown, by a word of it or by what they mean."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from handpicked.agent import described, refer
from handpicked.tools.types import Item

SHOWN = (
    Item("a", "The Reef", "movie", categories=("Horror",), cast=("Zoe Naylor",), country="Australia"),
    Item("b", "Lake Mungo", "movie", cast=("Hugh Grant",), country="Australia"),
    Item("c", "Three Umbrellas for Odette", "music", country="Denmark", language="Danish"),
    Item("d", "唐山大地震", "book", aliases=("Aftershock",), country="China"),
)
MEANT = {"shark": 0, "ghost girl": 1, "noodle shop": 2, "submarine": 3, "灾难": 3}


def _like(words: str) -> Sequence[float]:
    best = next((place for word, place in MEANT.items() if word in words), None)
    return [0.5 if place == best else 0.3 for place in range(len(SHOWN))]


def _places(text: str) -> list[tuple[int, ...]]:
    return [one.places for one in refer.find(text, SHOWN, [], like=_like)]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("hugh's one we did", [(1,)]),
        ("danish one, explain yourself", [(2,)]),
        ("not the umbrellas one", [(2,)]),
        ("umbrellas or the shark one?", [(2,), (0,)]),
        ("naylor or hugh grant, quick", [(0,), (1,)]),
        ("地震那本看过了", [(3,)]),
        ("a shorter one please", []),
        ("any danish one?", []),
    ],
)
def test_a_word_of_it_or_somebody_tells_one(text: str, places: list[tuple[int, ...]]) -> None:
    assert _places(text) == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("how come the shark one made the list", [(0,)]),
        ("shark one = 5 stars", [(0,)]),
        ("what happens in the one with the noodle shop", [(2,)]),
        ("灾难那本讲啥的", [(3,)]),
        ("the shark one and the ghost girl one", [(0,), (1,)]),
        ("the penguin one", []),
        ("the best one", []),
        ("something with a shark", []),
    ],
)
def test_what_it_is_about_tells_one(text: str, places: list[tuple[int, ...]]) -> None:
    assert _places(text) == places


def test_one_that_is_told_already_is_not_described_again() -> None:
    assert refer.find("the shark one", SHOWN, [], named=[0], like=_like) == []


def test_a_title_in_a_description_of_something_shown_is_no_title() -> None:
    assert refer.descriptions("the shark one", SHOWN, _like) == [(0, 13)]
    assert refer.descriptions("shark", SHOWN, _like) == []
    assert refer.descriptions("seen odette", SHOWN, _like) == [(5, 11)]
    assert refer.descriptions("seen mungo park", (SHOWN[0], Item("e", "Mungo", "movie")), _like) == []


def test_descriptions_do_not_overlap() -> None:
    assert [one.words for one in described.find("做菜那部片长多少")] == ["做菜"]

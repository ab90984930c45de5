"""Mistyped words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from handpicked.tools.data.slips import Vocabulary, known, neighbours

_WORDS = st.text(alphabet="abc", min_size=1, max_size=9)


def test_neighbours_come_nearest_first() -> None:
    assert neighbours("signal", [Vocabulary(["signal", "signel", "sinner", "sings"])]) == [
        ("signal", 0),
        ("signel", 1),
    ]


def test_neighbours_are_of_all_vocabularies() -> None:
    assert neighbours("signal", [Vocabulary(["signal"]), Vocabulary(["signals"])]) == [
        ("signal", 0),
        ("signals", 1),
    ]


def test_a_slip_keeps_the_first_letter_and_short_words_have_none() -> None:
    words = [Vocabulary(["plane", "up", "op"])]
    assert neighbours("blane", words) == []
    assert neighbours("ap", words) == []


def test_known_words_are_those_of_any_vocabulary() -> None:
    words = [Vocabulary(["signal"]), Vocabulary([])]
    assert known("signal", words)
    assert not known("signel", words)


@given(st.lists(_WORDS, max_size=30), _WORDS)
def test_comparing_bits_leaves_no_neighbour_out(every: list[str], word: str) -> None:
    near = {
        other
        for other in every
        if other[0] == word[0] and OSA.distance(word, other) <= min(len(other), 6) // 3
    }
    assert {other for other, _ in Vocabulary(every).near(word)} == near

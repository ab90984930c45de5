"""Mistyped titles, word by word."""

from __future__ import annotations

import pytest

from handpicked.tools.data import slips

TITLES = dict.fromkeys(
    ["blade runner", "the godfather", "night signal", "night singer", "up", "long waltz", "cold harbor blues"]
)


def _words() -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for word in sorted({word for title in TITLES for word in title.split()}):
        found.setdefault((word[0], len(word)), []).append(word)
    return found


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("blade runner", "blade runner"),
        ("balde runner", "blade runner"),  # two letters swapped: one slip
        ("blad runer", "blade runner"),  # a slip in each word
        ("the godfahter", "the godfather"),
        ("night signel", "night signal"),
        ("night sinser", "night singer"),
        ("nigth signal", "night signal"),
        ("long blues", None),  # words of other titles are no slip
        ("runner blade", None),
        ("plade runner", None),  # the first letter is kept
        ("zzz qqq", None),
        ("blade runner two", None),
        ("op", None),  # too short for a slip
    ],
)
def test_the_title_with_the_fewest_slips_is_found(written: str, title: str | None) -> None:
    assert slips.closest(written.split(), TITLES, _words()) == title


def test_a_word_that_titles_have_may_be_a_slip_too() -> None:
    titles = dict.fromkeys(["cold harbor", "gold rush"])
    words = {
        ("c", 4): ["cold"],
        ("h", 6): ["harbor"],
        ("g", 4): ["gold"],
        ("r", 4): ["rush"],
        ("r", 3): ["rus"],
    }
    assert slips.closest(["gold", "rus"], titles, words) == "gold rush"


def test_neighbours_come_nearest_first() -> None:
    assert slips.neighbours("signal", {("s", 6): ["signal", "signel", "sinner"]}) == [
        ("signal", 0),
        ("signel", 1),
    ]

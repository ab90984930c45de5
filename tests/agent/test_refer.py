"""References to what was shown."""

from __future__ import annotations

import pytest

from handpicked.agent import refer
from handpicked.tools.types import Item

SHOWN = (
    Item("a", "Solaris", "movie", year=1972, creators=("Ada Brandt",), country="Soviet Union"),
    Item("b", "The Arithmetic of Bees", "book", year=1998, categories=("Science",)),
    Item("c", "Solaris", "movie", year=2002, cast=("Mike Clune",)),
)


def _places(text: str, shown: tuple[Item | None, ...] = SHOWN) -> list[tuple[int, ...]]:
    return [reference.places for reference in refer.find(text, shown, [])]


REFERRED: list[tuple[str, list[tuple[int, ...]]]] = [
    ("the third one", [(2,)]),
    ("number 2 please", [(1,)]),
    ("#3", [(2,)]),
    ("that second film, who's in it", [(1,)]),
    ("the last one", [(2,)]),
    ("the middle one", [(1,)]),
    ("the first two", [(0, 1)]),
    ("last two", [(1, 2)]),
    ("1 or 3?", [(0,), (2,)]),
    ("first or third", [(0,), (2,)]),
    ("the 1972 one", [(0,)]),
    ("the newer one", [(2,)]),
    ("the older one", [(0,)]),
    ("the bees book", [(1,)]),
    ("the Clune one", [(2,)]),
    ("the Mike Clune ones are great", [(2,)]),
    ("seen all but the third", [(0, 1)]),
    ("除了第三个都看过", [(0, 1)]),
    ("what's the oldest?", [(0,)]),
    ("compare 1 and 3", [(0,), (2,)]),
    ("晚上看，一还是三？", [(0,), (2,)]),
    ("mike clune那个讲啥", [(2,)]),
    ("看第三遍了", []),
    ("the bees lecture one", [(1,)]),
    ("loved 1 and 3", [(0,), (2,)]),
    ("skip 2, more like 3", [(1,), (2,)]),
    ("i like 2 more films", []),
    ("which has Mike Clune in it", [(2,)]),
    ("the top one please", [(0,)]),
    ("1 and 3 yes. 2 god no. more", [(0,), (2,), (1,)]),
    ("2 slayed, 3 gave me the ick", [(1,), (2,)]),
    ("2 adults and 3 kids", []),
    ("first 8.5, second a 6", [(0,), (1,)]),
    ("the first 10 minutes", []),
    ("newest of those is a racket", [(2,)]),
    ("all three are gold dust", [(0, 1, 2)]),
    ("seen 1, 2 and 3", [(0,), (1,), (2,)]),
    ("1看过，2不要", [(0,), (1,)]),
    ("the latter please", [(2,)]),
    ("more like arithmetic", [(1,)]),
    ("all three of my kids", []),
    ("这几部我全看过", [(0, 1, 2)]),
    ("这几部都太长", []),
    ("the second is dull, the other two please", [(1,), (0, 2)]),
    ("第二个看过了，剩下俩哪个好", [(1,), (0, 2)]),
    ("the book is on my shelf", [(1,)]),
    ("the brandt has aged like milk", [(0,)]),
    ("后面那部太吵", [(2,)]),
    ("这里面哪部最老", [(0,)]),
    ("后面两部没看过", [(1, 2)]),
    ("thumbs up for the bees", [(1,)]),
    ("that one", [(0,)]),
    ("seen all of them", [(0, 1, 2)]),
    ("Seen it, seen it, seen it", [(0,), (1,), (2,)]),
    ("第三部", [(2,)]),
    ("最后一个", [(2,)]),
    ("中间那本", [(1,)]),
    ("前两部看过了", [(0, 1)]),
    ("那部1972年的", [(0,)]),
    ("2号", [(1,)]),
    ("二", [(1,)]),
    ("1 and 3, which is better", [(0,), (2,)]),
    ("倒数第二个怎么样", [(1,)]),
    ("72年那版", [(0,)]),
    ("最新的那部", [(2,)]),
    ("the oldest", [(0,)]),
    ("the oldest film you have", []),
    ("那部老的", [(0,)]),
    ("那本讲科学的", [(1,)]),
    ("seen em all", [(0, 1, 2)]),
    ("都看过了，再来几部", [(0, 1, 2)]),
    ("why you give me bees", [(1,)]),
    ("the one with Mike Clune", [(2,)]),
    ("why was the Brandt put forward", [(0,)]),
    ("we saw the second one last autumn", [(1,)]),
    ("first of all, something funny", []),
    ("the last time I laughed", []),
    ("number 9", []),
    ("what is it about", []),  # of three nobody knows which
    ("something shorter", []),
]


@pytest.mark.parametrize(("text", "places"), REFERRED)
def test_what_was_shown_is_referred_to(text: str, places: list[tuple[int, ...]]) -> None:
    assert _places(text) == places


ONE: list[tuple[str, list[tuple[int, ...]]]] = [
    ("what's it about", [(0,)]),
    ("who directed this", [(0,)]),
    ("why?", [(0,)]),
    ("tldr", [(0,)]),
    ("这个看过了", [(0,)]),
    ("no wait, not that", []),  # that it isn't the one says nothing of it
    ("不是这部", []),
    ("that'll do", []),
]


@pytest.mark.parametrize(("text", "places"), ONE)
def test_the_only_one_shown_is_it(text: str, places: list[tuple[int, ...]]) -> None:
    assert _places(text, SHOWN[:1]) == places


def test_two_shown_are_the_two() -> None:
    assert _places("compare the two", SHOWN[:2]) == [(0, 1)]
    assert _places("the other one", SHOWN[:2]) == [(1,)]
    assert _places("older of the two, who's in it", SHOWN[::2]) == [(0,)]
    assert [one.places for one in refer.find("no the other one i mean", SHOWN[:2], [], 1)] == [(0,)]


def test_nothing_is_referred_to_when_nothing_was_shown() -> None:
    assert _places("the third one", ()) == []


def test_one_that_is_gone_keeps_its_place() -> None:
    assert _places("the third one", (None, None, SHOWN[2])) == [(2,)]
    assert _places("the 1972 one", (None, SHOWN[0])) == [(1,)]


def test_titles_that_are_named_are_no_references() -> None:
    assert refer.find("The Last One", SHOWN, [(0, 12)]) == []


def test_items_of_one_title_are_told_apart_by_a_person() -> None:
    [found] = refer.among("and the Clune one?", (SHOWN[0], SHOWN[2]), [])
    assert found.places == (1,)

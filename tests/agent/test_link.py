"""Titles in a text: which are meant, and how the user stands to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handpicked.agent import link
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import phrase_key
from handpicked.tools.data.titles import TitleIndex, Titles
from handpicked.tools.dispatch import Context


@pytest.fixture
def snapshot(context: Context) -> Snapshot:
    return context.snapshot


def _linked(snapshot: Snapshot, text: str) -> list[tuple[str, str]]:
    return [(found.item_id, found.polarity) for found in link.link(snapshot, text)]


MEANT = [
    ("something like Night Signal but lighter", [("f1", "like")]),
    ("more like the dry valley and silver spurs", [("f5", "like"), ("f6", "like")]),
    ("loved Night Signal, hated Grave Hour", [("f1", "like"), ("f8", "dislike")]),
    ("can't stand The Long Waltz, but my wife wants romance", [("f9", "dislike")]),
    ("no Heat please", [("f2", "dislike")]),
    ("anything but Grave Hour", [("f8", "dislike")]),
    ("Nothing like Grave Hour", [("f8", "dislike")]),
    ("I've seen Robot Picnic, what next", [("f7", "seen")]),
    ("Up was my favourite as a kid", [("f4", "like")]),
    ("Up bored me", [("f4", "dislike")]),
    ("My kids loved Up. What next?", [("f4", "like")]),
    ("I enjoyed both Up and Heat", [("f4", "like"), ("f2", "like")]),
    ("“Up”", [("f4", "about")]),
    ("Up (2009)", [("f4", "about")]),
    ("Heat (1995)", [("f2", "about")]),
    ("Heat, the 1972 one", [("f3", "about")]),
    ("stuff in the vein of Heat, the 1995 one", [("f2", "like")]),
    ("is grave hour any good", [("f8", "about")]),
    ("silver spurs", [("f6", "about")]),
    ("喜欢《算法之外》", [("b2", "like")]),
    ("算法之外看过了", [("b2", "seen")]),
    ("不要《算法之外》", [("b2", "dislike")]),
    ("something like nihgt signal", [("f1", "like")]),
    ("loved robot picnc", [("f7", "like")]),
    ("silvr spurs type films", [("f6", "like")]),
    ("Heat with Mike Moran", [("f2", "about")]),
    ("Paul Morr's Heat", [("f3", "about")]),
    ("Heat, the '72 one", [("f3", "about")]),
    ("is Heat the one from 1972", [("f3", "about")]),
    ("the 1972 and the 1995 Heat, which is better", [("f3", "about"), ("f2", "about")]),
    ("do you have the older Heat", [("f3", "about")]),
    ("Up and Robot Picnic", [("f4", "about"), ("f7", "about")]),
    ("that cartoon film Up", [("f4", "about")]),
    ("Grave Hour's too long", [("f8", "dislike")]),
    ("seen cold harbour blues", [("f10", "seen")]),
    ("has anyone read the salt atlas", [("b1", "about")]),
    ("grave hour or night signal?", [("f8", "about"), ("f1", "about")]),
    ("I'd give Robot Picnic 4 stars", [("f7", "about")]),
    ("my kids really love up", [("f4", "like")]),
    ("my top three are heat, night signal and grave hour", [("f2", "like"), ("f1", "like"), ("f8", "like")]),
    ("fav films: heat, night signal", [("f2", "like"), ("f1", "like")]),
    ("grave hour freaked me out", [("f8", "dislike")]),
    ("got night signal on dvd, what next", [("f1", "seen")]),
    ("any1 seen grave hour?", [("f8", "about")]),
    ("robot picnic fan here", [("f7", "like")]),
    ("Grave Hour's fine but The Long Waltz is a chore", [("f8", "like"), ("f9", "dislike")]),
    ("saw up last night, what next", [("f4", "seen")]),
    ("already watched heat", [("f2", "seen")]),
    ("couldn't get through grave hour", [("f8", "dislike")]),
    ("don't show me grave hour again", [("f8", "dislike")]),
    ("never got into the long waltz", [("f9", "dislike")]),
    ("rewatching night signal for the tenth time", [("f1", "seen")]),
    ("same director as night signal", [("f1", "about")]),
    ("heat is another good crime film", [("f2", "like")]),
    ("robot picnic gave me nightmares", [("f7", "dislike")]),
    ("刚看完算法之外", [("b2", "seen")]),
    ("别再给我推荐算法之外了", [("b2", "dislike")]),
    ("heat - whats that about", [("f2", "about")]),
    ("heat, the michael one", [("f2", "about")]),
    ("who made heat n is it any good", [("f2", "about")]),
    ("do u have Up", [("f4", "about")]),
    ("heat, not the paul morr one", [("f2", "about")]),
    ("the 72 heat", [("f3", "about")]),
    ("grave hour?? god no", [("f8", "dislike")]),
    ("night signal we've both seen. next", [("f1", "seen")]),
]


@pytest.mark.parametrize(("text", "links"), MEANT)
def test_a_title_that_is_meant_is_linked(snapshot: Snapshot, text: str, links: list[tuple[str, str]]) -> None:
    assert _linked(snapshot, text) == links


@pytest.mark.parametrize(
    "text",
    [
        "cheer me up",
        "Cheer me up please",
        "what's up",
        "I feel the heat, something cool",
        "it's heating up in here",
        "it's her birthday, she's into pottery",
        "heat the oven",
        "is it any good",
        "a long waltz through the valley, please",
        "Night Signal (2019)",  # another film of that name
        "the temperature goes up in summer",
        "my brother Mike Moran",
        "my oven is a heat",
        "going to heat in june",
        "well, does it have a sequel",
        "whole milk under $2",
        "",
        "😀",
        "算法",
    ],
)
def test_ordinary_words_are_no_titles(snapshot: Snapshot, text: str) -> None:
    assert link.link(snapshot, text, skip_domains={"grocery"}) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("推荐像《她》这样的电影", True),
        ("類似《她》的電影", True),
        ("她", True),
        ("像她一样的演员", False),
        ("想给我妈妈找本书，她喜欢历史", False),
        ("看过她", False),
    ],
)
def test_a_title_of_one_ideograph_is_meant_between_quotes_or_by_itself(
    snapshot: Snapshot, text: str, meant: bool
) -> None:
    assert [found for found, _ in _linked(_called(snapshot, "她"), text)] == (["f1"] if meant else [])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("推荐像《天生一对》这样的电影", True),
        ("看过天生一对", True),
        ("我们是天生一对，想看浪漫的", False),
        ("讲一对天生一对的夫妻", False),
    ],
)
def test_an_everyday_phrase_is_a_title_only_where_something_says_so(
    snapshot: Snapshot, text: str, meant: bool
) -> None:
    found = _linked(_called(snapshot, phrase_key("天生一对"), item_id="f10"), text)
    assert [item_id for item_id, _ in found] == (["f10"] if meant else [])


def _called(snapshot: Snapshot, name: str, *, item_id: str = "f1") -> Snapshot:
    """The same with one more name of an item, a phrase key."""
    names = list(snapshot.build.columns.titles)
    row = snapshot.row(item_id) or 0
    names[row] = (*names[row], name)
    named = replace(snapshot)
    named.__dict__["titles"] = Titles([TitleIndex(names)], snapshot.alive)
    return named


def test_what_was_shown_is_meant_by_a_reference(snapshot: Snapshot) -> None:
    shown = ("f1", "f2", "f7")
    found = link.link(snapshot, "loved the second one, not the last", shown=shown)
    assert [(one.item_id, one.polarity) for one in found] == [("f2", "like"), ("f7", "dislike")]
    [one] = link.link(snapshot, "what's that one about", shown=("f7",))
    assert (one.item_id, one.polarity) == ("f7", "about")
    assert link.link(snapshot, "what's that one about", shown=("gone",)) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("nah the older one", "f3"),
        ("Paul Morr's.", "f3"),
        ("不是这个，我要老的那部", "f3"),
        ("paul morr obvs", "f3"),
        ("who directed it", "f2"),
    ],
)
def test_another_of_the_title_shown_alone_is_meant_by_its_age_or_maker(
    snapshot: Snapshot, text: str, meant: str
) -> None:
    assert [found.item_id for found in link.link(snapshot, text, shown=("f2",))] == [meant]


def test_what_is_said_without_a_word_for_it_is_said_of_the_one_item_shown(snapshot: Snapshot) -> None:
    [found] = link.link(snapshot, "seen. another", shown=("f2",))
    assert (found.item_id, found.polarity) == ("f2", "seen")
    [asked] = link.link(snapshot, "how long?", shown=("f1", "f2"), focus="f1")
    assert (asked.item_id, asked.polarity) == ("f1", "about")
    assert link.link(snapshot, "how long?", shown=("f1", "f2")) == []
    every = link.link(snapshot, "seen seen and seen", shown=("f1", "f2", "gone", "f7"))
    assert [(one.item_id, one.polarity) for one in every] == [("f1", "seen"), ("f2", "seen"), ("f7", "seen")]


def test_what_is_said_of_the_title_before_is_not_said_of_the_next(snapshot: Snapshot) -> None:
    found = link.link(snapshot, "最后那个早就看过了，第二个讲啥", shown=("f1", "f2", "f7"))
    assert [(one.item_id, one.polarity) for one in found] == [("f7", "seen"), ("f2", "about")]


def test_that_one_is_the_title_named_before_it(snapshot: Snapshot) -> None:
    found = link.link(snapshot, "not night signal, found that one slow", shown=("f7", "f2"))
    assert [one.item_id for one in found] == ["f1"]


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("Night Signal i cant stand", "dislike"),
        ("Night Signal we've already seen", "seen"),
        ("stopped watching Night Signal", "dislike"),
        ("weve already done Night Signal", "seen"),
        ("为啥给我推night signal", "about"),
        ("night signal看到一半就关了", "dislike"),
        ("Night Signal no thank you.", "dislike"),
        ("Night Signal yes!", "like"),
        ("night signal昨晚上看了，难看惨了", "dislike"),
        ("2 out of 5 on night signal", "about"),
    ],
)
def test_what_is_said_behind_a_title_or_with_slang(snapshot: Snapshot, text: str, polarity: str) -> None:
    assert _linked(snapshot, text) == [("f1", polarity)]


def test_a_title_that_was_shown_is_the_one_meant(snapshot: Snapshot) -> None:
    [found] = link.link(snapshot, "tell me about heat", shown=("f7", "f3"))
    assert found.item_id == "f3"


def test_the_year_beside_a_title_belongs_to_it(snapshot: Snapshot) -> None:
    text = "Heat (1995) please"
    [found] = link.link(snapshot, text)
    assert text[found.start : found.end] == "Heat (1995)"


def test_goods_are_linked_only_where_they_are_asked_for(snapshot: Snapshot) -> None:
    assert [found.item_id for found in link.link(snapshot, "I love Oat Crackers")] == ["g1"]
    assert link.link(snapshot, "I love Oat Crackers", skip_domains={"grocery"}) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=1000))
def test_any_text_is_linked_without_error(snapshot: Snapshot, text: str) -> None:
    for found in link.link(snapshot, text):
        assert 0 <= found.start < found.end <= len(text)

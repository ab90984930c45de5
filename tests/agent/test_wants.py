"""What a text asks of the items, with negations and alternatives."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handpicked.agent import wants
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import tokenize
from handpicked.tools.dispatch import Context


@pytest.fixture
def snapshot(context: Context) -> Snapshot:
    return context.snapshot


def _terms(snapshot: Snapshot, text: str) -> set[tuple[str, str, str]]:
    found = wants.extract(snapshot, text).constraints
    return {(c.field, c.op, str(value)) for c in found if c.op != "range" for value in c.value}


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("westerns made before 1970", ("categories", "in", "Western")),
        ("恐怖的一律别来，我胆小", ("categories", "not_in", "Horror")),
        ("anything but horror", ("categories", "not_in", "Horror")),
        ("no musicals pls", ("categories", "not_in", "Musical")),
        ("I don't like war films", ("categories", "not_in", "War")),
        ("a romance in French", ("language", "in", "French")),
        ("thrillers made in South Korea", ("country", "in", "South Korea")),
        ("films by Ada Brandt", ("creators", "in", "Ada Brandt")),
        ("everything Ida Lupin directed", ("creators", "in", "Ida Lupin")),
        ("not by Ida Lupin", ("creators", "not_in", "Ida Lupin")),
        ("恐怖片不要", ("categories", "not_in", "Horror")),
        ("来三部不恐怖的悬疑片", ("categories", "in", "Thriller")),
        ("今天要不恐怖的", ("categories", "not_in", "Horror")),
        ("要不恐怖片吧", ("categories", "in", "Horror")),
        ("恐怖片一概不要，剩下的随便", ("categories", "not_in", "Horror")),
        ("战争不想看", ("categories", "not_in", "War")),
        ("动作片，别带爱情片那一套", ("categories", "not_in", "Romance")),
        ("不要流行，给我古典的", ("categories", "in", "classical")),
        ("法语爱情电影", ("language", "in", "French")),
        ("香港警匪片", ("country", "in", "Hong Kong")),
        ("来部老港片", ("country", "in", "Hong Kong")),
        ("no horror, musicals or westerns", ("categories", "not_in", "Western")),
        ("no horror, but thrillers are ok", ("categories", "in", "Thriller")),
        ("不要恐怖片、战争片", ("categories", "not_in", "War")),
        ("喜剧就算了", ("categories", "not_in", "Comedy")),
        ("nothing scary", ("categories", "not_in", "Horror")),
        ("Nobody here will touch a western", ("categories", "not_in", "Western")),
        ("除了恐怖片都行", ("categories", "not_in", "Horror")),
        ("a horor film", ("categories", "in", "Horror")),
        ("westerns that are italian made", ("country", "in", "Italy")),
        ("what about Korea?", ("country", "in", "South Korea")),
        ("in stock only", ("in_stock", "in", "True")),
        ("体育新闻", ("categories", "in", "sports")),
        ("films by ida lupin", ("creators", "in", "Ida Lupin")),
        ("take the western off", ("categories", "not_in", "Western")),
        ("swap the western for a comedy", ("categories", "not_in", "Western")),
        ("we're over westerns", ("categories", "not_in", "Western")),
        ("jazz but not bebop", ("categories", "in", "jazz")),
        ("a guide to British horror", ("country", "in", "United Kingdom")),
        ("anything by scorcese", ("creators", "in", "Martin Scorsese")),
        ("ida lupin's stuff", ("creators", "in", "Ida Lupin")),
        ("less comedy, more horror", ("categories", "not_in", "Comedy")),
        ("less comedy, more horror", ("categories", "in", "Horror")),
        ("horror? no thanks", ("categories", "not_in", "Horror")),
        ("来一部，别是恐怖片", ("categories", "not_in", "Horror")),
        ("战争片太沉重了,换部喜剧", ("categories", "not_in", "War")),
        ("westerns are too slow", ("categories", "not_in", "Western")),
        ("a comedy rated at least 8 out of 10", ("categories", "in", "Comedy")),
        ("四分以上的喜剧", ("categories", "in", "Comedy")),
    ],
)
def test_a_term_is_read(snapshot: Snapshot, text: str, term: tuple[str, str, str]) -> None:
    assert term in _terms(snapshot, text)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("有没有喜剧", ("categories", "not_in", "Comedy")),
        ("no, I want comedies", ("categories", "not_in", "Comedy")),
        ("今天想做意大利面", ("country", "in", "Italy")),
        ("别太甜，来点喜剧", ("categories", "not_in", "Comedy")),
        ("something funny", ("categories", "in", "Comedy")),
        ("喜剧演员", ("categories", "in", "Comedy")),
        ("not only comedies", ("categories", "not_in", "Comedy")),
        ("I've never seen a western", ("categories", "not_in", "Western")),
        ("poetry for people who don't like poetry", ("categories", "not_in", "poetry")),
        ("why do you keep showing me horror", ("categories", "in", "Horror")),
        ("just watched a horror film", ("categories", "in", "Horror")),
        ("how was that western", ("categories", "in", "Western")),
        ("in the style of Ida Lupin", ("creators", "in", "Ida Lupin")),
        ("a novel about Japan", ("country", "in", "Japan")),
        ("《老男孩》韩国版", ("country", "in", "South Korea")),
        ("jazz but not bebop", ("categories", "not_in", "jazz")),
        ("live action only", ("categories", "in", "Action")),
        ("it doesn't have to be a comedy", ("categories", "in", "Comedy")),
        ("it was a western", ("categories", "in", "Western")),
        ("massive in South Africa", ("country", "in", "South Africa")),
        ("not into those movies actually a western", ("categories", "not_in", "Western")),
        ("不要辣的零食", ("categories", "not_in", "Snacks")),
        ("评分不低于7.5的喜剧", ("categories", "not_in", "Comedy")),
        ("the western I borrowed: 4 of 5, dragged a bit", ("categories", "in", "Western")),
        ("那部喜剧我打四分,中间有点拖", ("categories", "in", "Comedy")),
    ],
)
def test_a_term_is_not_read_into_other_words(
    snapshot: Snapshot, text: str, term: tuple[str, str, str]
) -> None:
    assert term not in _terms(snapshot, text)


def test_terms_with_or_between_them_are_alternatives(snapshot: Snapshot) -> None:
    (found,) = wants.extract(snapshot, "Danish or Swedish, please").constraints
    assert (found.field, found.value) == ("language", ("Danish", "Swedish"))


def test_nothing_is_read_from_a_title(snapshot: Snapshot) -> None:
    text = "like Horror Express"
    assert wants.extract(snapshot, text, [(5, len(text))]).constraints == ()


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("not news, a novel", ("book",)),
        ("a gift for grandpa, he likes films", ()),
        ("a crime novel", ("book",)),
        ("要书，读点历史", ("book",)),
        ("睡前听的音乐", ("music",)),
        ("适合小学生的童书", ("book",)),
        ("音乐剧", ("movie",)),
        ("the film's sorted, now popcorn", ()),
        ("a book about films", ("book",)),
        ("有什么书", ("book",)),
    ],
)
def test_domains_are_those_asked_for(snapshot: Snapshot, text: str, domains: tuple[str, ...]) -> None:
    assert wants.extract(snapshot, text).domains == domains


@pytest.mark.parametrize(
    ("text", "refused"),
    [("not news, a novel", ("news",)), ("她不爱看书", ("book",)), ("no musicals", ()), ("not a novel", ())],
)
def test_domains_are_refused(snapshot: Snapshot, text: str, refused: tuple[str, ...]) -> None:
    assert wants.extract(snapshot, text).refused_domains == refused


def test_what_is_asked_for_and_refused_is_refused(snapshot: Snapshot) -> None:
    assert _terms(snapshot, "no folk, folk makes it worse") == {("categories", "not_in", "folk")}


def test_a_person_who_tells_which_title_is_meant_is_no_wish(snapshot: Snapshot) -> None:
    text = "Heat with Ida Lupin"
    assert wants.extract(snapshot, text, [(0, 4)]).constraints == ()
    assert wants.extract(snapshot, text).constraints


def test_a_year_that_tells_which_title_is_meant_is_no_wish(snapshot: Snapshot) -> None:
    assert wants.extract(snapshot, "Heat from 1972", [(0, 4)]).constraints == ()
    assert wants.extract(snapshot, "a film from 1972").constraints


def test_a_title_within_a_name_is_none(snapshot: Snapshot) -> None:
    (found,) = wants.extract(snapshot, "films by Ida Lupin", [(9, 12)]).constraints
    assert found.value == ("Ida Lupin",)


def test_a_bound_without_a_unit_is_kept_apart(snapshot: Snapshot) -> None:
    found = wants.extract(snapshot, "a dessert, max 2.50")
    assert [c.value for c in found.bare] == [(None, 2.5)]
    assert all(c.op != "range" for c in found.constraints)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=1000))
def test_any_text_is_read_and_spans_lie_within_it(snapshot: Snapshot, text: str) -> None:
    for constraint in wants.extract(snapshot, text).constraints:
        assert constraint.span is not None
        assert constraint.span in text
    assert all(0 <= token.start < token.end <= len(text) for token in tokenize(text))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("民谣 2010年起的", "year", (2010, None)),
        ("法国的 90年以前", "year", (None, 1989)),
        ("two hours ten max", "runtime", (None, 130)),
        ("评分7.5以上 不要刘德华", "rating", (7.5, None)),
        ("两小时以上不要", "runtime", (None, 120)),
        ("nothing dearer than twelve dollars", "price", (None, 12)),
    ],
)
def test_a_bound_is_read_with_its_side(
    snapshot: Snapshot, text: str, field: str, value: tuple[float | None, ...]
) -> None:
    assert [c.value for c in wants.extract(snapshot, text).constraints if c.field == field] == [value]

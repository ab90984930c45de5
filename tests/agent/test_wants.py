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
        ("anything but horror", ("categories", "not_in", "Horror")),
        ("no musicals pls", ("categories", "not_in", "Musical")),
        ("I don't like war films", ("categories", "not_in", "War")),
        ("a romance in French", ("language", "in", "French")),
        ("thrillers made in South Korea", ("country", "in", "South Korea")),
        ("films by Ada Brandt", ("creators", "in", "Ada Brandt")),
        ("everything Ida Lupin directed", ("creators", "in", "Ida Lupin")),
        ("not by Ida Lupin", ("creators", "not_in", "Ida Lupin")),
        ("恐怖片不要", ("categories", "not_in", "Horror")),
        ("恐怖片一概不要，剩下的随便", ("categories", "not_in", "Horror")),
        ("战争不想看", ("categories", "not_in", "War")),
        ("动作片，别带爱情片那一套", ("categories", "not_in", "Romance")),
        ("不要流行，给我古典的", ("categories", "in", "classical")),
        ("法语爱情电影", ("language", "in", "French")),
        ("香港警匪片", ("country", "in", "Hong Kong")),
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
        ("睡前听的音乐", ("music",)),
        ("适合小学生的童书", ("book",)),
        ("音乐剧", ("movie",)),
    ],
)
def test_domains_are_those_asked_for(snapshot: Snapshot, text: str, domains: tuple[str, ...]) -> None:
    assert wants.extract(snapshot, text).domains == domains


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

"""Cleaning of text, ids, lists and attributes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data import clean


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, ""),
        (float("nan"), ""),
        (1984, "1984"),
        ("  two\n\twords\u00a0here ", "two words here"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("&amp;amp;lt;b&amp;amp;gt;twice escaped", "twice escaped"),
        ("<p>One</p><p>Two<br/>three</p>", "One Two three"),
        ("H<sub>2</sub>O", "H2O"),
        ("<script>alert('x')</script>Up<!-- a note -->", "Up"),
        ("I <3 you, a < b and c > d", "I <3 you, a < b and c > d"),
        ("<Untitled>", "<Untitled>"),
        ("nul\x00 and \x07bell\ufeff", "nul and bell"),
        ("Ame\u0301lie", "Amélie"),
        ("Le SamouraÃ¯, â€œquotedâ€\x9d", "Le Samouraï, “quoted”"),
        ("<b>Am&Atilde;&copy;lie</b>", "Amélie"),
        ("&#20320;好", "你好"),
        ("broken \ud800 half", "broken half"),
        ("\u202egnp.exe", "gnp.exe"),
        ("soft\u00adhyphen, zero\u200bwidth, word\u2060joiner", "softhyphen, zerowidth, wordjoiner"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩\u200d👧 family", "👨\u200d👩\u200d👧 family"),
        ("\u200b\u202e \u200d\u2066", ""),
        (["one ", None, "<b>two</b>"], "one two"),
    ],
)
def test_text_is_made_readable(raw: object, expected: str) -> None:
    assert clean.text(raw) == expected


@given(st.text() | st.text(alphabet="<>&;amplgtb/ #x3\x00e\u0301"))
def test_clean_text_stays_as_it_is(raw: str) -> None:
    once = clean.text(raw)
    assert clean.text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "\x00" not in once
    assert once == " ".join(once.split())


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (42, "42"),
        (42.0, "42"),
        (" a-1\x00 ", "a-1"),
        ("<b>", "<b>"),
        ("007", "007"),
        (None, ""),
        (float("nan"), ""),
        (10**30, "1" + "0" * 30),
        ("\u202eabc\u2066", "abc"),
        ("cafe\u0301", "café"),
    ],
)
def test_ids_become_text(raw: object, expected: str) -> None:
    assert clean.identifier(raw) == expected


@pytest.mark.parametrize("raw", [True, 1e300, float("inf"), 2.0**53, [1], {"id": 1}, b"\xff"])
def test_what_is_no_id_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match="is no id"):
        clean.identifier(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("drama|crime| drama |", ("drama", "crime")),
        ("drama, crime", ("drama", "crime")),
        ("Sci-Fi,Fantasy", ("Sci-Fi,Fantasy",)),
        ("Smith, John|Doe, Jane", ("Smith, John", "Doe, Jane")),
        (["drama", None, "Rock &amp; Roll", ""], ("drama", "Rock & Roll")),
        ('["a", "b"]', ("a", "b")),
        ("[not json]", ("[not json]",)),
        (None, ()),
        ("", ()),
        (7, ("7",)),
    ],
)
def test_lists_are_split_and_cleaned(raw: object, expected: tuple[str, ...]) -> None:
    assert clean.terms(raw) == expected


def test_nested_lists_are_refused() -> None:
    with pytest.raises(ValueError, match="nested"):
        clean.terms([{"id": 1}])


def test_utterances_are_not_split_at_commas_and_may_repeat() -> None:
    assert clean.utterances("Hi, you|yes|yes") == ("Hi, you", "yes", "yes")


def test_ids_in_lists_become_text() -> None:
    assert clean.identifiers([1, 2.0, "x", 1]) == ("1", "2", "x")


@pytest.mark.parametrize(
    ("raw", "inferred", "kept"),
    [
        ("12", 12, "12"),
        ("-0.5", -0.5, "-0.5"),
        ("007", "007", "007"),
        ("1e5", "1e5", "1e5"),
        ("12345678901234567890", "12345678901234567890", "12345678901234567890"),
        ("True", True, "True"),
        ("yes", "yes", "yes"),
        (3, 3, 3),
        (10**15, "1000000000000000", "1000000000000000"),
        (-(10**400), "-1" + "0" * 400, "-1" + "0" * 400),
        (2.5, 2.5, 2.5),
        (False, False, False),
        (float("nan"), None, None),
        (["a", "b"], "a, b", "a, b"),
        ("  ", None, None),
    ],
)
def test_attributes_keep_their_type(raw: object, inferred: object, kept: object) -> None:
    assert clean.attribute(raw, infer=True) == inferred
    assert type(clean.attribute(raw, infer=True)) is type(inferred)
    assert clean.attribute(raw, infer=False) == kept


@pytest.mark.parametrize(
    "title", ["The Matrix", "matrix", "Matrix, The", "MATRIX (1999)", "Matrix, The (1999)", "The  Matrix!"]
)
def test_titles_count_as_one(title: str) -> None:
    assert clean.same_title(title) == "matrix"


@pytest.mark.parametrize("title", ["1984", "The", "A"])
def test_a_title_is_never_emptied(title: str) -> None:
    assert clean.same_title(title)

"""Language, parts of speech and key phrases."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.tools.data import analysis, text

LANGUAGES = [
    ("en", "A detective hunts runaway machines in a wet city."),
    ("en", "Gone with the Wind"),
    ("zh", "一位工程师写人工智能的随笔"),
    ("zh", "花樣年華"),
    ("zh", "iPhone 手机评测"),
    ("ja", "千と千尋の神隠し"),
    ("ko", "살인의 추억"),
    ("fr", "Le Fabuleux Destin d'Amélie Poulain"),
    ("de", "Das Leben der Anderen"),
    ("es", "Mujeres al borde de un ataque de nervios"),
    ("it", "Due ballerini si ritrovano dopo la guerra"),
    ("ru", "Два танцора встречаются после войны"),
    ("el", "Μια αιωνιότητα και μια μέρα"),
    (None, "!?"),
    (None, ""),
    (None, "1984"),
    (None, "Xyz Qw"),
    (None, "Die Hard"),
    (None, "Casablanca"),
    ("en", "Where is\nthe house\x00 of my friend, they asked"),
]


@pytest.mark.parametrize(("language", "said"), LANGUAGES)
def test_the_language_of_a_text_is_told_or_it_is_not_known(language: str | None, said: str) -> None:
    assert analysis.detect(said) == language


def test_english_words_have_their_lemma_and_part() -> None:
    found = {
        w.text: (w.lemma, w.part)
        for w in analysis.tag("The retired detectives were hunting 2 machines in Paris, $3!")
    }
    assert found["detectives"] == ("detective", "noun")
    assert found["hunting"] == ("hunt", "verb")
    assert found["retired"][1] == "adjective"
    assert found["Paris"][1] == "name"
    assert found["2"][1] == "number"
    assert {found[mark][1] for mark in ("were", "The", "in", ",", "$", "!")} == {"other"}


def test_chinese_words_have_their_part() -> None:
    found = {w.text: w.part for w in analysis.tag("张艺谋导演了一部便宜的电影。")}
    assert found["张艺谋"] == "name"
    assert found["电影"] == "noun"
    assert found["便宜"] == "adjective"
    assert found["。"] == "other"


def test_traditional_chinese_is_read_like_simplified_and_kept_as_it_is_written() -> None:
    said = "張藝謀導演了一部便宜的電影。"
    traditional, plain = analysis.tag(said), analysis.tag("张艺谋导演了一部便宜的电影。")
    assert [(len(w.text), w.part) for w in traditional] == [(len(w.text), w.part) for w in plain]
    assert "".join(word.text for word in traditional) == said


@pytest.mark.parametrize(
    ("said", "phrases"),
    [
        (
            "Rural doctors use artificial intelligence. Artificial intelligence helps rural doctors.",
            ["rural doctor", "artificial intelligence"],
        ),
        ("He runs, and she waits.", []),
        ("乡村医生使用人工智能。人工智能帮助乡村医生。", ["乡村医生", "人工智能"]),
        ("", []),
    ],
)
def test_key_phrases_are_what_a_text_speaks_of(said: str, phrases: list[str]) -> None:
    assert sorted(analysis.key_phrases(said)) == sorted(phrases)


def test_key_phrases_are_as_many_as_asked_for_and_none_holds_another() -> None:
    said = "A big broadway star meets a producer. The star and the broadway producer dance in a small dance hall."
    found = analysis.key_phrases(said, limit=3)
    assert len(found) == 3
    assert not [(a, b) for a in found for b in found if a != b and set(a.split()) <= set(b.split())]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_analysed(raw: str) -> None:
    assert all(word.text.strip() for word in analysis.tag(raw))
    assert analysis.detect(raw) is None or len(analysis.detect(raw) or "") == 2
    assert len(analysis.key_phrases(raw, 2)) <= 2


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("Dr. Brown met J. R. Smith at 5 p.m. on Monday. They left.", 2),
        ("It cost $5.99. See it.", 2),
        ("He lives in Washington D.C. She doesn't.", 2),
        ("wow that was great. i loved it.", 2),
        ("他走了。她留下来了！为什么？", 3),
        ("价格是3.5元。很便宜……真的。", 2),
        ("No. 5 is alive.", 1),
    ],
)
def test_sentences_end_where_a_reader_ends_them(said: str, count: int) -> None:
    assert len(text.sentences(said)) == count

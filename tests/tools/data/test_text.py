"""English and Chinese text: normal forms, words, sentences."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data import text

_ANY = st.text(max_size=60)


@given(_ANY)
def test_folding_and_normalizing_twice_change_nothing_more(raw: str) -> None:
    assert text.fold(text.fold(raw)) == text.fold(raw)
    assert text.normalize(text.normalize(raw)) == text.normalize(raw)


@given(_ANY)
def test_words_in_capitals_are_the_same_words(raw: str) -> None:
    assert text.words(raw.casefold()) == text.words(raw)


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("Amélie", "amelie"),
        ("ＡＢＣ　１２", "abc 12"),
        ("Pokémon™", "pokemontm"),
        ("Don't Look Now!", "dont look now"),
        ("Fast & Furious", "fast and furious"),
        ("Straße", "strasse"),
        ("snake_case", "snake case"),
        ("İstanbul", "istanbul"),
        ("大鱼，海棠", "大鱼 海棠"),
        ("花樣年華", "花样年华"),
        ("薴", "苎"),
        ("!?", ""),
    ],
)
def test_normal_form(raw: str, normal: str) -> None:
    assert text.normalize(raw) == normal


def test_chinese_is_segmented_at_every_length_a_search_may_ask_for() -> None:
    assert {"人工", "智能", "人工智能"} <= set(text.words("人工智能走进诊所"))
    assert text.words("看iPhone15测评")[1] == "iphone15"


@given(_ANY)
def test_simplified_text_has_the_same_places(raw: str) -> None:
    assert len(text.simplified(raw)) == len(raw)
    assert text.simplified(text.simplified(raw)) == text.simplified(raw)


def test_traditional_and_simplified_chinese_are_the_same_words() -> None:
    assert text.words("重慶森林和臥虎藏龍") == text.words("重庆森林和卧虎藏龙")
    assert text.segments("我喜歡人工智慧電影") == text.segments("我喜欢人工智慧电影")
    assert text.phrase_key("花樣年華") == text.phrase_key("花样年华")


@pytest.mark.parametrize(
    ("garbled", "mended"),
    [
        ("AmÃ©lie", "Amélie"),
        ("Le SamouraÃ¯", "Le Samouraï"),
        ("Ã\x89dith et Marcel", "Édith et Marcel"),
        ("â€œquotedâ€\x9d", "“quoted”"),
        ("ã€Šå¤§é±¼ã€‹", "《大鱼》"),
    ],
)
def test_utf8_that_was_read_as_another_encoding_is_mended(garbled: str, mended: str) -> None:
    assert text.mend(garbled) == mended


@pytest.mark.parametrize(
    "right",
    ["Amélie", "SÃO PAULO", "À Nos Amours", "Sigur Rós – Ágætis byrjun", "花樣年華", "L’Avventura", "£5", ""],
)
def test_text_that_is_right_is_left_as_it_is(right: str) -> None:
    assert text.mend(right) == right


@given(st.text("abc éèüñçøß", max_size=20))
def test_what_was_garbled_once_is_mended_or_left(raw: str) -> None:
    garbled = raw.encode().decode("latin-1")
    assert text.mend(garbled) in (raw, garbled)


def test_words_of_a_segmented_text_have_their_places() -> None:
    places = text.segments("我喜欢人工智能")
    assert (3, 7) in places or {(3, 5), (5, 7)} <= places
    assert min(places)[0] == 0
    assert max(end for _, end in places) == 7


@given(_ANY)
def test_tokens_stand_where_they_say_in_order(raw: str) -> None:
    end = 0
    for token in text.tokenize(raw):
        assert end <= token.start < token.end <= len(raw)
        assert token.text == "and" or token.text == text.fold(
            re.sub("['’`]", "", raw[token.start : token.end])
        )
        end = token.end


@pytest.mark.parametrize(
    "spelling", ["Crouching Tiger & Hidden Dragon", "crouching tiger and HIDDEN dragon!"]
)
def test_equal_phrases_have_equal_keys(spelling: str) -> None:
    assert text.phrase_key(spelling) == "crouching tiger and hidden dragon"


def test_each_ideograph_is_a_token() -> None:
    assert text.phrase_key("看《大鱼》2") == "看 大 鱼 2"


def test_longest_phrase_wins_and_none_overlap() -> None:
    tokens = text.tokenize("the dark knight rises in the dark")
    known = {"the dark", "the dark knight", "knight rises", "rises"}
    assert text.longest_matches(tokens, known) == [
        (0, 3, "the dark knight"),
        (3, 4, "rises"),
        (5, 7, "the dark"),
    ]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.sets(st.text("abc ", max_size=5)))
def test_matches_are_known_and_disjoint(letters: list[str], known: set[str]) -> None:
    tokens = text.tokenize(" ".join(letters))
    end = 0
    for first, last, key in text.longest_matches(tokens, known):
        assert first >= end
        assert " ".join(token.text for token in tokens[first:last]) == key
        assert key in known
        end = last


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Find me a film with ghosts", ["ghosts"]),
        ("推荐一部科幻电影", ["科幻", "科幻电影"]),
        ("the who", ["the", "who"]),
    ],
)
def test_content_words_leave_out_what_says_nothing(query: str, words: list[str]) -> None:
    assert text.content_words(query) == words


@pytest.mark.parametrize(
    ("raw", "language"),
    [
        ("a quiet film", "en"),
        ("安静的电影", "zh"),
        ("想看 Blade Runner", "en"),
        ("想看一部像 Up 的电影", "zh"),
        ("", "en"),
        ("123", "en"),
    ],
)
def test_language_is_chinese_from_a_fifth_of_the_letters(raw: str, language: str) -> None:
    assert text.language(raw) == language


@pytest.mark.parametrize(
    ("raw", "sentences"),
    [
        ("It rains. He waits!  Why?", ["It rains.", "He waits!", "Why?"]),
        ("Dr. Lee met J. Smith. They left.", ["Dr. Lee met J. Smith.", "They left."]),
        ("下雨了。他在等！为什么？", ["下雨了。", "他在等！", "为什么？"]),
        ("It costs 3.50 now", ["It costs 3.50 now"]),
        ("", []),
    ],
)
def test_sentences(raw: str, sentences: list[str]) -> None:
    assert text.sentences(raw) == sentences


@given(_ANY)
def test_sentences_keep_every_letter(raw: str) -> None:
    letters = [char for char in raw if char.isalnum()]
    assert [char for sentence in text.sentences(raw) for char in sentence if char.isalnum()] == letters

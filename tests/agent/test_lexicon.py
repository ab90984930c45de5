"""The words that the reader knows."""

from __future__ import annotations

import pytest

from handpicked.agent import lexicon
from handpicked.agent.scenes import TASKS
from handpicked.tools.data.text import tokenize
from handpicked.tools.errors import ConfigError


def _found(text: str) -> list[str]:
    hits = lexicon.find(text, tokenize(text), lexicon.load().categories)
    return [value for hit in hits for value in hit.values]


def test_the_longest_phrase_counts() -> None:
    assert "Sci-Fi" in _found("science fiction")
    assert "Science" not in _found("science fiction")


def test_one_word_may_mean_several_categories() -> None:
    assert set(_found("a romcom")) == {"Comedy", "Romance"}


def test_a_single_ideograph_counts_only_as_a_word() -> None:
    domains = lexicon.load().domains
    assert lexicon.find("买书", tokenize("买书"), domains)
    assert not lexicon.find("秘书长", tokenize("秘书长"), domains)


@pytest.mark.parametrize(
    ("word", "plain"), [("the", True), ("moon", True), ("horror", True), ("1984", True), ("whiplash", False)]
)
def test_plain_words_say_little_alone(word: str, plain: bool) -> None:
    assert lexicon.is_plain(word) is plain


def test_signs_name_tasks() -> None:
    assert set(lexicon.load().sign_names) <= set(TASKS)


def test_a_lexicon_without_a_part_is_refused() -> None:
    with pytest.raises(ConfigError, match="domains"):
        lexicon.parse("categories: {}\n")

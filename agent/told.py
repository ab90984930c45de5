"""What tells one of the items shown: its year or age, who made it, a word of its title, the most of something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from handpicked.agent import lexicon, traits
from handpicked.agent.pointing import MEASURE_WORD, NOUN, Reference
from handpicked.tools.data.text import phrase_key
from handpicked.tools.types import Item

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


def places(text: str, shown: Sequence[Item | None]) -> list[tuple[int, int]]:
    """Where a word of its title tells one of the items shown: "the crow one"."""
    told = [(one.start(), one.end()) for one in _DESCRIBED.finditer(text) if traits.single(shown, one[1])]
    told += [one.span() for kind in _KIND_OF for one in kind.finditer(text) if traits.of_kind(shown, one[1])]
    return told + [(one.start(), one.end()) for one in _MOST.finditer(text) if shown]


def find(text: str, shown: Sequence[Item | None]) -> Iterator[Reference]:
    """By year, by age, by a word of the title or a person."""
    for one in _DATED.finditer(text):
        year = next(filter(None, one.groups()))
        yield Reference(one.start(), one.end(), traits.of_year(shown, year))
    for one in _MOST.finditer(text):
        field, end = _MEASURES[next(filter(None, one.groups())).casefold()]
        yield Reference(one.start(), one.end(), traits.by_measure(shown, field, end))
    for one in _AGED.finditer(text):
        old = next(filter(None, one.groups())).casefold()[:2] in ("ol", "or", "老", "旧")
        yield Reference(one.start(), one.end(), traits.by_age(shown, old=old))
    for one in _DESCRIBED.finditer(text):
        yield Reference(one.start(), one.end(), traits.single(shown, one[1]))
    for one in _SEVERAL.finditer(text):
        if not all(map(lexicon.is_plain, phrase_key(one[1]).split())):  # "the French ones" narrows a list
            yield Reference(one.start(), one.end(), traits.having(shown, one[1]))
    for one in _ONE_OF.finditer(text):
        words = one[1].split()
        for last in range(len(words), 0, -1):
            if places := traits.single(shown, " ".join(words[:last])):
                yield Reference(one.start(), one.start(1) + len(" ".join(words[:last])), places)
                break
    for one in _MAKERS.finditer(text):
        yield Reference(one.start(), one.end(), traits.single(shown, one[1]))
    for one in _LATIN_THAT.finditer(text):
        yield Reference(one.start(), one.end(), traits.single(shown, one[1]))
    for pattern in _KIND_OF:
        for one in pattern.finditer(text):
            yield Reference(one.start(), one.end(), traits.of_kind(shown, one[1]))

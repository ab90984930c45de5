"""What tells one of the items shown: its year or age, who made it, a word of its title, the most of something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from handpicked.agent import described, lexicon, traits
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
_ENDS = r"(?:old|new|long|short|cheap)(?:er|est)"
_MOST = re.compile(
    rf"\b(?:the\s+)?(longest|shortest|cheapest)\s+{NOUN}\b|\b(?:the|that)\s+(longer|shorter|cheaper)\s+{NOUN}\b|\b(?:what|which)(?:\s+one)?(?:['’]?s|\s+is)?\s+(?:the\s+)?(oldest|newest|longest|shortest|cheapest)(?=\s*(?:$|[?.,!]))|^\W*(?:the\s+)?(oldest|newest|longest|shortest|cheapest)\W*$"
    rf"|\b(?:the\s+)?({_ENDS})\s+of\s+(?:the\s+(?:two|three|four|five|lot|bunch|\d)|those|these|them|['’]?em)\b|(?:^|[.,;!?]\s*)(?:the\s+)?(oldest|newest|longest|shortest|cheapest)(?=\s+(?:is|was|looks|sounds|has|had)\b)"
    rf"|(长|短|便宜)一?点?的?那{MEASURE_WORD}|哪一?{MEASURE_WORD}最(长|短|老|早|旧|新|便宜)|最(长|短|老|早|旧|新|便宜)的?(?:那|这)?(?:一)?{MEASURE_WORD}",
    re.IGNORECASE,
)
_MEASURES = {
    "long": ("runtime", -1), "长": ("runtime", -1), "shor": ("runtime", 0), "短": ("runtime", 0), "chea": ("price", 0),
    "便宜": ("price", 0), "olde": ("year", 0), "老": ("year", 0), "早": ("year", 0), "旧": ("year", 0), "newe": ("year", -1),
    "新": ("year", -1),
}  # fmt: skip
"""The field that a superlative is of, and which end of it, by its first letters."""
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


def superlatives(text: str) -> list[tuple[int, int]]:
    """Where the most or the least of something is told: no title stands in it."""
    return [one.span() for one in _MOST.finditer(text)]


def find(text: str, shown: Sequence[Item | None]) -> Iterator[Reference]:
    """By year, by age, by a word of the title or a person."""
    for one in _DATED.finditer(text):
        year = next(filter(None, one.groups()))
        yield Reference(one.start(), one.end(), traits.of_year(shown, year))
    for one in _MOST.finditer(text):
        field, end = _MEASURES[next(filter(None, one.groups())).casefold()[:4]]
        yield Reference(one.start(), one.end(), traits.by_measure(shown, field, end))
    for one in _AGED.finditer(text):
        old = next(filter(None, one.groups())).casefold()[:2] in ("ol", "or", "老", "旧")
        yield Reference(one.start(), one.end(), traits.by_age(shown, old=old))
    yield from described.told(text, shown)
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

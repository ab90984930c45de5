"""Descriptions of one of the items shown: "the shark one", "hugh's one", "the one with the noodle shop", 地震那部."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from handpicked.agent import lexicon, traits
from handpicked.agent.likeness import Likeness, closest
from handpicked.agent.pointing import MEASURE_WORD, NOUN, ORDINALS, Reference
from handpicked.agent.traits import Places
from handpicked.tools.data.text import STOP_WORDS, phrase_key
from handpicked.tools.types import Item

_WORD = r"(?!(?:the|that|this|a|an|is|was|are|i|we|you|or|one)\b)[\w'’-]+"
_DEFINITE = re.compile(rf"\b(?:the|that|ur|your)\s+((?:{_WORD}\s+){{1,5}}?){NOUN}\b", re.IGNORECASE)
_BARE = re.compile(
    rf"(?:^|[.,;:!?]\s*|\b(?:and|or|but|not|n|of|like|liked|loved|hated|seen|read|watched|did|saw|skip|than|vs|is|about)\s+)(?!(?:any|some|another|every|each|no|which|what|same|other|more|have|got|want|need|give|show)\b)((?:{_WORD}\s+){{1,3}}?(?:one|wala|wali)\b)(?!\s+(?:of|more|day|thing|else|hour|night|or|at)\b)",
    re.IGNORECASE,
)
"""Without an article: "rat one = 5 stars"."""
_RELATIVE = re.compile(
    r"\b(?:the|that)\s+(?:one|film|movie|book|album|article)\s+(?:with|w/?|about|where|in which|set in)\s+((?:[\w'’-]+\s*){1,7})",
    re.IGNORECASE,
)
_CHINESE = (
    re.compile(rf"([\u4e00-\u9fff]{{1,8}}?)(?:演|拍|导|写|唱)?的?那{MEASURE_WORD}"),
    re.compile(rf"那{MEASURE_WORD}([\u4e00-\u9fff]{{1,6}}?)(?:的|片|吧|$)"),
)
_LATIN = re.compile(rf"([A-Za-z][A-Za-z.'’ -]+?)\s*(?:演|拍|导|写|唱)?的?那{MEASURE_WORD}")
"""Who tells one, in letters: "ben affleck那个"."""
_SMALL = re.compile(r"^(?:不要|还有|但是|但|和|跟|与|把|像|比|要|是|我|他|她|给|看|就|都|也|对|说|的|了)+")
_SIDE = r"(?:the\s+|that\s+)?([\w'’-]+(?:\s+[\w'’-]+){0,2}?)"
_CHOICE = re.compile(
    rf"^\W*{_SIDE}(?:\s+{NOUN})?\s+(?:or|vs\.?|versus|and)\s+{_SIDE}(?:\s+{NOUN})?(?=\s*(?:$|[.,;:!?])|\s+(?:for|tonight|today|now|first|which)\b)"
    r"|^\W*([\u4e00-\u9fff]{1,6}?)的?(?:还是|跟|和)([\u4e00-\u9fff]{1,6}?)的?(?=\s|[，。,.？?]|$|哪)",
    re.IGNORECASE,
)
"""Two to choose from: "radcliffe or kidman", "umbrellas or the bread one", 瑞典的还是蒂尔达的."""
_ARTICLE = re.compile(r"\b(?:the|that)\s+$", re.IGNORECASE)
_SAYS_OF = re.compile(
    r"\b(?:that['’]?s|it['’]?s|that is|it is|is that|is it|was that|isnt that|isn['’]t that)\s+$",
    re.IGNORECASE,
)
"""What makes a description say something of a title that is named before: "Source Code, that's the train one"."""
_UNTELLING = frozenset(
    "other same right wrong good bad best worst better worse new newer newest old older oldest latest only whole real proper main big little long"
    " longer short shorter favourite favorite previous next top bottom middle cheap cheaper such kind sort perfect nice great".split()
)
"""Words that set one apart from the others, but don't describe it."""
_MARGIN, _BARE_MARGIN = 0.1, 0.15
"""How much likelier than the next an item must be to be the one described; without an article there may be none meant."""


@dataclass(frozen=True, slots=True)
class Description:
    """Words that stand for an item, characters [start, end); without an article or a 那 they are `bare`."""

    start: int
    end: int
    words: str
    bare: bool = False


def find(text: str) -> list[Description]:
    """The descriptions of a text, none overlapping, those that are the surest first."""
    found: list[Description] = []
    for one in _every(text):
        if not any(other.start < one.end and one.start < other.end for other in found):
            found.append(one)
    return found


def _every(text: str) -> Iterator[Description]:
    for one in _DEFINITE.finditer(text):
        yield Description(*one.span(), one[1].strip())
    for one in _RELATIVE.finditer(text):
        yield Description(one.start(), one.start(1) + len(one[1].rstrip()), one[1].strip())
    for one in _LATIN.finditer(text):
        yield Description(*one.span(), one[1])
    for pattern in _CHINESE:
        for one in pattern.finditer(text):
            yield Description(*one.span(), one[1])
    for one in _BARE.finditer(text):
        yield Description(*one.span(1), one[1].rsplit(None, 1)[0], bare=True)


def told(text: str, shown: Sequence[Item | None]) -> Iterator[Reference]:
    """The references by descriptions with a word of the title or a person, and by two such words to choose from."""
    for one in find(text):
        yield Reference(one.start, one.end, () if _empty(shown, one) else _exactly(shown, one.words))
    sides = _sides(text)
    exactly = [_exactly(shown, one.words) for one in sides]
    if len(set(exactly)) == 2 and (all(exactly) or not all(one.bare for one in sides)):
        yield from (
            Reference(one.start, one.end, places)
            for one, places in zip(sides, exactly, strict=True)
            if places
        )


def _sides(text: str) -> list[Description]:
    """The two to choose from, where there are: "the bread one" and 瑞典的 are no bare words."""
    if (choice := _CHOICE.match(text)) is None:
        return []
    places = [choice.span(n) for n in range(1, 5) if choice[n]]
    return [
        Description(
            start,
            end,
            text[start:end],
            bare=not _ARTICLE.search(text[:start]) and not text.startswith("的", end),
        )
        for start, end in places
    ]


def likely(
    text: str, taken: Sequence[tuple[int, int]], free: Mapping[int, Item], like: Likeness
) -> list[Reference]:
    """The references by what a description means, outside of what is `taken`, each to another of those that are
    `free`, by their places."""
    left, found = set(free), list[Reference]()
    for one in find(text):
        words = _SMALL.sub("", one.words)
        held = [*taken, *((other.start, other.end) for other in found)]
        inside = any(s < one.end and one.start < e for s, e in held)
        said_of_another = held and _SAYS_OF.search(text[: one.start])
        if inside or said_of_another or _empty(tuple(free.values()), one) or not _telling(words):
            continue
        place = closest(like(words), left, _BARE_MARGIN if one.bare else _MARGIN)
        if place is not None:
            found.append(Reference(one.start, one.end, (place,)))
            left.discard(place)
    return found


def _exactly(shown: Sequence[Item | None], words: str) -> Places:
    return traits.single(shown, words) or traits.of_kind(shown, words if not words.isascii() else "")


def _empty(shown: Sequence[Item | None], one: Description) -> bool:
    """Whether bare words are everyday talk, which tells nothing without an article."""
    known = lexicon.load()
    return one.bare and all(
        traits.is_plain(shown, word) and word not in known.languages and word not in known.countries
        for word in phrase_key(one.words).split()
    )


def _telling(words: str) -> bool:
    return any(
        w not in _UNTELLING and w not in STOP_WORDS and w not in ORDINALS for w in phrase_key(words).split()
    )

"""References to what was shown: "the third one", "number 2", "that one", "the 1972 one", 第三部."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from handpicked.agent import described, lexicon, ordinals, told, traits
from handpicked.agent.likeness import Likeness
from handpicked.agent.ordinals import FEW
from handpicked.agent.pointing import MEASURE_WORD, NOUN, Reference
from handpicked.tools.data.text import has_cjk, phrase_key
from handpicked.tools.types import Item

_PAIR = re.compile(
    r"\b(?:the|these|those|them|of the) two\b(?!\s+(?:of|first|last))|(?:这|那)?俩(?!人)|(?:这|那)两[部个本张首]|二选一",
    re.IGNORECASE,
)
_OTHER = re.compile(
    rf"\bthe\s+other(?:\s+{NOUN}\b|'s|(?!\s+(?:{NOUN}|\w+(?<!is)(?<!was)(?<!has))\b))|另(?:外)?(?:一|那){MEASURE_WORD}|另{MEASURE_WORD}",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    rf"\b(?:the\s+)?other\s+({FEW})\b|\bthe\s+(?:others|rest)\b(?!\s+of\b)|另外?([两二三四五\d]){MEASURE_WORD}|(?:剩下|剩|其余|其他)的?(?:([两二三四五\d])(?:{MEASURE_WORD})|(俩)|(?=都|哪))",
    re.IGNORECASE,
)
"""Those that nothing else is said of: "the other two", 另外两部, 剩下俩."""
_ALL = re.compile(
    r"\b(?:all (?:of )?(?:them|these|those)|(?:them|these|those) all|every one of them|both(?: of (?:them|those|these))?)\b|(?:全部|这些|那些|(?<!第)[两三四五几][部本张首个])都(?=看|读|听|喜欢)"
    r"|^\W*(?:我们?)?都(?=[看读听买]过)|(?<=\bseen |\bread )(?:'?em all|them all|all\b(?! of))|(?<=\bwatched )(?:'?em all|them all|all\b(?! of))"
    rf"|(?:这|那)(?:几|些){MEASURE_WORD}?(?=[^，。！？\s]{{0,4}}(?:[看读听买]过|喜欢))",
    re.IGNORECASE,
)
_ALL_OF = re.compile(
    rf"\b(?:all|these|those)\s+({FEW})\b(?!\s+(?:of\s+)?(?:my|our|us|his|her|their|the|kids|boys|girls|people|hours|days|times|nights)\b)|(?:这|那|全|全部)([两三四五六\d]){MEASURE_WORD}(?=[^，。！？\s]{{0,4}}(?:[看读听买]过|喜欢))",
    re.IGNORECASE,
)
"""As many as were shown: "all three", 这三部."""
_ALL_BUT = re.compile(
    r"\b(?:all|everything|them all|every one)\s+(?:of (?:them|those|these)\s+)?(?:but|except(?: for)?|apart from|bar)\s+|除了",
    re.IGNORECASE,
)
"""What stands before the only one that isn't meant: "seen all but the third", 除了第三个都看过."""
_ALL_OTHERS = re.compile(
    r"(?:以外|之外)?[，,\s]*(?:其他|其它|别的|其余|剩下)?的?(?:我们?)?都(?=[看读听买喜])"
)
_THIS = re.compile(rf"\b(?:this|that)\s+{NOUN}\b|(?<!不是)(?:这|那)(?:一)?{MEASURE_WORD}", re.IGNORECASE)
_PRONOUNS = frozenset(["it", "its", "it's", "this", "that", "它"])
"""What means the item that is told otherwise in the same message, if one is: "the 58 one. who's in it"."""
_IT = re.compile(
    r"(?<!not )(?<!n't )(?<!go with )\b(?:it|its|it's|this|that)\b(?!['’](?!s))(?! (?:time|week|weekend|year|month|morning|afternoon|evening)\b)|它|(?<!不是)这(?=[部本张个片])",
    re.IGNORECASE,
)
_WORD_OF = re.compile(r"\b(?:the|that)\s+([a-z]{4,})\b", re.IGNORECASE)
_NOT_THAT = re.compile(
    r"\b(?:not|no more|enough of|without)\s+((?:that|this)\s+(?!one\b)[a-z]+)(?=\s*[.,;!?]|$)", re.IGNORECASE
)
_OF_IT = re.compile(
    r"\W*(tl;?dr|spoilers?|summary|gist|plot|synopsis|reviews?|any good|good or bad|worth (?:it|watching|reading)|why|how come|who directed|who made"
    r"|who wrote|how long|讲(?:的是|了)?(?:什么|啥)|好看吗|好看不|谁演的|谁导的|谁写的|多长|为什么|为啥|剧情|值得看吗|怎么样|咋样)[\s?？!！。.]*$",
    re.IGNORECASE,
)
"""A question that is all that is said: of the one item shown."""
_COMPLAINT = re.compile(
    r"\b(?:why|whyd|(?:makes|made|making) you think|how come|wdym|what['’]?s with|(?:gave?|give|giving|showed|showing|suggest\w*|recc?ed|recommended|pushing) (?:me|us))\b[^,.;!?]*",
    re.IGNORECASE,
)
_THE_MAKER = re.compile(r"\b(?:the|that|your)\s+([A-Z][a-z]{2,})\b(?!\s+[A-Z])")
"""Who made one: "why was the Ozu put forward"."""
_LONG_WORD = re.compile(r"[a-z]{4,}", re.IGNORECASE)
"""What may be a word of a title, where it is asked why that was picked: "why you give me wolves"."""


def find(
    text: str,
    shown: Sequence[Item | None],
    taken: Sequence[tuple[int, int]],
    focus: int | None = None,
    *,
    named: Collection[int] = (),
    like: Likeness | None = None,
) -> list[Reference]:
    """The references of a text to the items shown (None for one that is gone), in order, outside of the titles
    that it names, which are those at the places `named`. `focus` is the place of the item that was asked about last:
    "that one" is that one. `like` tells what a description means that has no word of a title."""
    if focus is None and len(shown) == 1:
        focus = 0
    every = (one for one in _every(text, shown, focus) if not _of_title(text, one, taken)) if shown else ()
    found = _all_but(text, _kept(every, shown, taken), len(shown))
    if like is not None and len(shown) > 1:
        told = _told(found, named)
        free = {place: item for place, item in enumerate(shown) if item is not None and place not in told}
        found += described.likely(text, [*taken, *((one.start, one.end) for one in found)], free, like)
    found = [*found, *_rest(text, found, shown, _told(found, named))]
    others = [one for one in found if text[one.start : one.end].casefold() not in _PRONOUNS]
    apart = others and {one.places for one in found} != {one.places for one in others}
    return sorted(others if apart else found, key=lambda one: one.start)


def descriptions(text: str, shown: Sequence[Item | None], like: Likeness | None) -> list[tuple[int, int]]:
    """Where words tell one of the items shown, so that none of them is a title of something else."""
    sure = [one for one in described.told(text, shown) if one.places]
    held = [*((one.start, one.end) for one in sure), *told.superlatives(text)]
    for one in _by_name(text, shown):
        titles = [phrase_key(item.title) for place in one.places if (item := shown[place])]
        if any(not title.startswith(text[one.start : one.end].casefold()) for title in titles):
            held.append(
                (one.start, one.end)
            )  # "lola" is Run Lola Run, but "alien" need not be Alien Resurrection
    if like is None or len(shown) < 2:
        return held
    meant = _told(sure, ())
    free = {place: item for place, item in enumerate(shown) if item is not None and place not in meant}
    return [*held, *((one.start, one.end) for one in described.likely(text, held, free, like))]


def _told(found: Sequence[Reference], named: Collection[int]) -> set[int]:
    return {*named, *(place for one in found for place in one.places)}


def _rest(
    text: str, found: Sequence[Reference], shown: Sequence[Item | None], told: Collection[int]
) -> Iterator[Reference]:
    """Those that nothing else is said of, where they are meant and as many as that."""
    left = tuple(place for place in range(len(shown)) if place not in told)
    for one in _OTHERS.finditer(text):
        given = next(filter(None, one.groups()), None)
        many = len(left) if given is None else 2 if given == "俩" else ordinals.number(given)
        free = not any(other.start < one.end() and one.start() < other.end for other in found)
        if told and left and many == len(left) and free:
            yield Reference(one.start(), one.end(), left)


def _of_title(text: str, one: Reference, taken: Sequence[tuple[int, int]]) -> bool:
    """Whether "it" or "that one" means a title that is named before it."""
    written = text[one.start : one.end].casefold()
    pronoun = written in _PRONOUNS or _THIS.fullmatch(written) is not None
    return pronoun and any(end <= one.start for _, end in taken)


def _all_but(text: str, found: Sequence[Reference], count: int) -> list[Reference]:
    """The references, those to the only ones that aren't meant turned round."""
    for one in found:
        before = next((b for b in _ALL_BUT.finditer(text) if b.end() == one.start), None)
        behind = _ALL_OTHERS.match(text, one.end)
        if before and (behind or before[0] != "除了"):
            end = behind.end() if behind else one.end
            others = tuple(place for place in range(count) if place not in one.places)
            inside = [other for other in found if other.start >= end or other.end <= before.start()]
            return sorted([*inside, Reference(before.start(), end, others)], key=lambda other: other.start)
    return list(found)


def among(text: str, items: Sequence[Item], taken: Sequence[tuple[int, int]]) -> list[Reference]:
    """The references to items that share a title with one that the text names: "the DiCaprio one"."""
    return _kept(told.find(text, items), items, taken) if items else []


def _kept(
    references: Iterable[Reference], shown: Sequence[Item | None], taken: Sequence[tuple[int, int]]
) -> list[Reference]:
    found: list[Reference] = []
    for reference in references:
        held = [*taken, *((other.start, other.end) for other in found)]
        inside = all(0 <= place < len(shown) for place in reference.places)
        if (
            inside
            and reference.places
            and not any(s < reference.end and reference.start < e for s, e in held)
        ):
            found.append(reference)
    return sorted(found, key=lambda reference: reference.start)


def _every(text: str, shown: Sequence[Item | None], focus: int | None) -> Iterator[Reference]:
    """References, the surest first."""
    count = len(shown)
    yield from ordinals.several(text, count)
    for one in _ALL.finditer(text):
        yield Reference(one.start(), one.end(), tuple(range(count)))
    for one in _ALL_OF.finditer(text):
        yield Reference(one.start(), one.end(), tuple(range(count)) if _as_many(one, count) else ())
    yield from told.find(text, shown)
    if count == 2:
        yield from (Reference(one.start(), one.end(), (0, 1)) for one in _PAIR.finditer(text))
    yield from ordinals.single(text, count)
    for one in _WORD_OF.finditer(text):
        places = traits.of_domain(shown, one[1]) or traits.by_word(shown, one[1])
        yield Reference(one.start(), one.end(), places or traits.by_surname(shown, one[1], makers=True))
    for one in _THE_MAKER.finditer(text):
        yield Reference(one.start(), one.end(), traits.single(shown, one[1]))
    if complaint := _COMPLAINT.search(text):
        for one in _LONG_WORD.finditer(text, *complaint.span()):
            named = lexicon.is_term(phrase_key(one[0]))
            yield Reference(
                one.start(),
                one.end(),
                traits.single(shown, one[0]) if named else traits.by_word(shown, one[0]),
            )
    yield from _by_name(text, shown)
    yield from _pronouns(text, shown, focus)


def _by_name(text: str, shown: Sequence[Item | None]) -> Iterator[Reference]:
    """By a name that stands in one title: "more like strangelove"."""
    for one in _LONG_WORD.finditer(text):
        if not lexicon.is_common(phrase_key(one[0])):
            yield Reference(one.start(), one.end(), traits.by_word(shown, one[0]))


def _pronouns(text: str, shown: Sequence[Item | None], focus: int | None) -> Iterator[Reference]:
    for one in _OTHER.finditer(text):
        yield Reference(one.start(), one.end(), (1 - (focus or 0),) if len(shown) == 2 else ())
    told = [] if focus is not None else described.find(text)
    for one in _THIS.finditer(text):
        named = len(one[0].split()) > 1 or (has_cjk(one[0]) and "个" not in one[0])
        if focus is not None or (named and not any(d.start < one.start() < d.end for d in told)):
            yield Reference(one.start(), one.end(), (focus or 0,))
    if focus is not None:
        yield from (Reference(one.start(1), one.end(1), (focus,)) for one in _NOT_THAT.finditer(text))
    its = list(_IT.finditer(text))
    if len(its) == len(shown) > 1 and {one[0].casefold() for one in its} == {"it"}:
        yield from (Reference(one.start(), one.end(), (place,)) for place, one in enumerate(its))
    if focus is not None:
        if one := _OF_IT.match(text):
            yield Reference(one.start(1), one.end(1), (focus,))
        for one in _IT.finditer(text):
            yield Reference(one.start(), one.end(), (focus,))


def _as_many(found: re.Match[str], count: int) -> bool:
    return ordinals.number(next(filter(None, found.groups()))) == count

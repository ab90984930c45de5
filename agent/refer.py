"""References to what was shown: "the third one", "number 2", "that one", "the 1972 one", 第三部."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from handpicked.agent import lexicon, told
from handpicked.agent.numerals import number_of
from handpicked.agent.told import MEASURE_WORD, NOUN, ORDINALS, Reference
from handpicked.tools.data.text import has_cjk, phrase_key
from handpicked.tools.types import Item

_WHICH = (
    r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|[4-9]th|10th|last|final"
)
_MANY = re.compile(
    rf"\b(?:the\s+)?([1-9]\d)(?:th|st|nd|rd)\s+{NOUN}\b|第(\d{{2,3}}|[二三四五]?十[一二三四五六七八九]?)[部个本张首篇款]",
    re.IGNORECASE,
)
"""An ordinal past the tenth."""
_FEW = r"two|three|four|five|[2-5]"
_RANGE = re.compile(
    rf"\b(?:the\s+)?(first|last|top)\s+({_FEW})\b|(前|后|最后)面?([两二三四五])(?:{MEASURE_WORD})",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b(?:(?:the|that|this|ur|your|my)\s+)?(?:very\s+)?({_WHICH}|(?:top|bottom)(?=\s+{NOUN}))(?:\s+(?:{NOUN}|1|on the list))?\b(?!\s+(?:time|night|week|weekend|year|month|day|spring|summer|autumn|fall|winter|christmas|xmas|easter|birthday|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    rf"|of all|date|thing|half|class|hand|world|season|episode|wife|husband|son|daughter|love|things|\d|to go))"
    rf"|第([一二三四五六七八九十\d])(?!\s*[遍次回天周年季章名届])\s*{MEASURE_WORD}?|最后(?:那|这|一|面)?(?:一)?{MEASURE_WORD}|(?<![一-鿿])(?:头|首)一?{MEASURE_WORD}",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:\b(?:number|no\.?|nr\.?|option)\s*|#\s*)(\d{1,2}|one|two|three|four|five)\b|(\d{1,2})\s*号",
    re.IGNORECASE,
)
_BARE_NUMBERS = re.compile(
    r"^\W*(?:(?:compare|between|difference between|diff between|比较|对比|比一下)\s*)?(\d)\s*(?:or|vs\.?|还是|or maybe|and|&|和|跟)\s*(\d)\b(?!\s*(?:stars?|hours?|films?|movies?|min|years?|of|people|个|部|本))",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"\b(?:the|these|those|them|of the) two\b(?!\s+(?:of|first|last))|(?:这|那)?俩(?!人)|(?:这|那)两[部个本张首]|二选一",
    re.IGNORECASE,
)
_MIDDLE = re.compile(rf"\bthe\s+middle(?:\s+{NOUN})?\b|中间(?:那)?{MEASURE_WORD}?", re.IGNORECASE)
_OTHER = re.compile(
    rf"\bthe\s+other(?:\s+{NOUN}|'s)?\b(?!\s+\w+(?<!is)(?<!was))|另(?:外)?(?:一|那){MEASURE_WORD}|另{MEASURE_WORD}",
    re.IGNORECASE,
)
_FROM_END = re.compile(
    rf"倒数第([一二三四五])\s*{MEASURE_WORD}?|\bsecond (?:to|from) last(?:\s+{NOUN})?\b", re.IGNORECASE
)
_ALONE = re.compile(r"^\W*(\d|[一二三四五])\W*$")
_FEW_NUMBERS = re.compile(
    r"\b(?:loved?|liked?|hated?|skip|drop|bin|seen|watched|more like|not|fan of|keep|and)\s+(\d)(?:\s*(?:and|&|,|or)\s*(\d))?(?=\s*(?:$|[,.;!?]|but\b|though\b|and\b|please\b|pls\b))",
    re.IGNORECASE,
)
"""Numbers for what stands at them: "loved 1 and 3", "skip 2"."""
_NUMBERS = re.compile(
    r"(?<![第\w])([一二三四五\d])\s*(?:还是|和|跟|或)\s*([一二三四五\d])(?=\s*(?:[？?，,。]|$|哪))"
)
_ALL = re.compile(
    r"\b(?:all (?:of )?(?:them|these|those)|(?:them|these|those) all|every one of them|both(?: of (?:them|those|these))?)\b|(?:全部|这些|那些|(?<!第)[两三四五几][部本张首个])都(?=看|读|听|喜欢)"
    r"|^\W*(?:我们?)?都(?=[看读听买]过)|(?<=\bseen |\bread )(?:'?em all|them all|all\b(?! of))|(?<=\bwatched )(?:'?em all|them all|all\b(?! of))",
    re.IGNORECASE,
)
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
_EITHER = re.compile(
    rf"\W*(?:the\s+|that\s+)?([a-z]{{4,}})(?:\s+{NOUN})?\s+(?:or|vs\.?|and)\s+(?:the\s+|that\s+)?([a-z]{{4,}})\b",
    re.IGNORECASE,
)
"""Two that are told by a word of each: "umbrellas or the bread one"."""
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
    text: str, shown: Sequence[Item | None], taken: Sequence[tuple[int, int]], focus: int | None = None
) -> list[Reference]:
    """The references of a text to the items shown (None for one that is gone), in order, outside of the titles
    that it names. `focus` is the place of the item that was asked about last: "that one" is that one."""
    if focus is None and len(shown) == 1:
        focus = 0
    every = (one for one in _every(text, shown, focus) if not _of_title(text, one, taken)) if shown else ()
    found = _all_but(text, _kept(every, shown, taken), len(shown))
    others = [one for one in found if text[one.start : one.end].casefold() not in _PRONOUNS]
    return others if others and {one.places for one in found} != {one.places for one in others} else found


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


def counted(text: str) -> Iterator[Reference]:
    """The references by number alone, whatever was shown: "the seventh one", "number 7", 第七部."""
    yield from _by_number(text)
    for one in _MANY.finditer(text):
        yield Reference(one.start(), one.end(), (int(number_of(one[1] or one[2]) or 1) - 1,))
    for one in _ORDINAL.finditer(text):
        number = _number(one[1] or one[2] or "")
        if number > 0 and (one[2] or re.search(rf"\s{NOUN}$", one[0], re.IGNORECASE)):
            yield Reference(one.start(), one.end(), (number - 1,))


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
    for one in _BARE_NUMBERS.finditer(text):
        yield from (Reference(one.start(group), one.end(group), (int(one[group]) - 1,)) for group in (1, 2))
    for one in _FEW_NUMBERS.finditer(text):
        groups = (group for group in (1, 2) if one[group])
        yield from (Reference(*one.span(group), (_number(one[group]) - 1,)) for group in groups)
    for one in _NUMBERS.finditer(text):
        yield from (Reference(*one.span(group), (_number(one[group]) - 1,)) for group in (1, 2))
    for one in _RANGE.finditer(text):
        many = _number(one[2] or one[4])
        from_end = (one[1] or one[3] or "").casefold() in ("last", "后", "最后")
        places = range(count - many, count) if from_end else range(many)
        yield Reference(one.start(), one.end(), tuple(places))
    for one in _ALL.finditer(text):
        yield Reference(one.start(), one.end(), tuple(range(count)))
    if count == 2:
        yield from (Reference(one.start(), one.end(), (0, 1)) for one in _PAIR.finditer(text))
    yield from told.find(text, shown)
    for one in _MIDDLE.finditer(text):
        yield Reference(one.start(), one.end(), ((count - 1) // 2,) if count > 2 else ())
    yield from _by_number(text)
    for one in _FROM_END.finditer(text):
        yield Reference(one.start(), one.end(), (count - _number(one[1] or "two"),))
    if one := _ALONE.match(text):
        yield Reference(one.start(1), one.end(1), (_number(one[1]) - 1,))
    for one in _ORDINAL.finditer(text):
        number = _number(one[1] or one[2]) if one[1] or one[2] else (-1 if "最后" in one[0] else 1)
        yield Reference(one.start(), one.end(), (count - 1 if number < 0 else number - 1,))
    if choice := _EITHER.match(text):
        yield from (Reference(*choice.span(n), told.by_word(shown, choice[n])) for n in (1, 2))
    for one in _WORD_OF.finditer(text):
        yield Reference(one.start(), one.end(), told.by_word(shown, one[1]))
    for one in _THE_MAKER.finditer(text):
        yield Reference(one.start(), one.end(), told.single(shown, one[1]))
    if complaint := _COMPLAINT.search(text):
        for one in _LONG_WORD.finditer(text, *complaint.span()):
            named = lexicon.is_term(phrase_key(one[0]))
            yield Reference(
                one.start(), one.end(), told.single(shown, one[0]) if named else told.by_word(shown, one[0])
            )
    yield from _pronouns(text, shown, focus)


def _by_number(text: str) -> Iterator[Reference]:
    for one in _NUMBER.finditer(text):
        yield Reference(one.start(), one.end(), (_number(one[1] or one[2]) - 1,))


def _pronouns(text: str, shown: Sequence[Item | None], focus: int | None) -> Iterator[Reference]:
    for one in _OTHER.finditer(text):
        yield Reference(one.start(), one.end(), (1,) if len(shown) == 2 else ())
    for one in _THIS.finditer(text):
        named = len(one[0].split()) > 1 or (has_cjk(one[0]) and "个" not in one[0])
        if focus is not None or named:
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


def _number(word: str) -> int:
    return (
        int(word)
        if word.isdigit()
        else ORDINALS.get(word.casefold(), ORDINALS.get(word.casefold().rstrip("stndrh"), 0))
    )

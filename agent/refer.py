"""References to what was shown: "the third one", "number 2", "that one", "the 1972 one", 第三部."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from handpicked.agent import lexicon
from handpicked.agent.numerals import number_of
from handpicked.tools.data.text import STOP_WORDS, has_cjk, normalize, phrase_key
from handpicked.tools.types import Item

_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
    "last": -1, "final": -1, "bottom": -1, "top": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_NOUN = r"(?:one|film|movie|flick|book|novel|album|record|song|article|story|thing|option|pick|suggestion|choice|title|item)"
_WHICH = (
    r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|[4-9]th|10th|last|final"
)
_MANY = re.compile(
    rf"\b(?:the\s+)?([1-9]\d)(?:th|st|nd|rd)\s+{_NOUN}\b|第(\d{{2,3}}|[二三四五]?十[一二三四五六七八九]?)[部个本张首篇款]",
    re.IGNORECASE,
)
"""An ordinal past the tenth."""
_FEW = r"two|three|four|five|[2-5]"
_BU = r"(?:部|个|本|张|首|篇|款|件|条|集|版)"

_RANGE = re.compile(
    rf"\b(?:the\s+)?(first|last|top)\s+({_FEW})\b|(前|后|最后)面?([两二三四五])(?:{_BU})", re.IGNORECASE
)
_ORDINAL = re.compile(
    rf"\b(?:(?:the|that|this|ur|your|my)\s+)?(?:very\s+)?({_WHICH}|(?:top|bottom)(?=\s+{_NOUN}))(?:\s+(?:{_NOUN}|1|on the list))?\b(?!\s+(?:time|night|week|weekend|year|month|day|spring|summer|autumn|fall|winter|christmas|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    rf"|of all|date|thing|half|class|hand|world|season|episode|wife|husband|son|daughter|love|things|\d|to go))"
    rf"|第([一二三四五六七八九十\d])(?!\s*[遍次回天周年季章名届])\s*{_BU}?|最后(?:那|一|面)?(?:一)?{_BU}|(?<![一-鿿])(?:头|首)一?{_BU}",
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
_MIDDLE = re.compile(rf"\bthe\s+middle(?:\s+{_NOUN})?\b|中间(?:那)?{_BU}?", re.IGNORECASE)
_OTHER = re.compile(
    rf"\bthe\s+other(?:\s+{_NOUN}|'s)?\b(?!\s+\w+(?<!is)(?<!was))|另(?:外)?(?:一|那){_BU}|另{_BU}",
    re.IGNORECASE,
)
_AGED = re.compile(
    rf"\bthe\s+(older|oldest|old|original|newer|newest|new|latest)\s+{_NOUN}\b(?!\s+(?:you|u|there|ever|in|on|of)\b)|(老|旧|新)的?那?{_BU}|那{_BU}(老|旧|新)的",
    re.IGNORECASE,
)
_DATED = re.compile(
    rf"\b(?:the|that)\s+['’]?((?:1[89]|20)\d\d|\d\d)\s+{_NOUN}\b|((?:(?:1[89]|20)\d\d)(?=年|的|那)|(?<!\d)\d\d(?=年))年?的?那?{_BU}|那{_BU}((?:(?:1[89]|20)\d\d)(?=年|的)|(?<!\d)\d\d(?=年))年?的",
    re.IGNORECASE,
)
_FROM_END = re.compile(
    rf"倒数第([一二三四五])\s*{_BU}?|\bsecond (?:to|from) last(?:\s+{_NOUN})?\b", re.IGNORECASE
)
_ALONE = re.compile(r"^\W*(\d|[一二三四五])\W*$")
_MOST = re.compile(
    rf"\b(?:the\s+)?(longest|shortest|cheapest)\s+{_NOUN}\b|\b(?:what|which)(?:\s+one)?(?:['’]?s|\s+is)?\s+(?:the\s+)?(oldest|newest|longest|shortest|cheapest)(?=\s*(?:$|[?.,!]))|^\W*(?:the\s+)?(oldest|newest|longest|shortest|cheapest)\W*$"
    rf"|哪一?{_BU}最(长|短|老|早|旧|新|便宜)|最(长|短|老|早|旧|新|便宜)的?(?:那|这)?(?:一)?{_BU}",
    re.IGNORECASE,
)
_MEASURES = {
    "longest": ("runtime", -1), "长": ("runtime", -1), "shortest": ("runtime", 0), "短": ("runtime", 0), "cheapest": ("price", 0),
    "便宜": ("price", 0), "oldest": ("year", 0), "老": ("year", 0), "早": ("year", 0), "旧": ("year", 0), "newest": ("year", -1),
    "新": ("year", -1),
}  # fmt: skip
"""The field that a superlative is of, and which end of it."""
_FEW_NUMBERS = re.compile(
    r"\b(?:loved?|liked?|hated?|skip|drop|bin|seen|watched|more like|not|fan of|keep|and)\s+(\d)(?:\s*(?:and|&|,|or)\s*(\d))?(?=\s*(?:$|[,.;!?]|but\b|though\b|and\b|please\b|pls\b))",
    re.IGNORECASE,
)
"""Numbers for what stands at them: "loved 1 and 3", "skip 2"."""
_NUMBERS = re.compile(
    r"(?<![第\w])([一二三四五\d])\s*(?:还是|和|跟|或)\s*([一二三四五\d])(?=\s*(?:[？?，,。]|$|哪))"
)
_KIND_OF = (
    re.compile(rf"([\u4e00-\u9fff]{{1,6}}?)(?:演|拍|导|写|唱)?的?那{_BU}"),
    re.compile(rf"那{_BU}([\u4e00-\u9fff]{{1,6}}?)(?:的|片|吧|$)"),
)
_LATIN_THAT = re.compile(rf"([A-Za-z][A-Za-z.'’ -]+?)\s*(?:演|拍|导|写|唱)?的?那{_BU}")
"""Who tells one, in letters: "ben affleck那个"."""
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
_SEVERAL = re.compile(
    r"\b(?:both|all|the|those|these)\s+(?:(?:of\s+)?(?:the|those|these)\s+)?((?:[\w'’-]+\s+){1,3}?)(?:ones|films|movies|books|albums)\b",
    re.IGNORECASE,
)
"""What tells several: "the Ridley Scott ones"."""
_THIS = re.compile(rf"\b(?:this|that)\s+{_NOUN}\b|(?<!不是)(?:这|那)(?:一)?{_BU}", re.IGNORECASE)
_PRONOUNS = frozenset(["it", "its", "it's", "this", "that", "它"])
"""What means the item that is told otherwise in the same message, if one is: "the 58 one. who's in it"."""
_IT = re.compile(
    r"(?<!not )(?<!n't )(?<!go with )\b(?:it|its|it's|this|that)\b(?!['’](?!s))(?! (?:time|week|weekend|year|month|morning|afternoon|evening)\b)|它|(?<!不是)这(?=[部本张个片])",
    re.IGNORECASE,
)
_WORD_OF = re.compile(r"\b(?:the|that)\s+([a-z]{4,})\b", re.IGNORECASE)
_EITHER = re.compile(
    rf"\W*(?:the\s+|that\s+)?([a-z]{{4,}})(?:\s+{_NOUN})?\s+(?:or|vs\.?|and)\s+(?:the\s+|that\s+)?([a-z]{{4,}})\b",
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
_DESCRIBED = re.compile(rf"\b(?:the|that|ur|your)\s+((?:[\w'’-]+\s+){{1,4}}?){_NOUN}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """Characters [start, end) that mean shown items, given by position."""

    start: int
    end: int
    places: tuple[int, ...]


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


def described(text: str, shown: Sequence[Item | None]) -> list[tuple[int, int]]:
    """Where a word of its title tells one of the items shown: "the crow one"."""
    told = [(one.start(), one.end()) for one in _DESCRIBED.finditer(text) if _described(shown, one[1])]
    told += [one.span() for kind in _KIND_OF for one in kind.finditer(text) if _of_kind(shown, one[1])]
    return told + [(one.start(), one.end()) for one in _MOST.finditer(text) if shown]


def counted(text: str) -> Iterator[Reference]:
    """The references by number alone, whatever was shown: "the seventh one", "number 7", 第七部."""
    yield from _by_number(text)
    for one in _MANY.finditer(text):
        yield Reference(one.start(), one.end(), (int(number_of(one[1] or one[2]) or 1) - 1,))
    for one in _ORDINAL.finditer(text):
        number = _number(one[1] or one[2] or "")
        if number > 0 and (one[2] or re.search(rf"\s{_NOUN}$", one[0], re.IGNORECASE)):
            yield Reference(one.start(), one.end(), (number - 1,))


def among(text: str, items: Sequence[Item], taken: Sequence[tuple[int, int]]) -> list[Reference]:
    """The references to items that share a title with one that the text names: "the DiCaprio one"."""
    return _kept(_distinguished(text, items), items, taken) if items else []


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
    yield from _distinguished(text, shown)
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
        yield from (Reference(*choice.span(n), _by_word(shown, choice[n])) for n in (1, 2))
    for one in _WORD_OF.finditer(text):
        yield Reference(one.start(), one.end(), _by_word(shown, one[1]))
    for one in _THE_MAKER.finditer(text):
        yield Reference(one.start(), one.end(), _described(shown, one[1]))
    if complaint := _COMPLAINT.search(text):
        for one in _LONG_WORD.finditer(text, *complaint.span()):
            named = lexicon.is_term(phrase_key(one[0]))
            yield Reference(
                one.start(), one.end(), _described(shown, one[0]) if named else _by_word(shown, one[0])
            )
    yield from _pronouns(text, shown, focus)


def _by_number(text: str) -> Iterator[Reference]:
    for one in _NUMBER.finditer(text):
        yield Reference(one.start(), one.end(), (_number(one[1] or one[2]) - 1,))


def _distinguished(text: str, shown: Sequence[Item | None]) -> Iterator[Reference]:
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
        yield Reference(one.start(), one.end(), _described(shown, one[1]))
    for one in _SEVERAL.finditer(text):
        if not all(map(lexicon.is_plain, phrase_key(one[1]).split())):  # "the French ones" narrows a list
            yield Reference(one.start(), one.end(), _having(shown, one[1]))
    for one in _ONE_OF.finditer(text):
        words = one[1].split()
        for last in range(len(words), 0, -1):
            if places := _described(shown, " ".join(words[:last])):
                yield Reference(one.start(), one.start(1) + len(" ".join(words[:last])), places)
                break
    for one in _MAKERS.finditer(text):
        yield Reference(one.start(), one.end(), _described(shown, one[1]))
    for one in _LATIN_THAT.finditer(text):
        yield Reference(one.start(), one.end(), _described(shown, one[1]))
    for pattern in _KIND_OF:
        for one in pattern.finditer(text):
            yield Reference(one.start(), one.end(), _of_kind(shown, one[1]))


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
        else _ORDINALS.get(word.casefold(), _ORDINALS.get(word.casefold().rstrip("stndrh"), 0))
    )


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


def _described(shown: Sequence[Item | None], words: str) -> tuple[int, ...]:
    """The one shown item with these words in its title, or with this person."""
    fits = _having(shown, words)
    return fits if len(fits) == 1 else ()


def _having(shown: Sequence[Item | None], words: str) -> tuple[int, ...]:
    """The shown items with these words in their title, or with this person."""
    told = [w for w in phrase_key(words).split() if w not in STOP_WORDS]
    if not told or all(word in _ORDINALS for word in told):
        return ()
    return tuple(place for place, item in enumerate(shown) if item and _fits(item, told))


def _by_word(shown: Sequence[Item | None], word: str) -> tuple[int, ...]:
    """The one shown item that has a word in its title that isn't everyday talk: "the crows"."""
    told = phrase_key(word)
    if lexicon.is_plain(told) or told in _ORDINALS:
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

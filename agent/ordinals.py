"""What was shown, meant by its number: "the third one", "number 2", "1 and 3", the last two, 第三部."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handpicked.agent.numerals import number_of
from handpicked.agent.pointing import MEASURE_WORD, NOUN, ORDINALS, Reference

_WHICH = (
    r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|[4-9]th|10th|last|final"
)
_MANY = re.compile(
    rf"\b(?:the\s+)?([1-9]\d)(?:th|st|nd|rd)\s+{NOUN}\b|第(\d{{2,3}}|[二三四五]?十[一二三四五六七八九]?)[部个本张首篇款]",
    re.IGNORECASE,
)
"""An ordinal past the tenth."""
FEW = r"two|three|four|five|[2-5]"
_RANGE = re.compile(
    rf"\b(?:the\s+)?(first|last|top)\s+({FEW})\b|(前|后|最后)面?([两二三四五])(?:{MEASURE_WORD})",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b(?:(?:the|that|this|ur|your|my)\s+)?(?:very\s+)?({_WHICH}|(?:top|bottom)(?=\s+{NOUN}))(?:\s+(?:{NOUN}|1|on the list))?\b(?!\s+(?:time|night|week|weekend|year|month|day|spring|summer|autumn|fall|winter|christmas|xmas|easter|birthday|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    rf"|of all|date|thing|half|class|hand|world|season|episode|wife|husband|son|daughter|love|things|\d+(?:\.\d+)?(?!\s*(?:[,.;!?，。]|$|/|stars?\b|out of))|to go))"
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
_MIDDLE = re.compile(rf"\bthe\s+middle(?:\s+{NOUN})?\b|中间(?:那)?{MEASURE_WORD}?", re.IGNORECASE)
_FROM_END = re.compile(
    rf"倒数第([一二三四五])\s*{MEASURE_WORD}?|\bsecond (?:to|from) last(?:\s+{NOUN})?\b", re.IGNORECASE
)
_NEAR_END = re.compile(
    rf"(前|后)(?:面|头|边)?的?(?:那|这|一)一?{MEASURE_WORD}|(前|后)(?:面|头|边)的?{MEASURE_WORD}"
)
"""The first or the last: 前一张, 后面那部."""
_LIST = re.compile(
    r"(?<![\d.第])([1-9](?:\s*[,，、]\s*[1-9])+(?:\s*(?:,?\s*(?:and|&|or)|[和跟与])\s*[1-9])?)(?![\d.]|\s*(?:stars?|hours?|films?|movies?|books?|people|kids|点|分|小时|部|本))",
    re.IGNORECASE,
)
"""Several numbers, all of which must be of items shown: "seen 1, 2 and 4", 1、3看过."""
_JUDGED = re.compile(
    r"(?<![\d.第])([1-9])号?(?=[看读听买]过|不[要看行错]|没兴趣|太|可以|还行|还可以|喜欢|是讲|讲)"
)
"""A number that something is said of: 1看过，2不要."""
_FORMER = re.compile(r"\bthe (former|latter)\b|(前者|后者)", re.IGNORECASE)
_ALONE = re.compile(r"^\W*(\d|[一二三四五])\W*$")
_OF_A_CLAUSE = re.compile(
    r"(?:^|[.,;:!?]\s*)(\d)(?:\s*(?:and|&|,)\s*(\d))?\s+(?=(?:yes|yeah|yep|no|nope|nah|god|hell|was|were|is|are|looks?|sounds?|seems?|made|gave|got|put|bored|had|has|i|we|he|she|they|seen|please|pls|deffo|def|definitely|then|tho|though)\b"
    r"|\w+ed(?:\s*(?:[.,;!?]|$)|\s+(?:me|us|my|our|him|her|everyone)\b))",
    re.IGNORECASE,
)
"""Numbers that a clause says something of: "1 and 3 yes. 2 god no", "2 slayed"."""
_FEW_NUMBERS = re.compile(
    r"\b(?:loved?|liked?|hated?|skip|drop|bin|seen|watched|more like|not|fan of|keep|and)\s+(\d)(?:\s*(?:and|&|,|or)\s*(\d))?(?=\s*(?:$|[,.;!?]|but\b|though\b|and\b|please\b|pls\b))",
    re.IGNORECASE,
)
"""Numbers for what stands at them: "loved 1 and 3", "skip 2"."""
_NUMBERS = re.compile(
    r"(?<![第\w])([一二三四五\d])\s*(?:还是|和|跟|或)\s*([一二三四五\d])(?=\s*(?:[？?，,。]|$|哪))"
)


def several(text: str, count: int) -> Iterator[Reference]:
    """Numbers that are told together, of `count` items shown: "1 or 3", "skip 2", "the last two"."""
    for one in _BARE_NUMBERS.finditer(text):
        yield from (Reference(one.start(group), one.end(group), (int(one[group]) - 1,)) for group in (1, 2))
    for one in _FEW_NUMBERS.finditer(text):
        groups = (group for group in (1, 2) if one[group])
        yield from (Reference(*one.span(group), (number(one[group]) - 1,)) for group in groups)
    for one in _OF_A_CLAUSE.finditer(text):
        groups = [group for group in (1, 2) if one[group]]
        if all(1 <= int(one[group]) <= count for group in groups):
            yield from (Reference(*one.span(group), (int(one[group]) - 1,)) for group in groups)
    for one in _LIST.finditer(text):
        told = [(digit.start(), int(digit[0])) for digit in re.finditer(r"\d", one[1])]
        if all(value <= count for _, value in told):
            yield from (Reference(one.start() + at, one.start() + at + 1, (value - 1,)) for at, value in told)
    for one in _JUDGED.finditer(text):
        yield Reference(*one.span(1), (int(one[1]) - 1,))
    for one in _NUMBERS.finditer(text):
        yield from (Reference(*one.span(group), (number(one[group]) - 1,)) for group in (1, 2))
    for one in _RANGE.finditer(text):
        many = number(one[2] or one[4])
        from_end = (one[1] or one[3] or "").casefold() in ("last", "后", "最后")
        places = range(count - many, count) if from_end else range(many)
        yield Reference(one.start(), one.end(), tuple(places))


def single(text: str, count: int) -> Iterator[Reference]:
    """One number or ordinal each, of `count` items shown."""
    for one in _MIDDLE.finditer(text):
        yield Reference(one.start(), one.end(), ((count - 1) // 2,) if count > 2 else ())
    yield from _by_number(text)
    for one in _FROM_END.finditer(text):
        yield Reference(one.start(), one.end(), (count - number(one[1] or "two"),))
    for one in _FORMER.finditer(text):
        yield Reference(
            one.start(), one.end(), (0 if one[0].casefold() in ("the former", "前者") else count - 1,)
        )
    for one in _NEAR_END.finditer(text):
        yield Reference(one.start(), one.end(), (0 if "前" in one[0] else count - 1,))
    if one := _ALONE.match(text):
        yield Reference(one.start(1), one.end(1), (number(one[1]) - 1,))
    for one in _ORDINAL.finditer(text):
        place = number(one[1] or one[2]) if one[1] or one[2] else (-1 if "最后" in one[0] else 1)
        yield Reference(one.start(), one.end(), (count - 1 if place < 0 else place - 1,))


def counted(text: str) -> Iterator[Reference]:
    """The references by number alone, whatever was shown: "the seventh one", "number 7", 第七部."""
    yield from _by_number(text)
    for one in _MANY.finditer(text):
        yield Reference(one.start(), one.end(), (int(number_of(one[1] or one[2]) or 1) - 1,))
    for one in _ORDINAL.finditer(text):
        place = number(one[1] or one[2] or "")
        if place > 0 and (one[2] or re.search(rf"\s{NOUN}$", one[0], re.IGNORECASE)):
            yield Reference(one.start(), one.end(), (place - 1,))


def number(word: str) -> int:
    """The number of a word or of figures, -1 for the last; 0 for none."""
    return (
        int(word)
        if word.isdigit()
        else ORDINALS.get(word.casefold(), ORDINALS.get(word.casefold().rstrip("stndrh"), 0))
    )


def _by_number(text: str) -> Iterator[Reference]:
    for one in _NUMBER.finditer(text):
        yield Reference(one.start(), one.end(), (number(one[1] or one[2]) - 1,))

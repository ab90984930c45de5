"""How many items are asked for ("three films", "another two", "来五部")."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handpicked.agent.numerals import NUMBER, number_of

_MANY = rf"(?<![/.\d$€£¥])(?<!half a )(?<!max )(?<!most )(?<!spend )(?<!or )(?!an?\b(?!\s+(?:couple|pair|dozen)\b)|half\b(?! a dozen\b)|hundred\b){NUMBER}"
_THINGS = (
    r"(?:films?|movies?|flicks?|books?|novels?|reads?|albums?|records?|songs?|tracks?|articles?|stories|story|pieces|westerns?|comed(?:y|ies)|thrillers?"
    r"|rom-?coms?|dramas?|horrors?|musicals?|memoirs?|whodunn?its?|documentar(?:y|ies)|things?|ideas?|options?|suggestions?|recommendations?|recs?|items?"
    r"|products?|snacks?|gifts?|presents?|titles?|picks?|choices?|alternatives?|headlines?|poems?|poets|wines?|desserts?|biograph(?:y|ies)|mystery"
    r"|mysteries|romances?|cartoons?|classics?)"
)
_NOUNS = rf"(?:{_THINGS}|ones?|others?|best|top|similar|different|good|decent|great|short|nice|cheap|quick|funny|scary|new)"
_NOT_THINGS = (
    r"(?!\s*-?\s*(?:hours?|hrs?|minutes?|mins?|days?|weeks?|months?|years?|yrs?|nights?|dollars?|bucks?|cents?|euros?|pounds?|quid|people|of us|kids|stars?|pages"
    r"|percent|%|times?|words|am\b|pm\b|year|grand|or more|or less|paragraphs?|sentences?|lines?|thumbs))"
)
_ORDINAL = r"(?<!first )(?<!last )(?<!the )(?<!these )(?<!those )(?<!number )(?<!no )(?<!part )(?<!all )(?<!other )(?<!my )(?<!both )(?<!that )(?<!this )"
_HAD = r"(?<!seen )(?<!read )(?<!watched )(?<!loved )(?<!liked )(?<!hated )(?<!got )(?<!have )(?<!had )(?<!all )(?<!the )"
_ENGLISH = re.compile(
    rf"\b(?:top|best)\s+{_MANY}(?!\s*(?:of the|%))\b{_NOT_THINGS}"
    rf"|\b(?:give|show|find|get|gimme|pick|throw|send|recommend|suggest|list|name|need|want|i'll take|just|only|another|around|maybe)\s+(?:me\s+|us\s+)?(?:just\s+|only\s+|your\s+)?(?:top\s+|best\s+)?"
    rf"{_MANY}\b{_NOT_THINGS}(?=\s*(?:$|[,.;!?)]|pls|please|more\b|of\b|from\b|for\b|to\b|that\b|with\b|like\b|as\b|good\b|{_NOUNS}\b|\w+\s+{_NOUNS}\b))"
    rf"|\bthe\s+{_MANY}\s+best\b"
    rf"|\b(?:give|show|find|get|recommend|suggest|pick)\s+(?:me|us)\s+(one)\b(?!\s+of\b)"
    rf"|{_ORDINAL}\b{_MANY}\s+(?:more|other|further|extra)\b(?!\s*(?:than|hours?|minutes?|mins?|days?|weeks?|time))"
    rf"|{_ORDINAL}\b{_MANY}\s+(?:(?!more\b|or\b|and\b|to\b|for\b|in\b|on\b|per\b|each\b|an?\b|min|hour|hr|day|year)[\w'-]+\s+){{0,2}}{_NOUNS}\b(?!\s+(?:ago|already|i have|i've|above))"
    rf"|{_HAD}\b{_MANY}\s+of (?:them|these|those|each)\b|\b{_MANY}\s+will do\b|\b{_MANY}\s+(?:max|tops)?\s*(?:is|are) (?:enough|plenty)",
    re.IGNORECASE,
)
_MEASURE = r"(?:部|本|首|张|篇|款|样|种|个(?!半|小时|钟|月|星期|礼拜|人|字)|件|条|支|瓶|则|道|份|盒|包)"
_CHINESE = re.compile(
    rf"(?:推荐|来|给我?|找|要|推|挑|选|列|送|再|弄|整|介绍|换|凑|买|看|听|写|有)(?:我|她|他|咱|点|出|上|个|一下|给我)?\s*(?P<many>[一二两俩仨三四五六七八九十\d]+){_MEASURE}"
    rf"|(?:就|只要?|一共|总共|最多)(?P<only>[一二两俩仨三四五六七八九十\d]+){_MEASURE}|^\s*(?P<bare>[二两三四五六七八九十\d]+){_MEASURE}(?!以)|(?P<enough>[一二两三四五六七八九十\d]+){_MEASURE}(?:就够|就行|就好|足够|即可)"
    rf"|(?:推荐|来|给我|找|要|推|挑|选|有什么|的|，|,|\s)(?P<noun>[二两三四五六七八九十\d]+){_MEASURE}(?=[^\s，。]{{0,6}}(?:电影|片|书|小说|专辑|歌|新闻|文章|零食|礼物))|[,，]\s*(?P<tail>[二两三四五六七八九十\d]+){_MEASURE}(?:就行|就好|就够|吧|即可)?\s*[。!！]?$|(?P<top>前[三五十\d]+)(?:名|部|本|位)?$"
)
_NUMERAL = re.compile(rf"\b{NUMBER}\b|[一二两俩仨三四五六七八九十]+(?={_MEASURE})", re.IGNORECASE)
_MOST = 50


def count(text: str, taken: Sequence[tuple[int, int]] = ()) -> int | None:
    """How many items are asked for, or None; nothing is read from the spans taken by titles."""
    for pattern in (_ENGLISH, _CHINESE):
        for match in pattern.finditer(text):
            group = next(number for number, value in enumerate(match.groups(), 1) if value)
            if any(start < match.end(group) and match.start(group) < end for start, end in taken):
                continue
            if (value := _whole(match, group)) is not None:
                return value
    return None


def place(text: str, number: int) -> tuple[int, int] | None:
    """Where a count of things stands in the text that it was read from."""
    for found in _NUMERAL.finditer(text):
        if number_of(found[0]) == number:
            return found.span()
    return None


def _whole(match: re.Match[str], group: int) -> int | None:
    """A whole number of things; one of them ("one good film", 来一部) is hardly a number unless it is stressed."""
    word = match[group].removeprefix("前")
    number = number_of(word)
    if number != int(number) or not 1 <= number <= _MOST:
        return None
    if number == 1 and not _stressed(match):
        return None
    return int(number)


def _stressed(match: re.Match[str]) -> bool:
    said = match[0].casefold()
    return bool(
        re.match(
            rf"just|only|就|只|.*(?:就够|就行|就好|\d)|.*\b(?:me|us) one\b|.*\b(?:one|1)\s+(?:more|{_THINGS})\b",
            said,
        )
    )

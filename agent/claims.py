"""What a sentence claims in a form that can be checked word for word: quantities, persons' roles, articles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from handpicked.agent.describe import with_article
from handpicked.agent.numerals import WORDS, chinese, number_of
from handpicked.tools.data.text import STOP_WORDS, fold, has_cjk, tokenize
from handpicked.tools.types import Item

_SPELLED = "|".join(
    sorted(
        (w for w in WORDS if w not in ("a", "an", "one", "half", "half a", "half an")), key=len, reverse=True
    )
)
_NUMBER = re.compile(
    rf"(?P<dollar>[$€£¥]\s*)?(?P<number>\d+(?:,\d{{3}})*(?:\.\d+)?|\b(?:{_SPELLED}|one|an?(?=[\s-]hour))\b|[零〇一二两三四五六七八九十百千]+(?=[年分小美元块])|半(?=小时))"
    r"(?P<decade>['’]?s\b|年代)?[\s-]*(?P<unit>minutes?\b|mins?\b|分钟|hours?\b|个?小时|dollars?\b|cents?\b|美元|元|块|stars?\b|星|分(?!钟)"
    r"|out of (?:10|ten|5|five)|/\s?10|/\s?5)?(?P<half>\s+and\s+a\s+half)?",
    re.IGNORECASE,
)
_SCALE = re.compile(r"(?:out of |/\s?)(?:10|ten|5|five)\b", re.IGNORECASE)
DECADES = {
    "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90,
}  # fmt: skip
_DECADE = re.compile(rf"\b({'|'.join(DECADES)})\b", re.IGNORECASE)
_HEDGE = re.compile(
    r"(?:about|around|almost|nearly|roughly|just (?:over|under)|some|约|大约|将近|近)\s*[$€£¥]?\s*$",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(?:over|under|more than|less than|at least|below|above|before|after|since|until|超过|不到|以前|以后)\s*[$€£¥]?\s*$",
    re.IGNORECASE,
)
_SET_IN = re.compile(
    r"\b(?:set|takes place|taking place|happens)\s+(?:\w+\s+){0,2}in\s+(?:the\s+)?$", re.IGNORECASE
)
_RATED = re.compile(r"(?:rated|rating|score[ds]?|评分)\s*(?:of|为|是|at)?\s*$", re.IGNORECASE)
_PERSON = r"(?:[A-ZÀ-Þ][\w’'.-]*|(?:de|van|von|da|del|di|la|le|el|bin|al|of|the)(?=\s+[A-ZÀ-Þ])|and|&|,)"
_ROLES = (
    r"(?:written|wrote|screenplay|directed|director|helmed|made|filmed|starring|stars?|featuring|features|with|cast"
    r"|played|acted|produced|by|from|of|about)\b"
)
_ROLE = re.compile(
    rf"\b(?P<role>{_ROLES})(?:\s+by)?(?:\s+(?:(?!{_ROLES})\w+\s+){{0,3}}?|\s+)(?P<name>(?:{_PERSON}\s*)+)"
)
_NAMED = r"(?P<name>(?:[A-ZÀ-Þ][\w’'.-]*\s+)+)"
_DOES = re.compile(rf"{_NAMED}(?P<role>directed|directs|wrote|writes|stars|plays)\b")
_AS = re.compile(rf"{_NAMED}(?P<role>as|who)\b")
_IS = re.compile(rf"(?:^|[.;:,]\s+|\b(?:and|that|where)\s+){_NAMED}(?P<role>is|was|are|were|has)\b")
_OWNS = re.compile(r"(?P<name>(?:[A-ZÀ-Þ][\w.-]*\s+)*[A-ZÀ-Þ][\w.-]*)['’](?P<role>s)\s+it\b")
_BOTH = re.compile(r"\b(written|directed|produced)\s+and\s+(written|directed|produced)\s+by\b", re.IGNORECASE)
_ROLE_ZH = re.compile(r"由?([\w·]{2,12}?)(执导|导演|主演|编剧|出演)|(导演|主演|编剧)[是为：]?([\w·]{2,12})")
_ARTICLE = re.compile(r"\b(an?)\s+([A-Za-z0-9][\w.]*)", re.IGNORECASE)
_CAST = frozenset(
    [
        "plays",
        "starring",
        "star",
        "stars",
        "featuring",
        "features",
        "with",
        "cast",
        "played",
        "acted",
        "主演",
        "出演",
    ]
)
_NOBODY = ("about", "of", "as", "is", "was", "are", "were", "has", "who")
"""What no person is said to be: a subject, a character, anything else."""
_WRITERS = ("writes", "written", "wrote", "screenplay", "编剧")
_STEM = 4
_SILENT_H = ("hour", "honest", "heir", "honor", "honour")


def untitled(sentence: str, item: Item, instead: str = " ") -> str:
    """A sentence without its item's title, where the title stands as words of its own."""
    edge = "" if has_cjk(item.title) else r"\b"
    start, end = (edge if item.title[place : place + 1 or None].isalnum() else "" for place in (0, -1))
    return re.sub(f"{start}{re.escape(item.title)}{end}", instead, sentence) if item.title else sentence


def wrong_number(sentence: str, item: Item) -> str | None:
    """A number, in digits or in words, that is not the item's: a length must be its runtime, money its price, a year
    its own; any other must stand in its texts."""
    rest, texts = untitled(sentence, item), _texts(item)
    for match in _DECADE.finditer(rest):
        first = DECADES[match[1].casefold()]
        if (item.year or 0) % 100 // 10 * 10 != first and match[1].casefold() not in fold(texts):
            return f"number {match[0]}"
    for match in _NUMBER.finditer(rest):
        if not _holds(match, rest, item, texts):
            return f"number {match[0].strip()}"
    return None


def _holds(match: re.Match[str], sentence: str, item: Item, texts: str) -> bool:
    before, word, unit = sentence[: match.start()], match["number"], (match["unit"] or "").casefold().strip()
    if word.casefold() in ("one", "a", "an") and not unit:
        return True
    value = _value(word)
    said = _phrase(match[0]) in _phrase(texts)
    if _LIMIT.search(before):
        return said and _phrase(f"{before.split()[-1]} {match[0]}") in _phrase(texts)
    if match["dollar"] or unit.startswith(("dollar", "美元", "元", "块")):
        return said or (item.price is not None and _near(value, item.price, before, 0.1))
    if unit.startswith("cent"):
        return said or (item.price is not None and _near(value / 100, item.price, before, 0.1))
    if unit.startswith(("min", "分钟")):
        return said or value == item.runtime
    if unit.startswith(("hour", "小时", "个小时")):
        minutes = 60 * (value + (0.5 if match["half"] else 0.0))
        return said or (item.runtime is not None and _near(minutes, item.runtime, before, 0.06))
    if unit or _RATED.search(before):
        scaled = value * 2 if "5" in unit or "five" in unit else value
        return item.rating is not None and abs(scaled - item.rating) < 0.05
    if match["decade"] and word.isdigit() and (len(word) == 4 or len(word) == 2):
        return said or (item.year is not None and item.year // 10 * 10 % 10 ** len(word) == value)
    if value == item.year and not _SET_IN.search(before) and word.isdigit():
        return True
    return _counts(value, sentence[match.end() :], texts)


def _counts(value: float, after: str, texts: str) -> bool:
    """Whether the item's texts have a number, and of the same things as the sentence has ("two friends")."""
    told = [token.text for token in tokenize(texts)]
    places = [place for place, word in enumerate(told) if _is_value(word, value)]
    next_word = next((token.text for token in tokenize(after)), "")
    if not next_word or next_word in STOP_WORDS:
        return bool(places)
    return any(next_word[:_STEM] == word[:_STEM] for place in places for word in told[place + 1 : place + 3])


def _is_value(word: str, value: float) -> bool:
    return (word in WORDS or word.isdecimal()) and number_of(word) == value


def _value(word: str) -> float:
    return (
        number_of(word.replace(",", "")) if word[0].isdigit() or word.casefold() in WORDS else chinese(word)
    )


def _near(value: float, fact: float, before: str, share: float) -> bool:
    """Equal to what is shown; with a hedge before it ("about $2") near to it."""
    return abs(value - fact) < 0.005 or (
        _HEDGE.search(before) is not None and abs(value - fact) <= share * fact
    )


def _texts(item: Item) -> str:
    return " . ".join([item.title, *item.aliases, item.description, *(str(value) for value in _spoken(item))])


def _spoken(item: Item) -> Iterator[object]:
    """Attributes that describe the thing, not the data on it."""
    yield from (
        value for name, value in item.attributes.items() if name in ("package_size", "pages", "certificate")
    )


def _phrase(text: str) -> str:
    return f" {' '.join(token.text for token in tokenize(text))} "


def wrong_role(sentence: str, item: Item) -> str | None:
    """A person named with a role must have it: who directed a film did not write it, and is not its subject."""
    writers = [str(item.attributes.get("writers", ""))] if item.domain == "movie" else item.creators
    people = {"directors": _tokens(item.creators), "writers": _tokens(writers), "cast": _tokens(item.cast)}
    described = _tokens([item.description, item.title, *item.aliases])
    anyone = set[str]().union(*people.values())
    for role, name in _roles(untitled(sentence, item, "it")):
        names = {t.text for t in tokenize(name) if t.text not in STOP_WORDS and not t.text.isdigit()}
        if names and not names <= _holders(role, people) and (names & anyone) and not names <= described:
            return f"role {role} {name.strip()}"
    for found in _ROLE_ZH.finditer(untitled(sentence, item)):
        role, names = found[2] or found[3], found[1] or found[4]
        named = [name for name in (*item.creators, *item.cast, *writers) if name and name in names]
        if any(not _tokens([name]) <= _holders(role, people) for name in named):
            return f"role {found[0]}"
    return None


def _roles(sentence: str) -> Iterator[tuple[str, str]]:
    """Every role that a sentence gives to somebody, in lower case, with the name."""
    both = _BOTH.sub(r"\1 by", sentence)
    found = [pattern.finditer(sentence) for pattern in (_ROLE, _DOES, _AS, _IS, _OWNS)]
    for match in chain(*found, _ROLE.finditer(both)):
        yield match["role"].casefold(), match["name"]


def _holders(role: str, people: dict[str, set[str]]) -> set[str]:
    if role in _NOBODY:
        return set()
    return people["cast" if role in _CAST else "writers" if role in _WRITERS else "directors"]


def _tokens(texts: Iterable[str]) -> set[str]:
    return {token.text for text in texts for token in tokenize(text)}


def wrong_article(sentence: str) -> str | None:
    """An "a" or "an" that doesn't fit how the next word is spoken; where that is unsure none is wrong."""
    for found in _ARTICLE.finditer(sentence):
        word = found[2].casefold()
        if found[2].isupper() or word[0] == "u" or (word[0] == "h" and not word.startswith(_SILENT_H)):
            continue
        right = "an" if word.startswith(_SILENT_H) else with_article(word).split()[0]
        if found[1].casefold() != right:
            return f"article {found[0]}"
    return None

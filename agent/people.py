"""People named in a text: by full name, by a name that the lexicon knows, by a well-known surname, mistyped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from handpicked.agent import lexicon, wording
from handpicked.agent.scope import JOINT, Said, Span
from handpicked.tools.data import slips
from handpicked.tools.data.columns import Columns, Person
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.slips import Vocabulary
from handpicked.tools.data.text import Token, has_cjk, normalize, tokenize

_LONGEST = 6
_BOTH = 1.4
"""Who directs and acts is meant as a director, but for one who acts in so many times more."""
_VERBS = frozenset("拍演导执主写唱版那和跟的与")
"""What the segmenter joins to a short name: 李安拍的."""
_REFUSED = re.compile(r"\b(?:not|no|except|without|but)\s+$", re.IGNORECASE)
_RARE = 4
_BESIDE = re.compile(r"\b(?:with|w/|w|by|starring|featuring|feat|has|more|any|some)\s+$", re.IGNORECASE)
_KNOWN_BY = 12
"""From this many items on a person is meant by a surname in small letters."""
_WORKS = r"(?:films?|movies?|flicks?|pictures?|pics?|books?|novels?|albums?|records?|songs?|stuff|work|works|comed(?:y|ies)|westerns?|thrillers?|classics?|dramas?|musicals?|one|ones|marathon)"
_MADE_BEFORE = re.compile(
    r"(?<!voiced )(?<!played )\b(?:by|directed|director|author|authors|writer|artist|from director|written|made|everything|all of|anything)\s*(?:by|is|are|,|:)?\s*$|(?:导演|作者|歌手)(?:是|为|的)?\s*$",
    re.IGNORECASE,
)
_MADE_AFTER = re.compile(
    r"\s*(?:['’]s?\s+(?:\w+\s+)?(?:films?|books?|albums?|novels?)|directed|directs|wrote|writes|made\b|(?:has |have )?(?:put out|done)\b|did\b|的?导演|导的|执导|拍的|写的|指导|的书|的小说|的专辑|的歌|唱的)",
    re.IGNORECASE,
)
_ACTED_BEFORE = re.compile(
    r"\b(?:with|starring|stars?|featuring|feat|actor|actress|voiced by|played by|cast)\s*(?:the\s+|young\s+|old\s+|is\s+)?$|主演(?:是|为|的)?\s*$|演员\s*$",
    re.IGNORECASE,
)
_ACTED_AFTER = re.compile(
    r"\s*(?:(?:和|跟|与|、)[\u4e00-\u9fff]{2,4})?(?:主演|演的|出演|饰演|参演|扮演|演)|\s+(?:is |are |was )?(?:in it|stars|starring|acts|plays|playing|in)\b",
    re.IGNORECASE,
)
_CUED_BEFORE = re.compile(
    r"\b(?:by|directed by|starring|stars|featuring|with|director|actor|actress|from|author|artist|another|any|more|some|like|old|early)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_CUED_STRICT = re.compile(
    r"\b(?:by|directed by|starring|featuring|director|actor|actress|author)\s+(?:the\s+)?$", re.IGNORECASE
)
_CUED_AFTER = re.compile(
    rf"(?:['’]?s)?\s+(?:\w+\s+)?{_WORKS}\b|['’]s\b|\s*(?:的|导演|主演|执导|拍|演)", re.IGNORECASE
)
_OF_A_TITLE = re.compile(
    r"\s*(?:,\s*)?(?:(?:the\s+)?(?:one|version|film|movie|original)?\s*(?:with|starring|by|directed by|from|has|have|had|of|is|feat)\s+(?:the\s+)?(?:young\s+)?|的|那部|里|里的|是|版|[(（《'’\"”]|s\s|\s)*\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A person, or several of whom any is meant, at tokens [first, last), in the role of a field."""

    first: int
    last: int
    field: str
    values: tuple[str, ...]


def find(snapshot: Snapshot, said: Said, taken: Sequence[Span]) -> Iterator[Named]:
    """The people that a text names, left to right. One who merely tells which title is meant ("the Gatsby with Robert
    Redford") is none of them."""
    yield from _same_role(snapshot, said, list(_named(snapshot, said, taken)))


def _same_role(snapshot: Snapshot, said: Said, found: Sequence[Named]) -> Iterator[Named]:
    """Of people named as one ("A or B") all act where one does and the others have."""
    for place, one in enumerate(found):
        beside = (*found[max(0, place - 1) : place], *found[place + 1 : place + 2])
        joined = any(_joint(said, one, other) and other.field == "cast" for other in beside)
        acts = all(normalize(value) in snapshot.terms("cast") for value in one.values)
        yield replace(one, field="cast") if one.field == "creators" and joined and acts else one


def _joint(said: Said, one: Named, other: Named) -> bool:
    first, second = sorted((one, other), key=lambda named: named.first)
    between = said.text[said.tokens[first.last - 1].end : said.tokens[second.first].start]
    return re.fullmatch(JOINT, between, re.IGNORECASE) is not None


def _named(snapshot: Snapshot, said: Said, taken: Sequence[Span]) -> Iterator[Named]:
    start = 0
    while start < len(said.tokens):
        found = _at(snapshot, said, start)
        if found is None:
            start += 1
            continue
        last, names = found
        named = _in_role(snapshot, said, (start, last), names)
        if named is not None and not _tells_title(said, (start, last), taken):
            yield named
        start = last


def outside(snapshot: Snapshot, text: str, taken: Sequence[Span]) -> list[Span]:
    """The spans of titles without those within a longer name: "Adam" in "Adam Sandler" is no film."""
    tokens = tokenize(text) if taken else []
    return [span for span in taken if not _within_name(snapshot, tokens, span)]


def _within_name(snapshot: Snapshot, tokens: Sequence[Token], span: Span) -> bool:
    inside = [place for place, token in enumerate(tokens) if span[0] <= token.start < span[1]]
    if not inside or len(inside) >= _LONGEST:
        return False
    creators, cast = snapshot.terms("creators"), snapshot.terms("cast")
    first, last = inside[0], inside[-1] + 1
    for start in range(max(0, first - 2), first + 1):
        for end in range(last, min(len(tokens), last + 2) + 1):
            name = _full_name([token.text for token in tokens[start:end]])
            if end - start > last - first and name and (name in creators or name in cast):
                return True
    return False


def _at(snapshot: Snapshot, said: Said, start: int) -> tuple[int, tuple[str, ...]] | None:
    """The longest name at a token: where it ends, and the folded full names that it stands for."""
    tokens, known = said.tokens, wording.load().people
    creators, cast = snapshot.terms("creators"), snapshot.terms("cast")
    for end in range(min(len(tokens), start + _LONGEST), start, -1):
        words = [token.text for token in tokens[start:end]]
        values = known.known.get(" ".join(words))
        if values is not None and (end - start > 2 or said.words.whole(*said.span(start, end), _VERBS)):
            return end, tuple(map(normalize, values))
        name = _full_name([*words[:-1], words[-1][:-1]] if _possessive(said, end - 1) else words)
        if name and (name in creators or name in cast) and said.words.whole(*said.span(start, end), ()):
            return end, (name,)
    return (
        _surname(snapshot, said, start)
        or _forename(snapshot, said, start)
        or _mistyped(snapshot, said, start)
    )


def _possessive(said: Said, place: int) -> bool:
    token = said.tokens[place]
    return said.text[token.start : token.end].endswith(("'s", "’s"))


def _full_name(words: Sequence[str]) -> str:
    """The catalogue's folded form of a name of two words or ideographs and more; a single word is too often something else."""
    if (
        len(words) < 2
        or all(map(lexicon.is_plain, words))
        or (len("".join(words)) < 5 and words[0].isascii())
    ):
        return ""
    return "".join(words) if all(map(has_cjk, words)) else " ".join(words)


def _surname(snapshot: Snapshot, said: Said, place: int) -> tuple[int, tuple[str, ...]] | None:
    token = said.tokens[place]
    people = _by_surname(snapshot, token.text)
    before = said.tokens[place - 1].text if place else ""
    after = said.tokens[place + 1].text if place + 1 < len(said.tokens) else ""
    lands = lexicon.load().countries
    if f"{before} {token.text}" in lands or f"{token.text} {after}" in lands:
        return None
    if not people or lexicon.is_plain(token.text) or not _cued(said, token):
        return None
    person = _dominant(people)
    capital = said.text[token.start].isupper() and not said.text.isupper()
    if person is None or (not capital and person.made + person.acted < _KNOWN_BY):
        return None
    return place + 1, (person.name,)


def _forename(snapshot: Snapshot, said: Said, place: int) -> tuple[int, tuple[str, ...]] | None:
    """Somebody known by a rare first name ("with denzel in it")."""
    token = said.tokens[place]
    before = said.text[max(0, token.start - 24) : token.start]
    if lexicon.is_plain(token.text) or not _BESIDE.search(before):
        return None
    parts = (snapshot.build.columns, snapshot.delta.columns)
    people = [person for part in parts for person in part.forenames.get(token.text, ())]
    person = _dominant(people, _RARE) if people else None
    many = 0 if person is None else person.made + person.acted
    return None if person is None or many < 2 * _KNOWN_BY else (place + 1, (person.name,))


def _cued(said: Said, token: Token) -> bool:
    """Whether the words beside a word speak of a person; in small letters they must say more."""
    before, after = said.text[max(0, token.start - 24) : token.start], _CUED_AFTER.match(said.text, token.end)
    capital = said.text[token.start].isupper() and not said.text.isupper()
    if capital and _REFUSED.search(before):
        return True
    if _CUED_STRICT.search(before) or (after is not None and _CUED_BEFORE.search(before)):
        return True
    capital = said.text[token.start].isupper() and not said.text.isupper()
    if after is not None:
        return capital or bool(re.search(r"\b(?:a|an|any|some|the|another|more)\s+$", before))
    return capital and _CUED_BEFORE.search(before) is not None


def _dominant(people: Sequence[Person], times: int = 2) -> Person | None:
    """The one who is meant by a part of a name: known so many times as well as the next; or None."""
    ranked = sorted(people, key=lambda person: -(person.made + person.acted))
    if len(ranked) > 1 and ranked[0].made + ranked[0].acted < times * (ranked[1].made + ranked[1].acted):
        return None
    return ranked[0]


def _mistyped(snapshot: Snapshot, said: Said, place: int) -> tuple[int, tuple[str, ...]] | None:
    """A name with slips: of somebody whom the lexicon knows, or a surname behind the right first name."""
    if (person := _meant(snapshot, said, place)) is not None:
        return place + 1, (person,)
    token = said.tokens[place]
    word = token.text
    if (
        len(word) < 6
        or not word.isascii()
        or not word.isalpha()
        or lexicon.is_plain(word)
        or _in_catalogue(snapshot, word)
    ):
        return None
    famous = {
        key: values for key, values in wording.load().people.known.items() if " " not in key and key.isascii()
    }
    for key, distance in slips.neighbours(word, (Vocabulary(famous),)):
        if distance == 1 or len(word) >= 8:
            return place + 1, tuple(map(normalize, famous[key]))
    return None


def _meant(snapshot: Snapshot, said: Said, place: int) -> str | None:
    """Somebody well known whose first name stands before a slip of the last ("will ferrel")."""
    if place == 0:
        return None
    first, word = said.tokens[place - 1].text, said.tokens[place].text
    near = [
        person
        for part in (snapshot.build.columns, snapshot.delta.columns)
        for person in part.forenames.get(first, ())
        if OSA.distance(word, person.name.rsplit(" ", 1)[-1], score_cutoff=2) <= (1 if len(word) < 7 else 2)
    ]
    best = max(near, key=lambda person: person.made + person.acted, default=None)
    if best is None or best.made + best.acted < _KNOWN_BY or lexicon.is_plain(word):
        return None
    return best.name


def _in_catalogue(snapshot: Snapshot, word: str) -> bool:
    return slips.known(word, snapshot.words)


def _by_surname(snapshot: Snapshot, word: str) -> tuple[Person, ...]:
    return (*snapshot.build.columns.surnames.get(word, ()), *snapshot.delta.columns.surnames.get(word, ()))


def _in_role(snapshot: Snapshot, said: Said, span: Span, names: Sequence[str]) -> Named | None:
    """The words beside a name tell whether somebody made or acted; without any, what the person did more often."""
    start, end = said.span(*span)
    before = said.text[max(0, start - 30) : start]
    makes = [name for name in names if name in snapshot.terms("creators")]
    acts = [name for name in names if name in snapshot.terms("cast")]
    made = _MADE_BEFORE.search(before) or _MADE_AFTER.match(said.text, end)
    acted = _ACTED_BEFORE.search(before) or _ACTED_AFTER.match(said.text, end)
    field = "creators" if makes and (not acts or (made and not acted)) else "cast"
    if makes and acts and not made and not acted:
        counts = [sum(_many(snapshot, part, name) for name in names) for part in ("creators", "cast")]
        field = "creators" if counts[0] * _BOTH >= counts[1] else "cast"
    if not makes and not acts:
        field = "cast" if acted else "creators"  # nobody here: the list is empty, and says why
    written = said.text[start:end]
    return Named(*span, field, tuple(_spelled(snapshot, field, name, written) for name in names))


def _parts(snapshot: Snapshot) -> tuple[tuple[Columns, int], ...]:
    return (snapshot.build.columns, 0), (snapshot.delta.columns, len(snapshot.build.columns))


def _many(snapshot: Snapshot, field: str, name: str) -> int:
    return sum(len(part.terms[field].rows_of(name)) for part, _ in _parts(snapshot) if field in part.terms)


def _spelled(snapshot: Snapshot, field: str, name: str, written: str) -> str:
    """A name as the catalogue spells it, but for accents as the user does."""
    for part, offset in _parts(snapshot):
        rows = part.terms[field].rows_of(name) if field in part.terms else ()
        for row in rows[:1]:
            item = snapshot.item(offset + int(row))
            people: Mapping[str, Sequence[str]] = {"creators": item.creators, "cast": item.cast}
            spelled = next((person for person in people[field] if normalize(person) == name), name)
            accents = normalize(written) == name and written.casefold() != spelled.casefold()
            return written if accents else spelled
    return " ".join(word.capitalize() for word in name.split())


def _tells_title(said: Said, span: Span, taken: Sequence[Span]) -> bool:
    """Whether a name stands beside a title, joined by words that make it tell which one is meant."""
    start, end = said.span(*span)
    for title_start, title_end in taken:
        between = said.text[title_end:start] if title_end <= start else said.text[end:title_start]
        if len(between) <= 30 and _OF_A_TITLE.fullmatch(between):
            return True
    return False

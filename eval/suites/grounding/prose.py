"""Titles in text: what a passage names, and what each of its sentences is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handpicked.eval.suites.grounding.catalog import Known, is_place, vocabulary
from handpicked.eval.suites.grounding.scope import Problem, Scope
from handpicked.eval.suites.grounding.words import (
    Span,
    Token,
    fold,
    is_cjk,
    key_of,
    line,
    overlap,
    sentences,
    squeeze,
    tokens_of,
    within,
)

_QUOTED = re.compile(
    r"《(?P<a>[^《》]{1,80})》|“(?P<b>[^“”]{1,80})”|\"(?P<c>[^\"]{1,80})\"|«(?P<d>[^«»]{1,80})»|『(?P<e>[^』]{1,80})』"
    r"|(?<![\w'’])['‘](?P<f>[A-Z0-9][^'‘’]{1,80})['’](?!\w)|\*+(?P<g>[^*\n]{1,80})\*+|(?<!\w)_(?P<h>[^_\n]{1,80})_(?!\w)"
)
_REFERENCE = re.compile(
    r"(?:close to|in the vein of|like|liked|likes|loved?|similar to|you (?:chose|liked|watched|bought|had|enjoyed|saw)|"
    r"goes with|chose|fans of|reminds? (?:you |one )?of|compared (?:to|with)|than|and you|和(?:你选过的)?|接近|选过(?:的)?|选了|喜欢|类似|像|比|同)\s*[《\"“'‘]?$",
    re.IGNORECASE,
)
_CAPITALS = r"(?:[A-Z0-9][\w'’.!&-]*|[A-Z]\.)"
_LINKS = r"(?:of|the|and|in|a|an|to|for|on|at|with|from|de|la|le|du|&|[–-])"
_WITH_YEAR = re.compile(
    rf"(?P<title>{_CAPITALS}(?:[:,]?\s(?:{_LINKS}\s){{0,2}}{_CAPITALS})*[!?]?)\s\((?P<year>\d{{4}})\)"
)
_IS_A = re.compile(
    rf"^\W*(?P<title>{_CAPITALS}(?:[:,]?\s(?:{_LINKS}\s){{0,2}}{_CAPITALS})*[!?]?)\s(?:is|was)\san?\s(?=(?:\S+\s){{0,6}}?(?:film|movie|book|novel|album|"
    r"article|comedy|thriller|drama|western|documentary|musical|record|story)\b)"
)
_COMPARED = re.compile(
    r"\b(?:like|than|watch|see|seen|try|resembles?|recalls?|echoes|as\s\w+\sas|(?:something|reminds?\s\w+|fans|lovers|spirit|vein|mood)\sof)\s"
    r"(?P<title>[A-Z][\w'’-]*\w)(?![\w'’]|\s[A-Z])"
)
_CUE = re.compile(
    r"^\s?(?:\((?:18|19|20)\d\d|(?:is|was|runs|stars|follows|tells|features)\b|by\s[A-Z]|:\s|（|》)"
)
_WATCH = re.compile(
    r"(?:\b(?:watch|see|try|like|film|movie|book|album|recommend|suggest|enjoy|loved?|liked|also)|、|和|看|听|读)\s?$",
    re.IGNORECASE,
)
_TRY = re.compile(r"\b(?:watch|see|try|recommend|suggest|film|movie|called|titled|named)\s$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A title in the text: where, the ids that it may stand for, and whether it is only compared with."""

    span: Span
    ids: tuple[str, ...]
    reference: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: where it is, the mentions in it, and the shown items that it is said of."""

    span: Span
    mentions: tuple[Mention, ...]
    about: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of the reply, read: `own` is the item whose reason or review it is."""

    text: str
    own: Known | None
    mentions: tuple[Mention, ...]
    sentences: tuple[Sentence, ...]
    problems: tuple[Problem, ...]


def read(text: str, scope: Scope, own: Known | None = None, *, only_own: bool = False) -> Passage:
    """Find the titles in a text; `only_own`: every sentence is said of `own`."""
    reader = _Reader(text, scope, own)
    mentions, problems = reader.mentions()
    ends = sentences(text, [m.span for m in mentions])
    found: list[Sentence] = []
    before: tuple[Known, ...] = (own,) if own else ()
    for span in ends:
        inside = tuple(m for m in mentions if overlap(m.span, span))
        about = (own,) if own and only_own else _about(inside, scope, before)
        found.append(Sentence(span, inside, about))
        before = about
    for sentence in found:
        problems.extend(reader.unknown(sentence))
    return Passage(text, own, tuple(mentions), tuple(found), tuple(problems))


def _about(mentions: Sequence[Mention], scope: Scope, before: tuple[Known, ...]) -> tuple[Known, ...]:
    shown = [m for m in mentions if any(i in scope.shown for i in m.ids)]
    subjects = [m for m in shown if not m.reference] or shown
    if not subjects:
        return () if mentions and any(not m.reference for m in mentions) else before
    ids = dict.fromkeys(i for m in subjects for i in m.ids if i in scope.shown)
    return tuple(scope.shown[i] for i in ids)


class _Reader:
    def __init__(self, text: str, scope: Scope, own: Known | None) -> None:
        self.text = text
        self.scope = scope
        self.tokens = tokens_of(text)
        self.own = own
        self.facts = [known.line for known in scope.shown.values()] + ([own.line] if own else [])
        self.starts = {span[0] for span in sentences(text)}

    def mentions(self) -> tuple[list[Mention], list[Problem]]:
        """The titles that are named, and those that must not be."""
        found: list[Mention] = []
        problems: list[Problem] = []
        for span, ids in self._quoted():
            found.append(self._mention(span, ids))
            if not ids:
                problems.append(self._foreign(span, "a title that nothing shown or named by the user has"))
        place = 0
        while place < len(self.tokens):
            token = self.tokens[place]
            covering = next((m for m in found if m.span[0] <= token.start < m.span[1]), None)
            if covering:
                place += 1
                continue
            length, ids, foreign = self._longest(place)
            if length:
                span = (token.start, self.tokens[place + length - 1].end)
                found.append(self._mention(span, () if foreign else ids))
                if foreign:
                    problems.append(
                        self._foreign(span, f"a title of the catalogue ({ids[0]}) that isn't shown")
                    )
            place += length or 1
        return sorted(found, key=lambda m: m.span), problems

    def unknown(self, sentence: Sentence) -> Iterator[Problem]:
        """Things written like titles that are none of the mentions."""
        start, end = sentence.span
        for pattern in (_WITH_YEAR, _IS_A, _COMPARED):
            for m in pattern.finditer(self.text[start:end]):
                span = (start + m.start("title"), start + m.end("title"))
                name = self.text[slice(*span)]
                if any(overlap(span, mention.span) for mention in sentence.mentions):
                    continue
                if fold(name) in vocabulary().function["en"] or any(
                    within(name, facts) for facts in self.facts
                ):
                    continue
                if pattern is _COMPARED and self._known_word(name):
                    continue
                yield self._foreign(span, "written like a title, and nothing shown has it")

    def _known_word(self, name: str) -> bool:
        """Whether one capitalised word is somebody's name, a place, a day, or the user's."""
        word = fold(name)
        return (
            word in self.scope.catalog.surnames or word in vocabulary().common or is_place(name)
            or any(word == key[0] for key in self.scope.catalog.people.meaning) or within(name, self.scope.said)
        )  # fmt: skip

    def _quoted(self) -> Iterator[tuple[Span, tuple[str, ...]]]:
        """Quoted titles with what they may stand for; quotations from descriptions and of the user aren't titles."""
        for m in _QUOTED.finditer(self.text):
            name = next(group for group in m.groupdict() if m[group])
            said, span = m[name], m.span(name)
            ids = tuple(self.scope.titles.get(re.sub(r"\s*[(（](?:18|19|20)\d\d[)）]\s*$", "", said)))
            if not ids and (
                not self._titled(said, book=name == "a") or self._explained(said, book=name == "a")
            ):
                continue
            yield span, ids

    def _titled(self, said: str, *, book: bool) -> bool:
        first = tokens_of(said)[:1]
        return bool(first) and (book or (first[0].capital and len(key_of(said)) <= 12))

    def _explained(self, said: str, *, book: bool) -> bool:
        spoken = [known.spoken for known in self.scope.shown.values()] + (
            [self.own.spoken] if self.own else []
        )
        titles = [
            known.item.title
            for known in self.scope.shown.values()
            if re.search(r"['‘’\"“”]", known.item.title)
        ]
        return any(within(said, text) for text in (*spoken, line(titles))) or (
            not book and within(said, self.scope.said)
        )

    def _longest(self, place: int) -> tuple[int, tuple[str, ...], bool]:
        """The longest title that begins here: its tokens, what it stands for, and whether it is foreign."""
        known = dict(self.scope.titles.at(self.tokens, place))
        every = dict(self.scope.catalog.titles.at(self.tokens, place))
        for length in sorted({*known, *every}, reverse=True):
            words = self.tokens[place : place + length]
            if length in known:
                if self._written(words, known[length]):
                    return length, tuple(known[length]), False
            elif self._is_title(words, every[length]):
                return length, tuple(every[length]), True
        return 0, (), False

    def _written(self, words: Sequence[Token], ids: Sequence[str]) -> bool:
        """Whether words that spell a known title are meant as it: not "up" for Up, nor Chinese words of two letters."""
        if all(word.cjk for word in words):
            return len(words) > 2
        if not words[0].capital:
            return False
        if len(words) == 1 and words[0].raw.isdigit():
            return bool(self._after(words))
        return (
            len(words) > 1 or len(words[0].raw) > 3 or not self._begins(words[0]) or bool(self._after(words))
        )

    def _is_title(self, words: Sequence[Token], ids: Sequence[str]) -> bool:
        said = self.text[words[0].start : words[-1].end]
        if any(within(said, facts) for facts in self.facts) or within(said, self.scope.said):
            return False
        if self.scope.catalog.people.get(said) or self.scope.catalog.brands.get(said) or is_place(said):
            return False
        if all(word.cjk for word in words):
            return len(words) > 3
        if not self._cased(words, ids):
            content = [word for word in words if word.folded not in vocabulary().function["en"]]
            return len(content) > 1 and bool(_TRY.search(self.text[: words[0].start]))
        return len(words) > 1 or self._alone(words[0])

    def _cased(self, words: Sequence[Token], ids: Sequence[str]) -> bool:
        """Whether capitals stand where a title of these items has them."""
        for item_id in ids:
            item = self.scope.catalog.items[item_id]
            for title in (item.title, *item.aliases):
                spelled = tokens_of(title)
                if len(spelled) == len(words) and all(
                    w.capital or not t.capital for w, t in zip(words, spelled, strict=True)
                ):
                    return any(w.raw[0].isupper() for w in words) or any(is_cjk(w.raw[0]) for w in words)
        return False

    def _alone(self, word: Token) -> bool:
        """Whether one word is meant as a title: capitalised in mid-sentence, or what a sentence is about."""
        common = vocabulary().common
        if word.folded in common or word.raw.isdigit():
            return False
        neighbours = self.text[max(0, word.start - 1)], self.text[word.end : word.end + 1]
        if self._named_on(word):
            return False
        cue = self._after([word])
        if self._begins(word):
            return bool(cue) and word.folded not in vocabulary().function["en"]
        if neighbours[1] in "-'’" and neighbours[1]:
            return False
        if word.folded in vocabulary().function["en"] or word.folded in self.scope.catalog.plain:
            return bool(cue or _WATCH.search(self.text[: word.start]))
        return word.folded not in self.scope.catalog.surnames

    def _named_on(self, word: Token) -> bool:
        """Whether the word is part of a longer run of capitals: a name, not a title of one word."""
        before, after = self.text[: word.start], self.text[word.end :]
        return bool(
            re.search(r"[A-Z][\w.'’-]*\s$", before) and not self._begins(word) and not _WATCH.search(before)
        ) or bool(re.match(r"\s[A-Z]", after))

    def _begins(self, word: Token) -> bool:
        before = self.text[: word.start].rstrip(" \"“'‘(")
        return not before or before[-1] in ".!?:;。！？：；\n"

    def _after(self, words: Sequence[Token]) -> re.Match[str] | None:
        return _CUE.match(self.text[words[-1].end : words[-1].end + 12])

    def _mention(self, span: Span, ids: tuple[str, ...]) -> Mention:
        return Mention(span, ids, bool(_REFERENCE.search(self.text[max(0, span[0] - 24) : span[0]])))

    def _foreign(self, span: Span, why: str) -> Problem:
        return Problem("foreign_title", squeeze(self.text[slice(*span)]), why)

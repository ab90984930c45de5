"""Tokens with their places, phrases in a text, and sentences: what the checker reads text with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_CJK = "\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_STOP = re.compile(r"[。！？；\n]+|[.!?]+[\"”’')\]]*(?=\s)|;(?=\s)")
_ABBREVIATION = re.compile(r"(?:^|[\s(.])(?:mr|mrs|ms|dr|st|jr|sr|vs|no|rev|[a-z])$", re.IGNORECASE)
_SPACES = re.compile(r"\s+")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Token:
    """A word (or one Chinese character) in the text: folded, as written, and where, [start, end)."""

    folded: str
    raw: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        """Whether it is written with a capital, a digit or in a script without them."""
        return not self.raw[0].islower()

    @property
    def cjk(self) -> bool:
        """Whether it is a Chinese character."""
        return is_cjk(self.raw[0])


@dataclass(slots=True)
class Phrases:
    """Phrases by their folded tokens, each with what it stands for; the longest one wins."""

    meaning: dict[tuple[str, ...], list[str]] = field(default_factory=dict[tuple[str, ...], list[str]])
    longest: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, phrase: str, meaning: str) -> None:
        """Add a phrase; one without words is left out."""
        key = key_of(phrase)
        if not key:
            return
        meanings = self.meaning.setdefault(key, [])
        if meaning not in meanings:
            meanings.append(meaning)
        self.longest[key[0]] = max(len(key), self.longest.get(key[0], 0))

    def at(self, tokens: Sequence[Token], place: int) -> Iterator[tuple[int, list[str]]]:
        """The phrases that begin at a token, longest first: how many tokens, and what they mean."""
        for length in range(self.longest.get(tokens[place].folded, 0), 0, -1):
            key = tuple(token.folded for token in tokens[place : place + length])
            if len(key) == length and key in self.meaning:
                yield length, self.meaning[key]

    def get(self, phrase: str) -> list[str]:
        """What a phrase stands for."""
        return self.meaning.get(key_of(phrase), [])


def fold(text: str) -> str:
    """Without case, accents and width."""
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ł", "l"))
    return "".join(c for c in spread if not unicodedata.combining(c)).casefold()


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text."""
    return [Token(fold(m.group()), m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def key_of(text: str) -> tuple[str, ...]:
    """The folded tokens of a text."""
    return tuple(fold(word) for word in _TOKEN.findall(text))


def line(texts: Iterable[str]) -> str:
    """Texts as one string of folded tokens, in which `phrase in line` asks for whole words."""
    return " " + " | ".join(" ".join(key_of(text)) for text in texts) + " "


def within(phrase: str, folded_line: str) -> bool:
    """Whether the words of a phrase stand in a `line`, in this order; Chinese as any run of characters."""
    return f" {' '.join(key_of(phrase))} " in folded_line


def sentences(text: str, closed: Sequence[Span] = ()) -> list[Span]:
    """The sentences of a text as spans; no sentence ends inside a `closed` span or after an abbreviation."""
    found: list[Span] = []
    start = 0
    for stop in _STOP.finditer(text):
        inside = any(a < stop.end() <= b and stop.start() < b for a, b in closed)
        if inside or (stop.group()[0] == "." and _ABBREVIATION.search(text[start : stop.start()])):
            continue
        if stop.group()[0] == "." and (after := text[stop.end() :].lstrip()[:1]) and after.islower():
            continue
        found.append((start, stop.end()))
        start = stop.end()
    if text[start:].strip():
        found.append((start, len(text)))
    return [span for span in found if text[span[0] : span[1]].strip()]


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def blank(text: str, spans: Iterable[Span]) -> str:
    """The text with spans turned to spaces, so that places stay."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = " " * (end - start)
    return "".join(letters)


def is_cjk(letter: str) -> bool:
    """Whether a letter is a Chinese character."""
    return "\u3400" <= letter <= "\u9fff" or "\uf900" <= letter <= "\ufaff"


def squeeze(text: str) -> str:
    """One space where there were many."""
    return _SPACES.sub(" ", text).strip()


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


def by_meaning(phrases: Mapping[str, Sequence[str]]) -> Phrases:
    """Phrases from what they mean to how it is said."""
    made = Phrases()
    for meaning, said in phrases.items():
        for phrase in said:
            made.add(phrase, meaning)
    return made

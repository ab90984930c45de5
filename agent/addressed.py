"""Whether a text of a catalogue speaks to whoever reads it out, model or user, where it should tell of its item.

Item texts, reviews, names of campaigns and tastes are written by others: what gives orders, plays another's turn, calls
tools, advertises or hides its letters is neither told to a model nor said to a user. Words decide (`prompts/addressed.yaml`),
so that an order in words of its own gets through: what a model can do with it is bounded elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

import yaml

from handpicked import prompts
from handpicked.tools.data.text import fold, sentences
from handpicked.tools.types import Json

_LONGEST = 4_000
"""Characters of a text that are looked at, and told: a longer text is cut."""
_LETTERS = re.compile(r"[^\W\d_]+")
_SPACED = re.compile(r"(?:\b\w\b[ ]+){5,}\w\b")
_JOINERS = "\u200c\u200d\ufe0f"
"""Persian and emoji need them."""
_ALIKE = str.maketrans("асеорхуіјѕԁһԛԝ" + "αεικορτυχ", "aceopxyijsdhqw" + "aeikoptux")
"""Letters of other alphabets that look like Latin ones (Unicode TR39), of those in use."""
_LEET = str.maketrans("0134578@$", "oieastbas")
_NAME_LENGTH = 160


def speaks(text: str) -> bool:
    """Whether a text speaks to its reader, hides letters or mixes alphabets in a word."""
    return _speaks(text[:_LONGEST])


def told(text: str) -> str:
    """A text with the sentences that tell of its item only."""
    cut = text[:_LONGEST]
    return cut if not _speaks(cut) else " ".join(part for part in sentences(cut) if not _speaks(part))


def names(given: Iterable[str]) -> tuple[str, ...]:
    """The names among these, without what is none."""
    return tuple(name for name in given if is_name(name))


def is_name(text: str) -> bool:
    """Whether a text may be a title or a name as far as it can be told from one."""
    return len(text) <= _NAME_LENGTH and not speaks(text)


def quiet(value: Json) -> Json:
    """A value without texts that speak, at any depth: sentences of texts are left out, entries of lists, keys."""
    if isinstance(value, str):
        return told(value)
    if isinstance(value, Mapping):
        return {key: quiet(part) for key, part in value.items() if not speaks(key)}
    if isinstance(value, list | tuple):
        return [quiet(part) for part in value if not (isinstance(part, str) and speaks(part))]
    return value


@lru_cache(maxsize=65536)
def _speaks(text: str) -> bool:
    return _hides(text) or any(pattern.search(seen) for seen in _seen(text) for pattern in _patterns())


def _hides(text: str) -> bool:
    """Whether there are signs that can't be seen, or words of two alphabets."""
    if text.isascii():
        return _SPACED.search(text) is not None
    if any(
        unicodedata.category(char) in ("Cf", "Co", "Cc") and char not in _JOINERS + "\n\t\r" for char in text
    ):
        return True
    mixed = (word for word in _LETTERS.findall(text) if not word.isascii())
    return _SPACED.search(text) is not None or any(len(set(map(_script, word)) - {""}) > 1 for word in mixed)


def _script(letter: str) -> str:
    """Latin, Greek or Cyrillic, whose letters look alike; nothing for all others, which stand beside them in good faith."""
    found = unicodedata.name(letter, "").split(" ")[0]
    return found if found in ("LATIN", "GREEK", "CYRILLIC") else ""


def _seen(text: str) -> Iterator[str]:
    """A text as it is read by someone who wants to: folded, lookalikes as what they look like, digits as letters, backwards."""
    plain = fold(text).translate(_ALIKE)
    yield plain
    yield plain[::-1]
    if any(char.isdigit() for char in plain):
        yield " ".join(word if word.isdigit() else word.translate(_LEET) for word in plain.split())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    document: Mapping[str, list[str]] = yaml.load(prompts.read_text("addressed.yaml"), yaml.CSafeLoader)
    return tuple(re.compile("|".join(f"(?:{one})" for one in group)) for group in document.values())

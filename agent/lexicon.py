"""The reader's words as data: `prompts/lexicon.yaml`, ready to be found in a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import yaml

from handpicked import prompts
from handpicked.tools.data.text import STOP_WORDS, Token, has_cjk, longest_matches, phrase_key, segments
from handpicked.tools.errors import ConfigError

Cue = Literal[
    "like",
    "dislike",
    "negation",
    "seen",
    "ask",
    "kin",
    "asked",
    "praise",
    "scorn",
    "had",
    "again",
    "more",
    "named",
]


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in a text: token positions [first, last), and what it stands for."""

    first: int
    last: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrase keys to what the catalogue calls them."""

    categories: Mapping[str, tuple[str, ...]]
    domains: Mapping[str, tuple[str, ...]]
    languages: Mapping[str, tuple[str, ...]]
    countries: Mapping[str, tuple[str, ...]]
    cues: Mapping[str, tuple[str, ...]]
    people: Mapping[str, tuple[str, ...]]
    signs: Mapping[str, tuple[str, ...]]
    sign_names: tuple[str, ...]
    """What a message says of tasks; and of which."""
    everyday: frozenset[str]
    """Single words, and Chinese phrases, that are titles and ordinary talk."""
    proper: frozenset[str]
    """Words that have a capital anyway."""
    chinese: Mapping[str, str]
    """A category (folded) and its first Chinese word, for text; categories without one are missing."""


@cache
def load() -> Lexicon:
    """Read the packaged lexicon."""
    return parse(prompts.read_text("lexicon.yaml"))


def parse(text: str) -> Lexicon:
    """Read a lexicon. Raises ConfigError for one that lacks a part."""
    document = yaml.load(text, yaml.CSafeLoader)  # safe, and ten times as fast
    try:
        return Lexicon(
            categories=by_word(document["categories"]),
            domains=by_word(document["domains"]),
            languages=_as_spelled(document["languages"]),
            countries=_as_spelled(document["countries"]),
            people=_as_spelled(document["people"]),
            cues=by_word(document["cues"]),
            signs=by_word(document["signs"]),
            sign_names=tuple(document["signs"]),
            everyday=frozenset(phrase_key(str(word)) for word in document["everyday"]),
            proper=frozenset(map(str, document["proper"])).union(
                _folded(document["languages"]), _folded(document["countries"])
            ),
            chinese={
                str(name).casefold(): next(str(word) for word in words if has_cjk(str(word)))
                for name, words in document["categories"].items()
                if any(has_cjk(str(word)) for word in words)
            },
        )
    except KeyError as err:
        raise ConfigError(f"lexicon.yaml has no part {err}; see the comments at its top") from err


@dataclass(frozen=True, slots=True)
class Common:
    """Words that say little of a title, beside those of everyday talk, less common ones, and phrases."""

    words: frozenset[str]
    uncommon: frozenset[str]
    idioms: frozenset[str]


@cache
def common() -> Common:
    """Read the packaged list of common English."""
    document = yaml.load(prompts.read_text("common_words.yaml"), yaml.CSafeLoader)
    words, uncommon, idioms = (map(str, document[part]) for part in ("common", "uncommon", "idioms"))
    return Common(frozenset(words), frozenset(uncommon), frozenset(map(phrase_key, idioms)))


def is_common(word: str) -> bool:
    """Whether a folded word is everyday or common English, or a term of the lexicon; other words are names, mostly."""
    known = common()
    return is_plain(word) or any(word in part for part in (known.words, known.uncommon))


def is_plain(word: str) -> bool:
    """Whether a folded word says little by itself: a function word, an everyday word, a number, or a term of the lexicon."""
    known = load()
    return word in STOP_WORDS or word in known.everyday or word.isdigit() or is_term(word)


def is_term(word: str) -> bool:
    """Whether a folded word means a category, a domain, a language or a country."""
    known = load()
    return any(word in part for part in (known.categories, known.domains, known.languages, known.countries))


def find(text: str, tokens: Sequence[Token], phrases: Mapping[str, tuple[str, ...]]) -> list[Hit]:
    """The phrases in a text, longest first. A single ideograph counts only where it is a word by itself."""
    found = [Hit(first, last, phrases[key]) for first, last, key in longest_matches(tokens, phrases)]
    single = [hit for hit in found if hit.last - hit.first == 1 and has_cjk(tokens[hit.first].text)]
    if not single:
        return found
    places = segments(text)
    alone = [hit for hit in single if (tokens[hit.first].start, tokens[hit.first].end) in places]
    return [hit for hit in found if hit not in single or hit in alone]


def by_word(part: Mapping[str, Iterable[object]]) -> Mapping[str, tuple[str, ...]]:
    """Phrase keys to the names that a word stands under, each once, in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, words in part.items():
        for word in words:
            found[phrase_key(str(word))].append(str(name))
    return {word: tuple(dict.fromkeys(names)) for word, names in found.items() if word}


def _as_spelled(part: Mapping[str, Iterable[object]]) -> Mapping[str, tuple[str, ...]]:
    return {phrase_key(str(word)): tuple(map(str, names)) for word, names in part.items()}


def _folded(part: Iterable[object]) -> frozenset[str]:
    return frozenset(phrase_key(str(word)) for word in part)

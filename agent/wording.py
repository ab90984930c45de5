"""The words around a wish as data: `prompts/wants.yaml` with the terms of the lexicon, ready to be found in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import yaml

from handpicked import prompts
from handpicked.agent import lexicon
from handpicked.agent.phrases import Phrases, phrases
from handpicked.tools.data.text import phrase_key
from handpicked.tools.errors import ConfigError

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the catalogue: the field and the values that it means. One that is `only_refused` is no wish by itself."""

    field: str
    values: Values
    only_refused: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """Phrases by what they do. A word may name terms of several fields."""

    terms: Phrases[tuple[Term, ...]]
    domains: Phrases[Values]
    people: Phrases[Values]
    negations: Phrases[Values]
    asides: Phrases[Values]
    degrees: Phrases[Values]
    units: Mapping[str, str]
    attributes: Mapping[str, Values]
    unnamed: frozenset[str]
    lands: Mapping[str, Values]
    kinds: Mapping[str, Values]
    substitutes: frozenset[str]
    generic: frozenset[str]


@cache
def load() -> Wording:
    """Read the packaged words."""
    return parse(prompts.read_text("wants.yaml"), lexicon.load())


def parse(text: str, known: lexicon.Lexicon) -> Wording:
    """Read the words around wishes. Raises ConfigError for a file that lacks a part."""
    document = yaml.load(text, yaml.CSafeLoader)
    try:
        fields = {"categories": known.categories, "language": known.languages, "country": known.countries}
        parts = [(field, words, False) for field, words in fields.items()]
        parts.append(("brand", lexicon.by_word(document["brands"]), False))
        parts.append(("in_stock", {phrase_key(str(word)): ("true",) for word in document["in_stock"]}, False))
        parts.append(("categories", lexicon.by_word(document["refusals"]), True))
        unmeant: dict[str, tuple[Term, ...]] = {phrase_key(str(words)): () for words in document["unmeant"]}
        return Wording(
            terms=phrases({**_terms(parts), **unmeant}),
            domains=phrases(known.domains),
            people=phrases(known.people),
            negations=phrases(lexicon.by_word(document["negations"])),
            asides=phrases({phrase_key(str(word)): ("aside",) for word in document["asides"]}),
            degrees=phrases(lexicon.by_word(document["degrees"])),
            units={
                phrase_key(str(word)): str(field)
                for field, words in document["units"].items()
                for word in words
            },
            attributes=lexicon.by_word(document["attributes"]),
            lands={str(language): tuple(map(str, lands)) for language, lands in document["lands"].items()},
            kinds={str(name): tuple(map(str, words)) for name, words in document["kinds"].items()},
            substitutes=frozenset(map(str, document["substitutes"])),
            generic=frozenset(phrase_key(str(word)) for word in document["generic"]),
            unnamed=frozenset(phrase_key(str(word)) for word in document["unnamed"]),
        )
    except KeyError as err:
        raise ConfigError(f"wants.yaml has no part {err}; see the comments in it") from err


def _terms(parts: Iterable[tuple[str, Mapping[str, Values], bool]]) -> Mapping[str, tuple[Term, ...]]:
    found: dict[str, tuple[Term, ...]] = {}
    for field, words, only_refused in parts:
        for word, values in words.items():
            held = found.get(word, ())
            if not (only_refused and held):
                found[word] = (*held, Term(field, values, only_refused))
    return found

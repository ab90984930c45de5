"""The catalogue's own words: names that the lexicon doesn't list, attributes, and what they are counted in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from handpicked.agent import lexicon, wording
from handpicked.agent.phrases import Phrases, phrases
from handpicked.agent.wording import Term
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import STOP_WORDS, phrase_key, words
from handpicked.tools.types import NUMERIC_FIELDS, TERM_FIELDS

_NAMED = ("categories", "brand", "language", "country")
_MOST = 1000
"""An attribute with more values than this is free text, not a term."""
_ASKING = frozenset("watch read hear eat drink buy see try play 好看 好听 好吃 好读".split())
_HIDDEN = frozenset({"text_language", "countries", "languages", "themes", "writers"})
"""Attributes that repeat a field of every catalogue in another form."""


def terms(snapshot: Snapshot) -> Phrases[tuple[Term, ...]]:
    """Names of categories, brands, languages and countries that the lexicon doesn't have, and values of attributes."""
    parts = (snapshot.build.columns.terms, snapshot.delta.columns.terms)
    shared = {field for part in parts for field, found in part.items() if len(found.rows) > len(found.names)}
    # Where no two items have the same value it is free text: a review must not be a word for its item.
    fields = sorted(shared - set(TERM_FIELDS) - _HIDDEN)
    return _phrases(tuple((field, snapshot.terms(field)) for field in (*_NAMED, *fields)))


def units(snapshot: Snapshot) -> Mapping[str, str]:
    """Words that name a numeric field of the catalogue's own, by folded word."""
    parts = (snapshot.build.columns.numbers, snapshot.delta.columns.numbers)
    return _units(frozenset(field for part in parts for field in part) - set(NUMERIC_FIELDS))


@lru_cache(maxsize=8)
def _units(fields: frozenset[str]) -> Mapping[str, str]:
    named = {phrase_key(field.replace("_", " ")): field for field in sorted(fields)}
    said = {word: field for word, field in wording.load().units.items() if field in fields}
    return {**named, **said}


@lru_cache(maxsize=8)
def _phrases(fields: tuple[tuple[str, frozenset[str]], ...]) -> Phrases[tuple[Term, ...]]:
    found: dict[str, tuple[Term, ...]] = {}
    for field, names in fields:
        for name in names if field in _NAMED or len(names) <= _MOST else ():
            for key in _keys(field, name):
                found[key] = (*found.get(key, ()), Term(field, (name,)))
    return phrases(found)


def _keys(field: str, name: str) -> Iterator[str]:
    """How a name may be said: as it is where it tells enough, else beside the word for its field ("rated R")."""
    key, known = phrase_key(name), lexicon.load()
    said = wording.load()
    if not key or key in said.terms.known or key in said.unnamed or key in _listed() or _asks(name):
        return
    single = " " not in key
    if field in _NAMED:
        if not (single and (lexicon.is_plain(key) or len(key) < 4)) and key not in known.domains:
            yield key
    elif not single and not all(map(lexicon.is_plain, key.split())):
        yield key
    for word, fields in said.attributes.items():
        if field in fields:
            yield f"{word} {key}"
            yield f"{key} {word}"


def _asks(name: str) -> bool:
    """Whether a name is only how people ask for things ("something good to watch"): whoever called a category so would have
    every such wish."""
    said = words(name)
    asked = STOP_WORDS | _ASKING | wording.load().generic
    return not STOP_WORDS.isdisjoint(said) and all(word in asked or lexicon.is_term(word) for word in said)


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    """Categories that the lexicon has words for: only those words count."""
    return frozenset(phrase_key(name) for names in lexicon.load().categories.values() for name in names)

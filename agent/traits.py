"""Which of the items shown has what is said: a word in its title, somebody, a year, a kind, a place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handpicked.agent import lexicon
from handpicked.agent.pointing import ORDINALS
from handpicked.tools.data.text import STOP_WORDS, has_cjk, normalize, phrase_key
from handpicked.tools.types import Item

Places = tuple[int, ...]

_SHORT = 3
"""Words up to this length tell nothing beside words that don't fit."""
_POSSESSIVE = re.compile(r"['’]s?(?=\s|$)")


def of_year(shown: Sequence[Item | None], year: str) -> Places:
    """The first of a year, in four figures or two of the last century."""
    number = int(year) if len(year) == 4 else 1900 + int(year)
    return tuple(place for place, item in enumerate(shown) if item and item.year == number)[:1]


def by_measure(shown: Sequence[Item | None], field: str, end: int) -> Places:
    """The one with the least of a field (`end` 0) or the most (-1), of several that have it."""
    measured = sorted(
        (getattr(item, field), place) for place, item in enumerate(shown) if item and getattr(item, field)
    )
    return (measured[end][1],) if len(measured) > 1 else ()


def by_age(shown: Sequence[Item | None], *, old: bool) -> Places:
    """The oldest or the newest of several that have a year."""
    return by_measure(shown, "year", 0 if old else -1)


def of_domain(shown: Sequence[Item | None], word: str) -> Places:
    """The one that a noun for a domain means, where things of other domains stand beside it: "the album"."""
    named = lexicon.load().domains.get(phrase_key(word), ())
    fits = tuple(place for place, item in enumerate(shown) if item and item.domain in named)
    return fits if len(fits) == 1 < len(shown) else ()


def of_kind(shown: Sequence[Item | None], words: str) -> Places:
    """The one shown item that a Chinese word of a kind, a place, a language or a person tells."""
    for start in range(len(words)):
        fits = [
            place for place, item in enumerate(shown) if item and _has(item, words[start:], whole=not start)
        ]
        if len(fits) == 1:
            return tuple(fits)
    return ()


def single(shown: Sequence[Item | None], words: str) -> Places:
    """The one shown item with these words in its title, or with this person."""
    words = _POSSESSIVE.sub("", words)
    fits = having(shown, words)
    if fits:
        return fits if len(fits) == 1 else ()
    told = [word for word in phrase_key(words).split() if len(word) > _SHORT]
    found = {places for word in told if (places := by_word(shown, word) or by_surname(shown, word))}
    return found.pop() if len(found) == 1 else ()  # "the whale girl one"


def having(shown: Sequence[Item | None], words: str) -> Places:
    """The shown items with these words in their title, or with this person."""
    told = [w for w in phrase_key(words).split() if w not in STOP_WORDS]
    if not told or all(word in ORDINALS for word in told):
        return ()
    return tuple(place for place, item in enumerate(shown) if item and _fits(item, told))


def by_word(shown: Sequence[Item | None], word: str) -> Places:
    """The one shown item that has a word in its title that isn't everyday talk: "the crows"."""
    told = phrase_key(word)
    if is_plain(shown, told) or told in ORDINALS:
        return ()
    forms = {told, f"{told}s", told.removesuffix("s")}
    having = [
        place for place, item in enumerate(shown) if item and forms & set(phrase_key(item.title).split())
    ]
    return tuple(having) if len(having) == 1 else ()


def is_plain(shown: Sequence[Item | None], word: str) -> bool:
    """Whether a word says little of what is shown: a kettle tells a record, but no kitchenware."""
    known = lexicon.load()
    if not lexicon.is_term(word) or word in STOP_WORDS or word in known.everyday:
        return lexicon.is_plain(word)
    kinds = {*known.categories.get(word, ()), *known.domains.get(word, ())}
    own = {kind for item in shown if item for kind in (*item.categories, item.domain)}
    return bool(kinds & own) or word in known.languages or word in known.countries


def by_surname(shown: Sequence[Item | None], word: str, *, makers: bool = False) -> Places:
    """The one shown item that somebody of this surname made or, unless `makers`, is in."""
    told = phrase_key(word)
    if lexicon.is_plain(told):
        return ()
    people = [(*item.creators, *(() if makers else item.cast)) if item is not None else () for item in shown]
    found = tuple(
        place
        for place, names in enumerate(people)
        if told in {phrase_key(n).rsplit(" ", 1)[-1] for n in names}
    )
    return found if len(found) == 1 else ()


def _has(item: Item, word: str, *, whole: bool = True) -> bool:
    """Whether an item is of what a word of the lexicon means: a category, a country, a language, somebody. One
    ideograph tells a title only where it is the `whole` word."""
    titles = (item.title, *(item.aliases if has_cjk(word) else ()))
    titled = (len(word) > 1 or whole) and any(word in title for title in titles)
    known, key = lexicon.load(), phrase_key(word)
    named = {*map(normalize, (*item.creators, *item.cast))}
    tongues = {
        tongue
        for name in (f"{word}语", f"{word[0]}语")
        for tongue in known.languages.get(phrase_key(name), ())
    }
    return (
        titled
        or bool({*map(str.casefold, known.categories.get(key, ()))} & {*map(str.casefold, item.categories)})
        or item.country in known.countries.get(key, ())
        or item.language in known.languages.get(key, ())
        or (key in known.countries and item.language in tongues)
        or any(
            called.endswith(key) and named & {*map(normalize, people)}
            for called, people in known.people.items()
            if len(word) > 1
        )
    )


def _fits(item: Item, told: Sequence[str]) -> bool:
    names = " ".join((item.title, *item.aliases, *item.creators, *item.cast))
    known = set(phrase_key(names).split())
    terms = {name.casefold() for word in told for name in lexicon.load().categories.get(word, ())}
    return all(word in known or f"{word}s" in known for word in told) or (
        len(told) == 1
        and (
            bool(terms & {category.casefold() for category in item.categories})
            or _has(item, told[0], whole=False)
        )
    )

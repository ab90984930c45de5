"""Which of the items shown has what is said: a word in its title, somebody, a year, a kind, a place."""

from __future__ import annotations

from collections.abc import Sequence

from handpicked.agent import lexicon
from handpicked.agent.pointing import ORDINALS
from handpicked.tools.data.text import STOP_WORDS, normalize, phrase_key
from handpicked.tools.types import Item

_SHORT = 3


def of_year(shown: Sequence[Item | None], year: str) -> tuple[int, ...]:
    """The first of a year, in four figures or two of the last century."""
    number = int(year) if len(year) == 4 else 1900 + int(year)
    return tuple(place for place, item in enumerate(shown) if item and item.year == number)[:1]


def by_measure(shown: Sequence[Item | None], field: str, end: int) -> tuple[int, ...]:
    """The one with the least of a field (`end` 0) or the most (-1), of several that have it."""
    measured = sorted(
        (getattr(item, field), place) for place, item in enumerate(shown) if item and getattr(item, field)
    )
    return (measured[end][1],) if len(measured) > 1 else ()


def of_kind(shown: Sequence[Item | None], words: str) -> tuple[int, ...]:
    """The one shown item that a Chinese word of a kind, a place, a language or a person tells."""
    for start in range(len(words)):
        fits = [place for place, item in enumerate(shown) if item and has(item, words[start:])]
        if len(fits) == 1:
            return tuple(fits)
    return ()


def has(item: Item, word: str) -> bool:
    """Whether an item is of what a word of the lexicon means: a category, a country, a language, somebody."""
    titled = len(word) > 1 and word in item.title
    known, word = lexicon.load(), phrase_key(word)
    named = {*map(normalize, (*item.creators, *item.cast))}
    return (
        titled
        or bool({*map(str.casefold, known.categories.get(word, ()))} & {*map(str.casefold, item.categories)})
        or item.country in known.countries.get(word, ())
        or item.language in known.languages.get(word, ())
        or (word in known.countries and item.language in known.languages.get(f"{word[0]}语", ()))
        or any(
            called.endswith(word) and named & {*map(normalize, people)}
            for called, people in known.people.items()
            if len(word) > 1
        )
    )


def by_age(shown: Sequence[Item | None], *, old: bool) -> tuple[int, ...]:
    """The oldest or the newest of several that have a year."""
    dated = sorted((item.year, place) for place, item in enumerate(shown) if item and item.year)
    return ((dated[0] if old else dated[-1])[1],) if len(dated) > 1 else ()


def single(shown: Sequence[Item | None], words: str) -> tuple[int, ...]:
    """The one shown item with these words in its title, or with this person."""
    fits = having(shown, words)
    if fits:
        return fits if len(fits) == 1 else ()
    told = [word for word in phrase_key(words).split()[:-1] if len(word) > _SHORT]
    found = {places for word in told if (places := by_word(shown, word))}
    return found.pop() if len(found) == 1 else ()  # "the whale girl one"


def having(shown: Sequence[Item | None], words: str) -> tuple[int, ...]:
    """The shown items with these words in their title, or with this person."""
    told = [w for w in phrase_key(words).split() if w not in STOP_WORDS]
    if not told or all(word in ORDINALS for word in told):
        return ()
    return tuple(place for place, item in enumerate(shown) if item and _fits(item, told))


def by_word(shown: Sequence[Item | None], word: str) -> tuple[int, ...]:
    """The one shown item that has a word in its title that isn't everyday talk: "the crows"."""
    told = phrase_key(word)
    if lexicon.is_plain(told) or told in ORDINALS:
        return ()
    forms = {told, f"{told}s", told.removesuffix("s")}
    having = [
        place for place, item in enumerate(shown) if item and forms & set(phrase_key(item.title).split())
    ]
    return tuple(having) if len(having) == 1 else ()


def _fits(item: Item, told: Sequence[str]) -> bool:
    names = " ".join((item.title, *item.aliases, *item.creators, *item.cast))
    known = set(phrase_key(names).split())
    terms = {name.casefold() for word in told for name in lexicon.load().categories.get(word, ())}
    return all(word in known or f"{word}s" in known for word in told) or (
        len(told) == 1
        and (bool(terms & {category.casefold() for category in item.categories}) or has(item, told[0]))
    )

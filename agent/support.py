"""Whether the words of a sentence are the item's own, and in its description's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import yaml

from handpicked import prompts
from handpicked.agent import lexicon
from handpicked.agent.claims import DECADES, untitled
from handpicked.agent.describe import kinds
from handpicked.agent.numerals import WORDS
from handpicked.tools.data.text import STOP_WORDS, fold, phrase_key, tokenize, words
from handpicked.tools.types import Item

_MIN_ORDER = 0.7
"""Share of the description's words in a sentence that must stand in the description's order."""
_NEAR = 7
_STEM, _SHORTEST = 6, 3
_OPINIONS = frozenset(
    [
        "good",
        "great",
        "best",
        "really",
        "very",
        "you",
        "your",
        "i",
        "me",
        "my",
        "we",
        "us",
        "our",
        "not",
        "no",
    ]
)


def facts_text(item: Item) -> str:
    writers = item.attributes.get("writers", "")
    parts: list[object] = [
        item.title, *item.aliases, *item.categories, *item.creators, *item.cast, writers, item.brand, item.language,
        item.country, item.attributes.get("package_size"), item.description,
    ]  # fmt: skip
    return " . ".join(str(part) for part in parts if part not in (None, ""))


@cache
def _framing() -> tuple[frozenset[str], frozenset[str]]:
    document = yaml.load(prompts.read_text("phrases.yaml"), yaml.CSafeLoader)
    framing = {str(word) for part in document["framing"].values() for word in part}
    nouns = set(lexicon.load().domains)  # what kind of thing an item is, is a fact
    return frozenset((framing | STOP_WORDS) - _OPINIONS - nouns), frozenset(map(str, document["never"]))


def unsupported(sentence: str, item: Item, facts: str) -> str | None:
    """A word with content that neither the facts nor the framing words hold."""
    framing, never = _framing()
    tokens = {token.text for token in tokenize(sentence)}
    if refused := [
        word
        for word in never
        if word in tokens or ((" " in word or not word.isascii()) and word in fold(sentence))
    ]:
        return f"word {refused[0]}"
    known = {
        *words(facts),
        *(token.text for token in tokenize(facts)),
        *words(kinds(item, "en")),
        *words(kinds(item, "zh")),
    }
    if foreign := _foreign(sentence, item):
        return f"word {foreign}"
    stems = set(map(_stem, known))
    for word in _content(sentence, item):
        if not (
            word in known or word in framing or _stem(word) in stems or word.isdigit() or _is_number(word)
        ):
            return f"word {word}"
    return None


def _content(sentence: str, item: Item) -> Iterator[str]:
    """The words of a sentence without its title and without terms that mean one of the item's own categories, its
    language, its country or its domain."""
    text = untitled(sentence, item)
    for name in (*item.creators, *item.cast):
        text = text.replace(f"{name}'s", " ").replace(name, " ") if name else text
    tokens, known, own = tokenize(text), lexicon.load(), _own(item)
    meant: set[int] = set()
    for part in (known.categories, known.languages, known.countries, known.domains):
        for hit in lexicon.find(text, tokens, part):
            if any(fold(value) in own for value in hit.values):
                meant |= set(range(hit.first, hit.last))
    kept = list(text)
    for place in meant:
        kept[tokens[place].start : tokens[place].end] = " " * (tokens[place].end - tokens[place].start)
    return (word for word in words("".join(kept)))


def _own(item: Item) -> set[str]:
    """The item's categories, languages, countries and domain, folded."""
    listed = ",".join(str(item.attributes.get(name, "")) for name in ("countries", "languages")).split(",")
    return {
        fold(str(v).strip()) for v in (*item.categories, item.language, item.country, item.domain, *listed)
    }


def _foreign(sentence: str, item: Item) -> str | None:
    """A language or country that is not the item's, unless the description says it of the same thing."""
    text, known, own = untitled(sentence, item), lexicon.load(), _own(item)
    tokens, told = tokenize(text), f" {phrase_key(item.description)} "
    for part in (known.languages, known.countries):
        for hit in lexicon.find(text, tokens, part):
            first = hit.first - (hit.last == len(tokens))
            around = " ".join(token.text for token in tokens[max(first, 0) : hit.last + 1])
            if f" {around} " not in told and not any(fold(value) in own for value in hit.values):
                return tokens[hit.first].text
    return None


def _stem(word: str) -> str:
    """A word without its ending, as far as that tells one form from another: hunts, hunting, hunted."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: -len(ending)][:_STEM]
    return word[:_STEM]


def _is_number(word: str) -> bool:
    """Whether a word is a quantity, which is checked as one: 90s, 1h, forty."""
    return word in WORDS or word[:1].isdigit() or word in DECADES


def wrong_order(sentence: str, item: Item) -> str | None:
    """Words of the description out of its order tell another story (who hunts whom), and so does a word of it that
    is put before another noun (a wet film)."""
    framing, _ = _framing()
    told = [_stem(word) for word in words(item.description) if word not in framing]
    others = set(
        map(
            _stem,
            words(" ".join([item.title, kinds(item, "en"), *item.categories, *item.creators, *item.cast])),
        )
    )
    every = words(untitled(sentence, item))
    said = [
        stem for word in every if word not in framing and (stem := _stem(word)) in told and stem not in others
    ]
    if len(said) > 1 and _common(said, told) < _MIN_ORDER * len(said):
        return "order"
    nouns = lexicon.load().domains
    for one, other in pairwise(every):
        first = _stem(one)
        if first in said and (other not in framing or other in nouns):
            places = [place for place, stem in enumerate(told) if stem == first]
            if not any(_stem(other) in told[place + 1 : place + _NEAR] for place in places):
                return f"order {one} {other}"
    return None


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        above = row[:]
        for place, told in enumerate(other):
            row[place + 1] = above[place] + 1 if word == told else max(above[place + 1], row[place])
    return row[-1]

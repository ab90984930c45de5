"""The gate: a model's sentence passes only if all that it says stands in the facts.

The facts are a closed world. Every word that carries content is one of the item's own, or frames them ("a film by");
what is left can't name another title, person or place, nor tell a plot that isn't there. Words of the description keep
its order, so that roles are not swapped; numbers, persons' roles and articles are checked claim by claim."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import pairwise

from handpicked.agent import addressed, lexicon, link
from handpicked.agent.addressed import names
from handpicked.agent.claims import untitled, wrong_article, wrong_number, wrong_role
from handpicked.agent.support import facts_text, unsupported, wrong_order
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import STOP_WORDS, fold, language, phrase_key, sentences, tokenize, words
from handpicked.tools.types import Item

_MAX_WORDS = 55
_MAX_SENTENCES = 2
_PROMPT_CHARACTERS = 320
_NOUN = {"movie": "film", "book": "book", "music": "album", "news": "article"}
_MARKUP = re.compile(r"[<>{}\[\]|`*#_\\~^=@]|https?:|www\.|\.(?:com|org|net)\b|\n")
_END = re.compile(r"[.!?。！？…][\"'”’)」』》]*$")
_SIZES = frozenset(["oz", "ct", "lb", "pk", "ml"])
_IT = (
    "it ",
    "this ",
    "the film ",
    "the movie ",
    "the album ",
    "the book ",
    "the article ",
    "这",
    "它",
    "本片",
    "该片",
    "影片",
)


def check(sentence: str, item: Item, snapshot: Snapshot, shown: Collection[str], lang: str) -> str | None:
    """What is wrong with a sentence on an item, or None if it may be said. `shown` are the items that text may name."""
    said = sentence.strip()
    if not _END.search(said):
        return "unfinished"
    if _MARKUP.search(said) or any(unicodedata.category(char) in ("Cc", "Cf", "Co", "So") for char in said):
        return "markup"
    if len(words(said)) > _MAX_WORDS or len(sentences(untitled(said, item, "It"))) > _MAX_SENTENCES:
        return "too long"
    if language(said) != lang and language(untitled(said, item)) != lang:
        return "wrong language"
    if _loops(said, item):
        return "loop"
    if addressed.speaks(said):
        return "addressed"
    facts = facts_text(item)
    return (
        _unnamed(said, item)
        or wrong_number(said, item)
        or wrong_role(said, item)
        or wrong_article(said)
        or unsupported(said, item, facts)
        or _wrong_name(said, item, facts)
        or _wrong_title(said, item, snapshot, shown, facts)
        or wrong_order(said, item)
    )


def _unnamed(sentence: str, item: Item) -> str | None:
    """A sentence names its item by its title, whole, or says "it"."""
    said = f" {phrase_key(sentence)} "
    named = any(f" {phrase_key(name)} " in said for name in (item.title, *item.aliases) if phrase_key(name))
    it = sentence.casefold().startswith(_IT) and not sentence[:3].isupper()
    return None if named or it else "another title"


def _wrong_name(sentence: str, item: Item, facts: str) -> str | None:
    """A word with a capital inside a sentence that has none in the facts."""
    names = {token.text for token in tokenize(facts) if facts[token.start].isupper()}
    rest = untitled(sentence, item, "it")
    opens = True
    for token in tokenize(rest):
        between = rest[: token.start].rstrip(" \"'“‘(《")
        opens = not between or between[-1] in ".!?:。！？："
        if rest[token.start].isupper() and not opens:
            parts = [token.text, token.text.removesuffix("s")]
            if not any(part in names for part in parts) and not _own_term(token.text, item):
                return f"name {rest[token.start : token.end]}"
    return None


def _own_term(word: str, item: Item) -> bool:
    """Whether a word names the item's language or country as an adjective does."""
    known, own = lexicon.load(), {fold(item.language or ""), fold(item.country or "")}
    return any(
        fold(value) in own for part in (known.languages, known.countries) for value in part.get(word, ())
    )


def _wrong_title(
    sentence: str, item: Item, snapshot: Snapshot, shown: Collection[str], facts: str
) -> str | None:
    folded, own = phrase_key(facts), {item.item_id, *shown}
    for found in link.link(snapshot, untitled(sentence, item, "It")):
        span = phrase_key(untitled(sentence, item, "It")[found.start : found.end])
        if found.item_id not in own and f" {span} " not in f" {folded} ":
            return f"title {span}"
    return None


def _loops(sentence: str, item: Item) -> bool:
    """A word said twice running, a pair of words said twice, or a content word thrice; the title, people's names and
    sizes aside."""
    said = words(untitled(sentence, item))
    people = set(words(" ".join([*item.creators, *item.cast])))
    plain = (STOP_WORDS - {"film", "films", "movie"}) | people
    pairs = [pair for pair in pairwise(said) if not any(word[:1].isdigit() for word in pair)]
    telling = [pair for pair in pairs if not set(pair) <= plain]
    if len(set(telling)) < len(telling) or any(one == other for one, other in pairs):
        return True
    return any(said.count(word) > 2 for word in set(said) - plain - _SIZES if not word[:1].isdigit())


def prompt_facts(item: Item) -> str:
    """The facts that a model may use, a line each, the description cut to its first sentences.

    Item text is data: line breaks and markup are taken out, so that it can't end its own line, and what speaks to its
    reader is left out."""
    noun = _NOUN.get(item.domain, "")
    kind = " ".join(part for part in (", ".join(names(item.categories)[:2]).lower(), noun) if part)
    lines = {
        "Title": item.title,
        "Kind": f"{kind} of {item.year}" if item.year else kind,
        "By": ", ".join(names(item.creators)[:2]),
        "Length": f"{item.runtime} minutes" if item.runtime else "",
        "Price": f"${item.price:.2f}" if item.price is not None else "",
        "Plot" if item.domain == "movie" else "About": " ".join(
            sentences(addressed.told(item.description))[:2]
        )[:_PROMPT_CHARACTERS],
    }
    return "\n".join(f"{name}: {_MARKUP.sub(' ', value).strip()}" for name, value in lines.items() if value)

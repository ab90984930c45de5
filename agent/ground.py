"""The gate: a model's sentence passes only if all that it says stands in the facts."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

from handpicked.agent import link
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import STOP_WORDS, content_words, fold, language, sentences, tokenize, words
from handpicked.tools.types import Item

_MAX_WORDS = 55
_MIN_SUPPORT = 0.6
_STEM = 5
_PROMPT_CHARACTERS = 320
_NOUN = {"movie": "film", "book": "book", "music": "album", "news": "article"}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SPELLED = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|fifty|hundred|thousand|million|dozen)\b"
    r"(?=[\s-]+(?:hours?|minutes?|years?|dollars?|stars?|oscars?|awards?|films?|million|hundred))",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"[<>{}\[\]|`*#_\\]|https?:|www\.|\n")
_NAME = re.compile(r"[A-ZÀ-Þ][\w’'À-ÿ-]*")
_ROLE = re.compile(r"\b(written|directed|starring)(?:\s+by)?\s+((?:[A-ZÀ-Þ][\w’'.-]*\s?)+)", re.IGNORECASE)
_END = re.compile(r"[.!?。！？…][\"'”’)」』》]*$")

# Words that may open a sentence with a capital without being a name.
_STARTERS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "he",
        "she",
        "they",
        "we",
        "you",
        "your",
        "his",
        "her",
        "their",
        "our",
        "in",
        "on",
        "at",
        "by",
        "with",
        "without",
        "from",
        "for",
        "to",
        "of",
        "as",
        "if",
        "when",
        "while",
        "after",
        "before",
        "during",
        "once",
        "since",
        "until",
        "although",
        "though",
        "because",
        "both",
        "each",
        "every",
        "some",
        "many",
        "most",
        "two",
        "three",
        "one",
        "there",
        "here",
        "where",
        "what",
        "who",
        "how",
        "and",
        "but",
        "or",
        "so",
        "yet",
        "not",
        "no",
        "set",
        "based",
        "directed",
        "starring",
        "written",
        "featuring",
        "follows",
        "following",
        "told",
        "filmed",
        "made",
        "released",
        "known",
        "if's",
        "it's",
        "when's",
        "perfect",
        "great",
        "classic",
        "fans",
        "viewers",
        "full",
        "like",
        "just",
        "another",
        "critics",
        "audiences",
        "expect",
        "enjoy",
        "watch",
        "see",
        "meet",
        "discover",
        "join",
        "dive",
    ]
)


def check(sentence: str, item: Item, snapshot: Snapshot, shown: Collection[str], lang: str) -> str | None:
    """What is wrong with a sentence on an item, or None if it may be said.

    Every title named is of an item in `shown`, every number and name is this item's, most of the content
    words are supported by its facts, and nothing loops. The sentence is text: markup is refused."""
    if not sentence.strip() or not _END.search(sentence.strip()):
        return "unfinished"
    if _MARKUP.search(sentence):
        return "markup"
    if len(words(sentence)) > _MAX_WORDS:
        return "too long"
    if language(sentence) != lang:
        return "wrong language"
    if _loops(sentence, item.title):
        return "loop"
    facts = _facts_text(item)
    known = {token.text for token in tokenize(facts)}
    return (
        _wrong_number(sentence, item, facts)
        or _wrong_role(sentence, item)
        or _wrong_name(sentence, known)
        or _wrong_title(sentence, snapshot, shown, facts)
        or _unsupported(sentence, known)
    )


def _facts_text(item: Item) -> str:
    parts: list[object] = [
        item.title, *item.aliases, item.year, item.runtime, item.price, item.rating, *item.categories, *item.creators,
        *item.cast, item.brand, item.language, item.country, item.description, *item.attributes.values(),
    ]  # fmt: skip
    return " . ".join(str(part) for part in parts if part not in (None, ""))


def _wrong_number(sentence: str, item: Item, facts: str) -> str | None:
    allowed = {number.replace(",", "") for number in _NUMBER.findall(facts)}
    if item.price is not None:
        allowed |= {f"{item.price:.2f}", f"{item.price:g}"}
    if item.year is not None:
        allowed.add(f"{item.year // 10 * 10}")
    for number in _NUMBER.findall(sentence):
        if number.replace(",", "").rstrip(".") not in allowed:
            return f"number {number}"
    for spelled in _SPELLED.finditer(sentence):
        if (
            fold(sentence[spelled.start() :][:24]) not in fold(facts)
            and spelled[0].casefold() not in fold(facts).split()
        ):
            return f"number {spelled[0]}"
    return None


def _wrong_name(sentence: str, known: Collection[str]) -> str | None:
    start = True
    for match in re.finditer(r"\S+", sentence):
        found = _NAME.search(match[0].lstrip("\"'“‘(«"))
        if found and found.start() == 0:
            parts = [token.text.removesuffix("s") for token in tokenize(found[0])]
            supported = all(part in known or f"{part}s" in known for part in parts)
            opener = start and found[0].casefold() in _STARTERS
            if not supported and not opener and found[0] != "I":
                return f"name {found[0]}"
        start = match[0][-1] in ".!?:" or match[0].endswith(('."', ".”"))
    return None


def _wrong_title(sentence: str, snapshot: Snapshot, shown: Collection[str], facts: str) -> str | None:
    folded = fold(facts)
    for found in link.link(snapshot, sentence):
        span = sentence[found.start : found.end]
        if found.item_id not in shown and fold(span) not in folded:
            return f"title {span}"
    return None


def _unsupported(sentence: str, known: Collection[str]) -> str | None:
    stems = {word[:_STEM] for word in known}
    content = content_words(sentence)
    supported = sum(word[:_STEM] in stems for word in content)
    return None if supported >= _MIN_SUPPORT * len(content) else f"support {supported}/{len(content)}"


def _wrong_role(sentence: str, item: Item) -> str | None:
    """A person named with a role must have it: who directed a film did not write it."""
    writers = str(item.attributes.get("writers", ""))
    holders = {"written": writers, "directed": " ".join(item.creators), "starring": " ".join(item.cast)}
    if item.domain != "movie":
        holders["written"] = " ".join(item.creators)
    for found in _ROLE.finditer(sentence):
        people = {token.text for token in tokenize(holders[found[1].casefold()])}
        if not {token.text for token in tokenize(found[2])} <= people:
            return f"role {found[0]}"
    return None


def _loops(sentence: str, title: str) -> bool:
    """A word said twice running, a pair of words said twice, or a content word thrice, the title aside."""
    said = words(sentence.replace(title, " "))
    pairs = list(pairwise(said))
    if len(set(pairs)) < len(pairs) or any(one == other for one, other in pairs):
        return True
    return any(said.count(word) > 2 for word in set(said) - STOP_WORDS)


def prompt_facts(item: Item) -> str:
    """The facts that a model may use, a line each, the description cut to its first sentences.

    Item text is data: line breaks and markup are taken out, so that it can't end its own line."""
    noun = _NOUN.get(item.domain, "")
    kind = " ".join(part for part in (", ".join(item.categories[:2]).lower(), noun) if part)
    lines = {
        "Title": item.title,
        "Kind": f"{kind} of {item.year}" if item.year else kind,
        "By": ", ".join(item.creators[:2]),
        "Length": f"{item.runtime} minutes" if item.runtime else "",
        "Price": f"${item.price:.2f}" if item.price is not None else "",
        "Plot" if item.domain == "movie" else "About": " ".join(sentences(item.description)[:2])[
            :_PROMPT_CHARACTERS
        ],
    }
    return "\n".join(f"{name}: {_MARKUP.sub(' ', value).strip()}" for name, value in lines.items() if value)

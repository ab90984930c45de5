"""What an item is, and what a user wished, in a few words of English or Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import yaml

from handpicked import prompts
from handpicked.agent import addressed, lexicon
from handpicked.tools.data.text import has_cjk, normalize, words
from handpicked.tools.data.text import language as language_of
from handpicked.tools.types import Constraint, Item, Scalar

GOODS = ("grocery",)
"""Domains of goods: they have a shelf, a price and a size, no author."""
_SPACE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_CONSONANT_STARTS = ("uni", "euro", "one", "use", "u.s")
Phrases = Mapping[str, Any]


@cache
def phrases(language: str) -> Phrases:
    """The part of `prompts/phrases.yaml` for a language; English for one that it lacks."""
    document: Mapping[str, Phrases] = yaml.load(prompts.read_text("phrases.yaml"), yaml.CSafeLoader)
    return document.get(language, document["en"])


@cache
def asking(language: str) -> frozenset[str]:
    """The words of questions that facts answer."""
    known: Mapping[str, Any] = phrases(language)["answers"]
    asks = [ask for field, said in known.items() if field != "unknown" for ask in said["asks"]]
    return frozenset(word for ask in asks for word in words(ask))


def description(item: Item, language: str) -> str:
    """What an item is: "a 1982 sci-fi thriller by Ridley Scott, 117 minutes", "batteries, about $1.09 for 4 ct"."""
    known = phrases(language)
    price = known["price"].format(item.price) if item.price is not None else ""
    if item.domain in GOODS:
        return _of_goods(item, language, price)
    people = joined(addressed.names(item.creators)[:2], language)
    by = known["by"].get(item.domain, known["by"]["item"]).format(people) if people else ""
    length = known["length"].format(item.runtime) if item.runtime else ""
    if language == "zh":
        return tight("，".join(filter(None, [_phrase_zh(item), by, length, price])))
    return ", ".join(filter(None, [_phrase_en(item) + by, length, price]))


def tight(text: str) -> str:
    """A text without the spaces between ideographs."""
    return _SPACE.sub("", text)


def _phrase_en(item: Item) -> str:
    """Year, kinds and noun; the noun is left out behind a kind that is one ("a 1966 western")."""
    kind = kinds(item, "en")
    ends = any(kind.endswith(head) for head in phrases("en")["heads"].get(item.domain, ()))
    return with_article(
        " ".join(filter(None, [str(item.year or ""), kind, "" if ends else _noun(item, "en")]))
    )


def _phrase_zh(item: Item) -> str:
    kind, noun = kinds(item, "zh"), _noun(item, "zh")
    noun = "" if kind.endswith(("片", "小说", noun)) else noun
    measure = phrases("zh")["nouns"].get(item.domain, phrases("zh")["nouns"]["item"])[0]
    return f"{item.year} 年的{kind}{noun}" if item.year else f"一{measure}{kind}{noun}"


def kinds(item: Item, language: str) -> str:
    """The first two categories as one phrase: "sci-fi comedy", "romantic drama", 科幻、喜剧."""
    labels = [label for label in addressed.names(item.categories)[:2] if label]
    if language == "zh":
        names = [name for label in labels if has_cjk(name := chinese(label))]
        return joined([*(name.removesuffix("片") for name in names[:-1]), *names[-1:]], "zh")
    known, lower = phrases("en"), [label.lower() for label in labels]
    adjectives: Mapping[str, str] = known["adjectives"]
    head = next((head for head in known["heads"].get(item.domain, ()) if head in lower), None)
    before = [label for label in lower if label != head]
    before.sort(key=lambda label: label not in adjectives)
    return " ".join([*(adjectives.get(label, label) for label in before), *([head] if head else [])])


def _of_goods(item: Item, language: str, price: str) -> str:
    """Shelf, price and size; a shelf that the title says, or that has no name in the language, is left out."""
    shelf = (addressed.names(item.categories) or ("",))[-1]
    named = chinese(shelf) if language == "zh" else shelf.lower()
    told = normalize(shelf) in normalize(item.title) or (language == "zh" and not has_cjk(named))
    size = str(item.attributes.get("package_size") or "")
    if price and size[:1].isdigit():
        price += phrases(language)["size"].format(size)
    parts = ["" if told else named, price]
    return ("，" if language == "zh" else ", ").join(filter(None, parts)) or _noun(item, language)


def _noun(item: Item, language: str) -> str:
    nouns = phrases(language)["nouns"]
    measured = nouns.get(item.domain, nouns["item"])
    return str(measured[1] if language == "zh" else measured[0])


def chinese(label: str) -> str:
    """A category's Chinese name, where the lexicon has one."""
    return lexicon.load().chinese.get(label.casefold(), label)


def counted(domains: Sequence[str], language: str) -> tuple[str, str]:
    """The two forms of the noun for items of these domains: one and many, or measure word and noun."""
    nouns = phrases(language)["nouns"]
    found = nouns.get(domains[0], nouns["item"]) if len(set(domains)) == 1 else nouns["item"]
    return str(found[0]), str(found[1])


def wish(constraint: Constraint, language: str) -> str:
    """A wish in the user's own words where it came from a text in this language, else in ours."""
    known, span = phrases(language), constraint.span
    if constraint.field == "domain":
        nouns = known["nouns"]
        named = joined([nouns.get(value, ("", value))[1] for value in constraint.value], language)
        return known["refused"].format(named) if constraint.op == "not_in" else named
    if constraint.op == "range":
        return span.strip() if span else _bounds(constraint, language)
    own = span if span and language_of(span) == language else ""
    named = own or joined([_term(value, language) for value in constraint.value[:3]], language)
    return known["refused"].format(named) if constraint.op == "not_in" else named


def _term(value: Scalar | None, language: str) -> str:
    return chinese(str(value)) if language == "zh" else str(value)


def _bounds(constraint: Constraint, language: str) -> str:
    known, (low, high), field = phrases(language), constraint.value, constraint.field
    shape = "at_most" if low is None else "at_least" if high is None else "between"
    values = [value for value in (low, high) if value is not None]
    shown = [
        f"{value:g}" if isinstance(value, int | float) and field != "year" else str(value) for value in values
    ]
    template = known[shape].get(field) or known[shape]["other"]
    return str(template.format(*shown, *([""] if not shown else []), field=field))


def with_article(phrase: str) -> str:
    """A phrase with "a" or "an" as it is spoken: an 1890 drama, an 89-minute film, a unicorn."""
    first = phrase.split()[0].casefold() if phrase.split() else ""
    vowel = first[:1] in "aeiou" if first[:1].isalpha() else _spoken_vowel(first)
    return f"{'an' if vowel and not first.startswith(_CONSONANT_STARTS) else 'a'} {phrase}"


def _spoken_vowel(number: str) -> bool:
    digits = "".join(char for char in number.split("-")[0] if char.isdigit())
    return number.startswith("8") or (
        digits in ("11", "18") or (len(digits) == 4 and digits[:2] in ("11", "18"))
    )


def joined(parts: Sequence[str], language: str) -> str:
    """A list in words: "a, b and c", "甲、乙、丙"."""
    known, given = phrases(language), list(parts)
    return (
        known["comma"].join(given[:-1]) + (known["and"] if len(given) > 1 else "") + given[-1]
        if given
        else ""
    )

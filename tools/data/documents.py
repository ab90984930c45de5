"""The texts that stand for an item in the vector index."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from handpicked.tools.types import Item

FROM_FACTS = "description_from_facts"
"""The attribute by which a catalogue says that a description was made of the item's other fields."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How much of an item its texts tell; docs/measurements.md has what was compared. `passage` and `longest` are characters of
    the description: in a passage at most, and at all."""

    creators: int = 2
    cast: int = 3
    passage: int = 400
    longest: int = 20_000


@dataclass(frozen=True, slots=True)
class Document:
    """Texts for search, never shown: the item's facts, and the passages of its description. `generated`: the item has no
    description of its own."""

    text: str
    generated: bool
    passages: tuple[str, ...] = ()


def document(item: Item, layout: Layout | None = None, *, tags: tuple[str, ...] = ()) -> Document:
    """What an item is called, what it is, who made it, when and where, in which language, and who is in it; apart from that what
    its description says, the title before its beginning.

    Apart, since a text says much that has no likeness in other items' facts: items with one and without would not be found
    to be alike."""
    layout = layout or Layout()
    made = (str(item.year or ""), item.brand, item.country, item.language)
    facts = (
        item.title,
        ", ".join((*item.categories, *tags)),
        ", ".join(item.creators[: layout.creators]),
        ", ".join(filter(None, made)),
        ", ".join(item.cast[: layout.cast]),
    )
    own = item.description and not item.attributes.get(FROM_FACTS)
    passages = _passages(item.description[: layout.longest], layout)
    if passages:
        passages[0] = f"{item.title}. {passages[0]}"
    return Document(". ".join(filter(None, facts)), not own, tuple(passages))


def _passages(text: str, layout: Layout) -> list[str]:
    return [found.strip() for found in _piece(layout.passage).findall(text)]


@cache
def _piece(most: int) -> re.Pattern[str]:
    """As many characters as fit, up to a space or a mark that ends a Chinese phrase where there is one."""
    more = most - 1
    return re.compile(rf"(?s)\S(?:.{{0,{more}}}(?:(?<=[。！？；，])|(?=\s|\Z))|.{{0,{more}}})")

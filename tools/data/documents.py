"""The text that stands for an item in the vector index."""

from __future__ import annotations

from dataclasses import dataclass

from handpicked.tools.types import Item

_DESCRIPTION_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Document:
    """A text for search, never shown. `generated`: the item has no description, and its facts stand in."""

    text: str
    generated: bool


def document(item: Item) -> Document:
    """What an item is called, what it is, who made it, and how its description begins."""
    about = [item.title, ", ".join(item.categories), ", ".join(item.creators[:2])]
    said = item.description[:_DESCRIPTION_CHARACTERS]
    return Document(". ".join(part for part in [*about, said] if part), generated=not said)

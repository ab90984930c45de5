"""The text that stands for an item in the vector index."""

from __future__ import annotations

from dataclasses import dataclass

from handpicked.tools.types import Item

FROM_FACTS = "description_from_facts"
"""The attribute by which a catalogue says that a description was made of the item's other fields."""
_DESCRIPTION_CHARACTERS = 400
_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Document:
    """A text for search, never shown. `generated`: the item has no description of its own, and its facts stand in."""

    text: str
    generated: bool


def document(item: Item) -> Document:
    """What an item is called, what it is, who made it, and how its description begins; without a description, when
    and where it was made, in which language, and who is in it."""
    about = [item.title, ", ".join(item.categories), ", ".join(item.creators[:2])]
    said = item.description[:_DESCRIPTION_CHARACTERS]
    if said:
        about.append(said)
    else:
        made = (str(item.year or ""), item.brand, item.country, item.language)
        about += [", ".join(filter(None, made)), ", ".join(item.cast[:_PEOPLE])]
    own = said and not item.attributes.get(FROM_FACTS)
    return Document(". ".join(filter(None, about)), generated=not own)

"""What an item's text tells of it. Derived: kept beside the item's own fields, never in their place."""

from __future__ import annotations

from dataclasses import dataclass

from handpicked.tools.data import analysis
from handpicked.tools.data.documents import Document, document
from handpicked.tools.types import Item

TEXT_LANGUAGE = "text_language"
"""The column of a build with the language of descriptions (a title alone seldom tells its own); an attribute of that
name goes before it."""


@dataclass(frozen=True, slots=True)
class Features:
    """The language of the item's text, what the text speaks of, and what stands for the item in search."""

    text_language: str | None
    key_phrases: tuple[str, ...]
    document: Document


def features(item: Item) -> Features:
    """All features of an item; some milliseconds for each hundred words."""
    phrases = analysis.key_phrases(item.description) if item.description else []
    return Features(text_language(item), tuple(phrases), document(item))


def text_language(item: Item) -> str | None:
    """The language that title and description are written in, as ISO 639-1: of a film it may not be the film's."""
    return analysis.detect(f"{item.title}. {item.description}" if item.description else item.title)

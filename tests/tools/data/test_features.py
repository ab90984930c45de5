"""What an item's text tells of it, apart from its own fields."""

from __future__ import annotations

from handpicked.tools.data.features import features, text_language
from handpicked.tools.types import Item

ITEM = Item(
    "b1",
    "Über Flüsse",
    "book",
    description="Warum Flüsse ihren Lauf verändern, und was das für die Städte an ihren Ufern bedeutet.",
    language="English",
)


def test_the_language_of_the_text_is_told_beside_the_items_own() -> None:
    assert text_language(ITEM) == "de"
    assert ITEM.language == "English"


def test_a_title_that_tells_no_language_has_none() -> None:
    assert text_language(Item("f", "Heat")) is None
    assert text_language(Item("f", "花樣年華")) == "zh"


def test_features_are_phrases_of_the_description_and_the_document_of_search() -> None:
    item = Item(
        "n1", "Clinic", description="Rural doctors use artificial intelligence. Rural doctors like it."
    )
    found = features(item)
    assert found.key_phrases[0] == "rural doctor"
    assert "artificial intelligence" in found.key_phrases
    assert not found.document.generated


def test_an_item_without_a_description_has_no_phrases_and_a_document_made_of_facts() -> None:
    found = features(Item("f1", "Quiet Street", "movie", categories=("Drama",), year=1950))
    assert found.key_phrases == ()
    assert (found.document.text, found.document.generated) == ("Quiet Street. Drama. 1950", True)

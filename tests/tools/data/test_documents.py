"""The texts that stand for items in the vector index."""

from __future__ import annotations

from handpicked.tools.data.documents import FROM_FACTS, Document, document
from handpicked.tools.types import Item


def test_a_document_tells_title_labels_and_the_start_of_the_description() -> None:
    item = Item("i", "Up", description="x" * 1_000, categories=("Comedy",), creators=("A", "B", "C"))
    assert document(item) == Document(f"Up. Comedy. A, B. {'x' * 400}", generated=False)


def test_a_document_without_a_description_is_made_of_facts_and_marked() -> None:
    item = Item(
        "i",
        "Up",
        categories=("Comedy",),
        creators=("A",),
        cast=("D", "E", "F", "G"),
        year=2009,
        country="Peru",
    )
    assert document(item) == Document("Up. Comedy. A. 2009, Peru. D, E, F", generated=True)


def test_a_description_that_a_catalogue_made_of_facts_is_marked_too() -> None:
    item = Item("i", "Milk", description="Milk: in the dairy department.", attributes={FROM_FACTS: True})
    assert document(item) == Document("Milk. Milk: in the dairy department.", generated=True)

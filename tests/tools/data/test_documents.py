"""The texts that stand for items in the vector index."""

from __future__ import annotations

from handpicked.tools.data.documents import Document, document
from handpicked.tools.types import Item


def test_a_document_tells_title_labels_and_the_start_of_the_description() -> None:
    item = Item("i", "Up", description="x" * 1_000, categories=("Comedy",), creators=("A", "B", "C"))
    assert document(item) == Document(f"Up. Comedy. A, B. {'x' * 400}", generated=False)


def test_a_document_without_a_description_is_marked_as_made_from_facts() -> None:
    item = Item("i", "Up", categories=("Comedy",), creators=("A",))
    assert document(item) == Document("Up. Comedy. A", generated=True)

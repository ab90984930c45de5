"""What the tools' tests share: one snapshot to read, random constraints, and an embedder without a model."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import get_args

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import NUMERIC_FIELDS, Constraint, Embedder, Floats, Item, Op, Scalar

_TERMS = {
    "categories": ("Thriller", "sci-fi", "SNACKS", "Dairy", "Nothing"),
    "creators": ("Ada Brandt", "ida lupin", "林知夏"),
    "brand": ("Acme", "brill"),
    "language": ("english", "Chinese"),
    "domain": ("movie", "Grocery", "book"),
    "item_id": ("f1", "g2", "nobody"),
    "in_stock": (True, False),
}
_BOUNDS = {
    "price": (0, 1.89, 2.5, 6.5),
    "year": (1944, 1982, 2009.5),
    "runtime": (52, 100, 170),
    "rating": (7, 8),
}


class Toy:
    """Texts to unit vectors by a hash of their words: no model, and the same in every process."""

    name = "toy"
    dimensions = 32

    def embed_matrix(self, texts: Sequence[str]) -> Floats:
        """Give an array of shape (len(texts), 32)."""
        matrix = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()) or ["-"]:
                seed = int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "big")
                matrix[row] += np.random.default_rng(seed).standard_normal(self.dimensions)
            matrix[row] /= np.linalg.norm(matrix[row])
        return matrix

    def query(self, text: str) -> Floats:
        """Give one text's vector."""
        return self.embed_matrix([text])[0]


@pytest.fixture(scope="session")
def toy() -> Embedder:
    """An embedder without a model."""
    return Toy()


@pytest.fixture(scope="session")
def snapshot(built: Workspace, embedder: Embedder) -> Snapshot:
    """The twenty items, to be read."""
    return Index(built, embedder).snapshot()


@pytest.fixture(scope="session")
def shared(snapshot: Snapshot, built: Workspace, embedder: Embedder) -> Context:
    """What tools are bound to, for nobody in particular; for properties, which ask for it many times."""
    return Context(snapshot, embedder, built.events, time.time())


@pytest.fixture(scope="session")
def constraint_lists() -> SearchStrategy[list[Constraint]]:
    """Lists of up to three constraints that make sense for the twenty items."""
    ops = st.sampled_from([op for op in get_args(Op) if op != "range"])
    listed = [
        st.builds(
            Constraint,
            st.just(field),
            ops,
            st.lists(st.sampled_from(terms), min_size=1, max_size=2).map(tuple),
        )
        for field, terms in _TERMS.items()
    ]
    ranges = [
        st.builds(
            Constraint, st.just(field), st.just("range"), st.tuples(*[st.sampled_from([None, *bounds])] * 2)
        )
        for field, bounds in _BOUNDS.items()
    ]
    return st.lists(st.one_of(*listed, *ranges), max_size=3)


@pytest.fixture(scope="session")
def keeps() -> Callable[[Item, Constraint], bool]:
    """Whether an item keeps a constraint, found out the slow way."""
    return _keeps


def _keeps(item: Item, constraint: Constraint) -> bool:
    values = [value for value in _values(item, constraint.field) if value is not None]
    if constraint.op == "range":
        low, high = constraint.value
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        return any(
            (not isinstance(low, int | float) or number >= low)
            and (not isinstance(high, int | float) or number <= high)
            for number in numbers
        )
    wanted = {_plain(value) for value in constraint.value}
    return any(_plain(value) in wanted for value in values) != (constraint.op == "not_in")


def _values(item: Item, field: str) -> Sequence[Scalar | None]:
    if field in NUMERIC_FIELDS or field in ("brand", "domain", "item_id", "in_stock"):
        return [getattr(item, field)]
    if field in ("language", "country"):
        return (getattr(item, field) or "").split(", ")
    return (
        getattr(item, field) if field in ("categories", "creators", "cast") else [item.attributes.get(field)]
    )


def _plain(value: Scalar | None) -> str:
    return re.sub(r"\W+", " ", str(value).casefold()).strip()

"""Vectors of items by other models (of pictures, of sound): views of the catalogue beside its texts, and how they are fused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import orjson

from handpicked.tools.data import packed, vectors
from handpicked.tools.data.passages import EXACT
from handpicked.tools.data.vectors import Vectors
from handpicked.tools.types import Floats, Item, Rows

FOLDER = "views"


@dataclass(frozen=True, slots=True)
class Scale:
    """How the cosines of a view count: less the mean over pairs of items, divided by their spread, times the weight. Where an item
    lacks the view, `slope` times the texts' figure stands in, which is what it would be expected to have: lacking it is no
    penalty and no gain."""

    weight: float = 1.0
    mean: float = 0.0
    spread: float = 1.0
    slope: float = 0.0


@dataclass(frozen=True, slots=True)
class Given:
    """A column of vectors: the rows that have one, ascending, and the unit vectors, shape (rows, dimensions)."""

    rows: Rows
    matrix: Floats


@dataclass(frozen=True, slots=True)
class View:
    """A column of a build, opened; `at` is each row's place in it, -1 where it has none."""

    vectors: Vectors
    rows: Rows
    at: Rows
    scale: Scale


@dataclass(frozen=True, slots=True)
class Views:
    """All columns of a build by name, and the scale of the texts' cosines."""

    text: Scale
    columns: Mapping[str, View]


def apart(found: Iterable[Item]) -> tuple[list[Item], dict[str, Given], int]:
    """Give the items without their vectors, the vectors by column, and how many were left out: those whose length isn't the
    commonest of their column, which another model made."""
    items: list[Item] = []
    kept: dict[str, list[tuple[int, Floats]]] = {}
    for row, item in enumerate(found):
        for name, text in item.vectors.items():
            kept.setdefault(name, []).append((row, packed.unpack(text)))
        items.append(replace(item, vectors={}) if item.vectors else item)
    given = {name: _commonest(one) for name, one in kept.items()}
    return items, given, sum(map(len, kept.values())) - sum(len(one.rows) for one in given.values())


def of_items(items: Sequence[Item], views: Views) -> dict[str, Floats]:
    """The vectors of a few items for each of a build's columns, NaN where an item has none of that length."""
    found: dict[str, Floats] = {}
    for name, view in views.columns.items():
        matrix = np.full((len(items), view.vectors.matrix.shape[1]), np.nan, np.float32)
        for row, item in enumerate(items):
            text = item.vectors.get(name)
            if text is not None and packed.size(text) == matrix.shape[1]:
                matrix[row] = packed.unpack(text)
        found[name] = matrix
    return found


def fused(scales: Sequence[Scale], cosines: Floats) -> Floats:
    """Scores of cosines of shape (items, views), the texts' first, NaN where an item lacks a view."""
    weights, means, spreads, slopes = (
        np.array([getattr(one, name) for one in scales], np.float32)
        for name in ("weight", "mean", "spread", "slope")
    )
    figures = (cosines - means) / spreads
    return np.where(np.isnan(figures), slopes * figures[:, :1], figures) @ weights


def save(given: Mapping[str, Given], scales: Sequence[Scale], folder: Path) -> None:
    """Write `views/`: a numbered folder for each column, and how they are fused. Raises OSError when that fails."""
    (folder / FOLDER).mkdir()
    for number, one in enumerate(given.values()):
        place = folder / FOLDER / str(number)
        place.mkdir()
        vectors.save(one.matrix, place, indexed=len(one.matrix) > EXACT)
        np.save(place / "rows.npy", one.rows)
    known = {"columns": list(given), "scales": [asdict(scale) for scale in scales]}
    (folder / FOLDER / "views.json").write_bytes(orjson.dumps(known))


def load(folder: Path, n_items: int) -> Views:
    """Read back what `save` wrote; no columns where a build has none."""
    if not (folder / FOLDER).is_dir():
        return Views(Scale(), {})
    known = orjson.loads((folder / FOLDER / "views.json").read_bytes())
    text, *scales = (Scale(**scale) for scale in known["scales"])
    names: list[str] = known["columns"]
    columns = {
        name: _open(folder / FOLDER / str(number), scale, n_items)
        for number, (name, scale) in enumerate(zip(names, scales, strict=True))
    }
    return Views(text, columns)


def places(rows: Rows, n_items: int) -> Rows:
    """The place of each item's row among some, -1 where it isn't."""
    at = np.full(n_items, -1, np.int64)
    at[rows] = np.arange(len(rows))
    return at


def _open(place: Path, scale: Scale, n_items: int) -> View:
    rows: Rows = np.load(place / "rows.npy")
    return View(Vectors(place), rows, places(rows, n_items), scale)


def _commonest(found: Sequence[tuple[int, Floats]]) -> Given:
    [(length, _)] = Counter(len(vector) for _, vector in found).most_common(1)
    kept = [(row, vector) for row, vector in found if len(vector) == length]
    return Given(np.array([row for row, _ in kept], np.int64), np.stack([vector for _, vector in kept]))

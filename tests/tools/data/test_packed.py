"""Vectors that come with items: read, packed, refused."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data import packed
from handpicked.tools.data.ingest import ingest
from handpicked.tools.data.inputs import IngestFiles
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Item

pa: Any = import_module("pyarrow")
pq: Any = import_module("pyarrow.parquet")


@pytest.mark.parametrize(
    "value", [[3, 4], [3e300, 4e300], "3 4", "[3.0, 4.0]", "3;4", np.array([3, 4], np.float32)]
)
def test_lists_and_their_texts_are_read_with_length_one(value: object) -> None:
    found = packed.read(value)
    assert found is not None
    assert found.tolist() == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([0.0, 0.0], "all zeros"),
        ([1.0, float("nan")], "missing or not finite"),
        ([1.0, None], "missing or not finite"),
        ([float("inf")], "missing or not finite"),
        ("red, green", "no list of numbers"),
        ([[1.0], [2.0]], "no list of 1 to"),
        ([], "no list of 1 to"),
        (7, "no list of 1 to"),
        ({"x": 1}, "no list of numbers"),
    ],
)
def test_what_is_no_vector_is_told(value: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        packed.read(value)


@given(
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=40).filter(lambda v: sum(map(abs, v)) > 1)
)
def test_packing_keeps_the_direction(numbers: list[float]) -> None:
    vector = packed.read(numbers)
    assert vector is not None
    text = packed.pack(vector)
    assert packed.size(text) == len(numbers)
    assert float(packed.unpack(text) @ vector) == pytest.approx(1.0, abs=1e-3)


def test_bad_vectors_are_rejected_with_their_reasons_and_missing_ones_are_not(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    path = tmp_path / "items.jsonl"
    path.write_text(
        '{"item_id": 1, "title": "a", "image_vector": [1, 2]}\n'
        '{"item_id": 2, "title": "b", "image_vector": [1, 2, 3]}\n'
        '{"item_id": 3, "title": "c", "image_vector": [0, 0]}\n'
        '{"item_id": 4, "title": "d", "image_vector": [NaN, 1]}\n'
        '{"item_id": 5, "title": "e"}\n'
        '{"item_id": 6, "title": "f", "image_vector": null}\n'
    )
    report = ingest(workspace, IngestFiles(items=(path,)))
    assert report.kinds["items"].reasons == {
        "image_vector of another length": 1,
        "unreadable image_vector": 2,
    }
    assert (
        report.kinds["items"]
        .first["image_vector of another length"]
        .endswith("row 2: 3 numbers; the first of this column has 2")
    )
    assert sorted(workspace.catalog.ids()) == ["1", "5", "6"]


def test_parquet_lists_give_what_the_same_numbers_as_text_give(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    table = {
        "item_id": ["1", "2", "3"],
        "title": ["a", "b", "c"],
        "image_vector": [*map(np.ndarray.tolist, numbers)],
    }
    pq.write_table(pa.table(table), tmp_path / "items.parquet")
    rows = "\n".join(f'{at + 1},{"abc"[at]},"{row.tolist()}"' for at, row in enumerate(numbers))
    (tmp_path / "items.csv").write_text(f"item_id,title,image_vector\n{rows}\n")
    found: list[list[Item]] = []
    for name in ("items.parquet", "items.csv"):
        workspace = Workspace.open(tmp_path / name.replace(".", "-"))
        ingest(workspace, IngestFiles(items=(tmp_path / name,)))
        found.append(list(workspace.catalog.scan()))
    assert found[0] == found[1]
    assert all(item.vectors for item in found[0])

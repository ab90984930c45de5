"""Rows of anything at all: nothing crashes, and the counts add up."""

from __future__ import annotations

import csv
import json
import random
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.tools.data.ingest import ingest
from handpicked.tools.data.inputs import IngestFiles
from handpicked.tools.data.parse import (
    Kind,
    Rejected,
    parse_campaign,
    parse_dialogue,
    parse_event,
    parse_item,
    parse_user,
)
from handpicked.tools.data.report import IngestReport
from handpicked.tools.data.rows import Row
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError

pa: Any = import_module("pyarrow")
pq: Any = import_module("pyarrow.parquet")

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["up", "heat", "2020-01-31", "1.299,00 €", 10**400, "\ud800", "\0", "\u202e", "x" * 600]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
COLUMNS = st.sampled_from([
    "item_id", "title", "user_id", "event", "timestamp", "value", "price", "year", "runtime", "categories", "in_stock", "position",
    "propensity", "campaign_id", "item_ids", "start", "end", "cap", "context", "target", "mentioned", "dialogue_id", "other", "", "\0", "v_vector",
])  # fmt: skip
FIRST: dict[Kind, dict[str, str]] = {
    "items": {"item_id": "up", "title": "Up"}, "users": {"user_id": "ann"}, "events": {"user_id": "ann", "item_id": "up"},
    "campaigns": {"campaign_id": "c", "item_ids": "up"}, "dialogues": {"context": "hi", "target": "up"},
}  # fmt: skip


ROWS = st.dictionaries(COLUMNS, VALUES, max_size=8)


@settings(max_examples=400, deadline=None)
@given(ROWS, st.sampled_from(sorted(FIRST)), st.booleans())
def test_any_row_is_parsed_or_rejected_with_a_reason(row: dict[str, Any], kind: Kind, infer: bool) -> None:
    parse: Mapping[Kind, Callable[[Row], object]] = {
        "items": partial(parse_item, infer=infer),
        "users": partial(parse_user, infer=infer),
        "events": partial(parse_event, known_items={"up"}, has_kind=True, latest=2e9),
        "campaigns": parse_campaign,
        "dialogues": partial(parse_dialogue, known_items={"up"}),
    }
    for given_ in (row, {**FIRST[kind], **row}, {**row, **FIRST[kind]}):
        try:
            parse[kind](given_)
        except Rejected as why:
            assert str(why).startswith(why.reason)  # noqa: PT017 - both outcomes are fine


@settings(max_examples=10, deadline=None)
@given(st.lists(ROWS, max_size=30), st.sampled_from(sorted(FIRST)))
def test_rows_of_anything_are_kept_merged_or_rejected(rows: list[dict[str, Any]], kind: Kind) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [
            json.dumps(FIRST[kind]),
            *(json.dumps(FIRST[kind] | row) for row in rows),
            *map(json.dumps, rows),
        ]
        (folder / "rows.jsonl").write_text("\n".join(lines))
        (folder / "items.jsonl").write_text(json.dumps(FIRST["items"]))
        workspace = Workspace.open(folder / "shop")
        ingest(workspace, IngestFiles(items=(folder / "items.jsonl",)))
        report = ingest(workspace, IngestFiles(**{kind: (folder / "rows.jsonl",)}))
        assert report.kinds[kind].read == len(lines)
        assert_adds_up(report, workspace)
        workspace.close()


def assert_adds_up(report: IngestReport, workspace: Workspace) -> None:
    rejected = 0
    for counts in report.kinds.values():
        assert counts.read == counts.kept + counts.merged + counts.rejected
        assert sum(counts.reasons.values()) == counts.merged + counts.rejected
        rejected += counts.rejected
    json.dumps(report.as_json()).encode()
    if rejected:
        assert report.rejects is not None
        with report.rejects.open(encoding="utf-8", newline="") as stream:
            assert len(list(csv.DictReader(stream))) == rejected
    list(workspace.catalog.scan())


def test_a_parquet_file_with_a_bit_turned_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    rng = random.Random(1)
    whole = BytesIO()
    numbers = range(200)
    table = pa.table(
        {"item_id": [f"i{n}" for n in numbers], "title": [f"t {n}" for n in numbers], "price": [1.5] * 200}
    )
    pq.write_table(table, whole)
    path = tmp_path / "items.parquet"
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole.getvalue())
        for _ in range(3):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        workspace = Workspace.open(tmp_path / "shop")
        try:
            report = ingest(workspace, IngestFiles(items=(path,)))
            assert_adds_up(report, workspace)
        except DataError as err:
            refused += 1
            assert str(path) in str(err)  # noqa: PT017 - both outcomes are fine
        finally:
            workspace.close()
    assert refused

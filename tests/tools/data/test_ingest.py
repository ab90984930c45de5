"""From files to the stores: counts add up, nothing disappears, a failure changes nothing."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.tools.data.ingest import ingest
from handpicked.tools.data.inputs import IngestFiles
from handpicked.tools.data.report import IngestReport
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import Event, Item

pa: Any = import_module("pyarrow")
pq: Any = import_module("pyarrow.parquet")

ITEMS = """item_id;title;year;price;creators;colour
up;Up;2009;9,99;Pete Docter;blue
heat;Heat;1995;;Michael Mann;
up;Up;2009;9,99;Pete Docter;blue
heat;Heat;1995;5;Michael Mann;grey
;No id;2000;;;
bad;Bad;2000;-1;;
odyssey;The Odyssey;-720;;Homer;
heat2;Heat, The;1996;;Michael Mann;
ragged;row
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.open(tmp_path / "shop")
    yield opened
    opened.close()


def write(path: Path, text: str) -> tuple[Path, ...]:
    path.write_text(text, encoding="utf-8")
    return (path,)


def rejects(workspace: Workspace) -> list[dict[str, str]]:
    with (workspace.path / "rejects.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_items_are_cleaned_merged_rejected_and_described(workspace: Workspace, tmp_path: Path) -> None:
    report = ingest(workspace, IngestFiles(items=write(tmp_path / "items.csv", ITEMS)))
    counts = report.kinds["items"]
    assert (counts.read, counts.kept, counts.merged, counts.rejected) == (9, 4, 2, 3)
    assert counts.reasons == {
        "same row": 1,
        "same id, later row kept": 1,
        "missing item_id": 1,
        "negative price": 1,
        "wrong number of fields": 1,
    }
    assert counts.notes == {"year out of range, left out": 1}
    assert workspace.catalog.get("heat") == Item(
        "heat", "Heat", creators=("Michael Mann",), year=1995, price=5.0, attributes={"colour": "grey"}
    )
    assert [(row["row"], row["reason"]) for row in rejects(workspace)] == [
        ("5", "missing item_id"),
        ("6", "negative price: '-1'; leave it empty when it isn't known"),
        ("9", "wrong number of fields: 2, the header has 6; put quotes around a field that holds ';'"),
    ]
    assert json.loads(rejects(workspace)[1]["content"])["item_id"] == "bad"
    assert report.items is not None
    assert report.items.domains == {"item": 4}
    assert report.items.near_duplicates == 1
    assert report.items.missing["year"] == 0.25
    assert report.rejects == workspace.path / "rejects.csv"
    json.dumps(report.as_json())


def test_events_are_checked_against_the_items_of_the_same_run(workspace: Workspace, tmp_path: Path) -> None:
    events = "user_id,item_id,event,timestamp\nann,up,view,2020-01-01\nann,up,view,1577836800\nann,gone,view,1\nbob,heat,hop,2\n"
    files = IngestFiles(
        items=write(tmp_path / "items.csv", ITEMS), events=write(tmp_path / "events.csv", events)
    )
    report = ingest(workspace, files)
    counts = report.kinds["events"]
    assert (counts.read, counts.kept, counts.merged, counts.rejected) == (4, 1, 1, 2)
    assert counts.reasons == {"same event": 1, "unknown item": 1, "unknown event": 1}
    assert workspace.events.recent("ann") == [Event("ann", "up", "view", timestamp=1577836800.0)]
    assert report.events is not None
    assert (report.events.first, report.events.last) == (1577836800.0, 1577836800.0)
    assert (report.events.users, report.events.items, report.events.one_event_users) == (1, 1, 1)
    assert report.events.kinds == {"view": 1}


def test_the_same_files_again_change_nothing(workspace: Workspace, tmp_path: Path) -> None:
    files = IngestFiles(
        items=write(tmp_path / "items.csv", ITEMS),
        events=write(tmp_path / "events.jsonl", '{"user_id": "ann", "item_id": "up"}\n'),
    )
    ingest(workspace, files)
    before = (workspace.events.revision(), list(workspace.catalog.scan()))
    report = ingest(workspace, files)
    assert report.kinds["events"].merged == 1
    assert (workspace.events.revision(), list(workspace.catalog.scan())) == before


def test_all_five_kinds_in_three_formats(workspace: Workspace, tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"item_id": [1, 2], "title": ["Tea", "Mug"], "text_vector": [[0.1], [0.2]]}),
        tmp_path / "items.parquet",
    )
    files = IngestFiles(
        items=(tmp_path / "items.parquet",),
        users=write(tmp_path / "users.csv", "user_id,age\n7,35\n7,36\n"),
        events=write(tmp_path / "events.jsonl", '{"user_id": 7, "item_id": 1, "value": 4, "mood": "fine"}\n'),
        campaigns=write(tmp_path / "campaigns.csv", "campaign_id,item_ids,bid\nc,1|2,0.5\n"),
        dialogues=write(
            tmp_path / "turns.jsonl", '{"context": ["tea?"], "mentioned": [], "target": [2], "n": 1}\n'
        ),
    )
    report = ingest(workspace, files)
    assert {kind: counts.kept for kind, counts in report.kinds.items()} == {
        "items": 2,
        "users": 1,
        "events": 1,
        "campaigns": 1,
        "dialogues": 1,
    }
    assert report.kinds["items"].attributes == ("text_vector",)
    assert report.kinds["events"].ignored_columns == ("mood",)
    assert report.rejects is None
    assert workspace.events.user("7") == {"age": 36}
    assert workspace.events.recent("7")[0].event == "rate"
    assert workspace.catalog.campaigns()[0].item_ids == ("1", "2")
    assert next(workspace.events.dialogues()).target == ("2",)


def test_columns_are_mapped_by_name_and_by_kind(workspace: Workspace, tmp_path: Path) -> None:
    files = IngestFiles(
        items=write(tmp_path / "items.csv", "movieId,title,genres\n1,Up,a|b\n"),
        events=write(tmp_path / "events.csv", "userId,movieId,rating\n7,1,4.5\n"),
    )
    mapping = {"item_id": "movieId", "user_id": "userId", "categories": "genres", "events.value": "rating"}
    ingest(workspace, files, mapping=mapping)
    assert workspace.catalog.get("1") == Item("1", "Up", categories=("a", "b"))
    assert workspace.events.recent("7") == [Event("7", "1", "rate", value=4.5)]


def test_one_source_may_stand_for_two_columns(workspace: Workspace, tmp_path: Path) -> None:
    files = IngestFiles(items=write(tmp_path / "items.csv", "name,title\nUp,old title\n"))
    ingest(workspace, files, mapping={"item_id": "name", "title": "name"})
    assert workspace.catalog.get("Up") == Item("Up", "Up")


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"item": "id"}, r"unknown column 'item'; known: item_id, title"),
        (
            {"item_id": "nope"},
            r"no file has a column 'nope'; there are id, title|no column 'item_id'.*id, title",
        ),
        ({}, r"no column 'item_id', which items need; there are id, title; .*--map item_id=COLUMN"),
        ({"item_id": "id", "price": "cost"}, r"no file has a column 'cost'; there are id, title"),
    ],
)
def test_mistaken_columns_are_named(
    workspace: Workspace, tmp_path: Path, mapping: dict[str, str], problem: str
) -> None:
    files = IngestFiles(items=write(tmp_path / "items.csv", "id,title\n1,Up\n"))
    with pytest.raises(DataError, match=problem):
        ingest(workspace, files, mapping=mapping)
    assert workspace.catalog.count() == 0


def test_a_file_that_breaks_in_the_middle_leaves_its_kind_as_it_was(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "events.parquet"
    table = pa.table({"user_id": [f"user {n}" for n in range(100_000)], "item_id": ["up"] * 100_000})
    pq.write_table(table, path, row_group_size=20_000)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : -4096] = b"\xaa" * (len(content) - len(content) // 2 - 4096)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"events\.parquet: damaged after row"):
        ingest(workspace, IngestFiles(items=write(tmp_path / "items.csv", ITEMS), events=(path,)))
    assert workspace.events.count() == 0
    assert workspace.catalog.count() == 4
    assert len(rejects(workspace)) == 3


def test_rejects_hold_the_last_run_only(workspace: Workspace, tmp_path: Path) -> None:
    ingest(workspace, IngestFiles(items=write(tmp_path / "items.csv", ITEMS)))
    ingest(workspace, IngestFiles(items=write(tmp_path / "good.csv", "item_id,title\n1,Up\n")))
    assert not (workspace.path / "rejects.csv").exists()
    assert not list(workspace.path.glob("*.part"))


def test_bots_and_users_of_one_event_are_reported_and_kept(workspace: Workspace, tmp_path: Path) -> None:
    count = 10_002
    table = pa.table(
        {
            "user_id": ["bot"] * count + ["ann"],
            "item_id": ["up"] * (count + 1),
            "timestamp": [float(n) for n in range(count + 1)],
        }
    )
    pq.write_table(table, tmp_path / "events.parquet")
    files = IngestFiles(items=write(tmp_path / "items.csv", ITEMS), events=(tmp_path / "events.parquet",))
    report = ingest(workspace, files)
    assert report.events is not None
    assert (report.events.suspected_bots, report.events.one_event_users) == (("bot",), 1)
    assert report.kinds["events"].kept == count + 1


def test_progress_tells_kind_and_rows(workspace: Workspace, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    lines = "".join(f"{n},title {n}\n" for n in range(12_000))
    files = IngestFiles(items=write(tmp_path / "items.csv", f"item_id,title\n{lines}"))
    ingest(workspace, files, on_progress=lambda kind, done, total: seen.append((kind, done, total)))
    assert seen == [("items", 5_000, 12_000), ("items", 10_000, 12_000), ("items", 12_000, 12_000)]


_IDS = st.sampled_from(["up", "heat", "gone", "", " up ", 1, None])
_ITEM_ROWS = st.fixed_dictionaries(
    {"item_id": _IDS, "title": st.sampled_from(["Up", "Heat", "", None, "<br>"])},
    optional={
        "price": st.sampled_from([-1, 0, "5 €", "cheap", None]),
        "year": st.sampled_from([0, 1999, "x", 9999]),
        "extra": st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2),
    },
)
_EVENT_ROWS = st.fixed_dictionaries(
    {"user_id": _IDS, "item_id": _IDS},
    optional={
        "event": st.sampled_from(["view", "BUY", "", "purchase"]),
        "timestamp": st.sampled_from([0, 1, "2020-01-01", "later"]),
        "value": st.sampled_from([1, "x", None]),
    },
)


def _lines(rows: list[dict[str, object]], first: dict[str, object]) -> str:
    broken = ["{", "[]"]
    return "\n".join([json.dumps(first), *map(json.dumps, rows), *broken]) + "\n"


@settings(max_examples=25, deadline=None)
@given(st.lists(_ITEM_ROWS, max_size=12), st.lists(_EVENT_ROWS, max_size=12))
def test_counts_add_up(items: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = Workspace.open(folder / "shop")
        first_item: dict[str, object] = {"item_id": "up", "title": "Up"}
        first_event: dict[str, object] = {"user_id": "ann", "item_id": "up"}
        report = ingest(
            workspace,
            IngestFiles(
                items=write(folder / "items.jsonl", _lines(items, first_item)),
                events=write(folder / "events.jsonl", _lines(events, first_event)),
            ),
        )
        _check_counts(report, workspace, len(items) + 3, len(events) + 3)
        workspace.close()


def _check_counts(report: IngestReport, workspace: Workspace, items: int, events: int) -> None:
    assert (report.kinds["items"].read, report.kinds["events"].read) == (items, events)
    for counts in report.kinds.values():
        assert counts.read == counts.kept + counts.merged + counts.rejected
        assert sum(counts.reasons.values()) == counts.merged + counts.rejected
    assert report.kinds["items"].kept == workspace.catalog.count()
    assert report.kinds["events"].kept == workspace.events.count()
    assert len(rejects(workspace)) == sum(counts.rejected for counts in report.kinds.values())

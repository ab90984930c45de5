"""Files as they come: encodings, separators, damage."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handpicked.tools.data.readers import open_source
from handpicked.tools.data.rows import Broken, Row
from handpicked.tools.errors import DataError

pa: Any = import_module("pyarrow")
pq: Any = import_module("pyarrow.parquet")

HINT = "the header has 2; put quotes around a field that holds ','"


def rows(path: Path) -> list[tuple[int, Row | Broken]]:
    return list(open_source(path).rows())


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("utf-8", "卧虎藏龙"),
        ("utf-8-sig", "卧虎藏龙"),
        ("gb18030", "卧虎藏龙"),
        ("gbk", "联通"),
        ("utf-16", "卧虎藏龙"),
        ("cp1252", "Amélie à Paris"),
        ("utf-8", "plain"),
    ],
)
def test_csv_encodings_are_found(tmp_path: Path, encoding: str, title: str) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(f"item_id,title\n1,{title}\n2,another\n".encode(encoding))
    assert rows(path) == [(1, {"item_id": "1", "title": title}), (2, {"item_id": "2", "title": "another"})]


def test_one_bad_byte_does_not_turn_utf8_into_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes("item_id,title\n1,卧虎藏龙 英雄 十面埋伏 花样年华\n2,bad ".encode() + b"\xff\n")
    assert rows(path)[0] == (1, {"item_id": "1", "title": "卧虎藏龙 英雄 十面埋伏 花样年华"})


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_separators_are_found(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "items.csv"
    lines = [("item_id", "title", "price"), ("1", "Up", "2.5")]
    path.write_text("\n".join(separator.join(line) for line in lines))
    source = open_source(path)
    assert source.columns == ("item_id", "title", "price")
    assert list(source.rows()) == [(1, {"item_id": "1", "title": "Up", "price": "2.5"})]


def test_quoted_newlines_quotes_and_empty_fields(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text('item_id,title,brand\r\n1,"two\nlines, ""quoted""",\r\n\r\n2,Up,x\r\n', newline="")
    assert rows(path) == [
        (1, {"item_id": "1", "title": 'two\nlines, "quoted"'}),
        (2, {"item_id": "2", "title": "Up", "brand": "x"}),
    ]


def test_ragged_csv_rows_are_kept_apart_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("item_id,title\n1,Up\n2\n3,Heat,extra\n4,Alien\n")
    found = rows(path)
    assert [number for number, _ in found] == [1, 2, 3, 4]
    assert found[1][1] == Broken("wrong number of fields", f"1, {HINT}", "2")
    assert found[2][1] == Broken("wrong number of fields", f"3, {HINT}", "3,Heat,extra")
    assert found[3][1] == {"item_id": "4", "title": "Alien"}


def test_jsonl_lines_that_cannot_be_read_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"item_id": 1, "title": "Up", "x": null}\n{"item_id": 2,\n\n[1]\n{"price": NaN}\n')
    found = rows(path)
    assert found[0] == (1, {"item_id": 1, "title": "Up"})
    reasons = [row.reason for _, row in found if isinstance(row, Broken)]
    assert reasons == ["not readable as JSON", "no JSON object"]
    assert [number for number, _ in found] == [1, 2, 3, 4]


def test_deeply_nested_json_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"item_id": 1}\n' + "[" * 100_000 + "\n")
    assert isinstance(rows(path)[1][1], Broken)


def test_jsonl_columns_come_from_all_early_rows(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"item_id": 1}\n{"item_id": 2, "title": "Up"}\n')
    assert open_source(path).columns == ("item_id", "title")


def test_parquet_values_are_plain(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    moment = datetime(2020, 1, 31, tzinfo=UTC)
    table = pa.table(
        {
            "item_id": [1, 2],
            "price": pa.array([Decimal("1.50"), None]),
            "at": pa.array([moment, None], pa.timestamp("ns", tz="Asia/Shanghai")),
            "naive": pa.array([moment.replace(tzinfo=None)] * 2, pa.timestamp("ms")),
            "categories": [["a", "b"], None],
            "image_vector": [[0.1, 0.2], None],
            "audio_vector": pa.array([[1.0], [2.0]], pa.list_(pa.float32(), 1)),
        }
    )
    pq.write_table(table, path)
    source = open_source(path)
    seconds = moment.timestamp()
    assert source.total == 2
    rows = [(number, dict(row)) for number, row in source.rows() if not isinstance(row, Broken)]
    vectors = [[row.pop(name, None) for name in ("image_vector", "audio_vector")] for _, row in rows]
    assert [[None if one is None else np.asarray(one).tolist() for one in row] for row in vectors] == [
        [[0.1, 0.2], [1.0]],
        [None, [2.0]],
    ]
    assert rows == [
        (1, {"item_id": 1, "price": 1.5, "at": seconds, "naive": seconds, "categories": ["a", "b"]}),
        (2, {"item_id": 2, "naive": seconds}),
    ]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("gone.csv", None, "no such file"),
        ("items.xlsx", b"PK\x03\x04", "can't be read; known: .csv"),
        ("items", b"item_id\n", "without a suffix"),
        ("items.csv", b"", "is empty"),
        ("items.csv", b"\n\n", "is empty"),
        ("items.csv", b"\n1,2\n", "first line has no column names"),
        ("items.csv", b"a,a\n1,2\n", "'a' stands twice"),
        ("items.csv", b"PAR1" + b"\0" * 100, "is no text file"),
        ("items.jsonl", b"not json\n", "no JSON object"),
        ("items.parquet", b"item_id,title\n1,Up\n", "no readable Parquet file"),
    ],
)
def test_files_that_cannot_be_used_are_named(
    tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        open_source(path)
    assert str(path) in str(caught.value)
    assert problem in str(caught.value)


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        open_source(tmp_path)


def test_a_parquet_file_damaged_inside_is_named(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    pq.write_table(pa.table({"item_id": [f"item {n}" for n in range(50_000)]}), path)
    content = bytearray(path.read_bytes())
    content[100 : len(content) // 2] = b"\xaa" * (len(content) // 2 - 100)
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged after row"):
        rows(path)

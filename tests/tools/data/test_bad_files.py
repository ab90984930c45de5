"""Files as bad as they come, by the command line: what is kept, what is rejected, and what is said about it."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handpicked.agent.app import cli
from handpicked.agent.settings import Settings
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import EVENT_KINDS, Embedder

pa: Any = import_module("pyarrow")
pq: Any = import_module("pyarrow.parquet")

HEAD = "item_id,title,price\n"
CHINESE = "item_id,title,price\n1,卧虎藏龙,12.5\n2,花样年华,9\n3,十面埋伏,1\n"
EVENTS = "user_id,item_id,event,timestamp\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What the command did."""

    output: str
    counts: tuple[int, int, int, int]
    items: Mapping[str, Mapping[str, Any]]
    rejects: list[tuple[str, str, str]]


Feed = Callable[..., Told]


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Ingest a file of items, or of events on two items, and tell what became of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HANDPICKED_WORKSPACE", "shop")
    monkeypatch.setenv("COLUMNS", "200")

    def fed(name: str, content: bytes | str, kind: str = "items") -> Told:
        Path(name).write_bytes(
            content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        )
        if kind == "events":
            Path("two.csv").write_text("item_id,title\nup,Up\nheat,Heat\n")
            assert CliRunner().invoke(cli.app, ["ingest", "--items", "two.csv"]).exit_code == 0
        told = CliRunner().invoke(cli.app, ["ingest", f"--{kind}", name])
        if told.exception is not None:
            raise told.exception
        rejects = Path("shop/rejects.csv")
        rows: list[dict[str, str]] = []
        if rejects.exists():
            with rejects.open(encoding="utf-8", newline="") as stream:
                rows = list(csv.DictReader(stream))
        line = next(line for line in told.stdout.splitlines() if line.strip().startswith(kind))
        read, kept, merged, rejected = (int(word.replace(",", "")) for word in line.split()[1:5])
        assert read == kept + merged + rejected
        assert len(rows) == rejected
        assert all(row["file"] == name for row in rows)
        exported = CliRunner().invoke(cli.app, ["catalog", "export"]).stdout.splitlines()
        items = {item["item_id"]: item for item in map(json.loads, exported)}
        return Told(
            told.stdout, (read, kept, merged, rejected), items, [(row["row"], row["reason"], row["content"]) for row in rows]
        )  # fmt: skip

    return fed


def titles(told: Told) -> list[str]:
    return [item["title"] for item in told.items.values()]


def parquet(**columns: object) -> bytes:
    written = BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


WHOLE = parquet(item_id=[f"i{n}" for n in range(20_000)], title=[f"title {n}" for n in range(20_000)])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (WHOLE[: len(WHOLE) // 2], "no readable Parquet file"),
        (WHOLE[:-8] + b"\xff\xff\xff\x7fPAR1", "no readable Parquet file"),
        (WHOLE[:-300] + b"\xaa" * 200 + WHOLE[-100:], "no readable Parquet file"),
        (random.Random(0).randbytes(5_000), "no readable Parquet file"),
        (b"", "no readable Parquet file"),
        (b"PAR1PAR1", "no readable Parquet file"),
        (HEAD.encode(), "no readable Parquet file"),
        (WHOLE[:1_000] + b"\xaa" * 2_000 + WHOLE[3_000:], "damaged after row 0"),
    ],
)
def test_a_corrupt_parquet_file_is_named(feed: Feed, content: bytes, problem: str) -> None:
    with pytest.raises(DataError, match=rf"^items\.parquet: {problem} .*write (it|the file) again"):
        feed("items.parquet", content)


def test_parquet_text_that_is_no_utf8_costs_its_row(feed: Feed) -> None:
    text = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0\4\0\0\0"), pa.py_buffer(b"ok\xff\xfe")]
    )
    told = feed("items.parquet", parquet(item_id=[b"1", b"2"], title=text))
    assert titles(told) == ["ok"]
    assert told.rejects[0][:2] == (
        "2",
        "unreadable title: b'\\xff\\xfe' is nested or binary; a text is needed",
    )


@pytest.mark.parametrize(
    "content",
    [
        CHINESE.encode("gbk"),
        b"\xef\xbb\xbf" + CHINESE.encode("gbk"),
        CHINESE.encode("gb18030"),
        b"\x84\x31\x95\x33" + CHINESE.encode("gb18030"),
        CHINESE.encode("utf-8-sig"),
        CHINESE.encode("utf-16"),
        CHINESE.encode("utf-16-le"),
        CHINESE.encode("utf-16-be"),
        CHINESE.encode("utf-32"),
    ],
)
def test_chinese_is_read_in_every_encoding(feed: Feed, content: bytes) -> None:
    assert titles(feed("items.csv", content)) == ["卧虎藏龙", "花样年华", "十面埋伏"]


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("cp1252", ["Amélie à Paris", "El Niño", "Señor"]),
        ("cp1251", ["Ирония судьбы", "Солярис", "Сталкер"]),
        ("cp932", ["千と千尋の神隠し", "となりのトトロ", "もののけ姫"]),
        ("big5", ["臥虎藏龍", "花樣年華", "中文書名"]),
    ],
)
def test_a_guessed_encoding_is_said(feed: Feed, encoding: str, expected: list[str]) -> None:
    rows = "".join(f"{n},{title}\n" for n, title in enumerate(expected))
    told = feed("items.csv", f"item_id,title\n{rows}".encode(encoding))
    assert titles(told) == expected
    assert (
        f"3 x no UTF-8, read as {encoding}; save it as UTF-8 if that is wrong (first: items.csv row 1)"
        in told.output
    )


def test_bytes_that_do_not_fit_are_counted_with_their_place(feed: Feed) -> None:
    told = feed("items.csv", CHINESE.encode() + b"4,bad \xff,1\n")
    assert titles(told)[3] == "bad \ufffd"
    assert (
        "items: 1 x bytes that stand for no character, replaced by \ufffd (first: items.csv row 4)"
        in told.output
    )


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", WHOLE, "is no text file but Parquet; name it .parquet"),
        ("a.csv", b"PK\x03\x04" + bytes(3_000), "a zip archive or an Excel workbook"),
        ("a.csv", b"\x1f\x8b\x08" + bytes(100), "packed with gzip; unpack it"),
        ("a.csv", random.Random(0).randbytes(5_000), "bytes that no text has; export it as CSV"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\xef\xbb\xbf", "is empty"),
        ("a.csv", bytes(5_000), "is no text file|is empty"),
        ("a.csv", b"item_id,title,title\n", "column 'title' stands twice"),
        ("a.parquet", None, "column 'title' stands twice"),
        ("a.csv", b"1,Up\n2,Heat\n", "no column 'item_id'.*there are 1, Up; .*--map item_id=COLUMN"),
        ("a.csv", b"item_id^title\n1^Up\n", "there are item_id.title; .*separated by comma, semicolon, tab or"),
        ("a.csv", b'item_id,"title\n1,Up\n', "first line is not readable as CSV"),
        ("a.jsonl", b'[{"item_id": 1},\n{"item_id": 2}]\n', r"no JSON object .*not readable as JSON: .*jq -c"),
        ("a.jsonl", b'[{"item_id": 1}]\n', r"no JSON object .*no JSON object: .*jq -c"),
        ("a.csv", b'{"item_id": "a", "title": "x"}\n', "looks like JSON lines; name it .jsonl"),
        ("a.jsonl", b"\n\n", "is empty"),
    ],
)  # fmt: skip
def test_a_file_that_is_something_else_is_named_with_the_fix(
    feed: Feed, name: str, content: bytes | None, problem: str
) -> None:
    if content is None:
        written = BytesIO()
        pq.write_table(
            pa.Table.from_arrays([pa.array(["a"])] * 3, names=["item_id", "title", "title"]), written
        )
        content = written.getvalue()
    with pytest.raises(DataError, match=rf"^{name}: .*{problem}"):
        feed(name, content)


@pytest.mark.parametrize(
    ("content", "expected", "rejects"),
    [
        # separators
        ("item_id;title;price\n1;Up, the film;2.5\n", {"1": "Up, the film"}, {}),
        ("item_id\ttitle\tprice\n1\tUp, the film\t2.5\n", {"1": "Up, the film"}, {}),
        ("item_id|title|price\n1|Up, the film|2.5\n", {"1": "Up, the film"}, {}),
        ("sep=;\nitem_id;title\n1;Up\n", {"1": "Up"}, {}),
        ("item_id,title,\n1,Up,,\n", {"1": "Up"}, {}),
        ("Item ID,Title\n1,Up\n", {"1": "Up"}, {}),
        # quotes
        (HEAD + '1,"two\nlines",3\r\n2,"a ""quote""",4\n', {"1": "two lines", "2": 'a "quote"'}, {}),
        (HEAD + '1,27" monitor,2\n2,Heat,3\n', {"1": '27" monitor', "2": "Heat"}, {}),
        (HEAD + '1,"24" wide",2\n2,Heat,3\n', {"1": '24 wide"', "2": "Heat"}, {}),
        (HEAD + '1,"Up,2\n2,Heat,3\n3,Alien,4\n', {"2": "Heat", "3": "Alien"}, {"1": "unbalanced quote"}),
        (HEAD + '1,"Up,2\n2,"Heat",3\n', {"2": "Heat"}, {"1": "unbalanced quote"}),
        (HEAD + '1,"Up,2\n2,Heat",3\n3,Alien,1\n', {"2": 'Heat"', "3": "Alien"}, {"1": "unbalanced quote"}),
        (HEAD + '1,Up,2\n2,"Heat', {"1": "Up"}, {"2": "unbalanced quote"}),
        # fields
        (HEAD + "1,Up,2\n2,Heat\n3,Alien,4,5\n\n4,Ok,1\n", {"1": "Up", "4": "Ok"}, {"2": "wrong number of fields: 2, the header has 3", "3": "wrong number"}),
        # NULs and what can't be seen
        ("item_id,title\n1,U\0p\n2,Heat\n\0,Nul\n", {"1": "Up", "2": "Heat"}, {"3": "missing item_id: '\\x00' stands"}),
        ("item_id,title\n1,Up\n" + "\0" * 4_096, {"1": "Up"}, {"2": "wrong number of fields"}),
        ("item_id,title\n1,\u202egnp.exe\n2,\u200b\u202e\u2066\n3,\x07be\u200bll\n", {"1": "gnp.exe", "3": "bell"}, {"2": "missing title"}),
        # ids
        ("item_id,title\n007,Bond\n7,Seven\n", {"007": "Bond", "7": "Seven"}, {}),
        ("item_id,title\n../../etc/passwd,A\na b,B\n日本,C\n\"it's \"\"x\"\"\",D\n", {"../../etc/passwd": "A", "a b": "B", "日本": "C", "it's \"x\"": "D"}, {}),
        (f"item_id,title\n{'x' * 500},A\n{'y' * 501},B\n", {"x" * 500: "A"}, {"2": "item_id too long"}),
        # sizes
        (f"item_id,title\n1,{'word ' * 210_000}\n2,Tea\n", {"2": "Tea"}, {"1": "title too long: 'word word"}),
        (f"item_id,title\n1,Tea\n2,{'x' * (1 << 24)}x\n3,Mug\n", {"1": "Tea", "3": "Mug"}, {"2": "not readable as CSV: field larger"}),
        ("item_id,title\n", {}, {}),
    ],
)  # fmt: skip
def test_csv(feed: Feed, content: str, expected: dict[str, str], rejects: dict[str, str]) -> None:
    told = feed("items.csv", content)
    assert {item_id: item["title"] for item_id, item in told.items.items()} == expected
    assert [row for row, _, _ in told.rejects] == list(rejects)
    assert all(reason.startswith(rejects[row]) for row, reason, _ in told.rejects)


JSON_LINES = r"""
{"item_id": 1, "title": "a", "x": 123456789012345678901234567890, "y": 9007199254740993}
{"item_id": 2, "title":
[1, 2]
{"item_id": 3, "title": "\ud800"}
{"item_id": 123456789012345678901234567890, "title": "long id"}
{"item_id": 1e300, "title": "float"}
{"item_id": 4, "title": "c", "price": Infinity}
{"item_id": 5, "title": "d", "price": NaN, "a\u0000b": "x\u0000y", "\ud800": 1}
{"item_id": 6, "title": "e", "price": -3}
{"item_id": 7, "title": {"en": "f"}}
{"item_id": 8, "title": "g", "description": ["p1", "p2"], "brand": "B", "more": {"deep": 1}}
{"item_id": {"$oid": "1"}, "title": "h"}
{"item_id": 9, "title": "i", "year": 1e400, "runtime": 2}
{"item_id": 10, "title": "j"}{"item_id": 11, "title": "k"}
""".strip()


def test_jsonl(feed: Feed) -> None:
    told = feed("items.jsonl", JSON_LINES)
    assert set(told.items) == {"1", "123456789012345678901234567890", "5", "8"}
    assert (told.items["1"]["x"], told.items["1"]["y"]) == (
        "123456789012345678901234567890",
        "9007199254740993",
    )
    assert told.items["5"] == {"item_id": "5", "title": "d", "ab": "xy"}
    assert told.items["8"]["description"] == "p1 p2"
    assert {row: reason.split(":")[0] for row, reason, _ in told.rejects} == {
        "2": "not readable as JSON", "3": "no JSON object", "4": "missing title", "6": "unreadable item_id",
        "7": "unreadable price", "9": "negative price", "10": "unreadable title", "12": "unreadable item_id",
        "13": "unreadable year", "14": "not readable as JSON",
    }  # fmt: skip
    assert "items: columns not used: more" in told.output


PRICES = {
    "1.299,00 €": 1299.0, "€1,299.00": 1299.0, "1 299,00": 1299.0, "12,5": 12.5, "￥88": 88.0, "1e5": 100_000.0, "NaN": None, "-0": 0.0,
    "-1": "negative price", "-1.299,00 €": "negative price", "inf": "unreadable price", "1e400": "unreadable price", "free": "unreadable price",
    "10-20": "unreadable price", "99999999999999999999": "price too large",
}  # fmt: skip


def test_prices(feed: Feed) -> None:
    told = feed("items.csv", HEAD + "".join(f'p{n},T,"{price}"\n' for n, price in enumerate(PRICES, start=1)))
    reasons = {row: reason for row, reason, _ in told.rejects}
    for number, (price, expected) in enumerate(PRICES.items(), start=1):
        if isinstance(expected, str):
            assert reasons[str(number)].startswith(f"{expected}: '{price}'")
            assert ";" in reasons[str(number)], "a fix is named"
        else:
            assert told.items[f"p{number}"].get("price") == expected


DAY = 1580428800.0
TIMES = {
    "2020-01-31": DAY, "31.01.2020": DAY, "01/31/2020": DAY, "31/01/2020": DAY, '"Jan 31, 2020"': DAY, "2020年1月31日": DAY,
    "2020-01-31T08:00:00+08:00": DAY, "20200131": DAY, "20200131000000": DAY, "1580428800": DAY, "1580428800000": DAY, "": None,
    "2020-02-30": "unreadable", "yesterday": "unreadable", "1e30": "unreadable", "20200231": "unreadable",
    "2090-01-01": "out of range: '2090-01-01' is in the future", "0001-01-01": "out of range: '0001-01-01' is before 1970",
    "1580428800000000000000000000": "unreadable",
}  # fmt: skip


def test_times(feed: Feed) -> None:
    rows = (f"u{n},up,view,{time}\n" for n, time in enumerate(TIMES, start=1))
    told = feed("events.csv", EVENTS + "".join(rows), "events")
    reasons = {row: reason for row, reason, _ in told.rejects}
    workspace = Workspace.open(Path("shop"))
    for number, expected in enumerate(TIMES.values(), start=1):
        if isinstance(expected, str):
            assert expected in reasons[str(number)]
            assert ";" in reasons[str(number)], "a fix is named"
        else:
            assert [event.timestamp for event in workspace.events.recent(f"u{number}")] == [expected]
    workspace.close()


def test_events_of_unknown_items_are_kept_apart(feed: Feed) -> None:
    told = feed(
        "events.csv",
        f"{EVENTS}ann,up,view,1\nann,gone,view,1\nbob,,view,1\n,up,view,1\nbob,up,hop,1\n",
        "events",
    )
    assert told.counts == (5, 1, 0, 4)
    assert [reason for _, reason, _ in told.rejects] == [
        "unknown item: 'gone'; ingest it with --items, or correct the id", "missing item_id", "missing user_id",
        f"unknown event: 'hop'; known: {', '.join(EVENT_KINDS)}",
    ]  # fmt: skip


def test_one_id_with_different_content_is_counted_with_its_place(feed: Feed) -> None:
    told = feed("items.csv", HEAD + "1,Up,2\n1,Up two,3\n1,Up two,3\n2,Heat,1\n")
    assert told.counts == (4, 2, 2, 0)
    assert told.items["1"]["title"] == "Up two"
    assert "items: 1 x same id, later row kept (first: items.csv row 2)" in told.output
    assert "items: 1 x same row (first: items.csv row 3)" in told.output
    assert feed("more.csv", HEAD + "1,Other,9\n3,New,1\n").items["1"]["title"] == "Other"


def test_unknown_columns_are_kept_as_attributes_and_said(feed: Feed) -> None:
    told = feed("items.csv", "item_id,title,Foo Bar,日本,x.y,a/b,text_vector\n1,Up,1,2,3,4,0 5\n")
    known = {"item_id": "1", "title": "Up", "Foo Bar": 1, "日本": 2, "x.y": 3, "a/b": 4}
    assert told.items["1"] == known | {"text_vector": [0.0, 1.0]}
    assert "items: columns kept as attributes: Foo Bar, a/b, text_vector, x.y, 日本" in told.output


def test_what_was_odd_can_be_built_and_asked_for(
    feed: Feed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDPICKED_MODEL", "none")
    monkeypatch.setenv("HANDPICKED_CACHE", str(settings.cache))
    rows = [
        {"item_id": "../a b/'\"", "title": "Green tea", "description": "tea " * 250_000, "a\0b": 1, "x/../y": "z", "日本": 2},
        {"item_id": "i" * 500, "title": "\u202eBlack coffee", "n": 10**400, "\ud800": 5},
    ]  # fmt: skip
    assert feed("items.jsonl", "\n".join(map(json.dumps, rows))).counts == (2, 2, 0, 0)
    assert CliRunner().invoke(cli.app, ["build"]).exit_code == 0
    asked = CliRunner().invoke(
        cli.app, ["ask", "recommend a green tea", "--no-prose", "--json", "--filter", "ab=1"]
    )
    assert asked.exception is None
    [ranked] = json.loads(asked.stdout)["lists"]
    assert [item["title"] for item in ranked["items"]] == ["Green tea"]


def test_one_item_without_events_answers(feed: Feed, embedder: Embedder) -> None:
    from handpicked.tools.data import build
    from handpicked.tools.data.index import Index

    feed("items.csv", "item_id,title\n1,Green tea\n")
    workspace = Workspace.open(Path("shop"))
    build.build(workspace, embedder)
    assert Index(workspace, embedder).snapshot().alive.tolist() == [True]
    workspace.close()

"""Rows wait outside the transaction: others write meanwhile, and nothing is left behind."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.data.db import open_engine, sqlite_url
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.staging import staged
from handpicked.tools.errors import DataError
from handpicked.tools.types import Event, Item


def test_rows_come_back_as_they_were_in_batches(tmp_path: Path) -> None:
    rows = [("x" * 9_000, n, 0.5, None, "\ud800\0", -(10**30)) for n in range(1_000)]
    with staged(open_engine(sqlite_url(tmp_path / "a.db")), iter(rows), 300) as parts:
        found = list(parts)
        assert list(tmp_path.iterdir()) == [], "9 MB are in a file without a name"
    assert [len(part) for part in found] == [300, 300, 300, 100]
    assert [row for part in found for row in part] == rows


def test_others_write_while_rows_are_made(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "events.db")
    ours, theirs = EventStore(url), EventStore(url)

    def events() -> Iterator[Event]:
        for n in range(3):
            yield Event("ann", "up", timestamp=float(n))
            theirs.save_session(f"s{n}", None, "{}")
            theirs.append([Event("bob", "up", timestamp=float(n))])

    assert ours.append(events()).inserted == 3
    assert theirs.load_session("s2") == "{}"
    assert ours.count() == 6


def test_what_fails_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    store = CatalogStore(sqlite_url(tmp_path / "catalog.db"))

    def items() -> Iterator[Item]:
        yield Item("up", "Up")
        raise DataError("items.csv: damaged after row 1")

    with pytest.raises(DataError, match="damaged after row 1"):
        store.upsert(items())
    assert (store.count(), store.revision()) == (0, 0)


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "can't be kept in")]
)
def test_a_place_that_holds_no_more_is_named(tmp_path: Path, number: int, reason: str) -> None:
    def rows() -> Iterator[tuple[str]]:
        yield ("a",)
        raise OSError(number, "no")

    engine = open_engine(sqlite_url(tmp_path / "a.db"))
    with pytest.raises(DataError, match=rf"a\.db: .*{reason}.*free some space"), staged(engine, rows(), 10):
        pass

"""Database failures name the file and the fix."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.data.db import open_engine, sqlite_url, writing
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.schema import COUNTERS
from handpicked.tools.errors import ConfigError, DataError
from handpicked.tools.types import Event, Item


def test_file_that_is_no_database_is_named_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"this is a letter, not a database " * 100)
    with pytest.raises(DataError, match=r"catalog\.db.*not a database.*restore a backup"):
        CatalogStore(sqlite_url(tmp_path / "catalog.db"))


def test_damage_found_while_reading_is_named(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    store = CatalogStore(sqlite_url(path))
    store.upsert(Item(f"i{n}", "x" * 500) for n in range(2_000))
    store.close()
    content = path.read_bytes()
    path.write_bytes(content[: 4096 * 8] + b"\xaa" * (len(content) - 4096 * 8))
    with pytest.raises(DataError, match=r"catalog\.db.*damaged"):
        list(store.scan())


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere.*folder exists"):
        CatalogStore(sqlite_url(tmp_path / "nowhere" / "catalog.db"))


@pytest.mark.parametrize("url", ["no url", "oracle+nothing://x"])
def test_url_that_makes_no_sense_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match="database URL"):
        open_engine(url)


def _at_version(url: str, version: int) -> None:
    with writing(open_engine(url)) as connection:
        connection.execute(update(COUNTERS).where(COUNTERS.c.name == "catalog.schema").values(value=version))


@pytest.mark.parametrize(
    ("version", "fix"), [(99, "newer Handpicked.*pip install --upgrade"), (0, "new --workspace")]
)
def test_schema_that_cannot_be_read_is_refused_with_what_to_do(
    tmp_path: Path, version: int, fix: str
) -> None:
    url = sqlite_url(tmp_path / "catalog.db")
    CatalogStore(url).close()
    _at_version(url, version)
    with pytest.raises(DataError, match=rf"catalog\.db: schema version {version} .*{fix}"):
        CatalogStore(url)


def test_schema_of_the_first_version_is_migrated_and_nothing_is_lost(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "catalog.db")
    store = CatalogStore(url)
    store.upsert([Item("up", "Up")])
    with writing(open_engine(url)) as connection:
        connection.execute(delete(COUNTERS).where(COUNTERS.c.name == "catalog.identity"))
    _at_version(url, 1)
    migrated = CatalogStore(url)
    assert (migrated.get("up"), migrated.revision()) == (Item("up", "Up"), store.revision())
    assert migrated.identity() == CatalogStore(url).identity() != 0


def test_columns_that_an_older_database_lacks_are_added_and_its_rows_kept(tmp_path: Path) -> None:
    url, old, new = (
        sqlite_url(tmp_path / "events.db"),
        Event("ann", "up", list_id="r"),
        Event("bob", "up", policy="a/b", task="search"),
    )
    EventStore(url).append([old])
    with writing(open_engine(url)) as connection:
        for table, column in product(("events", "shown"), ("policy", "task")):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    store = EventStore(url)
    store.append([new])
    store.shown.add(
        [replace(new, event="impression", timestamp=1.0, list_id="r", position=1, propensity=1.0)], None
    )
    assert [*store.of_kind("view")] == [old, new]
    assert [event.policy for event in store.shown.impressions()] == ["a/b"]


def test_databases_have_identities_of_their_own(tmp_path: Path) -> None:
    one, other = (CatalogStore(sqlite_url(tmp_path / name)) for name in ("one.db", "other.db"))
    assert one.identity() != other.identity()


def test_a_database_that_is_being_written_can_be_opened_and_read(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "catalog.db")
    CatalogStore(url).upsert([Item("up", "Up")])
    with writing(open_engine(url)):
        assert CatalogStore(url).count() == 1


def test_a_writer_that_waits_too_long_is_told_who_is_in_the_way(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "catalog.db")
    CatalogStore(url)
    with (
        writing(open_engine(url)),
        pytest.raises(DataError, match=r"catalog\.db: .*locked; another process is writing"),
        writing(open_engine(url), wait_s=0.1),
    ):
        pass

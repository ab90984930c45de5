"""Database failures name the file and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.data.db import open_engine, sqlite_url, writing
from handpicked.tools.data.schema import COUNTERS
from handpicked.tools.errors import ConfigError, DataError
from handpicked.tools.types import Item


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


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "catalog.db")
    CatalogStore(url).close()
    with writing(open_engine(url)) as connection:
        connection.execute(update(COUNTERS).where(COUNTERS.c.name == "catalog.schema").values(value=99))
    with pytest.raises(DataError, match="schema version 99"):
        CatalogStore(url)

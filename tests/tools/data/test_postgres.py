"""Both databases on PostgreSQL, by URL. The stores' own tests run there as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from handpicked.tools.data import build
from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.data.db import open_engine, reading, writing
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.index import Index
from handpicked.tools.data.ingest import ingest
from handpicked.tools.data.inputs import IngestFiles
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import Embedder, Event, Item


@pytest.fixture
def workspace(tmp_path: Path, postgres_url: str) -> Iterator[Workspace]:
    opened = Workspace.open(tmp_path / "workspace", catalog_url=postgres_url, events_url=postgres_url)
    yield opened
    opened.close()


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    opened = open_engine(postgres_url)
    yield opened
    opened.dispose()


def test_files_go_in_are_built_and_change(workspace: Workspace, toy: Embedder, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item_id,title,price\na,Alpha ship,1\nb,Beta train,2\n,nothing,3\n")
    (tmp_path / "events.csv").write_text("user_id,item_id,event\nann,a,view\nbob,a,like\ncho,a,view\n")
    files = IngestFiles(items=(tmp_path / "items.csv",), events=(tmp_path / "events.csv",))
    report = ingest(workspace, files)
    assert {kind: counts.kept for kind, counts in report.kinds.items()} == {"items": 2, "events": 3}
    made = build.build(workspace, toy)
    assert (made.items, made.catalog_revision, made.event_revision) == (2, 1, 3)
    index = Index(workspace, toy)
    assert index.snapshot().notes == ()
    workspace.catalog.upsert([Item("c", "Gamma plane")])
    workspace.catalog.delete(["a"])
    assert [item.item_id for item in index.snapshot().items()] == ["b", "c"]
    assert not list(workspace.path.glob("*.db"))


def test_a_lost_connection_is_made_again(workspace: Workspace, postgres: str) -> None:
    workspace.events.append([Event("ann", "a")])
    with psycopg.connect(postgres, autocommit=True) as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
        assert connection.execute(others).fetchall()
    assert workspace.events.count() == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://tester@/nothing?host={folder}", 'database "nothing" does not exist; create it'),
        ("postgresql://tester@/postgres?host={folder}/nowhere", "check that the database is up"),
        ("postgresql://tester:secret@127.0.0.1:1/postgres", r":\*\*\*@127.* check that the database is up"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_with_the_fix(postgres: str, url: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        EventStore(url.format(folder=postgres.partition("host=")[2]))


def test_a_user_without_rights_is_told(workspace: Workspace, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS poor")
        connection.execute("CREATE ROLE poor LOGIN")
    with pytest.raises(DataError, match="permission denied for table counters; grant this database user"):
        CatalogStore(postgres_url.replace("tester", "poor"))


def test_a_value_that_postgresql_cannot_hold_is_named(workspace: Workspace) -> None:
    with pytest.raises(DataError, match=r"NUL .* remove that character"):
        workspace.catalog.upsert([Item("a\0", "Alpha")])
    with pytest.raises(DataError, match=r"out of range; use a smaller number"):
        workspace.events.append([Event("ann", "a", position=2**70)])
    assert (workspace.catalog.count(), workspace.events.count()) == (0, 0)


def test_a_writer_that_waits_too_long_is_told(workspace: Workspace, engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("SELECT * FROM counters FOR UPDATE")
        with pytest.raises(DataError, match=r"lock timeout .*another process is writing"):
            workspace.events.save_session("s", "ann", "{}")


def test_a_read_sees_one_state(workspace: Workspace, engine: Engine) -> None:
    count = "SELECT count(*) FROM items"
    with reading(engine) as connection:
        before = connection.exec_driver_sql(count).scalar()
        workspace.catalog.upsert([Item("a", "Alpha")])
        assert connection.exec_driver_sql(count).scalar() == before == 0

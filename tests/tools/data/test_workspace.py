"""Workspaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from handpicked.tools.data.db import sqlite_url
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import Event, Item


def test_a_missing_workspace_is_made_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "shop"
    workspace = Workspace.open(path)
    workspace.catalog.upsert([Item("up", "Up")])
    workspace.events.append([Event("ann", "up")])
    workspace.close()
    again = Workspace.open(path)
    assert (again.catalog.count(), again.events.count()) == (1, 1)
    again.close()
    assert {file.name for file in path.iterdir()} >= {"catalog.db", "events.db"}


def test_urls_stand_in_for_the_files(tmp_path: Path) -> None:
    both = sqlite_url(tmp_path / "one.db")
    workspace = Workspace.open(tmp_path / "shop", catalog_url=both, events_url=both)
    workspace.catalog.upsert([Item("up", "Up")])
    workspace.events.append([Event("ann", "up")])
    assert (workspace.catalog.revision(), workspace.events.revision()) == (1, 1)
    workspace.close()
    assert not (tmp_path / "shop" / "catalog.db").exists()


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file")
    with pytest.raises(DataError, match=r"shop can't be made.*--workspace"):
        Workspace.open(tmp_path / "shop")

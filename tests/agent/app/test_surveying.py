"""`handpicked catalog quality` and `catalog show`, as a person and as a program read them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Event, Item

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ITEMS = [
    Item("[red]1[/red]", "Quiet Street", "movie", year=1950, creators=("Ida Lupin",), attributes={"[b]colour": "grey"}),
    Item("2", "Quiet Street", "movie", year=1950, creators=("Ida Lupin",)),
    Item("3", "算法之外", "book[/]", "一位工程师写人工智能与日常生活的随笔。"),
]  # fmt: skip


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    workspace = Workspace.open(tmp_path / "odd")
    workspace.catalog.upsert(ITEMS)
    workspace.events.append([Event("[u]", "2", timestamp=1.0), Event("ann", "gone")])
    workspace.close()
    return workspace.path


def test_the_report_shows_the_text_of_items_as_it_is_written(run: Run, odd: Path) -> None:
    done = run("catalog", "quality", "--workspace", str(odd), COLUMNS="200")
    assert done.returncode == 0, done.stderr
    for part in (
        "items: 3 (movie 2, book[/] 1)",
        "language of the text: unknown 2, zh 1",
        "no description of their own: 2",
        "same title and year: 1, e.g. [red]1[/red] = 2",
        "[b]colour",
        "of unknown items: 1",
        "with one event: 2 users, 2 items",
    ):
        assert part in done.stdout


def test_json_has_the_same_values(run: Run, odd: Path) -> None:
    found = json.loads(run("catalog", "quality", "--json", "--workspace", str(odd)).stdout)
    assert found["catalog"]["same"] == [["[red]1[/red]", "2"]]
    assert found["catalog"]["missing"]["movie"]["[b]colour"] == 0.5
    assert found["catalog"]["generated"] == 2
    assert (found["events"]["unknown"], found["events"]["untimed"]) == (1, 1)


def test_a_catalogue_without_items_says_what_to_do(run: Run, tmp_path: Path) -> None:
    done = run("catalog", "quality", "--workspace", str(tmp_path / "none"))
    assert done.returncode == 3
    assert "handpicked ingest" in done.stderr


def test_what_is_derived_of_an_item_stands_apart_from_its_own_fields(run: Run, odd: Path) -> None:
    shown = json.loads(run("catalog", "show", "3", "--workspace", str(odd)).stdout)
    assert shown["derived"]["text_language"] == "zh"
    assert "人工智能" in "".join(shown["derived"]["key_phrases"])
    assert "text_language" not in shown
    made = json.loads(run("catalog", "show", "2", "--workspace", str(odd)).stdout)["derived"]["document"]
    assert made == {"text": "Quiet Street. Ida Lupin. 1950", "generated": True, "passages": []}

"""What `doctor` finds in a workspace, and what it says to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handpicked.agent import demonstrations
from handpicked.agent.app import doctoring, measuring
from handpicked.agent.settings import Settings
from handpicked.eval.openai_server import say, serving
from handpicked.tools.data import manifests
from handpicked.tools.data.workspace import Workspace

Findings = dict[str, dict[str, Any]]


@pytest.fixture
def look(fresh: Workspace, settings: Settings, capsys: pytest.CaptureFixture[str]) -> Callable[[], Findings]:
    """Run it on a workspace of the test's own."""

    def looked() -> Findings:
        with pytest.raises(SystemExit):  # the session's cache has no assets
            doctoring.run(settings.model_copy(update={"workspace": fresh.path}), json=True)
        return {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)}

    return looked


def _folder(workspace: Workspace) -> Path:
    return workspace.path / "builds" / str(manifests.current(workspace.path))


def test_a_sound_build_is_well(look: Callable[[], Findings]) -> None:
    found = look()
    assert found["workspace"]["well"]
    assert found["build"]["well"], found["build"]
    assert "20 items" in found["build"]["told"]


def test_content_that_changed_is_found(look: Callable[[], Findings], fresh: Workspace) -> None:
    file = _folder(fresh) / "vectors.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    found = look()["build"]
    assert (found["well"], found["fix"]) == (False, "handpicked build")
    assert "vectors.npy" in found["told"]


def test_a_missing_file_is_found(look: Callable[[], Findings], fresh: Workspace) -> None:
    (_folder(fresh) / "ease.npy").unlink()
    found = look()["build"]
    assert (found["well"], found["fix"]) == (False, "handpicked build")
    assert "ease.npy is missing" in found["told"]


def test_a_build_of_another_catalogue_is_found(look: Callable[[], Findings], fresh: Workspace) -> None:
    fresh.close()
    for left in fresh.path.glob("catalog.db*"):
        left.unlink()
    Workspace.open(fresh.path).close()
    assert "another catalogue" in look()["build"]["told"]


def test_a_damaged_database_is_named(look: Callable[[], Findings], fresh: Workspace) -> None:
    fresh.close()
    (fresh.path / "events.db").write_bytes(b"no database " * 1000)
    found = look()["workspace"]
    assert not found["well"]
    assert "events.db" in found["told"]
    assert "restore a backup" in found["told"]


def test_a_model_that_was_never_measured_is_said_not_to_read(fresh: Workspace, settings: Settings) -> None:
    hosted = settings.model_copy(update={"model": "openai:tiny", "model_url": "http://127.0.0.1:9/v1"})
    (told,) = doctoring.reading(hosted)
    assert told.well
    assert "evidence alone reads turns: tiny was never measured" in told.told
    assert told.fix == "handpicked doctor --measure"
    assert doctoring.reading(settings.model_copy(update={"model": "none"})) == []


def test_measuring_asks_the_model_and_keeps_what_came_of_it(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [demo for demo in demonstrations.packaged() if demo.split == "train"][::30]
    monkeypatch.setattr(demonstrations, "packaged", lambda: few)
    with serving() as server:
        server.answers = [say('{"scene": "gift", "tasks": ["recommend"]}')]
        changes = {"model": "openai:tiny", "model_url": server.url, "cache": tmp_path}
        hosted = settings.model_copy(update=changes)
        measuring.run(hosted, 12, json=False)
        (told,) = doctoring.reading(hosted)
    assert len(server.asked) == 12
    printed = capsys.readouterr().out
    assert "12 turns" in printed
    assert "No gain over evidence alone is proven" in printed
    assert "tiny: no gain is proven, never asked; 12 turns" in told.told

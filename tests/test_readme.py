"""The README's commands do what it says, on the twenty items where the demo's data isn't needed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from handpicked.agent.settings import Settings
from handpicked.tools.data.workspace import Workspace

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = dict(
    re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```(?:sh|python)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
)


@pytest.fixture
def environment(built: Workspace, settings: Settings) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(settings.cache),
        "HANDPICKED_WORKSPACE": str(built.path),
        "HANDPICKED_CACHE": str(settings.cache),
        "HANDPICKED_MODEL": "none",
    }


def test_the_tour_runs(environment: dict[str, str], tmp_path: Path) -> None:
    lines = BLOCKS["Tour of the demo"].splitlines()
    asked = [line for line in lines if line.startswith("handpicked ask")]
    assert len(asked) > 5
    (tmp_path / "turns.jsonl").write_text('{"message": "a western"}\n', encoding="utf-8")
    run = subprocess.run(
        ["bash", "-ec", "\n".join(asked)],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


def test_a_catalogue_of_ones_own_from_nothing_to_an_answer(
    environment: dict[str, str], tmp_path: Path
) -> None:
    script = BLOCKS["Your own catalogue"]
    run = subprocess.run(
        ["bash", "-ec", script], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "Green tea" in run.stdout
    python = BLOCKS["Where things are"]
    again = subprocess.run(
        [sys.executable, "-c", python],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("['Green tea'")

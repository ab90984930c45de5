"""The command in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from handpicked.agent.settings import Settings
from handpicked.tools.data.workspace import Workspace

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(built: Workspace, settings: Settings, tmp_path: Path) -> Run:
    """Run the command in a folder of its own, on the twenty items unless the test names a workspace."""

    def command(*arguments: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("handpicked")), *arguments],
            check=False,
            capture_output=True,
            text=True,
            input=said,
            cwd=tmp_path,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(tmp_path),
                "HANDPICKED_WORKSPACE": str(built.path),
                "HANDPICKED_CACHE": str(settings.cache),
                "HANDPICKED_MODEL": "none",
            }
            | environment,
        )

    return command

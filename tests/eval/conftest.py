"""The toy suite, importable in this process and in its workers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from handpicked.eval import runner, suite
from handpicked.eval.log import Log
from handpicked.eval.suite import Suite
from handpicked.eval.types import Options

PACKAGES = Path(__file__).parent / "packages"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.setattr(sys, "path", [str(PACKAGES), *sys.path])
    return suite.load("evaltoys.doubling")


@pytest.fixture(scope="session")
def toy_log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """A run of two good systems, with and without crashes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(PACKAGES), *sys.path])
        options = Options(systems=("right", "wrong", "crashes"))
        planned = runner.plan(
            suite.load("evaltoys.doubling"),
            options,
            tmp_path_factory.mktemp("eval"),
            commit="c0ffee",
            state={},
        )
        return runner.run(planned, workers=2)

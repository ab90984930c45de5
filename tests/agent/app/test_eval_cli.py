"""`handpicked eval` as a user runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PACKAGES = Path(__file__).parents[2] / "eval" / "packages"
TOY = "evaltoys.doubling"


@pytest.fixture
def toy(run: Run) -> Run:
    """`handpicked eval ...`, with the toy suite importable."""
    return partial(run, "eval", PYTHONPATH=str(PACKAGES))


def _log(tmp_path: Path) -> str:
    (log,) = (tmp_path / "logs").glob("*.jsonl")
    return str(log)


def test_run_prints_the_summary_as_json_and_exits_by_thresholds(toy: Run, tmp_path: Path) -> None:
    done = toy("run", TOY, "--system", "right", "--system", "wrong", "--json", "--output", "logs")
    summary = json.loads(done.stdout)
    assert done.returncode == 1
    assert "wrong/all/right: 0.02, wanted at least 0.5" in done.stderr
    assert (summary["suite"], summary["n"], summary["failed"]) == ("doubling", 50, 0)
    assert summary["metrics"]["right/all/right"] == {
        "value": 1.0,
        "low": pytest.approx(0.92865, rel=1e-4),
        "high": 1.0,
    }
    assert Path(tmp_path / summary["log"]).is_file()
    good = toy("run", TOY, "--system", "right", "--output", "logs")
    assert good.returncode == 0
    assert "right" in good.stdout


def test_turns_of_a_file_are_refused_by_a_suite_without_turns(toy: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("{}")
    done = toy("run", TOY, "--demonstrations", "mine.jsonl", "--output", "logs")
    assert done.returncode == 2
    assert "doubling takes no --demonstrations; reading, tools do" in done.stderr


def test_failed_cases_are_told_and_fail_the_run(toy: Run, tmp_path: Path) -> None:
    done = toy("run", TOY, "--system", "crashes", "--quick", "--output", "logs")
    assert done.returncode == 1
    assert "4 of 20 cases failed" in done.stderr
    assert "ZeroDivisionError: by five" in done.stderr


def test_two_systems_of_a_log_are_compared_and_reported(toy: Run, tmp_path: Path) -> None:
    toy("run", TOY, "--system", "right", "--system", "wrong", "--output", "logs")
    log = _log(tmp_path)
    found = json.loads(toy("compare", f"{log}:right", f"{log}:wrong", "--tag", "all", "--json").stdout)
    right = found["compared"][0]
    assert (right["metric"], right["winner"], right["difference"]["wins"]) == ("right", 1, 49)
    assert "right is better on (right): 0, 2, 3" in toy("compare", f"{log}:right", f"{log}:wrong").stdout
    assert toy("report", log, "--output", "pages").stdout.split() == ["pages/report.html", "pages/report.md"]
    assert "doubling" in (tmp_path / "pages" / "report.html").read_text()
    missing = toy("compare", f"{log}:right", f"{log}:left")
    assert (missing.returncode, "it has right, wrong" in missing.stderr) == (2, True)
    several = toy("compare", log, log)
    assert (several.returncode, f"{log}:right" in several.stderr.replace("\n", "")) == (2, True)


def test_a_run_on_test_is_recorded(toy: Run, tmp_path: Path) -> None:
    record = tmp_path / "runs.jsonl"
    toy("run", TOY, "--split", "test", "--system", "right", "--output", "logs", "--ledger", str(record))
    assert json.loads(record.read_text())["metrics"]["right/all/right"][0] == 1.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "rankng"), "unknown suite 'rankng'"),
        (("run", TOY, "--system", "left"), "no system 'left'"),
        (("run", TOY, "--split", "train"), "no split 'train'"),
        (("compare", "no.jsonl", "no.jsonl"), "no log no.jsonl"),
        (("report", "pyproject.toml"), "no log pyproject.toml"),
    ],
)
def test_what_is_not_there_is_named(toy: Run, arguments: tuple[str, ...], says: str) -> None:
    done = toy(*arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_list_names_suites_with_their_systems_and_metrics(toy: Run) -> None:
    found = {row["suite"]: row for row in json.loads(toy("list", "--json").stdout)}
    assert set(found) >= {"ranking", "grounding", "search"}
    assert all(row["what"] and row["systems"] and row["metrics"] for row in found.values())

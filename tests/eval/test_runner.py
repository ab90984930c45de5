"""Runs: what fails is counted, what was killed goes on, the log never varies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handpicked.eval import log as logs
from handpicked.eval import reduce, runner
from handpicked.eval.log import Log
from handpicked.eval.suite import Suite
from handpicked.eval.types import Options
from handpicked.tools.errors import ConfigError, DataError

PACKAGES = Path(__file__).parent / "packages"


def _plan(toy: Suite, folder: Path, *systems: str, **options: object) -> runner.Plan:
    return runner.plan(toy, Options(systems=systems, **options), folder, commit="c", state={})  # pyright: ignore[reportArgumentType]


def test_a_run_answers_every_case_of_every_system_in_order(toy_log: Log) -> None:
    assert toy_log.complete
    assert [row.system for row in toy_log.rows] == ["right"] * 50 + ["wrong"] * 50 + ["crashes"] * 50
    assert [row.case.id for row in toy_log.rows] == [str(n) for n in range(50)] * 3


def test_a_case_that_raises_is_kept_with_its_error(toy_log: Log) -> None:
    wrong = [row for row in toy_log.rows if row.error]
    assert len(wrong) == reduce.failed(toy_log) == 10
    assert {row.error for row in wrong} == {"ZeroDivisionError: by five"}
    assert {row.system for row in wrong} == {"crashes"}


def test_answers_can_be_scored_again_from_the_log_alone(toy: Suite, toy_log: Log) -> None:
    task = toy.task()
    for row in toy_log.rows:
        if row.error is None:
            assert task.score(row.case, row.answer) == row.scores


def test_only_the_case_that_kills_or_hangs_its_worker_fails(toy: Suite, tmp_path: Path) -> None:
    log = runner.run(_plan(toy, tmp_path, "dies", "hangs"), workers=2)
    wrong = [(row.system, row.case.id, row.error) for row in log.rows if row.error]
    assert wrong == [
        ("dies", "13", "the worker process died (exit code 9)"),
        ("hangs", "13", "TimeoutError: no answer in 1 s"),
    ]


def test_a_system_that_cannot_be_opened_fails_every_case(toy: Suite, tmp_path: Path) -> None:
    log = runner.run(_plan(toy, tmp_path, "unready", quick=True), workers=1)
    assert [row.error for row in log.rows] == ["RuntimeError: no such toy"] * 20


def test_what_the_user_must_mend_stops_the_run(toy: Suite, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="HANDPICKED_TOY"):
        runner.run(_plan(toy, tmp_path, "misconfigured"), workers=1)


def test_the_log_does_not_depend_on_the_number_of_workers(toy: Suite, tmp_path: Path) -> None:
    one, three = (
        runner.run(_plan(toy, tmp_path / str(n), "right", "crashes"), workers=n).path.read_bytes()
        for n in (1, 3)
    )
    assert one == three


_RUN = """
import sys
from pathlib import Path
from handpicked.eval import runner, suite
from handpicked.eval.types import Options
if __name__ == "__main__":
    options = Options(systems=("right", "crashes"), seed=20)
    runner.run(
        runner.plan(suite.load("evaltoys.doubling"), options, Path(sys.argv[1]), commit="c", state={}), workers=2
    )
"""


def _start(script: Path, folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGES)}
    return subprocess.Popen([sys.executable, str(script), str(folder)], env=environment)


def test_a_killed_run_goes_on_and_its_log_is_identical(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(_RUN)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = _start(script, killed)
    deadline = time.monotonic() + 60
    while not any(file.read_bytes().count(b'"answer"') > 10 for file in killed.glob("*.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (log,) = killed.glob("*.jsonl")
    assert not logs.read(log).complete
    with log.open("ab") as file:
        file.write(b'{"system":"right","part":"even","id":"1')  # a line that the kill cut off
    assert _start(script, killed).wait() == 0
    assert _start(script, whole).wait() == 0
    (other,) = whole.glob("*.jsonl")
    assert log.name == other.name
    assert log.read_bytes() == other.read_bytes()
    assert len(logs.read(log).ms) == 100


def test_a_finished_run_is_not_run_again(toy: Suite, tmp_path: Path) -> None:
    planned = _plan(toy, tmp_path, "right")
    runner.run(planned, workers=1)
    told: list[tuple[int, int]] = []
    runner.run(planned, workers=1, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(50, 50)]


def test_two_processes_do_not_write_one_log(toy: Suite, tmp_path: Path) -> None:
    planned = _plan(toy, tmp_path, "right")
    with (
        logs.writing(planned.path, planned.header, planned.cases),
        pytest.raises(ConfigError, match="another process is writing"),
    ):
        runner.run(planned, workers=1)


def test_a_log_of_another_run_is_not_gone_on_with(toy: Suite, tmp_path: Path) -> None:
    planned = _plan(toy, tmp_path, "right")
    planned.path.write_text('{"suite": "another"}\n')
    with pytest.raises(DataError, match="log of another run"):
        runner.run(planned, workers=1)
    assert planned.path.read_text() == '{"suite": "another"}\n'


@pytest.mark.parametrize("options", [{"seed": 1}, {"quick": True}, {"parts": ("even",)}, {"split": "test"}])
def test_other_options_are_another_log(toy: Suite, tmp_path: Path, options: dict[str, object]) -> None:
    assert _plan(toy, tmp_path, "right").path != _plan(toy, tmp_path, "right", **options).path


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"split": "train"}, "no split 'train'; it has valid, test"),
        ({"parts": ("prime",)}, "no part 'prime'; it has even, odd"),
        ({"systems": ("left",)}, "no system 'left'; it has right, wrong, crashes"),
    ],
)
def test_what_a_suite_does_not_have_is_refused(
    toy: Suite, tmp_path: Path, options: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        runner.plan(toy, Options(**options), tmp_path, commit="c", state={})  # pyright: ignore[reportArgumentType]

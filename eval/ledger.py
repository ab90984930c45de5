"""The record of test-split runs: one line each in `test_runs.jsonl`, which is committed, so that nobody can try
the test data until it fits without it being seen."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from handpicked.eval import reduce
from handpicked.eval.log import Log
from handpicked.eval.reduce import Figure
from handpicked.tools.errors import ConfigError

_NAME = "test_runs.jsonl"


def path() -> Path:
    """Where the record is kept: beside this package, in a checkout.

    Raises ConfigError elsewhere, since a record in an installed package would be nobody's."""
    folder = Path(__file__).parent
    if not (folder.parent / ".git").exists():
        raise ConfigError(
            "runs on the test split are recorded in a checkout of the project: run it from one, or give --ledger FILE"
        )
    return folder / _NAME


def commit() -> str:
    """The commit of the checkout that this code is in, `+changes` when files differ from it; `unknown` elsewhere."""
    folder = Path(__file__).parent

    def git(*arguments: str) -> str:
        asked = ["git", "-C", str(folder), *arguments]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{_NAME}")
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if changed else "")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"


def record(file: Path, log: Log, figures: Sequence[Figure], now: datetime) -> None:
    """Append a run to the record, unless its very log is there already."""
    digest = sha256(log.path.read_bytes()).hexdigest()
    if file.exists() and digest.encode() in file.read_bytes():
        return
    row = {
        "time": now.isoformat(timespec="seconds"),
        "suite": log.header.suite,
        "split": log.header.split,
        "commit": log.header.commit,
        "code": log.header.code,
        "options": log.header.options,
        "systems": log.header.systems,
        "data": log.header.data,
        "n": log.header.cases,
        "failed": reduce.failed(log),
        "metrics": {
            f.name: [round(x, 5) for x in (f.value.value, f.value.low, f.value.high)] for f in figures
        },
        "log_sha256": digest,
    }
    with file.open("ab") as out:
        out.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

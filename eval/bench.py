"""Speed and memory of each part, on the workspace of the settings: `make bench`.

Times are of this machine at this moment; compare ratios within one run, not runs with each other."""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from handpicked.agent.app import wiring
from handpicked.agent.app.wiring import Parts
from handpicked.agent.loop import Agent
from handpicked.agent.settings import Settings
from handpicked.eval import bench_model
from handpicked.eval.suites.grounding import turns
from handpicked.eval.timing import quantiles
from handpicked.tools import collab
from handpicked.tools.data import assets, manifests
from handpicked.tools.data.factors import Factors

_HELP_RUNS = 7
_CHOICES = (5, 100, 400)
_FOLD_INS = 100
_SEED = 0
_QUESTION = "westerns made before 1970 under two hours"
Rows = Sequence[tuple[str, str]]


def main() -> None:
    """Print a table for each part; the texts of the turns are embedded anew, as those of users are."""
    settings = Settings()
    console = Console(highlight=False)
    _print(console, "build", _build(settings))
    _print(console, "command line", _command_line(settings))
    with tempfile.TemporaryDirectory() as folder:
        parts = _opened(settings, Path(folder))
        _print(console, "turn without a language model, ms", _turns(parts.agent))
        _print(console, "folding an unseen user in, ms", _fold_ins(parts.index.snapshot().build.factors))
    console.print(bench_model.table(bench_model.run(assets.path(settings.cache, "smollm2-135m-instruct"))))


def _build(settings: Settings) -> Rows:
    build_id = manifests.current(settings.workspace)
    if build_id is None:
        sys.exit("bench: no build here; run `make demo` first")
    made = manifests.read(settings.workspace / "builds" / build_id)
    return [("items", f"{made.items:,}"), *((name, f"{value:g}") for name, value in made.measures.items())]


def _command_line(settings: Settings) -> Rows:
    command = [str(Path(sys.executable).with_name("handpicked"))]
    times: list[float] = []
    for _ in range(_HELP_RUNS):
        start = time.perf_counter()
        subprocess.run([*command, "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    workspace = ["-w", str(settings.workspace), "--json"]
    rows = [(f"handpicked --help, median of {_HELP_RUNS}, s", f"{statistics.median(times):.2f}")]
    for name, flags in (("without prose", ["--no-prose"]), ("with prose", [])):
        subprocess.run([*command, "ask", _QUESTION, *workspace, *flags], check=True, capture_output=True)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
        rows.append((f"peak memory of ask {name}, GB (largest so far)", f"{peak:.2f}"))
    return rows


def _opened(settings: Settings, folder: Path) -> Parts:
    """Without a model, the embedder's cache empty."""
    fitted = folder / "fitted"
    fitted.symlink_to(settings.cache.resolve() / "fitted", target_is_directory=True)
    return wiring.open_agent(settings.model_copy(update={"cache": folder, "model": "none"}))


def _turns(agent: Agent) -> Rows:
    """Each step over the 200 turns, after ten to warm up."""
    given = [replace(request, session_id=None) for request in turns.requests()]
    for request in given[-10:]:
        asyncio.run(agent.turn(replace(request, message=f"{request.message} ")))
    spent: dict[str, list[float]] = defaultdict(list)
    for request in given:
        start = time.perf_counter()
        reply = asyncio.run(agent.turn(request))
        spent["whole turn"].append((time.perf_counter() - start) * 1000)
        for step in reply.trace:
            spent[f"tool {step.detail['tool']}" if step.step == "tool" else step.step].append(step.ms)
    return [(name, quantiles(values)) for name, values in spent.items()]


def _fold_ins(factors: Factors) -> Rows:
    """Scoring every item for histories of some lengths, drawn at random."""
    rng, rows = np.random.default_rng(_SEED), list[tuple[str, str]]()
    for length in _CHOICES:
        spent = list[float]()
        for _ in range(_FOLD_INS):
            history = rng.choice(len(factors.ids), min(length, len(factors.ids) // 2), replace=False)
            start = time.perf_counter()
            collab.fold_in(factors, history[:0], history)
            spent.append((time.perf_counter() - start) * 1000)
        rows.append((f"{length} choices, {', '.join(factors.parts)}", quantiles(spent)))
    return rows


def _print(console: Console, title: str, rows: Rows) -> None:
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("measure")
    table.add_column("value")
    for row in rows:
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()

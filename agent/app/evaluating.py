"""Evaluation on the command line: progress, tables, what a run leaves behind."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.table import Table
from rich.text import Text

from handpicked.agent.app import show
from handpicked.agent.settings import Settings
from handpicked.eval import compare as comparing
from handpicked.eval import ledger, reduce, report, runner, suite
from handpicked.eval import log as logs
from handpicked.eval.compare import Compared, Comparison
from handpicked.eval.log import Log
from handpicked.eval.reduce import Figure
from handpicked.eval.suite import Suite
from handpicked.eval.types import Difference, Options, Value
from handpicked.tools.errors import ConfigError

_NOTE_EVERY_S = 10.0
_FULL_TABLES = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What `eval run` was asked for."""

    suite: str
    split: str
    systems: tuple[str, ...]
    parts: tuple[str, ...]
    quick: bool
    seed: int
    workers: int | None
    output: Path | None
    ledger: Path | None
    limit: int | None = None
    demonstrations: Path | None = None


def listing(*, json: bool) -> None:
    """The suites."""
    found = [suite.load(name) for name in suite.names()]
    if json:
        _print([{"suite": one.name, **one.spec.model_dump(mode="json")} for one in found])
        return
    table = Table(box=None, pad_edge=False)
    for column in ("suite", "measures", "systems", "metrics"):
        table.add_column(column, overflow="fold")
    for one in found:
        systems = ", ".join([*one.spec.systems, *(f"({name})" for name in one.spec.optional_systems)])
        table.add_row(one.name, one.spec.what, systems, ", ".join(one.spec.metrics))
    show.out.print(table)


def run(settings: Settings, asked: Asked, *, json: bool) -> bool:
    """Run one suite, or all of them. False when a threshold was missed or more cases failed than may."""
    record = None if asked.split != "test" else asked.ledger or ledger.path()
    names = suite.names() if asked.suite == "all" else (asked.suite,)
    passed = [_run(settings, suite.load(name), asked, record, json=json) for name in names]
    return all(passed)


def compared(a: str, b: str, tags: Sequence[str], *, json: bool) -> None:
    """Two logs, or two systems of a log, case by case."""
    first, second = _one(a), _one(b)
    found = comparing.compare(suite.load(first.header.module).spec, first, second)
    kept = [one for one in found.compared if not tags or one.tag in tags]
    if not kept:
        known = dict.fromkeys(one.tag for one in found.compared)
        raise ConfigError(f"no case has the tag {tags[0]!r}; tags: {', '.join(known)}")
    if json:
        _print({**asdict(found), "compared": [{**asdict(one), "winner": one.winner} for one in kept]})
        return
    show.out.print(_comparison(found, kept))
    main = kept[0]
    for title, ids in (
        (f"{found.first} is better on", main.best),
        (f"{found.second} is better on", main.worst),
    ):
        if ids:
            show.out.print(f"{title} ({main.metric}): {', '.join(ids)}", markup=False)
    if found.unpaired:
        show.note(f"{found.unpaired} cases stand in only one of the two and are left out")


def make_report(paths: Sequence[Path], folder: Path) -> None:
    """A page and a Markdown file of logs."""
    for path in report.write([logs.read(path) for path in paths], folder):
        show.out.print(str(path), markup=False, soft_wrap=True)


def _run(settings: Settings, one: Suite, asked: Asked, record: Path | None, *, json: bool) -> bool:
    folder = asked.output or settings.workspace / "eval"
    planned = runner.plan(
        one, _options(settings, one, asked), folder, commit=ledger.commit(), state=_state(settings, one)
    )
    try:
        with _progress(f"{one.name} ({asked.split})") as progress:
            log = runner.run(planned, workers=asked.workers or runner.cores(), on_progress=progress)
    except KeyboardInterrupt:
        show.note(f"what is done is kept in {planned.path}; the same command goes on from there")
        raise
    figures, failed = reduce.figures(one.spec, log), reduce.failed(log)
    missed = reduce.missed(one.spec, log, figures)
    if record is not None:
        ledger.record(record, log, figures, datetime.now(UTC))
    if json:
        _print(_summary(log, figures, failed) | {"missed": [str(each) for each in missed]})
    else:
        _told(one, log, figures)
    for each in missed:
        show.error(f"threshold missed: {each}")
    if failed > one.spec.max_failed:
        _tell_failures(log, failed)
    return not missed and failed <= one.spec.max_failed


def _options(settings: Settings, one: Suite, asked: Asked) -> Options:
    if asked.demonstrations is not None and not one.spec.demonstrations:
        able = [name for name in suite.names() if suite.load(name).spec.demonstrations]
        raise ConfigError(f"{one.name} takes no --demonstrations; {', '.join(able)} do")
    return Options(
        asked.split,
        asked.quick,
        asked.seed,
        settings.model if one.spec.model else None,
        asked.systems,
        asked.parts,
        settings.workspace,
        settings.data,
        settings.cache,
        asked.limit,
        asked.demonstrations,
    )


def _state(settings: Settings, one: Suite) -> dict[str, str]:
    """What a suite that reads the workspace depends on: its build and what changed since."""
    if not one.spec.workspace:
        return {}
    from handpicked.agent.app import wiring  # half a second that `compare` and `list` don't need
    from handpicked.tools.data import manifests

    current = manifests.current(settings.workspace)
    if current is None:
        raise ConfigError(f"{settings.workspace} has no build: run `handpicked demo` or `handpicked build`")
    workspace = wiring.open_workspace(settings)
    return {
        "build": current,
        "catalog_revision": str(workspace.catalog.revision()),
        "event_revision": str(workspace.events.revision()),
    }


def _summary(log: Log, figures: Sequence[Figure], failed: int) -> dict[str, object]:
    metrics = {f.name: {"value": f.value.value, "low": f.value.low, "high": f.value.high} for f in figures}
    return {
        "suite": log.header.suite,
        "n": log.header.cases,
        "failed": failed,
        "metrics": metrics,
        "log": str(log.path),
    }


def _told(one: Suite, log: Log, figures: Sequence[Figure]) -> None:
    """A table for each tag; of many tags the first in full and the first metric of the others."""
    tags = list(dict.fromkeys(f.tag for f in figures))
    full = tags if len(tags) <= _FULL_TABLES else tags[:1]
    differences = comparing.main_differences(one.spec, log, full)
    for tag in full:
        show.out.print(_table(one.spec.baseline, [f for f in figures if f.tag == tag], differences))
    if full != tags:
        show.out.print(_by_tag(next(iter(one.spec.metrics)), figures, tags))
    show.out.print(
        Text("± is half of the 95% interval; --json and `eval report` give every interval"), style="dim"
    )
    show.out.print(f"log: {log.path}", markup=False, soft_wrap=True)


def _by_tag(metric: str, figures: Sequence[Figure], tags: Sequence[str]) -> Table:
    values = {(f.tag, f.system): f.value for f in figures if f.metric == metric}
    systems = list(dict.fromkeys(f.system for f in figures))
    table = Table(title=Text(metric, style="bold"), title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("tag", overflow="fold")
    for name in ("n", *systems):
        table.add_column(Text(name), justify="right", overflow="fold")
    for tag in tags:
        found = [values.get((tag, system)) for system in systems]
        n = max((value.n for value in found if value), default=0)
        table.add_row(Text(tag), str(n), *(Text(_wide(value) if value else "") for value in found))
    return table


def _table(
    baseline: str, figures: Sequence[Figure], differences: Mapping[tuple[str, str], Difference]
) -> Table:
    """Systems down, metrics across; the first metric with its interval and its paired difference to the baseline."""
    tag, metrics = figures[0].tag, list(dict.fromkeys(f.metric for f in figures))
    values = {(f.system, f.metric): f.value for f in figures}
    title = f"{tag}  (n = {max(f.value.n for f in figures)})"
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("system", overflow="fold")
    headers = [metrics[0], f"- {baseline}", *metrics[1:]]
    for header in headers:
        table.add_column(Text(header), justify="right", overflow="fold")
    for system in dict.fromkeys(f.system for f in figures):
        main = values.get((system, metrics[0]))
        rest = (values.get((system, metric)) for metric in metrics[1:])
        against = differences.get((system, tag))
        cells = (
            _wide(main) if main else "",
            _wide(against, "+") if against else "",
            *(_short(v) for v in rest),
        )
        table.add_row(Text(system), *map(Text, cells))
    return table


def _wide(found: Value | Difference, sign: str = "") -> str:
    return f"{found.value:{sign}.3f} ±{(found.high - found.low) / 2:.3f}"


def _short(found: Value | None) -> str:
    if found is None:
        return ""
    return f"{found.value:.0f}" if float(found.value).is_integer() else f"{found.value:.3f}"


def _comparison(found: Comparison, kept: Sequence[Compared]) -> Table:
    title = f"{found.first} - {found.second}, paired"
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in ("tag", "metric"):
        table.add_column(name, overflow="fold")
    for name in ("n", found.first, found.second, "difference", "+", "-", "=", "better"):
        table.add_column(Text(name), justify="right", overflow="fold")
    for one in kept:
        d = one.difference
        better = {1: found.first, -1: found.second, 0: "can't tell"}[one.winner]
        cells = (
            str(one.n), f"{one.first:.4g}", f"{one.second:.4g}", f"{d.value:+.3g} [{d.low:+.3g}, {d.high:+.3g}]",
            str(d.wins), str(d.losses), str(d.ties), better,
        )  # fmt: skip
        table.add_row(Text(one.tag), Text(one.metric), *map(Text, cells))
    return table


def _tell_failures(log: Log, failed: int) -> None:
    show.error(f"{failed} of {len(log.rows)} cases failed to run; they count as the worst value. The first:")
    for row in [row for row in log.rows if row.error is not None][:5]:
        show.note(f"  {row.system} {row.case.part} {row.case.id}: {row.error}")


def _one(text: str) -> Log:
    """LOG or LOG:SYSTEM."""
    path, suffix, system = text.partition(".jsonl:")
    if suffix:
        return logs.only(logs.read(Path(path + ".jsonl")), system)
    log = logs.read(Path(text))
    if len(log.header.systems) > 1:
        raise ConfigError(f"{text} has several systems: name one, {text}:{log.header.systems[0]}")
    return log


@contextmanager
def _progress(name: str) -> Generator[Callable[[int, int], None]]:
    """A bar with the time left; where nobody watches, a line now and then."""
    began, told, first = time.monotonic(), time.monotonic(), -1
    with show.progress() as bar:

        def tell(done: int, total: int) -> None:
            nonlocal told, first
            bar(name, done, total)
            first = done if first < 0 else first
            now = time.monotonic()
            if not show.err.is_terminal and now - told > _NOTE_EVERY_S and done > first:
                left = (now - began) / (done - first) * (total - done)
                show.note(f"{name}: {done} of {total}, about {left:.0f} s left")
                told = now

        yield tell


def _print(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()

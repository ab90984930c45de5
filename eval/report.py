"""A report of logs: one self-contained page and a Markdown file, both from the same values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import orjson

from handpicked.eval import compare, plots, reduce, suite
from handpicked.eval.log import Header, Log
from handpicked.eval.reduce import Figure, Missed
from handpicked.eval.suite import Spec
from handpicked.eval.types import Case, Difference, Row, Value

_WORST = 5
_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """A system's figures on a tag: a value for each metric, or None; and the difference to the baseline."""

    system: str
    values: tuple[Value | None, ...]
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of a tag. `plot` is SVG."""

    tag: str
    n: int
    metrics: tuple[str, ...]
    lines: tuple[Line, ...]
    plot: str


@dataclass(frozen=True, slots=True)
class Worst:
    """A case that went badly: what was asked, what was answered."""

    case: Case
    score: float | None
    error: str | None
    asked: str
    answered: str


@dataclass(frozen=True, slots=True)
class Section:
    """What a report says of one log."""

    spec: Spec
    header: Header
    settings: str
    complete: bool
    rows: int
    failed: int
    missed: tuple[Missed, ...]
    groups: tuple[Group, ...]
    worst: tuple[tuple[str, tuple[Worst, ...]], ...]
    main: str
    file: str


def write(logs: Sequence[Log], folder: Path) -> tuple[Path, Path]:
    """Write `report.html` and `report.md`. Raises ConfigError when a log is of a suite that there isn't."""
    sections = [section(log, key=f"s{at}") for at, log in enumerate(logs)]
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name in ("report.html", "report.md"):
        path = folder / name
        path.write_text(_render(name, sections), encoding="utf-8")
        written.append(path)
    return written[0], written[1]


def section(log: Log, *, key: str) -> Section:
    """Everything that a report says of a log; `key` is unique in the page."""
    spec = suite.load(log.header.module).spec
    figures = reduce.figures(spec, log)
    tags = list(dict.fromkeys(f.tag for f in figures))
    main = next(iter(spec.metrics))
    differences = compare.main_differences(spec, log, tags)
    return Section(
        spec, log.header, _settings(log.header), log.complete, len(log.rows), reduce.failed(log),
        tuple(reduce.missed(spec, log, figures)),
        tuple(_group(spec, figures, differences, tag, f"{key}t{at}") for at, tag in enumerate(tags)),
        tuple((system, _worst(spec, log, system)) for system in log.header.systems),
        main, log.path.name,
    )  # fmt: skip


def _settings(header: Header) -> str:
    given = {name: str(value).strip("[]") for name, value in header.options.items()}
    return "; ".join(f"{name} {value}" for name, value in given.items() if value not in ("", "None", "False"))


def _group(
    spec: Spec,
    figures: Sequence[Figure],
    differences: Mapping[tuple[str, str], Difference],
    tag: str,
    key: str,
) -> Group:
    found = {(f.system, f.metric): f.value for f in figures if f.tag == tag}
    systems = list(dict.fromkeys(system for system, _ in found))
    metrics = tuple(name for name in spec.metrics if any((system, name) in found for system in systems))
    lines = tuple(
        Line(
            system,
            tuple(found.get((system, metric)) for metric in metrics),
            differences.get((system, tag)),
        )
        for system in systems
    )
    drawn = [(system, found[system, metrics[0]]) for system in systems if (system, metrics[0]) in found]
    plot = plots.intervals([name for name, _ in drawn], [value for _, value in drawn], metrics[0], key=key)
    return Group(tag, max(value.n for value in found.values()), metrics, lines, plot)


def _worst(spec: Spec, log: Log, system: str) -> tuple[Worst, ...]:
    """The cases of a system that failed or scored worst on the first metric."""
    name, metric = next(iter(spec.metrics.items()))
    sign = 1 if metric.better == "higher" else -1

    def badness(row: Row) -> tuple[bool, float]:
        brought = reduce.measured(name, metric, row)
        return row.error is None, sign * brought[0] if brought else float("-inf")

    rows = sorted((row for row in log.rows if row.system == system), key=badness)[:_WORST]
    return tuple(
        Worst(
            row.case,
            None if row.error else row.scores.get(name),
            row.error,
            _pretty(row.case.data),
            _pretty(row.answer),
        )
        for row in rows
    )


def _pretty(value: Any) -> str:
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]} … ({len(text)} characters)"


def shown(value: Value | None) -> str:
    """A figure with its interval: 0.483 [0.465, 0.501]; what has none stands alone."""
    if value is None:
        return ""
    digits = 3 if abs(value.value) < 10 else 1
    if value.low == value.high == value.value:
        return f"{value.value:.{0 if value.value.is_integer() else digits}f}"
    return f"{value.value:.{digits}f} [{value.low:.{digits}f}, {value.high:.{digits}f}]"


def signed(found: Difference | None) -> str:
    """A difference with its interval: +0.021 [+0.010, +0.032]."""
    return "" if found is None else f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def _cell(text: object) -> str:
    """Text in a cell of a Markdown table."""
    cleaned = " ".join(str(text).split())
    return "".join(f"\\{char}" if char in "\\|`*_[]<>#" else char for char in cleaned)


def _render(name: str, sections: Sequence[Section]) -> str:
    environment = jinja2.Environment(
        autoescape=name.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(value=shown, signed=signed, cell=_cell)
    template = resources.files("handpicked.eval").joinpath(f"{name}.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(sections=sections)

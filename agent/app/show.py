"""How things look in a terminal. Text of items, users and models is data: it is never read as Rich markup."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from handpicked.agent.types import Lists, RankedList, Reading, Reply, Step
from handpicked.tools.types import Json, ToolResult

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Report = Callable[[str, int, int | None], None]


def error(message: str) -> None:
    """One line on stderr."""
    err.print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)


def note(message: str) -> None:
    """A line on stderr that says what is going on."""
    err.print(Text(message, style="dim"), soft_wrap=True)


@contextmanager
def progress() -> Generator[Report]:
    """A callback that draws a bar for each step, on stderr and only on a terminal."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=err, disable=not err.is_terminal) as bars:

        def report(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                for earlier in tasks.values():
                    known = bars.tasks[earlier].total or 1
                    bars.update(earlier, total=known, completed=known)
                tasks[step] = bars.add_task(escape(step), total=total)
                if not err.is_terminal:
                    note(f"{step} ...")
            bars.update(tasks[step], completed=done, total=total)

        yield report
        for task in tasks.values():
            known = bars.tasks[task].total or 1
            bars.update(task, total=known, completed=known)


def reading(value: Reading) -> None:
    """Scene, tasks and wishes."""
    out.print(
        Text.assemble(
            ("scene ", "dim"), (value.scene.name, "bold"), (f" {value.scene.confidence:.0%}", "dim"),
            ("  tasks ", "dim"), ", ".join(value.tasks),
            *((("  wishes ", "dim"), "; ".join(str(c) for c in value.constraints)) if value.constraints else ()),
        ),
        soft_wrap=True,
    )  # fmt: skip


def tool(result: ToolResult) -> None:
    """One call and what came of it."""
    told = f"{len(result.candidates)} found" if result.error is None else result.error
    arguments = ", ".join(f"{name}={_short(value)}" for name, value in result.call.arguments.items() if value)
    out.print(
        Text(f"  {result.call.name}({arguments})  {told}, {result.ms:.0f} ms", style="dim"), soft_wrap=True
    )


def lists(value: Lists) -> None:
    """Every list as a table."""
    for ranked in value.lists:
        _list(ranked)


def why(ranked: RankedList) -> None:
    """What each tool contributed to each item of a list."""
    table = Table(title=Text(ranked.label), title_justify="left", box=None, padding=(0, 1))
    for name in ("#", "title", "score", "from"):
        table.add_column(name)
    for item in ranked.items:
        sources = ", ".join(f"{part.tool} #{part.rank} ({part.part:.4f})" for part in item.sources)
        table.add_row(str(item.rank), Text(item.title), f"{item.score:.4f}", sources)
    out.print(table)


def ending(reply: Reply) -> None:
    """Reviews, and what was left out."""
    for text in reply.reviews.values():
        out.print(Text(text), soft_wrap=True)
    for left in reply.degraded:
        out.print(Text(f"left out: {left}", style="yellow"), soft_wrap=True)


def timings(steps: tuple[Step, ...]) -> None:
    """Milliseconds by step."""
    known = [f"{step.step} {step.ms:.0f} ms" for step in steps if step.step != "tool"]
    out.print(Text("  ".join(known), style="dim"))


def _list(ranked: RankedList) -> None:
    if not ranked.items:
        out.print(
            Text(f"{ranked.label}: nothing ({'; '.join(ranked.emptied_by)})", style="yellow"), soft_wrap=True
        )
        return
    table = Table(title=Text(ranked.label), title_justify="left", box=None, padding=(0, 1))
    table.add_column("#", justify="right")
    table.add_column("title", overflow="fold", ratio=2)
    table.add_column("why", overflow="fold", ratio=3)
    for item in ranked.items:
        year = f" ({item.facts['year']})" if item.facts.get("year") else ""
        mark = " [sponsored]" if item.sponsored else ""
        table.add_row(str(item.rank), Text(f"{item.title}{year}{mark}"), Text(item.reason))
    out.print(table)


def _short(value: Json) -> str:
    if isinstance(value, list | tuple):
        return f"[{len(value)}]"
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:37]}...")

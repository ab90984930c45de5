"""`handpicked eval`: the evaluation's commands."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from handpicked.agent.app.options import AsJson, Model, Workspace, settings_of
from handpicked.tools.errors import ConfigError

eval_app = typer.Typer(
    help="Measure it: run suites, compare two runs or systems, make a report.", no_args_is_help=True
)

_NEEDS = ("pytrec_eval", "pebble", "matplotlib", "jinja2")
Name = Annotated[str, typer.Argument(metavar="SUITE", help="A suite's name; `all` runs every one.")]
LogAndSystem = Annotated[
    str, typer.Argument(metavar="LOG[:SYSTEM]", help="A log, and one of its systems when it has several.")
]


@eval_app.callback()
def _needs() -> None:  # pyright: ignore[reportUnusedFunction]
    for name in _NEEDS:
        if find_spec(name) is None:
            raise ConfigError(f"evaluation needs {name}: pip install 'handpicked[eval]'")


@eval_app.command("list")
def list_(json: AsJson = False) -> None:
    """List the suites: what they measure, on what, which systems they know."""
    from handpicked.agent.app import evaluating

    evaluating.listing(json=json)


@eval_app.command()
def run(
    suite: Name,
    split: Annotated[str, typer.Option(help="valid, or test: recorded for all to see.")] = "valid",
    system: Annotated[
        list[str] | None,
        typer.Option(
            help="A system of the suite, or PACKAGE.MODULE:NAME of yours; several times for several."
        ),
    ] = None,
    part: Annotated[list[str] | None, typer.Option(help="Only this part; several times for several.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small part of the cases.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many cases of a part, evenly spread.")
    ] = None,
    demonstrations: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Turns of your own to read, one a line as in prompts/demonstrations.jsonl.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all that is random.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes at once.", show_default="the number of cores")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Where logs go.", show_default="WORKSPACE/eval"),
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Where runs on test are recorded.", show_default="eval/test_runs.jsonl"
        ),
    ] = None,
    json: AsJson = False,
    model: Model = None,
    workspace: Workspace = None,
) -> None:
    """Run a suite. Killed or stopped, the same command goes on where it was.

    Exit code 1: a threshold of the suite was missed, or cases failed."""
    from handpicked.agent.app import evaluating

    asked = evaluating.Asked(
        suite,
        split,
        tuple(system or ()),
        tuple(part or ()),
        quick,
        seed,
        workers,
        output,
        ledger,
        limit,
        demonstrations,
    )
    if not evaluating.run(settings_of(workspace, model), asked, json=json):
        raise typer.Exit(1)


@eval_app.command()
def online(
    planned: Annotated[
        int,
        typer.Option(min=200, help="Users at which an A/B test's sequence is narrowest, chosen before it."),
    ] = 5_000,
    target: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Another policy: JSON lines of list_id, item_id and propensity.",
        ),
    ] = None,
    json: AsJson = False,
    workspace: Workspace = None,
) -> None:
    """Tell what became of what was shown: rates by user, A/B tests, what another policy would have got."""
    from handpicked.agent.app import online as telling

    telling.run(settings_of(workspace), planned=planned, target=target, json=json)


@eval_app.command()
def compare(
    a: LogAndSystem,
    b: LogAndSystem,
    tag: Annotated[
        list[str] | None, typer.Option(help="Only the cases with this tag; several times for several.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Compare two systems on the same cases: paired differences A - B with 95% bootstrap intervals."""
    from handpicked.agent.app import evaluating

    evaluating.compared(a, b, tuple(tag or ()), json=json)


@eval_app.command()
def report(
    logs: Annotated[list[Path], typer.Argument(help="Logs that `run` wrote.")],
    output: Annotated[
        Path, typer.Option(file_okay=False, help="The folder for report.html and report.md.")
    ] = Path("report"),
) -> None:
    """Make one self-contained web page and a Markdown file of logs."""
    from handpicked.agent.app import evaluating

    evaluating.make_report(logs, output)

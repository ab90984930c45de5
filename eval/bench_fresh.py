"""How long a change takes to show in another process, and what a build does to turns: `python -m handpicked.eval.bench_fresh`.

One process answers turns and knows nothing of this one, which writes to a copy of the settings' workspace, then asks. Times
run from before the writing to the answer; a change that the very next answer doesn't show ends the run."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated

import typer

from handpicked.agent.app import wiring
from handpicked.agent.llm import factory
from handpicked.agent.settings import Settings
from handpicked.agent.types import Request
from handpicked.eval.timing import quantiles
from handpicked.tools.data import build, manifests
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Event, Item

_QUESTION = "recommend me something"
_SETTLED = 20
Figures = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other process says of a turn: the items shown, the candidates by tool, the build, milliseconds."""

    shown: tuple[str, ...]
    candidates: Mapping[str, int]
    build_id: str
    ms: float


Ask = Callable[[Request], Answer]


def main(
    rounds: Annotated[int, typer.Option(help="how often each change is made", min=1)] = 30,
    swaps: Annotated[int, typer.Option(help="how many builds are made beside the turns")] = 1,
) -> None:
    """Print how fast changes show in another process."""
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(settings.workspace, Path(folder) / "workspace")
        for name, value in run(
            settings.model_copy(update={"workspace": copy, "model": "none"}), rounds, swaps
        ):
            typer.echo(f"{name:48} {value}")


def run(settings: Settings, rounds: int, swaps: int) -> Figures:
    """Measure on the settings' workspace, which is written to."""
    workspace = Workspace.open(settings.workspace)
    with _answering(settings) as ask:
        item_id = _known(ask)
        plain = [ask(Request(_QUESTION, user_id="someone-new")).ms for _ in range(rounds)]
        rows = [("a turn without a change, ms", quantiles(plain))]
        rows += _changes(workspace, ask, item_id, rounds)
        for _ in range(swaps):
            rows += _swap(settings, ask)
    return rows


@contextmanager
def _answering(settings: Settings) -> Generator[Ask]:
    """A process that opened its agent once and answers what it is asked."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_answer, args=(settings, there), daemon=True)
    process.start()

    def ask(request: Request) -> Answer:
        here.send(request)
        return here.recv()

    try:
        yield ask
    finally:
        here.send(None)
        process.join(60)


def _answer(settings: Settings, asked: Connection) -> None:
    parts = wiring.open_agent(settings, prose=False)
    while (request := asked.recv()) is not None:
        start = time.perf_counter()
        reply = asyncio.run(parts.agent.turn(request))
        took = (time.perf_counter() - start) * 1000
        counts = {
            str(step.detail["tool"]): int(str(step.detail["candidates"]))
            for step in reply.trace
            if "tool" in step.detail
        }
        shown = tuple(item.item_id for ranked in reply.lists for item in ranked.items)
        asked.send(Answer(shown, counts, parts.index.snapshot().build.manifest.build_id, took))


def _known(ask: Ask) -> str:
    """An item that stands in lists; asked a few times, so that everything is open and warm."""
    return [ask(Request(_QUESTION, user_id="someone-new")) for _ in range(_SETTLED)][-1].shown[0]


def _changes(workspace: Workspace, ask: Ask, item_id: str, rounds: int) -> Figures:
    """An event, an upsert and a deletion, each written here and seen there."""
    spent: dict[str, list[float]] = {"event": [], "upsert": [], "deletion": []}
    for number in range(rounds):
        user, made = f"fresh-{number}", Item(f"fresh-{number}", f"Zanzibar Kettle {number}", "movie")
        wanted = Request(f"something like {made.title}")
        before = ask(Request(_QUESTION, user_id=user))
        start = time.perf_counter()
        workspace.events.append([Event(user, item_id, "like", time.time())])
        after = ask(Request(_QUESTION, user_id=user))
        spent["event"].append(_since(start))
        _seen(item_id in before.shown and item_id not in after.shown, "an event")
        start = time.perf_counter()
        workspace.catalog.upsert([made])
        found = ask(Request(made.title))
        spent["upsert"].append(_since(start))
        _seen(made.item_id in found.shown, "an upsert")
        start = time.perf_counter()
        workspace.catalog.delete([made.item_id])
        gone = ask(wanted)
        spent["deletion"].append(_since(start))
        _seen(made.item_id not in gone.shown, "a deletion")
    return [(f"from {name} to the other's list, ms", quantiles(times)) for name, times in spent.items()]


def _swap(settings: Settings, ask: Ask) -> Figures:
    """Turns one after another while a third process builds and after, until the new build has answered some."""
    old = manifests.current(settings.workspace)
    builder = get_context("spawn").Process(target=_build, args=(settings,), daemon=True)
    builder.start()
    answers: list[Answer] = []
    while builder.is_alive() or sum(one.build_id != old for one in answers) < _SETTLED:
        answers.append(ask(Request(_QUESTION, user_id="someone-new")))
        if not builder.is_alive() and builder.exitcode:
            raise RuntimeError("the build beside the turns failed")
    during = [one.ms for one in answers if one.build_id == old]
    after = [one.ms for one in answers if one.build_id != old]
    return [
        ("turns beside a build, ms", f"{quantiles(during)}   longest {max(during):.0f}"),
        ("the first turn on the new build, ms", f"{after[0]:.0f}"),
        ("turns on the new build after it, ms", f"{quantiles(after[1:])}   longest {max(after[1:]):.0f}"),
        ("turns without a list", str(sum(not one.shown for one in answers))),
    ]


def _build(settings: Settings) -> None:
    build.build(Workspace.open(settings.workspace), factory.embedder(settings))


def _seen(shows: bool, change: str) -> None:
    if not shows:
        raise RuntimeError(f"{change} did not show in the next list of another process")


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    typer.run(main)

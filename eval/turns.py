"""Answer the 200 mixed turns of `turns.jsonl` and check every reply against the catalogue's own database.

Run: python -m handpicked.eval.turns [--no-prose]. The checks share no code with ranking or grounding."""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from handpicked.agent.app import wiring
from handpicked.agent.settings import Settings
from handpicked.agent.types import RankedList, Reply, Request, parse_request
from handpicked.tools.data.catalog_store import CatalogStore
from handpicked.tools.errors import HandpickedError
from handpicked.tools.types import Constraint, Item

_SETS = {"categories", "creators", "cast"}
_SPLIT = {"language", "country"}


@dataclass(frozen=True, slots=True)
class Answered:
    """A turn with its reply, or the error that it raised; `seconds` is the time of the whole turn."""

    request: Request
    reply: Reply | None
    error: str | None
    seconds: float


def requests() -> list[Request]:
    """The turns of `turns.jsonl`."""
    return [parse_request(line) for line in _lines("turns.jsonl")]


def expectations() -> Mapping[str, Mapping[str, Any]]:
    """What a reader is expected to make of a turn, by its id."""
    return {row["id"]: row for row in map(orjson.loads, _lines("turns_expected.jsonl"))}


def answer(settings: Settings, turns: Sequence[Request], *, prose: bool) -> list[Answered]:
    """Answer the turns in order; turns of one session share its memory."""
    agent = wiring.open_agent(settings, prose=prose).agent
    run = f"{time.time_ns()}-"
    found: list[Answered] = []
    for request in turns:
        start = time.perf_counter()
        try:
            reply, error = asyncio.run(agent.turn(_in_run(request, run))), None
        except HandpickedError as err:
            reply, error = None, str(err)
        found.append(Answered(request, reply, error, time.perf_counter() - start))
    return found


def problems(answered: Answered, catalog: CatalogStore, titles: frozenset[str]) -> Iterator[str]:
    """What is wrong with a reply: ids that the catalogue lacks, constraints that an item breaks, an empty list
    without a reason, a title of the catalogue in the text that no list shows (an item's reason
    may name what the user chose before)."""
    if answered.reply is None:
        yield f"error: {answered.error}"
        return
    for ranked in answered.reply.lists:
        yield from _broken(ranked, answered.reply.reading.constraints, catalog)
        if not ranked.items and not ranked.emptied_by:
            yield "an empty list that does not say why"
    yield from (f"the text names {title!r}" for title in _foreign(answered.reply, titles))


def keeps(item: Item, constraint: Constraint) -> bool:
    """Whether an item keeps a constraint, by its plain fields."""
    value: Any = getattr(item, constraint.field, item.attributes.get(constraint.field))
    if constraint.op == "range":
        low, high = constraint.value
        return value is not None and (low is None or value >= low) and (high is None or value <= high)
    wanted = {_plain(v) for v in constraint.value}
    if constraint.field in _SETS:
        has = {_plain(v) for v in value}
    elif constraint.field in _SPLIT:
        has = {_plain(v) for v in (value or "").split(", ")}
    else:
        has = {_plain(value)}
    return bool(has & wanted) == (constraint.op == "in")


def main() -> None:
    """Print counts, times and the share of model sentences that passed the gate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-prose", action="store_true", help="without the language model")
    prose = not parser.parse_args().no_prose
    settings = Settings()
    done = answer(settings, requests(), prose=prose)
    catalog = wiring.open_workspace(settings).catalog
    console = Console(highlight=False)
    titles = frozenset(item.title for item in catalog.scan() if " " in item.title)
    wrong = [(a.request.id, problem) for a in done for problem in problems(a, catalog, titles)]
    for turn_id, problem in wrong:
        console.print(f"{turn_id}: {problem}", markup=False)
    console.print(_table(done, len(wrong), prose))
    sys.exit(1 if wrong else 0)


def _table(done: Sequence[Answered], wrong: int, prose: bool) -> Table:
    seconds = sorted(a.seconds for a in done)
    steps = [step.detail for a in done if a.reply for step in a.reply.trace if step.step == "compose"]
    asked, passed = (sum(int(str(d[name])) for d in steps) for name in ("model_sentences", "accepted"))
    met, expected = _met(done)
    table = Table(
        title=f"{len(done)} turns {'with' if prose else 'without'} prose", title_justify="left", box=None
    )
    table.add_column("measure")
    table.add_column("value", justify="right")
    rows = {
        "problems (ids, constraints, errors)": str(wrong),
        "turn p50, ms": f"{1000 * statistics.median(seconds):.0f}",
        "turn p95, ms": f"{1000 * seconds[int(0.95 * len(seconds))]:.0f}",
        "model sentences that passed the gate": f"{passed} of {asked}",
        "turns with something degraded": str(sum(bool(a.reply and a.reply.degraded) for a in done)),
    }
    rows |= {f"as expected: {name}": f"{met[name]} of {expected[name]}" for name in expected}
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _met(done: Sequence[Answered]) -> tuple[Counter[str], Counter[str]]:
    """How many readings are as expected, by kind: scene, tasks, empty."""
    met, expected = Counter[str](), Counter[str]()
    wanted = expectations()
    for a in done:
        want = wanted.get(a.request.id or "", {})
        if a.reply is None:
            continue
        found = {
            "scene": a.reply.scene.name == want.get("scene"),
            "tasks": set(want.get("tasks", ())) <= set(a.reply.tasks),
            "empty": not any(ranked.items for ranked in a.reply.lists),
            "constraints": _has_all(a.reply.reading.constraints, want.get("constraints", ())),
        }
        for name, right in found.items():
            if name in want:
                expected[name] += 1
                met[name] += right
    return met, expected


def _has_all(constraints: Sequence[Constraint], wanted: Sequence[Mapping[str, Any]]) -> bool:
    have = {
        (c.field, c.op, frozenset(map(_plain, c.value)) if c.op != "range" else c.value) for c in constraints
    }
    return all(
        (w["field"], w["op"], tuple(w["value"])) in have
        if w["op"] == "range"
        else any(
            f == w["field"] and op == w["op"] and {_plain(v) for v in w["value"]} & set(v)
            for f, op, v in have
        )
        for w in wanted
    )


def _broken(ranked: RankedList, constraints: Sequence[Constraint], catalog: CatalogStore) -> Iterator[str]:
    known = catalog.get_many([item.item_id for item in ranked.items])
    for shown in ranked.items:
        item = known.get(shown.item_id)
        if item is None or item.title != shown.title:
            yield f"{shown.item_id} ({shown.title}) is not in the catalogue"
            continue
        yield from (f"{item.title} breaks {c}" for c in constraints if not keeps(item, c))


def _foreign(reply: Reply, titles: frozenset[str]) -> Iterator[str]:
    """Titles of several words, spelled as in the catalogue, that stand in the text and in nothing shown."""
    items = [item for ranked in reply.lists for item in ranked.items]
    shown = " ".join(f"{item.title} {item.reason} {item.facts}" for item in items).casefold()
    parts = re.findall(r"[\w'’.:-]+", reply.text)
    for start in range(len(parts)):
        for end in range(start + 2, min(len(parts), start + 9) + 1):
            title = " ".join(parts[start:end]).rstrip(".:")
            if title in titles and title.casefold() not in shown and not title.islower():
                yield title


def _in_run(request: Request, run: str) -> Request:
    """The same request with a session of this run, so that an earlier run's memory doesn't count."""
    return replace(request, session_id=run + request.session_id) if request.session_id else request


def _plain(value: object) -> str:
    return " ".join(str(value).casefold().replace("-", " ").replace("&", " and ").replace("/", " ").split())


def _lines(name: str) -> list[str]:
    return (files("handpicked.eval") / name).read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()

"""`reading`: what a turn is read as, against what its writer meant."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from handpicked.agent import demonstrations
from handpicked.agent.app import wiring
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.settings import Settings
from handpicked.eval.suites.reading.replay import Titles, Turns
from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.errors import ConfigError

_PART = "heldout"
_QUICK = 3
"""Every third turn is read in a quick run."""
_STANDS = {"like": "like", "about": "like", "dislike": "dislike", "seen": "seen"}
_KEYS = ("scene", "sure", "tasks", "titles", "lacking", "constraints", "count")


class _ReadingTask:
    def cases(self, options: Options) -> list[Case]:
        """The held-out demonstrations. Raises ConfigError for another split than valid: there is no other."""
        if options.split != "valid":
            raise ConfigError(f"reading has no split {options.split!r}; its held-out turns are its valid")
        held = [demo for demo in demonstrations.packaged() if demo.split == "heldout"]
        return [
            Case(demo.id, _PART, ("all", demo.language), orjson.loads(orjson.dumps(demo)))
            for demo in (held[::_QUICK] if options.quick else held)
        ]

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """The reader on the options' workspace."""
        if system != "evidence":
            raise ConfigError(f"reading has no system {system!r}; it has evidence")
        given = Settings()
        settings = given.model_copy(
            update={"workspace": options.workspace or given.workspace, "model": "none"}
        )
        parts = wiring.open_agent(settings, prose=False)
        turns = Turns(parts.agent.reader, parts.index.snapshot())
        demos = {demo.id: demo for demo in demonstrations.packaged()}
        ready = {case.id: turns.ready(demos[case.id]) for case in self.cases(options)}
        yield lambda case: _answer(turns, demos[case.id], ready[case.id])

    def score(self, case: Case, answer: Json) -> Scores:
        """Right or not, and for F1 twice the hits beside all that was expected and all that was read."""
        read: Mapping[str, Any] = answer
        if set(read) != set(_KEYS):
            raise ValueError(f"an answer has {', '.join(_KEYS)}: {answer!r}")
        want: Mapping[str, Any] = case.data
        wanted = {
            (_plain(t["title"]), _STANDS[t["role"]])
            for t in want["titles"]
            if t["title"] not in read["lacking"]
        }
        found = {(_plain(title), stand) for title, stand in read["titles"]}
        return {
            "scene": float(read["scene"] == want["scene"]),
            "sure": float(read["sure"]),
            "tasks_hit": 2.0 * len(set(read["tasks"]) & set(want["tasks"])),
            "tasks_all": float(len(set(read["tasks"])) + len(set(want["tasks"]))),
            "links_hit": 2.0 * len(wanted & found),
            "links_all": float(len(wanted) + len(found)),
            "constraints": float(_same(read["constraints"], want["constraints"])),
            "count": float(read["count"] == want["count"]),
        }


def _answer(turns: Turns, demo: Demonstration, ready: Any) -> Json:
    reading = turns.read(ready)
    stands = [
        (item_id, stand)
        for stand, ids in (("like", reading.like), ("dislike", reading.dislike), ("seen", reading.seen))
        for item_id in ids
    ]
    names = Titles(turns.titles, demo)
    return {
        "scene": reading.scene.name,
        "sure": reading.scene.confidence,
        "tasks": list(reading.tasks),
        "titles": [[names.called(item_id), stand] for item_id, stand in stands],
        "lacking": names.lacking,
        "constraints": [[c.field, c.op, list(c.value)] for c in reading.constraints if c.source == "text"],
        "count": reading.count,
    }


def _same(found: Sequence[Any], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Whether exactly the wanted constraints were read, each found one being at least one of the wanted."""
    want = [(w["field"], w["op"], w["value"]) for w in wanted]
    more = [c for c in found if c[0] != "domain"]
    return all(any(_alike(w, c) for c in found) for w in want) and all(
        any(_alike(w, c) for w in want) for c in more
    )


def _alike(want: Sequence[Any], found: Sequence[Any]) -> bool:
    if want[0] != found[0] or want[1] != found[1]:
        return False
    if want[2] in ("cheap", "dear"):
        return found[2][1 if want[2] == "cheap" else 0] is not None
    if want[1] == "range":
        return all(_near(one, other) for one, other in zip(want[2], found[2], strict=True))
    return bool(set(map(_plain, want[2])) & set(map(_plain, found[2])))


def _near(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) < 0.01


def _plain(value: object) -> str:
    return " ".join(str(value).casefold().replace("-", " ").replace("&", " and ").replace("/", " ").split())


task = _ReadingTask()

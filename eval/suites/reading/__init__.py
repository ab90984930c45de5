"""`reading`: what a turn is read as, against what its writer meant."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from handpicked.agent.app import wiring
from handpicked.agent.demonstrations import Demonstration
from handpicked.eval import suites
from handpicked.eval.suites.reading import advised, held, labels
from handpicked.eval.suites.reading.advised import Amend
from handpicked.eval.suites.reading.replay import Ready, Titles, Turns
from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.errors import ConfigError

_PART = "heldout"
_SYSTEMS = ("evidence", "model", "both")
_STANDS = {"like": "like", "about": "like", "dislike": "dislike", "seen": "seen"}
_KEYS = ("scene", "sure", "tasks", "titles", "lacking", "constraints", "count")


class _ReadingTask:
    def cases(self, options: Options) -> list[Case]:
        """The held-out demonstrations, or those of the options' file; see `held.out`."""
        return [
            Case(demo.id, _PART, ("all", demo.language), orjson.loads(orjson.dumps(demo)))
            for demo in held.out("reading", options)
        ]

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """The reader on the options' workspace, with the options' model in systems that ask one."""
        if system not in _SYSTEMS:
            raise ConfigError(f"reading has no system {system!r}; it has {', '.join(_SYSTEMS)}")
        settings = suites.settings(options)
        parts = wiring.open_agent(settings, prose=False)
        amend = None
        if system != "evidence":
            amend = advised.amending(settings, parts.agent.reader, alone=system == "model")
        turns = Turns(parts.agent.reader, parts.index.snapshot())
        demos = {demo.id: demo for demo in held.out("reading", options)}
        ready = {name: turns.ready(demo) for name, demo in demos.items()}
        yield lambda case: _answer(turns, demos[case.id], ready[case.id], amend)

    def score(self, case: Case, answer: Json) -> Scores:
        """Right or not, and for F1 twice the hits beside all that was expected and all that was read."""
        read: Mapping[str, Any] = answer
        if set(read) != set(_KEYS):
            raise ValueError(f"an answer has {', '.join(_KEYS)}: {answer!r}")
        want: Mapping[str, Any] = case.data
        wanted = {
            (labels.plain(t["title"]), _STANDS[t["role"]])
            for t in want["titles"]
            if t["title"] not in read["lacking"]
        }
        found = {(labels.plain(title), stand) for title, stand in read["titles"]}
        right = float(read["scene"] == want["scene"])
        return {
            "scene": right,
            "sure": float(read["sure"]),
            "brier": (float(read["sure"]) - right) ** 2,
            "tasks_hit": 2.0 * len(set(read["tasks"]) & set(want["tasks"])),
            "tasks_all": float(len(set(read["tasks"])) + len(set(want["tasks"]))),
            "links_hit": 2.0 * len(wanted & found),
            "links_all": float(len(wanted) + len(found)),
            "constraints": float(
                labels.same(
                    read["constraints"], [(c["field"], c["op"], c["value"]) for c in want["constraints"]]
                )
            ),
            "count": float(read["count"] == want["count"]),
        }


def _answer(turns: Turns, demo: Demonstration, ready: Ready, amend: Amend | None) -> Json:
    reading = turns.read(ready, amend)
    stands = [
        (item_id, stand)
        for stand, ids in (("like", reading.like), ("dislike", reading.dislike), ("seen", reading.seen))
        for item_id in ids
        if turns.titled(item_id)
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


task = _ReadingTask()

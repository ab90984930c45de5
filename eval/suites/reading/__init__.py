"""`reading`: what a turn is read as, against what a person would expect of it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any

import orjson

from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.errors import ConfigError

if TYPE_CHECKING:
    from handpicked.eval.suites.grounding.turns import Asked, Turn

_QUICK = 20
_ASPECTS = ("scene", "tasks", "constraints", "like", "empty")


class _ReadingTask:
    def cases(self, options: Options) -> list[Case]:
        """The turns of the `grounding` suite of which something is expected."""
        from handpicked.eval.suites.grounding import turns

        wanted = _expected()
        found = [
            Case(
                turn.request.id or "",
                "turns",
                ("all", turns.language(turn.request)),
                {**turns.pack(turn), "expected": wanted[turn.request.id or ""]},
            )
            for turn in turns.turns(options.split)
            if turn.request.id in wanted
        ]
        return found[:_QUICK] if options.quick else found

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """An agent without a language model."""
        from handpicked.eval.suites.grounding import turns

        if system != "evidence":
            raise ConfigError(f"reading has no system {system!r}; it has evidence")
        with turns.asked(options, prose=False) as asked:
            yield lambda case: _read(asked, turns.unpack(case.data))

    def score(self, case: Case, answer: Json) -> Scores:
        """For each aspect whether something was expected, and whether it was read."""
        match answer:
            case {
                "scene": str(scene), "tasks": [*tasks], "constraints": [*constraints], "like": [*like], "empty": bool(empty),
            }:  # fmt: skip
                want: Mapping[str, Any] = case.data["expected"]
            case _:
                raise ValueError(f"an answer has {', '.join(_ASPECTS)}: {answer!r}")
        right = {
            "scene": scene == want.get("scene"),
            "tasks": set(want.get("tasks", ())) <= set(tasks),
            "constraints": _same(constraints, want.get("constraints", ()), _filters(case.data["request"])),
            "like": set(map(_plain, like)) == set(map(_plain, want.get("like", ()))),
            "empty": empty == want.get("empty"),
        }
        asked = {f"{name}_asked": float(name in want) for name in _ASPECTS}
        return {**{name: float(name in want and right[name]) for name in _ASPECTS}, **asked}


def _expected() -> Mapping[str, Any]:
    text = (
        resources.files("handpicked.eval.suites.reading")
        .joinpath("expected.jsonl")
        .read_text(encoding="utf-8")
    )
    return {row.pop("id"): row for row in map(orjson.loads, text.splitlines())}


def _read(asked: Asked, turn: Turn) -> Json:
    reply, _ = asked.answer(turn)
    reading = reply.reading
    items = asked.workspace.catalog.get_many(reading.like)
    return {
        "scene": reading.scene.name,
        "tasks": list(reading.tasks),
        "constraints": [[c.field, c.op, list(c.value)] for c in reading.constraints],
        "like": [item.title for item in items.values()],
        "empty": not any(ranked.items for ranked in reply.lists),
    }


def _filters(request: Mapping[str, Any]) -> Sequence[Any]:
    return [[c["field"], c["op"], c["value"]] for c in request["filters"]]


def _same(found: Sequence[Any], wanted: Sequence[Mapping[str, Any]], filters: Sequence[Any]) -> bool:
    """Whether exactly the wanted constraints were read: a range as it is, terms by one in common.

    A kind of thing ("films") may be read besides, and filters of the request are there anyway."""
    want = [(w["field"], w["op"], w["value"]) for w in wanted]
    more = [c for c in found if c[0] != "domain" and c not in filters]
    return all(any(_alike(w, c) for c in found) for w in want) and all(
        any(_alike(w, c) for w in want) for c in more
    )


def _alike(one: Sequence[Any], other: Sequence[Any]) -> bool:
    if one[0] != other[0] or one[1] != other[1]:
        return False
    if one[1] == "range":
        return list(one[2]) == list(other[2])
    return bool(set(map(_plain, one[2])) & set(map(_plain, other[2])))


def _plain(value: object) -> str:
    return " ".join(str(value).casefold().replace("-", " ").replace("&", " and ").replace("/", " ").split())


task = _ReadingTask()

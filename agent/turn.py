"""A turn as a model is told of it: values as JSON, so that nothing in them reads as an instruction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from handpicked.agent.addressed import is_name, names, quiet
from handpicked.agent.memory import Memory
from handpicked.agent.scenes import Scene
from handpicked.agent.types import Reading, Request
from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint, Item, Json, ToolCall, ToolResult

_EARLIER = 4
_SAID, _ANSWERED = 2_000, 200
"""Characters of a user's message and of an answer that a model is told."""
_ITEMS, _FACTS = 8, 3
_PEOPLE = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn up to its reading, with what tools are bound to; `policy` is the arm of the experiment that the user is in."""

    request: Request
    reading: Reading
    memory: Memory
    scene: Scene
    context: Context
    policy: str | None = None


def told(turn: Turn) -> dict[str, str]:
    """The parts of a turn that prompts have places for."""
    reading, request, snapshot = turn.reading, turn.request, turn.context.snapshot
    surroundings = request.context
    earlier: list[Json] = [
        {"user": past.message[:_SAID], "answer": past.answer[:_ANSWERED]}
        for past in turn.memory.turns[-_EARLIER:]
    ]
    around: dict[str, Json] = {
        "page": surroundings.page,
        "query": surroundings.query,
        "cart": named(snapshot, [line.item_id for line in surroundings.cart]),
        "clicked": named(snapshot, surroundings.clicked),
    }
    return {
        "scene": _json(f"{reading.scene.name}: {turn.scene.meaning}"),
        "tasks": _json(list(reading.tasks)),
        "earlier": _json(earlier),
        "around": _json({name: value for name, value in around.items() if value}),
        "reading": _json(_read(reading, snapshot)),
        "message": _json(request.message[:_SAID]),
    }


def named(snapshot: Snapshot, item_ids: Iterable[str]) -> list[Json]:
    """Items by id, title and year."""
    items = (snapshot.get(item_id) for item_id in item_ids)
    return [_short(item) for item in items if item is not None]


def plain(constraint: Constraint) -> dict[str, Json]:
    """A constraint as a tool's argument."""
    said: dict[str, Json] = {"field": constraint.field, "op": constraint.op, "value": list(constraint.value)}
    return said | ({"within": list(constraint.within)} if constraint.within else {})


def calls_text(calls: Sequence[ToolCall]) -> str:
    """Calls, without the constraints that they all keep."""
    said: list[Json] = [
        {"name": call.name, **{k: v for k, v in call.arguments.items() if k != "constraints"}}
        for call in calls
    ]
    return _json(said)


def result_text(result: ToolResult, snapshot: Snapshot) -> str:
    """What a call gave: how many items, the first of them, the facts of a few; or what was wrong with it."""
    return _json(_result(result, snapshot))


def results_text(results: Sequence[ToolResult], snapshot: Snapshot) -> str:
    """What several calls gave, each with its tool's name."""
    return _json([{"tool": result.call.name} | _result(result, snapshot) for result in results])


def _result(result: ToolResult, snapshot: Snapshot) -> dict[str, Json]:
    if result.error:
        return {"error": result.error}
    ids = list(result.facts) if result.call.name == "lookup" else [c.item_id for c in result.candidates]
    items = [item for item_id in ids[:_ITEMS] if (item := snapshot.get(item_id)) is not None]
    described = result.call.name == "lookup"
    shown: list[Json] = [
        _full(item) if described and n < _FACTS else _short(item) for n, item in enumerate(items)
    ]
    told: dict[str, Json] = {"found": len(ids), "items": shown}
    return told if described or not result.facts else told | {"facts": quiet(result.facts)}


def _read(reading: Reading, snapshot: Snapshot) -> dict[str, Json]:
    found: dict[str, Json] = {
        "query": reading.query,
        "named": named(snapshot, reading.like),
        "refused": named(snapshot, reading.dislike),
        "had already": named(snapshot, reading.seen),
        "must keep": _constraints(reading.constraints),
        "leans to": _constraints(reading.prefer),
        "how many": reading.count,
    }
    return {name: value for name, value in found.items() if value}


def _constraints(constraints: Sequence[Constraint]) -> list[Json]:
    return [str(constraint) for constraint in constraints]


def _short(item: Item) -> dict[str, Json]:
    told: dict[str, Json] = {"id": item.item_id}
    if is_name(item.title):
        told["title"] = item.title
    return told | {"year": item.year} if item.year else told


def _full(item: Item) -> dict[str, Json]:
    """An item's facts without its description: who calls tools is told no free text that somebody else wrote."""
    more: dict[str, Json] = {
        "categories": list(names(item.categories)),
        "by": list(names(item.creators)[:_PEOPLE]),
        "cast": list(names(item.cast)[:_PEOPLE]),
        "minutes": item.runtime,
        "price": item.price,
        "rating": item.rating,
    }
    return _short(item) | {name: value for name, value in more.items() if value}


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()

"""`tools`: which calls a turn makes, against those that its writer's labels ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from handpicked.agent import act
from handpicked.agent.app import wiring
from handpicked.agent.app.wiring import Parts
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.turn import Turn, plain
from handpicked.agent.types import Reading
from handpicked.eval import suites
from handpicked.eval.suites.reading import held, labels
from handpicked.eval.suites.reading.replay import Titles, Turns
from handpicked.eval.suites.tools import served
from handpicked.eval.suites.tools.expected import Made, expected, matched
from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.dispatch import Context
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import ToolCall

_PART = "heldout"
_DEADLINE_S = 600.0
"""A time that no answer reaches, so that a slow machine makes the same calls."""
_NOW = 1_513_728_000.0
"""When a turn is asked that doesn't say, 2017-12-20: campaigns of the demo run then."""

Calls = Callable[[Turn], Iterable[ToolCall]]


class _ToolsTask:
    def cases(self, options: Options) -> list[Case]:
        """The held-out demonstrations, or those of the options' file; see `held.out`."""
        return [
            Case(demo.id, _PART, ("all", demo.language, _kind(demo)), orjson.loads(orjson.dumps(demo)))
            for demo in held.out("tools", options)
        ]

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """Evidence's plan, or what a model calls when nothing runs already, on the options' workspace."""
        if system == "evidence":
            parts = wiring.open_agent(suites.settings(options, model="none"), prose=False)
            replayed = _Replayed.of(parts, options)
            yield lambda case: replayed.answer(case, _planned)
        elif system == "model":
            patient = suites.settings(options, tool_loop="on", model_timeout_s=_DEADLINE_S)
            parts = wiring.open_agent(patient)
            replayed, asking = _Replayed.of(parts, options), _asking(parts)
            yield lambda case: replayed.answer(case, asking)
        elif system == "server":
            with served.server() as server:
                changes = {"model": "openai:scripted", "model_url": server.url, "tool_loop": "on"}
                parts = wiring.open_agent(suites.settings(options, **changes))
                replayed, asking = _Replayed.of(parts, options), _asking(parts)

                def answer(case: Case) -> Json:
                    server.answers[:] = [served.script(case.data, replayed.titles(case))]
                    return replayed.answer(case, asking)

                yield answer
        else:
            raise ConfigError(f"tools has no system {system!r}; it has evidence, model, server")

    def score(self, case: Case, answer: Json) -> Scores:
        """1 for a turn whose calls are all right and all there; tools and arguments each for themselves."""
        calls = [Made(call["tool"], call["arguments"]) for call in answer["calls"]]
        around = [labels.plain(title) for title in answer["around"]]
        wanted = expected(case.data, answer["lacking"])
        met = [any(matched(need, call, case.data, around) for call in calls) for need in wanted.needs]
        wrong = [
            call
            for call in calls
            if not any(matched(need, call, case.data, around) for need in (*wanted.needs, *wanted.may))
        ]
        called = {call.tool for call in calls}
        reached = [bool(called & set(need.tools)) for need in wanted.needs]
        foreign = called - {tool for need in (*wanted.needs, *wanted.may) for tool in need.tools}
        return {
            "match": float(all(met) and not wrong),
            "needed": float(all(met)),
            "tools_hit": 2.0 * sum(reached),
            "tools_all": 1.0 * (sum(reached) + len(foreign) + len(wanted.needs)),
            "arguments_right": float(sum(met)),
            "arguments_all": float(sum(reached)),
        }


def _kind(demo: Demonstration) -> str:
    """The leaderboard's categories: no call is right, one is needed, several are."""
    needs = expected(orjson.loads(orjson.dumps(demo)), ()).needs
    return ("no call", "one call", "several calls")[min(len(needs), 2)]


@dataclass(frozen=True)
class _Replayed:
    """Demonstrations as turns of an agent."""

    parts: Parts
    turns: Turns
    demos: dict[str, Demonstration]

    @classmethod
    def of(cls, parts: Parts, options: Options) -> _Replayed:
        turns = Turns(parts.agent.reader, parts.index.snapshot())
        return cls(parts, turns, {demo.id: demo for demo in held.out("tools", options)})

    def titles(self, case: Case) -> Titles:
        """What the demonstration calls its items."""
        return Titles(self.turns.titles, self.demos[case.id])

    def answer(self, case: Case, calls: Calls) -> Json:
        """The turn's calls, with titles in the place of ids; and the items around the user."""
        reader, names = self.turns.reader, self.titles(case)
        ready = self.turns.ready(self.demos[case.id])
        request, reading = ready.request, self.turns.read(ready)
        now = request.context.now or _NOW
        campaigns = tuple(self.parts.workspace.catalog.campaigns())
        context = Context(
            self.turns.snapshot, reader.embedder, self.parts.workspace.events, now, campaigns=campaigns
        )
        turn = Turn(request, reading, ready.memory, reader.scenes[reading.scene.name], context)
        around = [*request.context.clicked, *(line.item_id for line in request.context.cart)]
        around += [*ready.memory.like, *ready.memory.last]
        return {
            "calls": [_called(call, names, reading) for call in calls(turn)],
            "around": list(dict.fromkeys(map(names.called, around))),
            "lacking": names.lacking,
        }


def _planned(turn: Turn) -> Iterable[ToolCall]:
    return act.plan(turn.request, turn.reading, turn.memory, turn.scene, turn.context)


def _asking(parts: Parts) -> Calls:
    """What the model calls in its first answer, or in its plan. Raises ConfigError without a model."""
    caller, planner = parts.powers.caller, parts.powers.planner
    if caller is None and planner is None:
        raise ConfigError("no model calls tools here: name one with --model")

    def calls(turn: Turn) -> Iterable[ToolCall]:
        if not turn.scene.tools or not turn.scene.rounds or turn.reading.tasks == ("chitchat",):
            return ()
        if planner is not None:
            return asyncio.run(planner.plan(turn, (), deadline_s=_DEADLINE_S)).calls
        assert caller is not None
        asked = asyncio.run(caller.ask(caller.begin(turn, ()), turn, deadline_s=_DEADLINE_S))
        return (*asked.calls, *(result.call for result in asked.refused))

    return calls


def _called(call: ToolCall, names: Titles, reading: Reading) -> Json:
    """A call as plain values; ids are put as the titles by which the demonstration calls the items, and what the turn
    keeps by itself (its scene's kind of things, what an allergy forbids besides) is left out."""
    arguments = dict(call.arguments)
    if isinstance(ids := arguments.get("item_ids"), list):
        arguments["item_ids"] = [names.called(str(item_id)) for item_id in ids]
    if isinstance(given := arguments.get("constraints"), list):
        own = [plain(constraint) for constraint in reading.constraints if constraint.source != "text"]
        arguments["constraints"] = [constraint for constraint in given if constraint not in own]
    return {"tool": call.name, "arguments": arguments}


task = _ToolsTask()

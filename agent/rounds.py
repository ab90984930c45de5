"""The rounds of act: evidence's plan and a capable model's calls side by side, then the model's alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace

from handpicked.agent import act
from handpicked.agent.budget import RANKING_MS, WORTH_MS, Budget, unasked
from handpicked.agent.caller import OTHER_MODEL, Asked, Caller, Talk
from handpicked.agent.lists import list_tasks
from handpicked.agent.llm.answers import cost
from handpicked.agent.planner import Planner
from handpicked.agent.propose import Proposer, propose, shown
from handpicked.agent.turn import Turn, plain
from handpicked.agent.types import Step, Usage
from handpicked.tools.dispatch import Tool
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import Json, ToolCall, ToolResult

OFFERED: Mapping[str, Tool] = {name: tool for name, tool in act.TOOLS.items() if name != "ads"} | {
    propose.name: propose
}
"""What a model may call. Ads are not its to choose."""
_PROPOSE = {propose.name: propose}
_PROPOSE_TOKENS = 800
_RAISE = "raise budget_ms or the scene's model_ms"

Emit = Callable[[ToolResult], None]


@dataclass(frozen=True, slots=True)
class Powers:
    """What a model adds to act: a capable one calls tools and names titles, a small one makes one plan."""

    caller: Caller | None = None
    proposer: Proposer | None = None
    planner: Planner | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """`model_ends` is when a model's part of act is over (`time.perf_counter`); `tools_ms` is what calls may take."""

    model_ends: float
    tools_ms: float

    @property
    def model_s(self) -> float:
        """Seconds that are left for the model."""
        return max(0.0, self.model_ends - time.perf_counter())

    @property
    def worth(self) -> bool:
        """Whether asking a model can still come to anything."""
        return self.model_s * 1000.0 >= WORTH_MS


@dataclass(frozen=True, slots=True)
class Round:
    """What a round gave. With `more`, the model is to be asked again; `down` says why it is not to be asked again in
    this turn, not even for prose."""

    results: tuple[ToolResult, ...] = ()
    trace: tuple[Step, ...] = ()
    talk: Talk | None = None
    more: bool = False
    usages: tuple[Usage, ...] = ()
    degraded: tuple[str, ...] = ()
    down: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """One side of a round."""

    results: Sequence[ToolResult] = ()
    asked: Asked | None = None
    usages: tuple[Usage, ...] = ()
    degraded: tuple[str, ...] = field(default=())
    down: str | None = None


def time_for(turn: Turn, budget: Budget) -> Time:
    """A turn's time for its rounds."""
    model_ms = budget.step_ms(turn.scene.model_ms, RANKING_MS)
    return Time(time.perf_counter() + model_ms / 1000.0, budget.step_ms(turn.scene.budget_ms, RANKING_MS))


async def first(turn: Turn, powers: Powers, given: Time, emit: Emit) -> Round:
    """Evidence's plan, beside it the proposals and the model's first calls: a dead model costs none of the plan."""
    start = time.perf_counter()
    calls = act.plan(turn.request, turn.reading, turn.memory, turn.scene, turn.context)
    listed = bool(turn.scene.tools and list_tasks(turn.reading))
    caller = powers.caller if listed and turn.scene.rounds else None
    planner = powers.planner if listed and turn.scene.rounds else None
    talk = caller.begin(turn, calls) if caller else None
    asking = (
        _chosen(turn, planner, calls, given, emit) if planner else _called(turn, caller, talk, given, emit)
    )
    parts = await _side_by_side(
        _planned(calls, turn, given, emit),
        _named(turn, powers.proposer if listed else None, given, emit),
        asking,
    )
    made = _joined(turn, parts, caller, talk, given)
    if made.more and made.talk and caller:
        found = [result for part in parts[:2] for result in part.results if not result.error]
        made = replace(made, talk=caller.meanwhile(made.talk, found, turn))
    return _timed(made, start, len(calls))


async def further(turn: Turn, caller: Caller, talk: Talk, given: Time, emit: Emit) -> Round:
    """One more round of the model's calls."""
    start = time.perf_counter()
    part = await _called(turn, caller, talk, given, emit)
    return _timed(_joined(turn, (_Part(), _Part(), part), caller, talk, given), start, 0)


async def ran(
    calls: Sequence[ToolCall],
    turn: Turn,
    budget_ms: float,
    emit: Emit,
    *,
    tools: Mapping[str, Tool] = act.TOOLS,
    patient: bool = False,
) -> list[ToolResult]:
    """Run calls, emit each result as it comes, and give them in the order of the calls."""
    results: list[ToolResult] = []
    async for result in act.run(calls, turn.context, budget_ms, tools=tools, patient=patient):
        emit(result)
        results.append(result)
    order = {call.call_id: place for place, call in enumerate(calls)}
    return sorted(results, key=lambda result: order[result.call.call_id])


async def _side_by_side(*work: Coroutine[None, None, _Part]) -> list[_Part]:
    """Await all; where one fails, the others are stopped and its error is the turn's."""
    tasks = [asyncio.create_task(part) for part in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _planned(calls: Sequence[ToolCall], turn: Turn, given: Time, emit: Emit) -> _Part:
    results = await ran(calls, turn, given.tools_ms, emit, patient=True)
    return _Part(results, degraded=act.failures(results))


async def _named(turn: Turn, proposer: Proposer | None, given: Time, emit: Emit) -> _Part:
    """Titles named for the turn, resolved by the tool like those that a model names in a call."""
    if proposer is None or not turn.scene.tools.get("propose"):
        return _Part()
    try:
        named = await proposer.propose(turn, deadline_s=given.model_s, max_tokens=_PROPOSE_TOKENS)
    except (ModelError, BudgetExceeded) as err:
        return _Part(down=str(err))
    usages = (cost(named.usage),) if named.usage else ()
    if not named.titles:
        return _Part(usages=usages)
    titles: list[Json] = [{"title": title.title, "year": title.year} for title in named.titles]
    keep: list[Json] = [plain(constraint) for constraint in turn.reading.constraints]
    call = ToolCall(propose.name, {"titles": titles, "constraints": keep}, "propose")
    results = await ran([call], turn, given.tools_ms, emit, tools=_PROPOSE)
    return _Part(results, usages=usages, degraded=act.failures(results))


async def _chosen(
    turn: Turn, planner: Planner, running: Sequence[ToolCall], given: Time, emit: Emit
) -> _Part:
    """The calls of a small model's plan, and what they give."""
    if not given.worth:
        return _Part(down=unasked(planner.name, given.model_s * 1000.0))
    try:
        made = await planner.plan(turn, running, deadline_s=given.model_s)
    except (ModelError, BudgetExceeded) as err:
        return _Part(down=str(err))
    results = await ran(made.calls, turn, given.tools_ms, emit)
    return _Part(list(map(_facts_only, results)), usages=(cost(made.usage),), degraded=act.failures(results))


async def _called(turn: Turn, caller: Caller | None, talk: Talk | None, given: Time, emit: Emit) -> _Part:
    """The model's calls, and what they give."""
    if caller is None or talk is None:
        return _Part()
    if not given.worth:
        return _Part(down=unasked(caller.name, given.model_s * 1000.0))
    try:
        asked = await caller.ask(talk, turn, deadline_s=given.model_s)
    except (ModelError, BudgetExceeded) as err:
        return _Part(down=str(err))
    results = await ran(asked.calls, turn, given.tools_ms, emit, tools=caller.offered(turn))
    failed = [result for result in (*results, *asked.refused) if result.error]
    notes = [asked.note] if asked.note else []
    if failed:
        told = f"{failed[0].call.name}: {failed[0].error}"
        notes.append(f"{len(failed)} of the calls of {caller.name} fail ({told}); {OTHER_MODEL}")
    return _Part(
        list(map(_facts_only, results)), asked, (cost(asked.usage),), tuple(f"calls: {n}" for n in notes)
    )


def _facts_only(result: ToolResult) -> ToolResult:
    """A lookup by id is a question on an item that was found already, and no vote for it."""
    by_id = result.call.name == "lookup" and bool(result.call.arguments.get("item_ids"))
    return replace(result, candidates=()) if by_id else result


def _joined(
    turn: Turn, parts: Sequence[_Part], caller: Caller | None, talk: Talk | None, given: Time
) -> Round:
    """The sides of a round together: evidence's, the proposals', the model's."""
    number = talk.rounds + 1 if talk else 1
    asked = parts[2].asked
    more, late = False, ()
    if caller and talk and asked:
        talk = caller.heard(talk, asked, parts[2].results, turn)
        wanted = not asked.ends and talk.rounds < turn.scene.rounds and talk.tokens < turn.scene.model_tokens
        more = wanted and given.worth
        if wanted and not more:
            late = (f"calls: no time was left for round {talk.rounds + 1} of {caller.name}; {_RAISE}",)
    sides = ("evidence", "propose", "calls")
    down = [(side, part.down) for side, part in zip(sides, parts, strict=True) if part.down]
    return Round(
        results=tuple(result for part in parts for result in part.results),
        trace=(
            Step("act", 0.0, {"round": number, "by_model": len(parts[2].results)}),
            *(
                traced(result, number, by)
                for by, part in zip(("evidence", "propose", "model"), parts, strict=True)
                for result in [*part.results, *(part.asked.refused if part.asked else ())]
            ),
        ),
        talk=talk,
        more=more,
        usages=tuple(usage for part in parts for usage in part.usages),
        degraded=(
            *(note for part in parts for note in part.degraded),
            *(f"{side}: {down[0][1]}" for side, _ in down),  # one model, one reason
            *late,
        ),
        down=down[0][1] if down else None,
    )


def _timed(made: Round, start: float, calls: int) -> Round:
    """A round with its time, and how many calls were evidence's."""
    head, *rest = made.trace
    ms = round((time.perf_counter() - start) * 1000.0, 2)
    return replace(made, trace=(Step(head.step, ms, {"calls": calls, **head.detail}), *rest))


def traced(result: ToolResult, number: int, by: str) -> Step:
    """A call as a step of the trace, with its round."""
    detail: dict[str, Json] = {
        "tool": result.call.name, "arguments": dict(result.call.arguments), "candidates": len(result.candidates),
        "round": number, "by": by,
    }  # fmt: skip
    detail |= shown(result.facts) if result.call.name == propose.name and not result.error else {}
    return Step("tool", round(result.ms, 2), detail | ({"error": result.error} if result.error else {}))

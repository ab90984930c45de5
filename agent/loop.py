"""The turn: read, act, rank, compose. One API for every way in."""

from __future__ import annotations

import asyncio
import operator
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph  # pyright: ignore[reportMissingTypeStubs]  it has no stubs

from handpicked.agent import behaviour, compose, erasing, forgetting, keeping, memory, profile, repair, rounds
from handpicked.agent.adviser import Adviser, advised
from handpicked.agent.budget import RANKING_MS, WORTH_MS, Budget
from handpicked.agent.compose import Prose, Written
from handpicked.agent.erasing import Forgotten
from handpicked.agent.experiment import Experiment
from handpicked.agent.heard import heard
from handpicked.agent.lists import Wish, ranked_lists
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.memory import Memory
from handpicked.agent.outline import Sentence, outline
from handpicked.agent.read import Noticed, Reader
from handpicked.agent.rounds import Powers, Round, Time
from handpicked.agent.scenes import Scene, Scenes
from handpicked.agent.sponsored import sponsored_list
from handpicked.agent.turn import Turn
from handpicked.agent.types import (
    Lists,
    RankedList,
    Reading,
    Reply,
    Request,
    Step,
    TextDelta,
    TurnEvent,
    Usage,
)
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Json, ToolResult

Update = Mapping[str, object]
"""What a step adds to the state, by the state's keys."""


class _State(TypedDict):
    request: Request
    budget: Budget
    memory: Memory
    context: Context
    reading: Reading
    forgotten: Forgotten | None
    time: Time
    round: Round
    down: str | None
    results: Annotated[list[ToolResult], operator.add]
    lists: tuple[RankedList, ...]
    broken: list[str] | None
    sentences: Sequence[Sentence]
    reviews: Mapping[str, str]
    usages: Annotated[list[Usage], operator.add]
    degraded: Annotated[list[str], operator.add]
    trace: Annotated[list[Step], operator.add]


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """How turns are answered when the request doesn't say. `model_languages` is what the model may
    write; `model_missing` says why there is none where one was asked for; users are parted by `experiment`."""

    k: int = 10
    seed: int = 0
    model_languages: tuple[str, ...] = ("en", "zh")
    model_missing: str | None = None
    experiment: Experiment | None = None


class Agent:
    """Answers turns on one workspace; safe to use for several turns at once."""

    def __init__(
        self,
        workspace: Workspace,
        index: Index,
        reader: Reader,
        *,
        client: ModelClient | None = None,
        powers: Powers | None = None,
        adviser: Adviser | None = None,
        config: AgentConfig | None = None,
    ) -> None:
        self._workspace = workspace
        self._index = index
        self.reader = reader
        self._client = client
        self._powers = powers or Powers()
        self._adviser = adviser
        self._config = config or AgentConfig()
        self._graph: Any = self._compile()

    async def stream(self, request: Request) -> AsyncIterator[TurnEvent]:
        """The turn as it happens: the reading, each tool's result, the lists, the text, the reply.

        Raises DataError without a build, ConfigError for an unknown scene or task, ToolError for a filter on
        a field that the catalogue lacks."""
        taken, left = heard(replace(request, id=request.id or uuid.uuid4().hex))
        start = {
            "request": taken, "budget": Budget(time.perf_counter(), request.budget_ms), "degraded": [*left],
        }  # fmt: skip
        async with aclosing(self._graph.astream(start, stream_mode="custom")) as events:
            async for event in events:
                yield event

    async def turn(self, request: Request) -> Reply:
        """The turn, folded to its reply."""
        reply: TurnEvent | None = None
        async for event in self.stream(request):
            reply = event
        assert isinstance(reply, Reply), "a turn ends with its reply"
        return reply

    def _compile(self) -> Any:
        """act again while the model wants it; rank again after the one repair."""
        graph: Any = StateGraph(_State)
        graph.add_node("read", self._read)
        graph.add_node("act", self._act)
        graph.add_node("act_again", self._act_again)
        graph.add_node("rank", self._rank)
        graph.add_node("repair", self._repair)
        graph.add_node("compose", self._compose)
        graph.add_node("reply", self._reply)
        graph.add_edge(START, "read")
        graph.add_edge("read", "act")
        for name in ("act", "act_again"):
            graph.add_conditional_edges(name, _after_act, ["act_again", "rank"])
        graph.add_conditional_edges("rank", _after_rank, ["repair", "compose"])
        graph.add_edge("repair", "rank")
        graph.add_edge("compose", "reply")
        graph.add_edge("reply", END)
        return graph.compile()

    async def _read(self, state: _State) -> Update:
        start = time.perf_counter()
        request = state["request"]
        remembered, snapshot, noticed = await asyncio.to_thread(self._noticed, request)
        noticed, advice = await advised(self._adviser, noticed, state["budget"])
        context, reading, forgotten = await asyncio.to_thread(
            self._reading, request, remembered, snapshot, noticed
        )
        remembered = forgotten.memory if forgotten is not None else remembered
        get_stream_writer()(reading)
        why: list[Json] = list(reading.scene.why)
        asked: dict[str, Json] = {"model_ms": round(advice.usage.ms, 2)} if advice.usage else {}
        detail: dict[str, Json] = {"scene": reading.scene.name, "why": why, "tasks": list(reading.tasks)}
        step = Step("read", _since(start), detail | asked)
        left = [*(forgotten.left if forgotten is not None else ())]
        left += [f"reading: {advice.left}"] if advice.left else []
        if forgotten is not None and forgotten.kept_out:
            # What the rest of the turn keeps (an ad that is charged) must not name the user again.
            request = replace(request, user_id=context.user_id, session_id=None)
        return {
            "request": request, "memory": remembered, "context": context, "reading": reading,
            "forgotten": forgotten, "degraded": [*context.snapshot.notes, *left], "trace": [step],
            "usages": [advice.usage] if advice.usage else [], "down": advice.left if advice.down else None,
        }  # fmt: skip

    def _noticed(self, request: Request) -> tuple[Memory, Snapshot, Noticed | None]:
        """The state before the turn, and what evidence says of it; None where it asks to forget."""
        snapshot = self._index.snapshot()
        snapshot.mask(request.filters)  # a filter on an unknown field is refused in every scene
        stored = self._workspace.events.load_session(request.session_id) if request.session_id else None
        remembered = memory.recall(stored, request)
        if forgetting.wish(request.message) is not None:
            return remembered, snapshot, None
        lately = behaviour.of_user(request, self._workspace.events, snapshot, self.reader.scenes)
        return remembered, snapshot, self.reader.notice(request, remembered, snapshot, lately)

    def _reading(
        self, request: Request, remembered: Memory, snapshot: Snapshot, noticed: Noticed | None
    ) -> tuple[Context, Reading, Forgotten | None]:
        events = self._workspace.events
        now = request.context.now if request.context.now is not None else time.time()
        if noticed is None:
            reading = self.reader.read(request, remembered, snapshot)
        else:
            reading = self.reader.settle(noticed, remembered)
        forgotten, user_id = None, request.user_id
        if reading.forget is not None:
            forgotten = erasing.forget(self._workspace, snapshot, request, remembered, reading.forget)
            remembered = forgotten.memory
            user_id = None if reading.forget == forgetting.ME else user_id
            if reading.tasks != ("chitchat",):
                reading = self.reader.read(request, remembered, snapshot)  # goes on from what is left
        campaigns = tuple(self._workspace.catalog.campaigns()) if "ads" in reading.tasks else ()
        context = Context(snapshot, self.reader.embedder, events, now, user_id, campaigns)
        _ = context.past  # read here, before tools run side by side
        return context, profile.lean(reading, context.labels, snapshot), forgotten

    async def _act(self, state: _State) -> Update:
        turn = self._turn(state)
        given = rounds.time_for(turn, state["budget"])
        made = await rounds.first(turn, self._powers, given, get_stream_writer())
        return {**_added(made), "time": given}

    async def _act_again(self, state: _State) -> Update:
        caller, talk = self._powers.caller, state["round"].talk
        assert caller is not None
        assert talk is not None, "a further round goes on with a talk"
        made = await rounds.further(self._turn(state), caller, talk, state["time"], get_stream_writer())
        return _added(made)

    async def _rank(self, state: _State) -> Update:
        start = time.perf_counter()
        budget, spent = state["budget"], state["budget"].left_ms <= 0.0
        wish = self._wish(state, depth=0 if spent else None)
        lists, broken = await asyncio.to_thread(self._ranked, wish, mend=state.get("broken") is None)
        policy = self._policy(state["context"])
        repairs = bool(broken) and budget.left_ms >= WORTH_MS
        degraded = [f"{part}: left out, {budget} is spent; raise it"
                    for part, left in (("rerank", spent and lists), ("repair", broken and not repairs)) if left]  # fmt: skip
        if not repairs:
            # An offer that is listed is charged, so that is done once.
            sponsored, wrong = await asyncio.to_thread(sponsored_list, wish, self._scene(state))
            lists, degraded = (*lists, *sponsored), [*degraded, *([wrong] if wrong else [])]
            get_stream_writer()(Lists(lists))
        shown: list[Json] = [len(ranked.items) for ranked in lists]
        tested: dict[str, Json] = {"policy": policy} if policy else {}
        return {
            "lists": lists, "broken": broken if repairs else [], "degraded": degraded,
            "trace": [Step("rank", _since(start), {"items": shown, **tested})],
        }  # fmt: skip

    def _wish(self, state: _State, depth: int | None = None, results: Sequence[ToolResult] = ()) -> Wish:
        context = state["context"]
        found = [*state["results"], *results]
        return Wish(state["request"], state["reading"], state["memory"], context, found, context.past, depth)

    def _ranked(self, wish: Wish, *, mend: bool) -> tuple[tuple[RankedList, ...], list[str]]:
        """The lists, and what is wrong with them if that is to be mended."""
        scenes = self._scenes(wish.context)
        lists = ranked_lists(wish, scenes, self._config.k)
        return lists, repair.breaks(wish, lists, scenes, self._config.k) if mend else []

    async def _repair(self, state: _State) -> Update:
        """One round that mends what is wrong: without a model, and if that doesn't do, with one that calls tools."""
        start = time.perf_counter()
        turn, why, emit = self._turn(state), state["broken"] or [], get_stream_writer()
        given = replace(state["time"], tools_ms=state["budget"].step_ms(turn.scene.budget_ms, RANKING_MS))
        calls = repair.calls(self._wish(state), turn.scene)
        results = await rounds.ran(calls, turn, given.tools_ms, emit)
        lists, left = await asyncio.to_thread(self._ranked, self._wish(state, results=results), mend=True)
        made = Round()
        caller, talk = self._powers.caller, state["round"].talk
        if left and caller and talk and not state.get("down"):
            talk = caller.mend(talk, left, repair.shown(lists))
            made = await rounds.further(turn, caller, talk, given, emit)
        detail: dict[str, Json] = {
            "why": [*why],
            "calls": len(calls),
            "left": [*left],
            "by_model": bool(made.trace),
        }
        steps = [rounds.traced(result, 0, "repair") for result in results]
        return {
            "results": [*results, *made.results], "usages": list(made.usages), "degraded": list(made.degraded),
            "trace": [Step("repair", _since(start), detail), *steps, *made.trace],
        }  # fmt: skip

    async def _compose(self, state: _State) -> Update:
        start = time.perf_counter()
        snapshot, reading, lists = state["context"].snapshot, state["reading"], state["lists"]
        request, scene, down = state["request"], self._scene(state), state.get("down")
        prose = Prose(
            self._client if down is None else None, self._config.model_languages, scene.prose_tokens,
            self._config.seed if request.seed is None else request.seed,
            start + state["budget"].step_ms(scene.prose_ms) / 1000.0, down or self._config.model_missing,
        )  # fmt: skip
        written: list[Written] = []
        wish = self._wish(state)
        pieces = outline(wish, lists, self._scenes(wish.context))
        if state["forgotten"] is not None:
            told = Sentence(erasing.told(state["forgotten"], reading.language), fixed=True)
            pieces = [told, *(pieces if lists else [])]
        async for piece in compose.write(pieces, lists, reading, snapshot, prose):
            get_stream_writer()(TextDelta(piece.sentence.text))
            written.append(piece)
        sentences = [piece.sentence for piece in written]
        untaken = compose.untaken(written)
        asked = [piece for piece in written if piece.usage is not None]
        rejected: list[Json] = [s.rejected for s in sentences if s.rejected]
        detail: dict[str, Json] = {
            "sentences": len(sentences), "model_sentences": len(asked),
            "accepted": sum(s.by_model for s in sentences), "rejected": rejected,
        }  # fmt: skip
        return {
            "sentences": sentences,
            "reviews": compose.reviews(wish, lists),
            "usages": [piece.usage for piece in asked if piece.usage],
            "degraded": [
                *(piece.degraded for piece in written if piece.degraded),
                *([untaken] if untaken else []),
            ],
            "trace": [Step("compose", _since(start), detail)],
        }

    async def _reply(self, state: _State) -> Update:
        request, reading, lists, forgotten = (
            state["request"], state["reading"], state["lists"], state["forgotten"],
        )  # fmt: skip
        text, citations = compose.joined(state["sentences"], reading.language)
        unsaved = await asyncio.to_thread(
            keeping.keep, self._workspace.events, self._turn(state), lists, text
        )
        reply = Reply(
            request_id=request.id or "",
            turn_id=uuid.uuid4().hex,
            session_id=forgotten.session_id if forgotten is not None else request.session_id,
            scene=reading.scene,
            tasks=reading.tasks,
            reading=reading,
            lists=lists,
            text=text,
            reviews=state["reviews"],
            citations=citations,
            degraded=_grouped([*state["degraded"], *unsaved]),
            trace=tuple(state["trace"]),
            usage=_total(state["usages"]),
        )
        get_stream_writer()(reply)
        return {}

    def _turn(self, state: _State) -> Turn:
        context = state["context"]
        return Turn(
            state["request"], state["reading"], state["memory"], self._scene(state), context, self._policy(context)
        )  # fmt: skip

    def _scene(self, state: _State) -> Scene:
        return self._scenes(state["context"])[state["reading"].scene.name]

    def _scenes(self, context: Context) -> Scenes:
        """The scenes as the user's arm of the experiment has them. Turns are read by those of the file."""
        experiment = self._config.experiment
        return experiment.scenes(context.user_id) if experiment else self.reader.scenes

    def _policy(self, context: Context) -> str | None:
        experiment = self._config.experiment
        return experiment.policy(context.user_id) if experiment and context.user_id is not None else None


def _after_act(state: _State) -> str:
    return "act_again" if state["round"].more else "rank"


def _after_rank(state: _State) -> str:
    return "repair" if state["broken"] else "compose"


def _added(made: Round) -> Update:
    """What a round adds to the state."""
    update: dict[str, object] = {
        "round": made, "results": list(made.results), "usages": list(made.usages),
        "degraded": list(made.degraded), "trace": list(made.trace),
    }  # fmt: skip
    return update | {"down": made.down} if made.down else update


def _grouped(lines: Sequence[str]) -> tuple[str, ...]:
    """What was left out, once for each reason: "calls, prose: the model can't be reached"."""
    parts: dict[str, list[str]] = {}
    for line in lines:
        part, _, reason = line.partition(": ")
        parts.setdefault(reason, []).append(part)
    return tuple(f"{', '.join(dict.fromkeys(names))}: {reason}" for reason, names in parts.items())


def _total(usages: Sequence[Usage]) -> Usage:
    if not usages:
        return Usage()
    prompt, completion = (
        sum(getattr(u, name) for u in usages) for name in ("prompt_tokens", "completion_tokens")
    )
    return Usage(usages[0].model, prompt, completion, round(sum(u.ms for u in usages), 1))


def _since(start: float) -> float:
    return round((time.perf_counter() - start) * 1000.0, 2)

"""The turn: read, act, rank, compose. One API for every way in."""

from __future__ import annotations

import asyncio
import operator
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated, Any, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph  # pyright: ignore[reportMissingTypeStubs]  it has no stubs

from handpicked.agent import act, compose, memory
from handpicked.agent.compose import Prose, Sentence, Written
from handpicked.agent.lists import Wish, ranked_lists
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.memory import Memory
from handpicked.agent.read import Reader
from handpicked.agent.scenes import Scene
from handpicked.agent.sponsored import sponsored_list
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
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.errors import DataError
from handpicked.tools.types import Json, ToolResult

Update = Mapping[str, object]
"""What a step adds to the state, by the state's keys."""


class _State(TypedDict):
    request: Request
    memory: Memory
    context: Context
    reading: Reading
    results: Sequence[ToolResult]
    lists: tuple[RankedList, ...]
    sentences: Sequence[Sentence]
    reviews: Mapping[str, str]
    usage: Usage
    degraded: Annotated[list[str], operator.add]
    trace: Annotated[list[Step], operator.add]


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """How turns are answered when the request doesn't say. `model_languages` is what the model may
    write; `model_missing` says why there is none where one was asked for."""

    k: int = 10
    seed: int = 0
    model_languages: tuple[str, ...] = ("en", "zh")
    model_missing: str | None = None


class Agent:
    """Answers turns on one workspace; safe to use for several turns at once."""

    def __init__(
        self,
        workspace: Workspace,
        index: Index,
        reader: Reader,
        *,
        client: ModelClient | None = None,
        config: AgentConfig | None = None,
    ) -> None:
        self._workspace = workspace
        self._index = index
        self.reader = reader
        self._client = client
        self._config = config or AgentConfig()
        self._graph: Any = self._compile()

    async def stream(self, request: Request) -> AsyncIterator[TurnEvent]:
        """The turn as it happens: the reading, each tool's result, the lists, the text, the reply.

        Raises DataError without a build, ConfigError for an unknown scene or task, ToolError for a filter on
        a field that the catalogue lacks."""
        request = replace(request, id=request.id or uuid.uuid4().hex)
        async for event in self._graph.astream({"request": request}, stream_mode="custom"):
            yield event

    async def turn(self, request: Request) -> Reply:
        """The turn, folded to its reply."""
        reply: TurnEvent | None = None
        async for event in self.stream(request):
            reply = event
        assert isinstance(reply, Reply), "a turn ends with its reply"
        return reply

    def _compile(self) -> Any:
        graph: Any = StateGraph(_State)
        steps = (
            ("read", self._read),
            ("act", self._act),
            ("rank", self._rank),
            ("compose", self._compose),
            ("reply", self._reply),
        )
        for name, step in steps:
            graph.add_node(name, step)
        names = [START, *(name for name, _ in steps), END]
        for one, other in pairwise(names):
            graph.add_edge(one, other)
        return graph.compile()

    async def _read(self, state: _State) -> Update:
        start = time.perf_counter()
        request = state["request"]
        remembered, context, reading = await asyncio.to_thread(self._reading, request)
        get_stream_writer()(reading)
        why: list[Json] = list(reading.scene.why)
        step = Step(
            "read", _since(start), {"scene": reading.scene.name, "why": why, "tasks": list(reading.tasks)}
        )
        return {
            "memory": remembered, "context": context, "reading": reading,
            "degraded": list(context.snapshot.notes), "trace": [step],
        }  # fmt: skip

    def _reading(self, request: Request) -> tuple[Memory, Context, Reading]:
        snapshot = self._index.snapshot()
        snapshot.mask(request.filters)  # a filter on an unknown field is refused in every scene
        events = self._workspace.events
        stored = events.load_session(request.session_id) if request.session_id else None
        remembered = memory.recall(stored, request)
        now = request.context.now if request.context.now is not None else time.time()
        reading = self.reader.read(request, remembered, snapshot)
        campaigns = tuple(self._workspace.catalog.campaigns()) if "ads" in reading.tasks else ()
        context = Context(snapshot, self.reader.embedder, events, now, request.user_id, campaigns)
        _ = context.past  # read here, before tools run side by side
        return remembered, context, reading

    async def _act(self, state: _State) -> Update:
        start = time.perf_counter()
        scene = self._scene(state)
        calls = act.plan(state["request"], state["reading"], state["memory"], scene, state["context"])
        budget = state["request"].budget_ms or scene.budget_ms
        results: list[ToolResult] = []
        async for result in act.run(calls, state["context"], budget):
            get_stream_writer()(result)
            results.append(result)
        order = {wanted.call_id: place for place, wanted in enumerate(calls)}
        results.sort(key=lambda result: order[result.call.call_id])
        trace = [Step("act", _since(start), {"calls": len(calls)}), *map(_traced, results)]
        missed = [f"tool {r.call.name}: {r.error}" for r in results if r.error]
        return {"results": results, "degraded": missed, "trace": trace}

    async def _rank(self, state: _State) -> Update:
        start = time.perf_counter()
        lists, degraded = await asyncio.to_thread(self._lists, state)
        get_stream_writer()(Lists(lists))
        shown: list[Json] = [len(ranked.items) for ranked in lists]
        step = Step("rank", _since(start), {"items": shown})
        return {"lists": lists, "degraded": degraded, "trace": [step]}

    def _lists(self, state: _State) -> tuple[tuple[RankedList, ...], list[str]]:
        context = state["context"]
        wish = Wish(
            state["request"],
            state["reading"],
            state["memory"],
            context,
            state["results"],
            context.past,
        )
        organic = ranked_lists(wish, self.reader.scenes, self._config.k)
        sponsored, wrong = sponsored_list(wish, self._scene(state))
        return (*organic, *sponsored), [wrong] if wrong else []

    async def _compose(self, state: _State) -> Update:
        start = time.perf_counter()
        snapshot, reading, lists = state["context"].snapshot, state["reading"], state["lists"]
        request = state["request"]
        prose = Prose(
            self._client, self._config.model_languages, self._scene(state).prose_tokens,
            self._config.seed if request.seed is None else request.seed,
        )  # fmt: skip
        written: list[Written] = []
        async for piece in compose.write(
            compose.outline(reading, lists, snapshot), lists, reading, snapshot, prose
        ):
            get_stream_writer()(TextDelta(piece.sentence.text))
            written.append(piece)
        sentences = [piece.sentence for piece in written]
        missing = [self._config.model_missing] if self._config.model_missing else []
        asked = [piece for piece in written if piece.usage is not None]
        rejected: list[Json] = [s.rejected for s in sentences if s.rejected]
        detail: dict[str, Json] = {
            "sentences": len(sentences), "model_sentences": len(asked),
            "accepted": sum(s.by_model for s in sentences), "rejected": rejected,
        }  # fmt: skip
        return {
            "sentences": sentences,
            "reviews": compose.reviews(reading, lists, snapshot, _interests(state["results"])),
            "usage": _total([piece.usage for piece in asked if piece.usage]),
            "degraded": [*missing, *(piece.degraded for piece in written if piece.degraded)],
            "trace": [Step("compose", _since(start), detail)],
        }

    async def _reply(self, state: _State) -> Update:
        request, reading, lists = state["request"], state["reading"], state["lists"]
        text, citations = compose.joined(state["sentences"], reading.language)
        unsaved = await asyncio.to_thread(self._save, state, text)
        reply = Reply(
            request_id=request.id or "",
            turn_id=uuid.uuid4().hex,
            session_id=request.session_id,
            scene=reading.scene,
            tasks=reading.tasks,
            reading=reading,
            lists=lists,
            text=text,
            reviews=state["reviews"],
            citations=citations,
            degraded=(*state["degraded"], *unsaved),
            trace=tuple(state["trace"]),
            usage=state["usage"],
        )
        get_stream_writer()(reply)
        return {}

    def _save(self, state: _State, text: str) -> list[str]:
        """Keep the conversation; one that can't be kept costs its memory, not the answer."""
        request = state["request"]
        if not request.session_id:
            return []
        after = memory.remember(state["memory"], request, state["reading"], state["lists"], text)
        try:
            self._workspace.events.save_session(request.session_id, request.user_id, memory.dump(after))
        except DataError as err:
            return [f"memory: {err}"]
        return []

    def _scene(self, state: _State) -> Scene:
        return self.reader.scenes[state["reading"].scene.name]


def _traced(result: ToolResult) -> Step:
    detail: dict[str, Json] = {
        "tool": result.call.name, "arguments": dict(result.call.arguments), "candidates": len(result.candidates),
    }  # fmt: skip
    return Step("tool", round(result.ms, 2), detail | ({"error": result.error} if result.error else {}))


def _interests(results: Sequence[ToolResult]) -> list[str]:
    found = next((r.facts.get("interests") for r in results if r.call.name == "history"), None)
    rows = found if isinstance(found, list) else []
    return [str(row["label"]) for row in rows if isinstance(row, Mapping)]


def _total(usages: Sequence[Usage]) -> Usage:
    if not usages:
        return Usage()
    prompt, completion = (
        sum(getattr(u, name) for u in usages) for name in ("prompt_tokens", "completion_tokens")
    )
    return Usage(usages[0].model, prompt, completion, round(sum(u.ms for u in usages), 1))


def _since(start: float) -> float:
    return round((time.perf_counter() - start) * 1000.0, 2)

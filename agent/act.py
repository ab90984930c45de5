"""Act: evidence's plan of tool calls, and running calls in parallel within a budget."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from handpicked.agent import again, offers, written
from handpicked.agent.describe import asking
from handpicked.agent.grades import telling
from handpicked.agent.memory import Memory
from handpicked.agent.numerals import NUMBER
from handpicked.agent.parts import split
from handpicked.agent.scenes import Scene
from handpicked.agent.turn import plain
from handpicked.agent.types import Reading, Request
from handpicked.tools import ads, catalog, collab, dialogues, history, popular, search, similar
from handpicked.tools.data.text import STOP_WORDS, phrase_key, words
from handpicked.tools.dispatch import Context, Tool, call
from handpicked.tools.types import Constraint, Json, ToolCall, ToolResult

TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        catalog.lookup, search.search, similar.similar, collab.collab, dialogues.dialogues, history.history,
        popular.popular, ads.ads,
    )
}  # fmt: skip
_FACTS = ("lookup", "history", "ads")
"""Tools that a turn may call for what they tell, whatever a scene weighs their candidates."""
_LAST_UTTERANCES = 3
_OF_NAMED = frozenset({"rate", "explain", "review", "compare", "ads"})
"""Tasks that are all about what is named, whatever else the words say."""


def plan(
    request: Request, reading: Reading, memory: Memory, scene: Scene, context: Context
) -> list[ToolCall]:
    """The calls that a turn needs; a tool that has nothing to work on is not called.

    What is shown once more needs no call. Where the reading leans to something, each search runs once more within it: what leans the right way gets
    both ranks. Tastes of the long memory lean each for itself."""
    if not scene.tools or again.items(request.message, reading, memory):
        return []
    parts = split(reading, request.message, context.snapshot)
    calls: list[tuple[str, dict[str, Json]]] = []
    if reading.like:
        calls.append(("lookup", {"item_ids": list(reading.like)}))
    if asks_of_named(reading):
        for title in _shared(reading.about, request.message, context):
            calls.append(("lookup", {"title": title}))
    for part in parts:
        seeds = _seeds(request, part, memory, context, within=len(parts) > 1)
        calls += _part(request, part, memory, scene, context, seeds=seeds)
    if request.user_id:
        calls.append(("history", {}))
    if "ads" in reading.tasks and scene.ads:
        calls.append(("ads", {"constraints": [plain(c) for c in reading.constraints if not _relative(c)]}))
    used = [
        (name, arguments) for name, arguments in calls if name in _FACTS or scene.weights.get(name, 0.0) > 0
    ]
    return [ToolCall(name, arguments, f"call-{number}") for number, (name, arguments) in enumerate(used, 1)]


def _part(
    request: Request, reading: Reading, memory: Memory, scene: Scene, context: Context, *, seeds: list[Json]
) -> list[tuple[str, dict[str, Json]]]:
    """The calls for the candidates of one part of a turn."""
    keep = [plain(constraint) for constraint in reading.constraints]
    mood = [plain(constraint) for constraint in reading.prefer if constraint.source != "profile"]
    tastes = [plain(constraint) for constraint in reading.prefer if constraint.source == "profile"]
    calls: list[tuple[str, dict[str, Json]]] = []
    if searches(reading, scene):
        calls.append(("search", {"query": sought(reading), "constraints": keep}))
    if seeds:
        calls.append(("similar", {"item_ids": seeds, "constraints": keep}))
    if seeds or request.user_id:
        calls.append(("collab", {"item_ids": seeds, "constraints": keep}))
    said = [*(turn.message for turn in memory.turns), request.message]
    if request.message and context.snapshot.build.learned is not None:
        named = list(
            dict.fromkeys([*memory.seen, *memory.like, *reading.seen, *reading.about, *reading.like])
        )
        calls.append(("dialogues", {"utterances": said, "item_ids": named, "constraints": keep}))
    elif request.message and len(context.snapshot.build.dialogue_targets):
        calls.append(("dialogues", {"utterances": said[-_LAST_UTTERANCES:], "constraints": keep}))
    calls += [
        (name, arguments | {"constraints": [*keep, *lean]})
        for lean in (*([mood] if mood else []), *([taste] for taste in tastes))
        for name, arguments in tuple(calls)
    ]
    for lean in ([], *([taste] for taste in tastes)):
        calls.append(("popular", {"constraints": [*keep, *lean]}))
    return calls


def sought(reading: Reading) -> str:
    """What is searched for: neither what is asked of offers nor the form of a text names an item."""
    spans = [c.span for c in reading.constraints if c.span]
    query = offers.without(reading.query, spans)
    return (written.without(query) or query) if "write" in reading.tasks else query


def _seeds(
    request: Request, reading: Reading, memory: Memory, context: Context, *, within: bool
) -> list[Json]:
    """The items that candidates should go with, those that are gone left out; only those of its own domain `within` a part."""
    # A film liked earlier in the conversation says nothing of groceries.
    domains = context.snapshot.mask(c for c in reading.constraints if c.field == "domain")
    given = dict.fromkeys([*reading.like, *request.context.clicked, *_cart(request), *memory.like])
    rows = {item_id: row for item_id in given if (row := context.snapshot.row(item_id)) is not None}
    asked = {*reading.like, *request.context.clicked, *_cart(request)} if not within else set[str]()
    return [item_id for item_id, row in rows.items() if item_id in asked or domains[row]]


def _relative(constraint: Constraint) -> bool:
    """Whether a price is bounded by "cheap" and the like: an offer makes its item cheaper, so it needn't be so before."""
    if constraint.field != "price" or constraint.source != "text" or constraint.span is None:
        return False
    return re.search(NUMBER, constraint.span, re.IGNORECASE) is None


def asks_of_named(reading: Reading) -> bool:
    """Whether the turn asks about what it names and wishes for nothing beside it."""
    return bool(reading.about) and "recommend" not in reading.tasks


async def run(
    calls: Sequence[ToolCall],
    context: Context,
    budget_ms: float,
    *,
    tools: Mapping[str, Tool] = TOOLS,
    patient: bool = False,
) -> AsyncIterator[ToolResult]:
    """Run calls in threads and give each result as it comes; a call over the budget becomes an error.

    A `patient` run waits past its budget until one call has candidates for a list: a list is never what runs out of time."""
    start = time.perf_counter()
    running = {
        asyncio.create_task(asyncio.to_thread(call, tools, context, wanted)): wanted for wanted in calls
    }
    waiting, found = set(running), not patient
    while waiting:
        left = max(budget_ms / 1000.0 - (time.perf_counter() - start), 0.0)
        done, waiting = await asyncio.wait(
            waiting, timeout=left if found else None, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            result = task.result()
            found = found or (bool(result.candidates) and result.call.name not in _FACTS)
            yield result
        if found and not done:
            break
    late = f"not done within {budget_ms:.0f} ms" if budget_ms >= 1.0 else "not waited for, no time was left"
    for task in waiting:
        yield ToolResult(
            running[task], ms=budget_ms, error=f"{late}; raise budget_ms or the scene's budget_ms"
        )


def failures(results: Sequence[ToolResult]) -> tuple[str, ...]:
    """What a turn goes without."""
    return tuple(f"tool {result.call.name}: {result.error}" for result in results if result.error)


def _cart(request: Request) -> list[str]:
    return [line.item_id for line in request.context.cart]


def searches(reading: Reading, scene: Scene) -> bool:
    """Whether words are left that a search could answer to. Of a question about a title only those that tell something
    count; where the scene is of no kind of thing, not those that say the scene ("surprise me")."""
    left = [word for word in words(reading.query) if not {word, *_expanded(word)} & STOP_WORDS]
    asks = asks_of_named(reading)
    if asks and set(reading.tasks) <= _OF_NAMED:
        return False  # "why the first one", "Heat gets 4 stars": all that is wanted is named
    if scene.domains and not asks:
        return bool(left)
    asked = {word for cue in scene.cues for word in words(cue)}
    if asks:
        asked |= asking(reading.language)
    return any(word not in asked and (telling(word) or not asks) for word in left)


def _expanded(word: str) -> Iterator[str]:
    """What a contraction may stand for, folded without its apostrophe: whats, id, theyre."""
    return (word.removesuffix(end) for end in ("s", "d", "m", "ll", "ve", "re"))


def _shared(item_ids: Sequence[str], message: str, context: Context) -> list[str]:
    """Titles of these items that other items have too, where the message has no more than the title: who asks about Heat
    may mean either, who asks about the second one may not."""
    named = [item for item_id in item_ids if (item := context.snapshot.get(item_id)) is not None]
    said = f" {phrase_key(message)} "
    bare = [
        i for i in named if f" {phrase_key(i.title)} " in said and (not i.year or str(i.year) not in said)
    ]
    titles = dict.fromkeys(item.title for item in bare)
    return [title for title in titles if len(context.snapshot.titles.rows(title)) > 1]

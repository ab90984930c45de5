"""Compose: the floor's sentences, and the model's where they pass the gate."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import yaml
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from handpicked import prompts
from handpicked.agent import addressed, again, floor, ground
from handpicked.agent.budget import WORTH_MS
from handpicked.agent.lists import Wish
from handpicked.agent.llm.answers import cost
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.outline import Sentence, listed, subjects, unclear
from handpicked.agent.types import Citation, RankedList, Reading, Usage
from handpicked.tools.data.index import Snapshot
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import Item, ToolResult

_SENTENCE_TOKENS = 64
_FAMILY = "describe"
_RAISE = "raise budget_ms or the scene's prose_ms"
_OTHER = "the plain text stands; for better prose set HANDPICKED_MODEL to another model"


@dataclass(frozen=True, slots=True)
class Prose:
    """What a model may write in: none without a client. `ends` is when its time is over (`time.perf_counter`); without
    a client `missing` says why, if that should be told."""

    client: ModelClient | None
    languages: tuple[str, ...]
    tokens: int
    seed: int
    ends: float
    missing: str | None = None

    @property
    def left_s(self) -> float:
        """Seconds that are left."""
        return max(0.0, self.ends - time.perf_counter())


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence and what the model was asked for it."""

    sentence: Sentence
    usage: Usage | None = None
    degraded: str | None = None


async def write(
    pieces: Sequence[Sentence],
    lists: Sequence[RankedList],
    reading: Reading,
    snapshot: Snapshot,
    prose: Prose,
) -> AsyncIterator[Written]:
    """The sentences in order; one about an item is the model's own if it passes the gate, else the floor's.

    A model that fails is not asked again in this turn: it costs prose, never the list."""
    shown = {item.item_id for ranked in lists for item in ranked.items}
    shown |= {item.item_id for item in subjects(reading, snapshot)}
    left = prose.tokens
    if prose.client is not None and reading.language not in prose.languages:
        prose = replace(prose, client=None, missing=f"the model does not write {reading.language}")
    missing = f"prose: {prose.missing}" if prose.client is None and prose.missing else None
    for number, piece in enumerate(pieces):
        item = snapshot.get(piece.item_id) if piece.item_id else None
        if prose.client is None or item is None or piece.fixed or left <= 0:
            yield Written(piece, degraded=missing if number == 0 else None)
            continue
        if prose.left_s * 1000.0 < WORTH_MS:
            yield Written(piece, degraded=f"prose: no time was left for {prose.client.name}; {_RAISE}")
            prose = replace(prose, client=None)
            continue
        written = await _rewrite(
            piece, item, reading, snapshot, shown, replace(prose, tokens=min(left, _SENTENCE_TOKENS))
        )
        left -= written.usage.completion_tokens if written.usage else 0
        if written.degraded:
            prose = replace(prose, client=None)
        yield written


async def _rewrite(
    piece: Sentence, item: Item, reading: Reading, snapshot: Snapshot, shown: Collection[str], prose: Prose
) -> Written:
    assert prose.client is not None
    prompt = prompts.render("describe", facts=ground.prompt_facts(item))
    messages: list[BaseMessage] = [SystemMessage(prompt.system)]
    for asked, answered in prompt.examples:
        messages += [HumanMessage(asked), AIMessage(answered)]
    messages.append(HumanMessage(prompt.user))
    try:
        answer = await prose.client.text(
            messages, max_tokens=prose.tokens, stop=["\n"], seed=prose.seed, family=_FAMILY,
            deadline_s=prose.left_s,
        )  # fmt: skip
    except (ModelError, BudgetExceeded) as err:
        return Written(piece, degraded=f"prose: {err}")
    usage = cost(answer.usage)
    text = answer.text.strip()
    wrong = ground.check(text, item, snapshot, shown, reading.language)
    if wrong:
        unwilling = _unwilling(text)
        told = f"prose: {usage.model} {unwilling}; {_OTHER}" if unwilling else None
        return Written(replace(piece, rejected=wrong), usage, told)
    return Written(Sentence(text, item.item_id, piece.field, by_model=True), usage)


def _unwilling(text: str) -> str | None:
    """What a model did that won't write at all, or None."""
    if not text:
        return "answered nothing"
    refused = text.casefold().replace("\u2019", "'").startswith(_refusals())
    return f"refused in words ({text[:80]!r})" if refused else None


@cache
def _refusals() -> tuple[str, ...]:
    known = yaml.load(prompts.read_text("phrases.yaml"), yaml.CSafeLoader)["refusals"]
    return tuple(str(phrase) for part in known.values() for phrase in part)


def untaken(written: Sequence[Written]) -> str | None:
    """That nothing of what a model wrote could be taken, and why."""
    asked = [piece for piece in written if piece.usage is not None]
    if not asked or any(piece.sentence.by_model or piece.degraded for piece in asked):
        return None
    reasons = ", ".join(dict.fromkeys(str(piece.sentence.rejected) for piece in asked))
    model = asked[0].usage.model if asked[0].usage else ""
    return f"prose: none of the {len(asked)} sentences of {model} could be taken ({reasons}); {_OTHER}"


def reviews(wish: Wish, lists: Sequence[RankedList]) -> Mapping[str, str]:
    """Short reviews of what is named, else of the first item, where one is asked for."""
    reading, snapshot = wish.reading, wish.context.snapshot
    if "review" not in reading.tasks or again.missed(wish.request.message, wish.memory) is not None:
        return {}
    if unclear(reading, lists, subjects(reading, snapshot)):
        return {}
    first = [snapshot.get(one.item_id) for one in listed(reading, lists, ())[:1]]
    items = subjects(reading, snapshot) or [item for item in first if item is not None]
    interests = addressed.names(_interests(wish.results))
    return {
        item.item_id: floor.review(item, reading, interests, reading.language)
        for item in items
        if addressed.is_name(item.title)
    }


def joined(sentences: Sequence[Sentence], language: str) -> tuple[str, tuple[Citation, ...]]:
    """The text, and where in it each item's sentence stands."""
    text, citations = "", list[Citation]()
    for sentence in sentences:
        start = len(text) + (1 if text and language != "zh" else 0)
        text += ("" if start == len(text) else " ") + sentence.text
        if sentence.item_id is not None:
            citations.append(Citation((start, len(text)), sentence.item_id, sentence.field))
    return text, tuple(citations)


def _interests(results: Sequence[ToolResult]) -> list[str]:
    found = next((r.facts.get("interests") for r in results if r.call.name == "history"), None)
    rows = found if isinstance(found, list) else []
    return [str(row["label"]) for row in rows if isinstance(row, Mapping)]

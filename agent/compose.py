"""Compose: the floor's sentences, and the model's where they pass the gate."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import yaml
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from handpicked import prompts
from handpicked.agent import floor, ground
from handpicked.agent.budget import WORTH_MS
from handpicked.agent.llm.answers import cost
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.types import Citation, ListItem, RankedList, Reading, Usage
from handpicked.tools.data.index import Snapshot
from handpicked.tools.errors import BudgetExceeded, ModelError
from handpicked.tools.types import Item

_TOLD = 3
"""How many items of a turn get a sentence."""
_TOLD_IN_ARTICLE = 6
_TEXTS = {"summarize", "review", "compare", "rate"}
"""Tasks whose text is on what is named; why something was listed can be told of what is listed only."""
_SENTENCE_TOKENS = 64
_FAMILY = "describe"
_RAISE = "raise budget_ms or the scene's prose_ms"
_OTHER = "the plain text stands; for better prose set HANDPICKED_MODEL to another model"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of the text. `field` is the fact that it rests on; a `fixed` one is not the model's to rewrite;
    `rejected` says why the model's own was not taken."""

    text: str
    item_id: str | None = None
    field: str = "title"
    fixed: bool = False
    by_model: bool = False
    rejected: str | None = None


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


def outline(reading: Reading, lists: Sequence[RankedList], snapshot: Snapshot) -> list[Sentence]:
    """The floor's text, sentence by sentence: first on what the message names, then on what is listed beside it."""
    if reading.tasks == ("chitchat",):
        domains = sorted(snapshot.terms("domain"))
        return [Sentence(floor.smalltalk(domains, reading.language))]
    named = subjects(reading, snapshot)
    if _unclear(reading, lists, named):
        return [Sentence(floor.unclear(reading.language)), *_offered(lists, reading)]
    listed = _listed(reading, lists, [item.item_id for item in named])
    told = [item for one in listed if (item := snapshot.get(one.item_id)) is not None]
    answered = _answered(reading, snapshot)
    pieces = [*answered, *(_about(item, reading) for item in named)]
    if "compare" in reading.tasks:
        pieces += _compared(named if len(named) > 1 else [*named, *told], reading.language)
    if answered and "recommend" not in reading.tasks:
        return [*pieces, *_offered(lists, reading)]
    organic = [ranked for ranked in lists if ranked.task != "ads"]
    if listed or (not named and (organic or not lists)):
        pieces.append(Sentence(floor.opening(reading, organic)))
    if "explain" in reading.tasks:
        pieces += [Sentence(f"{_name(one, reading)}{one.reason}", one.item_id, fixed=True) for one in listed]
    else:
        pieces += [_about(item, reading) for item in told]
    return [*pieces, *_offered(lists, reading)]


def _unclear(reading: Reading, lists: Sequence[RankedList], named: Sequence[Item]) -> bool:
    """Whether a text is asked for on something that nobody can tell: nothing is named, and what is listed is merely popular."""
    if named or "recommend" in reading.tasks or not _TEXTS & set(reading.tasks):
        return False
    items = [item for ranked in lists if ranked.task != "ads" for item in ranked.items]
    return all(source.tool == "popular" for item in items for source in item.sources)


def subjects(reading: Reading, snapshot: Snapshot) -> list[Item]:
    """What the message names and asks a text about, whether a list has it or not."""
    if not _TEXTS & set(reading.tasks):
        return []
    ids = reading.about or reading.like
    return [item for item_id in ids[:_TOLD] if (item := snapshot.get(item_id)) is not None]


def _answered(reading: Reading, snapshot: Snapshot) -> list[Sentence]:
    """The facts that are asked of what is named."""
    if "search" not in reading.tasks:
        return []
    items = [item for item_id in reading.about[:_TOLD] if (item := snapshot.get(item_id)) is not None]
    return [
        Sentence(text, item.item_id, field, fixed=True)
        for item in items
        for text, field in floor.answers(item, _dated(item, snapshot), reading.query, reading.language)
    ]


def _dated(item: Item, snapshot: Snapshot) -> str:
    """The title, with its year where other items have it too."""
    shared = item.year is not None and len(snapshot.titles.rows(item.title)) > 1
    return f"{item.title} ({item.year})" if shared else item.title


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


def reviews(
    reading: Reading, lists: Sequence[RankedList], snapshot: Snapshot, interests: Sequence[str]
) -> Mapping[str, str]:
    """Short reviews of what is named, else of the first item, where one is asked for."""
    if "review" not in reading.tasks:
        return {}
    if _unclear(reading, lists, subjects(reading, snapshot)):
        return {}
    first = [snapshot.get(one.item_id) for one in _listed(reading, lists, ())[:1]]
    items = subjects(reading, snapshot) or [item for item in first if item is not None]
    return {item.item_id: floor.review(item, reading, interests, reading.language) for item in items}


def joined(sentences: Sequence[Sentence], language: str) -> tuple[str, tuple[Citation, ...]]:
    """The text, and where in it each item's sentence stands."""
    text, citations = "", list[Citation]()
    for sentence in sentences:
        start = len(text) + (1 if text and language != "zh" else 0)
        text += ("" if start == len(text) else " ") + sentence.text
        if sentence.item_id is not None:
            citations.append(Citation((start, len(text)), sentence.item_id, sentence.field))
    return text, tuple(citations)


def _listed(reading: Reading, lists: Sequence[RankedList], told: Collection[str]) -> list[ListItem]:
    """The listed items that get a sentence: those that were named, where a list has them, else the first; none twice."""
    count = _TOLD_IN_ARTICLE if "write" in reading.tasks else _TOLD
    items = {
        item.item_id: item
        for ranked in lists
        if ranked.task != "ads"
        for item in ranked.items
        if item.item_id not in told
    }
    named = [items[item_id] for item_id in reading.like if item_id in items]
    return named[:count] or list(items.values())[:count]


def _about(item: Item, reading: Reading) -> Sentence:
    text = floor.sentence(item, reading.language)
    return Sentence(text, item.item_id, "description" if item.description else "categories")


def _compared(items: Sequence[Item], language: str) -> list[Sentence]:
    """How the first two differ."""
    if len(items) < 2:
        return []
    told = floor.comparison(items[0], items[1], language)
    return [Sentence(text, item_id, field, fixed=True) for text, item_id, field in told]


def _offered(lists: Sequence[RankedList], reading: Reading) -> list[Sentence]:
    """The sponsored offers, marked as such; or that there is none."""
    return [
        Sentence(text, item_id, fixed=True)
        for ranked in lists
        if ranked.task == "ads"
        for text, item_id in floor.offers(ranked, reading.language)
    ]


def _name(item: ListItem, reading: Reading) -> str:
    return f"《{item.title}》：" if reading.language == "zh" else f"{item.title}: "

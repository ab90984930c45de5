"""Repair: what is wrong with ranked lists, and the calls that may mend it without a model. Hard constraints stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from handpicked.agent import again
from handpicked.agent.act import asks_of_named, searches
from handpicked.agent.addressed import is_name
from handpicked.agent.lists import Wish, allowed, shares
from handpicked.agent.parts import split
from handpicked.agent.scenes import Scene, Scenes
from handpicked.agent.turn import plain
from handpicked.agent.types import ListItem, RankedList
from handpicked.tools.data.text import STOP_WORDS, words
from handpicked.tools.types import Constraint, Json, Mask, ToolCall

_DEEP = 500
"""As many candidates as a tool gives: what was had already may fill the first hundred."""
_TOLD = 10


def breaks(wish: Wish, lists: Sequence[RankedList], scenes: Scenes, default_k: int) -> list[str]:
    """What the lists lack though the catalogue has it: items, those of a kind that the text leans to, or anything
    that answers its words. Empty where nothing is wrong, or nothing can be done."""
    if again.items(wish.request.message, wish.reading, wish.memory):
        return []
    taken: list[str] = []
    found: list[str] = []
    for share, ranked in zip(shares(wish, scenes, default_k), lists, strict=False):
        if ranked.task == "search" and asks_of_named(wish.reading):
            continue  # what is asked about is there or it isn't
        can = allowed(share.wish, share.scene, ranked.task, taken)
        found += _few(ranked, share.k, can)
        found += _kind(share.wish, ranked, can) + _words(share.wish, ranked, share.scene)
        taken += [item.item_id for item in ranked.items]
    return list(dict.fromkeys(found))


def calls(wish: Wish, scene: Scene) -> list[ToolCall]:
    """Calls that look deeper and in other words: for each part within each leaning first, then without any."""
    parts = split(wish.reading, wish.request.message, wish.context.snapshot)
    made = [call for part in parts for call in _calls(replace(wish, reading=part))]
    used = [(name, arguments) for name, arguments in made if scene.weights.get(name, 0.0) > 0]
    return [ToolCall(name, arguments, f"repair-{n}") for n, (name, arguments) in enumerate(used, 1)]


def _calls(wish: Wish) -> list[tuple[str, dict[str, Json]]]:
    reading = wish.reading
    keep = [plain(constraint) for constraint in reading.constraints]
    query = _query(wish)
    seeds = [i for i in (*reading.like, *wish.memory.like) if wish.context.snapshot.row(i) is not None]
    made: list[tuple[str, dict[str, Json]]] = []
    for within in (*([plain(leaning)] for leaning in reading.prefer), []):
        rest: dict[str, Json] = {"constraints": [*keep, *within], "limit": _DEEP}
        made += [("search", {"query": query} | rest)] if query else []
        made += [("similar", {"item_ids": seeds} | rest)] if seeds else []
        made.append(("popular", rest))
    return made


def shown(lists: Sequence[RankedList]) -> str:
    """The lists as a model is told of them."""
    told: list[Json] = [{"list": r.task, "items": [_title(i) for i in r.items[:_TOLD]]} for r in lists]
    return orjson.dumps(told).decode()


def _few(ranked: RankedList, k: int, can: Mask) -> list[str]:
    available = int(can.sum())
    if len(ranked.items) >= min(k, available):
        return []
    return [
        f"{ranked.task}: {len(ranked.items)} items of {k}, and the catalogue has {available} that may be shown"
    ]


def _kind(wish: Wish, ranked: RankedList, can: Mask) -> list[str]:
    """Leanings that no item keeps though some could."""
    snapshot = wish.context.snapshot
    rows = snapshot.rows(item.item_id for item in ranked.items)
    lacking: list[Constraint] = []
    for leaning in wish.reading.prefer:
        kept = snapshot.mask([leaning])
        if len(rows) and not kept[rows].any() and (kept & can).any():
            lacking.append(leaning)
    return [f"{ranked.task}: no item with {leaning}" for leaning in lacking]


def _words(wish: Wish, ranked: RankedList, scene: Scene) -> list[str]:
    """Words that nothing shown answers to: all of it is merely popular."""
    if not searches(wish.reading, scene):
        return []
    said = [word for word in words(wish.reading.query) if word not in STOP_WORDS]
    merely = all(source.tool == "popular" for item in ranked.items for source in item.sources)
    return (
        [f"{ranked.task}: no item answers to {' '.join(said)!r}"] if said and ranked.items and merely else []
    )


def _query(wish: Wish) -> str:
    """The wish in other words: the terms that its constraints and leanings mean, and what the message says besides."""
    reading = wish.reading
    terms = [
        str(value)
        for constraint in (*reading.constraints, *reading.prefer)
        if constraint.op == "in" and constraint.field != "domain"
        for value in constraint.value
    ]
    said = [word for word in words(reading.query or wish.request.message) if word not in STOP_WORDS]
    return " ".join(dict.fromkeys([*said, *terms]))


def _title(item: ListItem) -> str:
    year = item.facts.get("year")
    title = item.title if is_name(item.title) else item.item_id
    return f"{title} ({year})" if year else title

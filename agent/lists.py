"""Ranked candidates become the lists of a turn: one for each wish, labelled, each item with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from handpicked.agent import again, floor, followups
from handpicked.agent.act import asks_of_named, sought
from handpicked.agent.addressed import is_name
from handpicked.agent.describe import counted
from handpicked.agent.memory import Memory
from handpicked.agent.parts import split
from handpicked.agent.scenes import LIST_TASKS, Scene, Scenes
from handpicked.agent.types import ListItem, RankedList, Reading, Request
from handpicked.tools import rank, taste
from handpicked.tools.catalog import facts_of
from handpicked.tools.data.mix import Mix
from handpicked.tools.dispatch import Context
from handpicked.tools.shaping import Shape
from handpicked.tools.types import Candidate, Event, Mask, Ranked, Rows, ToolCall, ToolResult

_NAMED_BOOST = 2.0
"""`similar` counts this much more when the text names a title to resemble."""
_NO_WORDS = 0.2
"""`search` counts this much where the constraints hold all that is said: "a comedy" is no title with Comedy in it."""
_FEWEST_KNOWN = 4
"""Own choices of whoever is replayed when a mix is learned: someone with fewer is ranked by the scene's weights."""
_POPULAR_FADES = 5.0
"""With n choices of the user's own in the domains that are asked for, `popular` counts this / (this + n) of its weight: of 2, 5
and 10 the best on valid of `eval run cold`, where a weight that stays costs who has many choices a tenth of nDCG@10."""
_LEARNED = 8.0
"""Where a build learned a blend from conversations, `dialogues` counts up to so many times as much, for it holds what the other
tools find too, and `propose` keeps its share beside it: with equal ones a third of the blend's hits are lost (see
docs/measurements.md). It fades like `popular`, for the blend knows nothing of a user but the conversation."""
_BLEND = ("dialogues", "propose")
_NONE: Rows = np.empty(0, np.int64)
_AGAIN = "again"
_LABELS = {
    "recommend": ("Recommended for you", "为你推荐"),
    "search": ("What you asked for", "你要找的"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A turn up to its tool results, and the user's past events, newest first. `depth` is how many fused candidates are
    reranked, None as many as it is worth."""

    request: Request
    reading: Reading
    memory: Memory
    context: Context
    results: Sequence[ToolResult]
    past: Sequence[Event]
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A list that a turn wants: the part of the wish that it answers, in the scene of that part, its task and length."""

    wish: Wish
    scene: Scene
    task: str
    k: int
    of_several: bool = False
    """Whether the turn wants lists of other domains beside it."""


def ranked_lists(wish: Wish, scenes: Scenes, default_k: int) -> tuple[RankedList, ...]:
    """An organic list for each part and each task that wants one, in the reading's order; no item stands in two of them.

    A single list has k items; of several each has k times the scene's weight for its task."""
    lists: list[RankedList] = []
    for share in shares(wish, scenes, default_k):
        taken = [item.item_id for ranked in lists for item in ranked.items]
        asked = share.task == "search" and "search" in scenes
        tools = scenes["search"].weights if asked else share.scene.weights
        lists.append(_list(share, tools, taken, f"{wish.request.id or ''}-{len(lists) + 1}"))
    return tuple(lists)


def list_tasks(reading: Reading) -> list[str]:
    """The tasks that want a list. A text needs a subject: what is named is found, else something is recommended."""
    asked = [task for task in reading.tasks if task in LIST_TASKS]
    if asked or reading.tasks == ("ads",):
        return asked
    if reading.tasks == ("rate",) and not reading.like and (reading.dislike or reading.seen):
        return []  # what was had and is rated is not to be listed
    return ["search" if reading.like else "recommend"]


def shares(wish: Wish, scenes: Scenes, default_k: int) -> list[Share]:
    """The organic lists that a turn wants: for each task one of every part."""
    scene = scenes[wish.reading.scene.name]
    tasks = list_tasks(wish.reading) if scene.tools else []
    before = again.items(wish.request.message, wish.reading, wish.memory)
    parts = (wish.reading,) if before else split(wish.reading, wish.request.message, wish.context.snapshot)
    weights = {str(name): value for name, value in scene.tasks.items()}
    found: list[Share] = []
    for task, part in product(tasks, parts):
        k = wish.request.k or part.count or default_k
        length = k if len(tasks) == 1 else max(1, round(k * weights.get(task, 1.0)))
        own = _scene_of(part, scene, scenes) if len(parts) > 1 else scene
        found.append(Share(replace(wish, reading=part), own, task, length, len(parts) > 1))
    return found


def _scene_of(part: Reading, scene: Scene, scenes: Scenes) -> Scene:
    """The scene that offers a part's domain: the turn's own, where it is open or has it."""
    domains = {v for c in part.constraints if c.field == "domain" and c.op == "in" for v in c.value}
    if not scene.domains or domains <= set(scene.domains):
        return scene
    return next((other for other in scenes.values() if domains <= set(other.domains)), scene)


def allowed(wish: Wish, scene: Scene, task: str, taken: Sequence[str]) -> Mask:
    """What may stand in a task's list, by row."""
    mask = wish.context.snapshot.mask(wish.reading.constraints)
    mask[wish.context.snapshot.rows([*taken, *_excluded(wish, scene, task)])] = False
    return mask


def _list(share: Share, tools: Mapping[str, float], taken: Sequence[str], list_id: str) -> RankedList:
    wish, task = share.wish, share.task
    before = again.items(wish.request.message, wish.reading, wish.memory)
    refused = [*wish.reading.dislike, *wish.memory.dislike]
    found = rank.rank(
        wish.context.snapshot,
        [_once_more(before)] if before else wish.results,
        weights={_AGAIN: 1.0} if before else _weights(wish, task, tools),
        constraints=wish.reading.constraints,
        exclude=[*taken, *(refused if before else _excluded(wish, share.scene, task))],
        k=max(share.k, len(before)),
        depth=wish.depth,
        mix=_mix(wish) if not before else None,
        shape=Shape() if before else _shape(share, list_id),
    )
    order = [one for item_id in before for one in found.items if one.item.item_id == item_id] or found.items
    items = tuple(_shown(wish, ranked, place) for place, ranked in enumerate(order, 1))
    return RankedList(task, _label(share), items, found.emptied_by, list_id)


def _shape(share: Share, list_id: str) -> Shape:
    """How a list is made of what is relevant: what is asked for by name is neither mixed nor drawn."""
    scene, wish = share.scene, share.wish
    if share.task != "recommend":
        return Shape(scene.diversity)
    likes = wish.context.snapshot.rows(taste.liked(wish.past)) if scene.calibration else _NONE
    seed = list_id if wish.request.seed is None else f"{wish.request.seed}-{list_id.rpartition('-')[2]}"
    return Shape(scene.diversity, scene.calibration, likes, scene.explore, seed)


def _mix(wish: Wish) -> Mix | None:
    """The mix that the build learned, where it is for such turns: without words, for someone of whom enough is known."""
    known = not wish.request.message and _own_choices(wish) >= _FEWEST_KNOWN
    return wish.context.snapshot.build.mix if known else None


def _label(share: Share) -> str:
    """The list's heading, with its kind of thing where there are lists of others."""
    language = share.wish.reading.language
    label = _LABELS[share.task][1 if language == "zh" else 0]
    domains = [
        str(v)
        for c in share.wish.reading.constraints
        if c.field == "domain" and c.op == "in"
        for v in c.value
    ]
    return f"{label} ({counted(domains, language)[1]})" if share.of_several else label


def _once_more(item_ids: Sequence[str]) -> ToolResult:
    """What was shown, as the candidates of a list that shows it again."""
    candidates = tuple(Candidate(item_id, 1.0 / place) for place, item_id in enumerate(item_ids, 1))
    return ToolResult(ToolCall(_AGAIN, {}), candidates)


def unsaid(reading: Reading) -> str:
    """What the words say beside the constraints, the kind of thing and the asking."""
    spans = [c.span for c in reading.constraints if c.span]
    return followups.marks(sought(reading), spans).rest


def _weights(wish: Wish, task: str, tools: Mapping[str, float]) -> Mapping[str, float]:
    """A scene's tool weights for one list: what was looked up belongs to a search, not to a recommendation, and a list of
    what is asked about has nothing else."""
    if task == "search" and asks_of_named(wish.reading):
        return {name: weight for name, weight in tools.items() if name in ("lookup", "search")}
    weights = {name: weight for name, weight in tools.items() if task == "search" or name != "lookup"}
    if wish.reading.like and "similar" in weights:
        weights["similar"] *= _NAMED_BOOST
    if task == "recommend":
        unknown = _POPULAR_FADES / (_POPULAR_FADES + _own_choices(wish))
        blended = wish.context.snapshot.build.learned is not None
        for name in weights.keys() & {"popular", *(_BLEND if blended else ())}:
            weights[name] *= unknown if name == "popular" else 1 + (_LEARNED - 1) * unknown
    if "search" in weights and not unsaid(wish.reading):
        weights["search"] *= _NO_WORDS
    return weights


def _own_choices(wish: Wish) -> int:
    """How many things of the domains that are asked for the user chose before."""
    snapshot = wish.context.snapshot
    domains = snapshot.mask(c for c in wish.reading.constraints if c.field == "domain")
    return int(domains[snapshot.rows(taste.liked(wish.past))].sum())


def _excluded(wish: Wish, scene: Scene, task: str) -> list[str]:
    """What a list must not repeat: refused items always; when recommending also what was named, shown, is in
    the cart, or was had before where the scene doesn't repeat; goods come back that keep a new bound."""
    reading, remembered = wish.reading, wish.memory
    refused = [*reading.dislike, *remembered.dislike, *taste.disliked(wish.past)]
    if task == "search":
        return [item_id for item_id in refused if item_id not in reading.like]
    had = [] if scene.repeat else [event.item_id for event in wish.past]
    cart = [line.item_id for line in wish.request.context.cart]
    seen = [*reading.seen, *remembered.seen]
    narrowed = scene.repeat and any(c.op == "range" and c.source == "text" for c in reading.constraints)
    shown = () if narrowed else remembered.shown  # of the goods shown, those under $2 are what is asked for
    return [*refused, *reading.like, *seen, *shown, *cart, *had]


def _shown(wish: Wish, ranked: Ranked, place: int) -> ListItem:
    snapshot, reading = wish.context.snapshot, wish.reading
    behind = [item for item_id in ranked.because if (item := snapshot.get(item_id)) is not None]
    titles = {item.item_id: item.title for item in behind if is_name(item.title)}
    named = [*reading.like, *wish.memory.like]
    return ListItem(
        rank=place,
        item_id=ranked.item.item_id,
        title=ranked.item.title,
        score=round(ranked.score, 6),
        reason=floor.reason(ranked, place, titles, named, reading.language),
        facts=floor.shown_facts(facts_of(ranked.item)),
        sponsored=ranked.sponsored,
        sources=ranked.sources,
        because=ranked.because,
        propensity=ranked.propensity,
    )

"""Outline: the floor's text of a turn, sentence by sentence: on what is named, what was asked of it, and what is listed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import cycle

from handpicked.agent import again, floor, ratings, smalltalk
from handpicked.agent.addressed import is_name
from handpicked.agent.lists import Wish, unsaid
from handpicked.agent.memory import Behind, Memory
from handpicked.agent.parts import split
from handpicked.agent.scenes import Scenes
from handpicked.agent.types import ListItem, RankedList, Reading
from handpicked.tools.data.documents import document
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import content_words, has_cjk
from handpicked.tools.types import Constraint, Item

_TOLD = 3
"""How many items of a turn get a sentence."""
_TOLD_IN_ARTICLE = 6
_TOLD_OF_PART = 2
_TEXTS = {"summarize", "review", "compare", "rate"}
"""Tasks whose text is on what is named; why something was listed can be told of what is listed only."""


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


def outline(wish: Wish, lists: Sequence[RankedList], scenes: Scenes) -> list[Sentence]:
    """The floor's text, sentence by sentence: first on what the message names, then on what is listed beside it.

    Of an item whose title speaks to its reader nothing is said: a list shows it, as it is."""
    snapshot = wish.context.snapshot
    pieces = _outline(wish, lists, scenes)
    named = [piece for piece in pieces if piece.item_id is None or _is_named(piece.item_id, snapshot)]
    organic = [ranked for ranked in lists if ranked.task != "ads"]
    return named or [Sentence(floor.opening(wish.reading, organic), fixed=True)]


def _is_named(item_id: str, snapshot: Snapshot) -> bool:
    item = snapshot.get(item_id)
    return item is None or is_name(item.title)


def _outline(wish: Wish, lists: Sequence[RankedList], scenes: Scenes) -> list[Sentence]:
    reading, snapshot = wish.reading, wish.context.snapshot
    language, message = reading.language, wish.request.message
    if reading.tasks == ("chitchat",):
        domains, ads = sorted(snapshot.terms("domain")), any(scene.ads for scene in scenes.values())
        return [Sentence(smalltalk.answer(message, domains, language, ads=ads), fixed=True)]
    if (count := again.missed(message, wish.memory)) is not None:
        return [Sentence(floor.missed(count, language), fixed=True)]
    named = subjects(reading, snapshot)
    if unclear(reading, lists, named):
        return [Sentence(floor.unclear(language)), *_offered(lists, reading)]
    answered = [*_noted(wish), *_behind(wish, lists), *_answered(reading, snapshot)]
    told = {piece.item_id for piece in answered}
    untold = [item for item in named if item.item_id not in told]
    pieces = [*answered, *(sentence for item in untold for sentence in _told(item, reading, snapshot))]
    beside = [item.item_id for item in named] + [item_id for item_id in told if item_id]
    picked = listed(reading, lists, beside)
    if "compare" in reading.tasks:
        pieces += _compared(named if len(named) > 1 else [*named, *_items(picked, snapshot)], language)
    asked = named and reading.about and not {"search", "summarize"} & set(reading.tasks)
    if (answered or asked) and "recommend" not in reading.tasks:
        return [*pieces, *_namesakes(lists, beside, reading), *_offered(lists, reading)]
    organic = [ranked for ranked in lists if ranked.task != "ads"]
    parts = split(reading, message, snapshot)
    if len(parts) > 1 and len(organic) % len(parts) == 0 and "explain" not in reading.tasks:
        told_each = [
            sentence
            for part, ranked in zip(cycle(parts), organic, strict=False)
            for sentence in _part(part, ranked, snapshot)
        ]
        return [*pieces, *told_each, *_offered(lists, reading)]
    if picked or (not named and (organic or not lists)):
        pieces.append(Sentence(floor.opening(reading, organic)))
        if _far(reading, organic, snapshot):
            pieces.append(Sentence(floor.closest(language), fixed=True))
    if "explain" in reading.tasks:
        pieces += [Sentence(f"{_name(one, reading)}{one.reason}", one.item_id, fixed=True) for one in picked]
    else:
        pieces += [_about(item, reading) for item in _items(picked, snapshot)]
    return [*pieces, *_offered(lists, reading)]


def _part(part: Reading, ranked: RankedList, snapshot: Snapshot) -> list[Sentence]:
    """What one of several lists has, and its first items."""
    first = _items(ranked.items[:_TOLD_OF_PART], snapshot)
    return [Sentence(floor.opening(part, [ranked])), *(_about(item, part) for item in first)]


def _far(reading: Reading, lists: Sequence[RankedList], snapshot: Snapshot) -> bool:
    """Whether one particular thing is looked for by what it is about, and nothing listed has all of those words.

    Chinese words can't be looked for in what is known in English only."""
    told = set(content_words(unsaid(reading)))
    if "search" not in reading.tasks or reading.like or not told:
        return False
    found = _items([item for ranked in lists for item in ranked.items], snapshot)
    told_of = [document(item) for item in found]
    texts = [" ".join((one.text, *one.passages)) for one in told_of]
    if any(map(has_cjk, told)) and not all(map(has_cjk, texts)):
        return False
    return bool(found) and not any(told <= set(content_words(text)) for text in texts)


def _items(picked: Sequence[ListItem], snapshot: Snapshot) -> list[Item]:
    return [item for one in picked if (item := snapshot.get(one.item_id)) is not None]


def _noted(wish: Wish) -> list[Sentence]:
    """What is kept of the ratings that a message gives."""
    snapshot, request, language = wish.context.snapshot, wish.request, wish.reading.language
    where = "user" if wish.context.user_id else "session" if request.session_id else "nowhere"
    return [
        Sentence(floor.noted(dated(item, snapshot), rating, where, language), item_id, fixed=True)
        for item_id, rating in ratings.of(request.message, wish.reading).items()
        if (item := snapshot.get(item_id)) is not None
    ]


def _behind(wish: Wish, lists: Sequence[RankedList]) -> list[Sentence]:
    """Why items that were shown were picked: what found them, and which of the wishes in force they keep."""
    reading, snapshot, memory = wish.reading, wish.context.snapshot, wish.memory
    if "explain" not in reading.tasks:
        return []
    shown = [item.item_id for ranked in lists if ranked.task != "ads" for item in ranked.items]
    asked = [item_id for item_id in reading.about or shown if reading.about or item_id in memory.why][:_TOLD]
    found: list[Sentence] = []
    for item in (item for item_id in asked if (item := snapshot.get(item_id)) is not None):
        behind = memory.why.get(item.item_id, Behind(()))
        because = [other.title for i in behind.because if (other := snapshot.get(i)) is not None]
        named = bool({*behind.because} & {*memory.like, *reading.like})
        causes = floor.causes(behind.tools, because, reading.language, named=named)
        wishes = [c for c in _wishes(memory) if not c.within or item.domain in c.within]
        kept = [c for c in wishes if behind.tools and snapshot.mask([c])[snapshot.row(item.item_id)]]
        text = floor.behind(dated(item, snapshot), causes, kept, reading.language)
        found += [Sentence(text, item.item_id, fixed=True), _about(item, reading)]
    return found


def _wishes(memory: Memory) -> list[Constraint]:
    """The wishes in force that the user made, not the scene."""
    constraints = memory.topic.constraints if memory.topic is not None else ()
    return [c for c in constraints if c.source != "context" and c.field != "domain"]


def _namesakes(lists: Sequence[RankedList], told: Sequence[str], reading: Reading) -> list[Sentence]:
    """That others share the name of what is asked about, where they stand in the list."""
    titles = {item.title for ranked in lists for item in ranked.items if item.item_id in told}
    others = [
        item
        for ranked in lists
        if ranked.task != "ads"
        for item in ranked.items
        if item.item_id not in told and item.title in titles
    ]
    return [Sentence(floor.namesakes(others, reading.language), fixed=True)] if others else []


def unclear(reading: Reading, lists: Sequence[RankedList], named: Sequence[Item]) -> bool:
    """Whether a text is asked for on something that nobody can tell: nothing is named, and what is listed is merely popular."""
    if named or "recommend" in reading.tasks or not _TEXTS & set(reading.tasks):
        return False
    items = [item for ranked in lists if ranked.task != "ads" for item in ranked.items]
    return all(source.tool == "popular" for item in items for source in item.sources)


def subjects(reading: Reading, snapshot: Snapshot) -> list[Item]:
    """What the message names and asks a text about, whether a list has it or not."""
    if not _TEXTS & set(reading.tasks):
        return []
    had = (*reading.dislike, *reading.seen) if "rate" in reading.tasks else ()
    ids = reading.about or reading.like or had
    return [item for item_id in ids[:_TOLD] if (item := snapshot.get(item_id)) is not None]


def _answered(reading: Reading, snapshot: Snapshot) -> list[Sentence]:
    """The facts that are asked of what is named."""
    if "search" not in reading.tasks:
        return []
    items = [item for item_id in reading.about[:_TOLD] if (item := snapshot.get(item_id)) is not None]
    return [
        Sentence(text, item.item_id, field, fixed=True)
        for item in items
        for text, field in floor.answers(item, dated(item, snapshot), reading.query, reading.language)
    ]


def dated(item: Item, snapshot: Snapshot) -> str:
    """The title, with its year where other items have it too."""
    shared = item.year is not None and len(snapshot.titles.rows(item.title)) > 1
    return f"{item.title} ({item.year})" if shared else item.title


def listed(reading: Reading, lists: Sequence[RankedList], told: Collection[str]) -> list[ListItem]:
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


def _told(item: Item, reading: Reading, snapshot: Snapshot) -> list[Sentence]:
    """What is known of what is named; where a summary is asked for and there is none, that first."""
    missing = "summarize" in reading.tasks and document(item).generated
    lacks = [Sentence(floor.undescribed(dated(item, snapshot), reading.language), item.item_id, fixed=True)]
    return [*(lacks if missing else []), _about(item, reading)]


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

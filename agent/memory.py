"""The state of a conversation: small, validated JSON; what was said, shown, liked and refused, and what is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from pydantic import TypeAdapter, ValidationError

from handpicked.agent import followups, ratings, refine
from handpicked.agent.followups import Marks
from handpicked.agent.scenes import Scenes
from handpicked.agent.types import ListItem, RankedList, Reading, Request, SceneGuess
from handpicked.tools.errors import DataError
from handpicked.tools.types import NUMERIC_FIELDS, Constraint

_TURNS = 20
_SHOWN = 500
_NAMED = 200
_QUERY = 300
"""How many turns, items and characters are kept; the latest count."""
_OPEN_SCENES = ("browse", "search", "chat")
"""Scenes that a wish leaves for a particular one as soon as it says which."""
_LISTED = frozenset({"recommend", "search", "ads", "write"})
_WISHED = _LISTED - {"search"}
_OTHER_SCENE = 0.5
_SURE = 0.9
"""How sure a scene is said to be that was taken over: a judgement, not measured."""


_NO_REASON = frozenset({"again", "lookup"})
"""Sources that only say that an item was shown or named."""
_BECAUSE = 3
"""How many of the items behind another are kept."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One past turn."""

    message: str
    answer: str
    scene: str


@dataclass(frozen=True, slots=True)
class Topic:
    """The wish in force: what a follow-up goes on from."""

    scene: str
    tasks: tuple[str, ...]
    query: str = ""
    constraints: tuple[Constraint, ...] = ()
    prefer: tuple[Constraint, ...] = ()
    like: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Behind:
    """What put an item into a list: the tools that found it, the strongest first, and the items that carry its score."""

    tools: tuple[str, ...]
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """What a conversation remembers; `shown` holds item ids, the latest last, `last` those of the last organic lists in
    their order, and `focus` the one of them that the last turn asked about. An item is in one of `like`, `dislike` and
    `seen`. `measures` are the middle price, year, runtime and rating of `last`, `why` is what is behind each of them."""

    turns: tuple[Turn, ...] = ()
    shown: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    dislike: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    focus: str | None = None
    measures: Mapping[str, float] = field(default_factory=dict[str, float])
    why: Mapping[str, Behind] = field(default_factory=dict[str, Behind])
    topic: Topic | None = None

    @property
    def previous(self) -> str | None:
        """The user's message before this one."""
        return self.turns[-1].message if self.turns else None


_MEMORY: TypeAdapter[Memory] = TypeAdapter(Memory)


def parse(document: str, session_id: str | None) -> Memory:
    """Read a stored state. Raises DataError for one that is none."""
    try:
        return _MEMORY.validate_json(document)
    except ValidationError as err:
        raise DataError(f"the state of session {session_id!r} can't be read: {err}") from err


def recall(document: str | None, request: Request) -> Memory:
    """The state to start a turn from; a client's own history, where it sends one, replaces the turns.

    Raises DataError for a state that is not one."""
    memory = parse(document, request.session_id) if document else Memory()
    if request.messages is None:
        return memory
    said = [m.content for m in request.messages if m.role == "user"]
    return replace(memory, turns=tuple(Turn(text, "", "") for text in said[-_TURNS:]))


def remember(
    memory: Memory, request: Request, reading: Reading, lists: tuple[RankedList, ...], text: str
) -> Memory:
    """The state after a turn, of which `reading` is what was carried. A turn that asks to forget is not kept itself."""
    marks = followups.marks(request.message, _spans(reading))
    aside = _aside(reading, marks, _rest(reading))
    items = [item for ranked in lists if ranked.task != "ads" for item in ranked.items]
    shown = [item.item_id for ranked in lists for item in ranked.items]
    listed = bool(items) and not (aside and {item.item_id for item in items} <= set(memory.last))
    turn = () if reading.forget else (Turn(request.message, text, reading.scene.name),)
    said = dict(ratings.stances(request.message, reading))
    liked, disliked, seen = said["like"], said["dislike"], said["seen"]
    last = tuple(item.item_id for item in items) if listed else memory.last
    focus = reading.about[0] if len(reading.about) == 1 and reading.about[0] in last else None
    return Memory(
        turns=(*memory.turns, *turn)[-_TURNS:],
        shown=tuple(dict.fromkeys((*memory.shown, *shown)))[-_SHOWN:],
        like=_latest(memory.like, liked, [*disliked, *seen]),
        dislike=_latest(memory.dislike, disliked, [*liked, *seen]),
        seen=_latest(memory.seen, seen, [*liked, *disliked]),
        last=last,
        focus=focus,
        measures=_measures(lists) if listed else memory.measures,
        why=_behind(memory.why, items, last),
        topic=_topic(memory, reading, aside=aside, reset=marks.reset),
    )


def carry(
    memory: Memory,
    request: Request,
    reading: Reading,
    scenes: Scenes,
    shares: Mapping[str, float] | None = None,
) -> Reading:
    """The reading of a message with what it goes on from; one that starts anew, asks about something shown or is small
    talk comes back as it is. `shares` tells how much of what is asked for each domain has.

    A follow-up keeps scene, query, constraints, leanings and likes in force, and its own words add to them or replace
    them (`refine.refined`)."""
    topic = memory.topic
    marks = followups.marks(request.message, _spans(reading))
    rest = _rest(reading)
    if topic is None or not _goes_on(topic, request, reading, marks, rest, _Around(scenes, shares or {})):
        return reading
    scene = _scene(topic, reading, bool(rest or _spans(reading) or reading.like))
    given = [c for c in reading.constraints if c.source == "request"]
    said = [c for c in reading.constraints if c.source != "request" and not _by_scene(c)]
    domains = topic.constraints if scene.name == topic.scene else reading.constraints
    found = refine.refined([c for c in topic.constraints if not _by_scene(c)], said, marks, memory.measures)
    named = any(c.field == "domain" for c in found.constraints)
    away = {*reading.dislike, *reading.seen}
    kept = topic.like if marks.widens or not reading.like else ()
    return replace(
        reading,
        scene=scene,
        tasks=reading.tasks if request.tasks else _tasks(topic, reading, bare=marks.strong and not rest),
        query=_query(topic.query, found.dropped, reading, rest),
        constraints=(
            *given,
            *(c for c in domains if _by_scene(c) and not named),
            *(c if c in said else replace(c, source="memory") for c in found.constraints),
        ),
        prefer=reading.prefer or topic.prefer,
        like=tuple(item_id for item_id in dict.fromkeys((*reading.like, *kept)) if item_id not in away),
    )


def dump(memory: Memory) -> str:
    """The state as JSON."""
    return _MEMORY.dump_json(memory).decode()


@dataclass(frozen=True, slots=True)
class _Around:
    """What tells one scene from another: the scenes, and how much of what is asked for each domain has."""

    scenes: Scenes
    domains: Mapping[str, float]


def _goes_on(
    topic: Topic, request: Request, reading: Reading, marks: Marks, rest: str, around: _Around
) -> bool:
    """The rule, by what the words are and not what they say:

    1. Nothing goes on after "never mind", without words, in another scene that the client gives, or when another
       domain or another scene is named, or something that the domain in force has not got ("i need milk"); nor from small
       talk and questions about an item.
    2. Words that only make sense beside what was asked or shown go on from it: comparisons ("older"), "another",
       "instead", "what about", a bound that is released; and titles that are refused or were had, without a wish.
    3. So do words that point ("ones", "those", "too scary") and beginnings of half a sentence ("without", "but",
       "in French"), unless a whole sentence asks for something of its own ("I want a film with my kids in it").
    4. So does a message of which nothing is left without its constraints ("comedies, 90 minutes"), unless a whole
       sentence asks for it ("recommend me a comedy").
    5. Anything else is a wish of its own."""
    if marks.reset or not request.message.strip() or reading.forget or _aside(reading, marks, rest):
        return False
    if request.context.scene not in (None, topic.scene) or _elsewhere(
        topic, request, reading, around, wished=marks.frame and bool(rest)
    ):
        return False
    refuses = bool(reading.dislike or reading.seen) and not reading.like
    if marks.strong or (refuses and not marks.frame):
        return True
    head = bool(reading.like) or any(c.op == "in" and c.source == "text" for c in reading.constraints)
    if marks.weak:
        return not (marks.frame and (rest or head))
    return not rest and not (marks.frame and head)


def _aside(reading: Reading, marks: Marks, rest: str) -> bool:
    """Whether a turn leaves the wish in force alone: small talk, or a question about an item."""
    tasks = set(reading.tasks)
    leans = marks.strong or (not marks.closes and (bool(_spans(reading)) or (marks.weak and not rest)))
    if reading.scene.name == "chat":
        return not leans
    if tasks & _WISHED:
        return False
    return marks.asks or bool(reading.about) or not (marks.strong or "search" in tasks)


def _elsewhere(topic: Topic, request: Request, reading: Reading, around: _Around, *, wished: bool) -> bool:
    """Whether the words name another domain than the one in force, something that only others have, or another scene;
    or whether a whole sentence (`wished`) asks for something that is surely of a scene with other domains."""
    named = {v for c in reading.constraints if c.field == "domain" and c.source == "text" for v in c.value}
    before = {v for c in topic.constraints if c.field == "domain" and c.op == "in" for v in c.value}
    if before and not named <= before:
        return True
    if before and around.domains and not any(around.domains.get(str(domain)) for domain in before):
        return True
    if reading.scene.name in (*_OPEN_SCENES, topic.scene):
        return False
    offered = around.scenes[reading.scene.name].domains
    if wished and before and offered and not before & set(offered):
        return reading.scene.confidence >= _OTHER_SCENE
    spoken = followups.scenes_named(request.message, around.scenes)
    return reading.scene.name in spoken and topic.scene not in spoken


def _scene(topic: Topic, reading: Reading, says_more: bool) -> SceneGuess:
    """The scene in force, unless it was an open one and what is added makes it a particular one."""
    own = reading.scene
    if own.name == topic.scene:
        return own
    if topic.scene in _OPEN_SCENES and own.name != "chat" and says_more:
        return own
    return SceneGuess(topic.scene, _SURE, ("goes on from the message before",))


def _tasks(topic: Topic, reading: Reading, *, bare: bool) -> tuple[str, ...]:
    """The turn's own tasks, or those in force; a `bare` "shorter" has none of its own."""
    own = set(reading.tasks) & _LISTED
    if bare:
        return topic.tasks if "recommend" in topic.tasks or "recommend" not in own else ("recommend",)
    return reading.tasks if own & _WISHED or (own and "search" in topic.tasks) else topic.tasks


def _query(query: str, dropped: Sequence[str], reading: Reading, rest: str) -> str:
    """The query in force without the words that no longer hold, and the words that came."""
    for words in dropped:
        place = query.casefold().find(words.casefold())
        query = query[:place] + query[place + len(words) :] if place >= 0 else query
    terms = [c.span for c in reading.constraints if c.source == "text" and c.op == "in" and c.span]
    added = [term for term in (*terms, rest) if term and term.casefold() not in query.casefold()]
    return " ".join(" ".join([*query.split(), *added]).split())[:_QUERY]


def _topic(memory: Memory, reading: Reading, *, aside: bool, reset: bool) -> Topic | None:
    if aside:
        return None if reset else memory.topic
    held = tuple(c for c in reading.constraints if c.source != "request" and not _of_profile(c))
    liked = tuple(item_id for item_id in reading.like if item_id not in reading.about)
    query = reading.query[:_QUERY]
    prefer = tuple(c for c in reading.prefer if not _of_profile(c))
    return Topic(reading.scene.name, reading.tasks, query, held, prefer, liked)


def _of_profile(constraint: Constraint) -> bool:
    """What comes from the long memory is asked of it anew each turn."""
    return constraint.source == "profile"


def _by_scene(constraint: Constraint) -> bool:
    return constraint.field == "domain" and constraint.source == "context"


def _rest(reading: Reading) -> str:
    """What a message says beside titles, bounds and words that lean on others."""
    return followups.marks(reading.query, _spans(reading)).rest


def _spans(reading: Reading) -> list[str]:
    return [c.span for c in reading.constraints if c.span and c.source == "text"]


def _latest(before: Sequence[str], said: Sequence[str], otherwise: Sequence[str]) -> tuple[str, ...]:
    """Items said so, the latest last, without those of which the latest word is another."""
    kept = [item_id for item_id in before if item_id not in said and item_id not in otherwise]
    return tuple(dict.fromkeys((*kept, *said)))[-_NAMED:]


def _behind(
    before: Mapping[str, Behind], items: Sequence[ListItem], last: Sequence[str]
) -> dict[str, Behind]:
    """What is behind each of the items shown last; one that was merely shown again or looked up keeps its own."""
    found = {item_id: behind for item_id, behind in before.items() if item_id in last}
    for item in items:
        parts = sorted(item.sources, key=lambda part: -part.part)
        tools = tuple(dict.fromkeys(part.tool for part in parts if part.tool not in _NO_REASON))
        if tools and item.item_id in last:
            found[item.item_id] = Behind(tools, item.because[:_BECAUSE])
    return found


def _measures(lists: Sequence[RankedList]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in NUMERIC_FIELDS:
        values = [
            float(value)
            for ranked in lists
            if ranked.task != "ads"
            for item in ranked.items
            if isinstance(value := item.facts.get(name), int | float) and not isinstance(value, bool)
        ]
        if values:
            found[name] = median(values)
    return found

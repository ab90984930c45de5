"""Read a turn: scene, tasks and what is wanted, from evidence that needs no language model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from handpicked.agent import (
    again,
    behaviour,
    beside,
    counts,
    followups,
    forgetting,
    link,
    moods,
    offers,
    parts,
    ratings,
    scene,
    wants,
)  # fmt: skip
from handpicked.agent.cues import Cues, Title
from handpicked.agent.link import Link
from handpicked.agent.memory import Memory, carry
from handpicked.agent.scene import Guess, SceneModel
from handpicked.agent.scenes import TASKS, Scenes
from handpicked.agent.signs import Polarity
from handpicked.agent.standing import Standing
from handpicked.agent.types import Reading, Request, SceneGuess
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import language
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Constraint, Embedder

_NEGATION = re.compile(
    r"(?:\b(?:no|not|without|minus|nothing|with|any|too)\s+)*$|(?:不要|不想要|不想看|不能|别|不|没有)?太?$",
    re.IGNORECASE,
)
"""What stands before something that is refused, and goes with it."""
_TERM_EVIDENCE = 2.0
"""Log-odds for the scenes whose domain has the category that the text names."""


_CHAT = "chat"
_LISTS = frozenset({"recommend", "search", "write", "ads"})
"""Tasks that give a list already."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What evidence says of a turn before anything is decided. `learned` is the classifier's guess from the cues, `terms`
    the log-odds of scenes by what the text names; `model` is the language model that had a say besides."""

    request: Request
    snapshot: Snapshot
    text: str
    links: tuple[Link, ...]
    wished: wants.Wants
    cues: Cues
    learned: Guess
    terms: Mapping[str, float]
    lately: Mapping[str, float]
    model: str | None = None

    @property
    def guess(self) -> Guess:
        """The scene and tasks, with what was done lately and what the text names added: hard evidence has the last word."""
        done = behaviour.evidence(self.lately, typed=bool(self.text))
        return scene.sharpen(scene.sharpen(self.learned, done), self.terms)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs beside the turn."""

    scenes: Scenes
    model: SceneModel
    standing: Standing
    embedder: Embedder

    def read(
        self, request: Request, memory: Memory, snapshot: Snapshot, lately: Mapping[str, float] | None = None
    ) -> Reading:
        """Read a turn by evidence alone, with what it goes on from; `lately` is how far recent behaviour speaks for each
        scene. Raises ConfigError for an unknown scene or task."""
        if (wish := forgetting.wish(request.message)) is not None:
            return self._forgetting(wish, request, memory, snapshot)
        return self.settle(self.notice(request, memory, snapshot, lately), memory)

    def settle(self, noticed: Noticed, memory: Memory) -> Reading:
        """Decide what was noticed, with what the turn goes on from. Raises ConfigError for an unknown scene or task."""
        request, reading = noticed.request, _why(self._decide(noticed), memory, noticed.snapshot)
        shares = wants.domain_shares(noticed.snapshot, noticed.wished, request.filters)
        if memory.topic is not None and memory.topic.scene in self.scenes:
            topic = parts.narrowed(memory.topic, reading, self.scenes, noticed.snapshot)
            memory = replace(memory, topic=topic)
        carried = carry(memory, request, reading, self.scenes, shares)
        if carried.scene.name == reading.scene.name:
            return carried
        # What the words mean depends on the scene, and it is another one than they alone would say.
        within = replace(request, context=replace(request.context, scene=carried.scene.name))
        again = carry(memory, within, self._decide(replace(noticed, request=within)), self.scenes, shares)
        return replace(again, scene=carried.scene)

    def _forgetting(
        self, wish: forgetting.Wish, request: Request, memory: Memory, snapshot: Snapshot
    ) -> Reading:
        """What is to be forgotten, and what else is asked for: the words about the first are no wish."""
        if wish.rest:
            kept = Memory() if wish.what in (forgetting.ME, forgetting.CONVERSATION) else memory
            return replace(self.read(replace(request, message=wish.rest), kept, snapshot), forget=wish.what)
        name = _CHAT if _CHAT in self.scenes else next(iter(self.scenes))
        spoken = language(request.message)
        return Reading(
            SceneGuess(name, 1.0, ("asks to forget",)), ("chitchat",), language=spoken, forget=wish.what
        )

    def notice(
        self, request: Request, memory: Memory, snapshot: Snapshot, lately: Mapping[str, float] | None = None
    ) -> Noticed:
        """Gather the evidence: titles, wishes, and what the classifier makes of the message and where it was said."""
        text = request.message or request.context.query or ""
        links = self.standing.judge(text, self._links(snapshot, text, memory, request.context.clicked))
        if again.missed(text, memory) is not None:
            links = []  # "the seventh one" of four is no title with a seventh in it
        wished = wants.extract(
            snapshot, text, [(found.start, found.end) for found in links], now=request.context.now
        )
        told = [wish for wish in wished.placed if not beside.tells(snapshot, text, links, wish)]
        wished = replace(wished, placed=tuple(told))
        cues = _cues(request, memory, links, snapshot)
        guess = self.model.guess(cues, self.embedder, self.scenes)
        terms = self._evidence(request, wished, snapshot)
        return Noticed(request, snapshot, text, tuple(links), wished, cues, guess, terms, lately or {})

    def _links(self, snapshot: Snapshot, text: str, memory: Memory, clicked: Sequence[str]) -> list[Link]:
        """The titles and references of a text; "this" on the page of an item, the one clicked last, is that item."""
        goods = {domain for value in self.scenes.values() if not value.titles for domain in value.domains}
        find = partial(link.link, snapshot, text, skip_domains=goods, embedder=self.embedder)
        here = clicked[-1] if clicked else None
        found = find(shown=memory.last, focus=here if here in memory.last else memory.focus)
        return found if found or here is None or here in memory.last else find(shown=(here,), focus=here)

    def _decide(self, noticed: Noticed) -> Reading:
        """Make the reading of the evidence. Raises ConfigError for an unknown scene or task."""
        request, snapshot, links, wished = noticed.request, noticed.snapshot, noticed.links, noticed.wished
        text, guess = noticed.text, noticed.guess
        chosen = self._scene(noticed, guess)
        domain = self._domain(chosen.name, wished, links, snapshot)
        tasks = self._tasks(noticed, guess, chosen.name)
        about = _named(links, "about")
        # What is said of a title that is asked about tells which one it is, or asks whether it is so.
        asks = about and "recommend" not in tasks
        settled = wants.settle(snapshot, wished, domain, tasks=tasks, gift=chosen.name == "gift")
        constraints = (*request.filters, *domain, *(() if asks else settled))
        return Reading(
            scene=chosen,
            tasks=tasks,
            query=_without(text, [*((found.start, found.end) for found in links), *_bounds(text, wished)]),
            like=_named(links, "like", "about"),
            dislike=_named(links, "dislike"),
            seen=_named(links, "seen"),
            about=about,
            constraints=tuple(dict.fromkeys(constraints)),
            prefer=wants.applicable(snapshot, moods.leanings(text), domain),
            count=wished.count,
            language=language(text) if text else _locale(request),
        )

    def _evidence(self, request: Request, wished: wants.Wants, snapshot: Snapshot) -> Mapping[str, float]:
        """Log-odds by scene from the domains of the items that have what is asked for."""
        shares = wants.domain_shares(snapshot, wished, request.filters)
        domains = {domain: _TERM_EVIDENCE * share for domain, share in shares.items()}
        found = {
            name: max((domains.get(domain, 0.0) for domain in value.domains), default=0.0)
            for name, value in self.scenes.items()
        }
        # A wish that something in the catalogue meets is no small talk.
        return found | {_CHAT: -max(found.values(), default=0.0)} if _CHAT in found else found

    def _scene(self, noticed: Noticed, guess: Guess) -> SceneGuess:
        request = noticed.request
        given = request.context.scene
        if given is not None:
            if given not in self.scenes:
                raise ConfigError(f"unknown scene {given!r}; known: {', '.join(self.scenes)}")
            return SceneGuess(given, 1.0, ("given by the client",))
        name = max(guess.scenes, key=lambda scene_name: guess.scenes[scene_name])
        why = [f"page {request.context.page}"] if request.context.page else []
        why += ["the cart"] if request.context.cart else []
        why += [f"title {request.message[found.start : found.end]!r}" for found in noticed.links[:2]]
        why += ["the words of the message"] if request.message else []
        why += [f"the model {noticed.model}"] if noticed.model else []
        why += ["what was done just now"] if name in noticed.lately else []
        return SceneGuess(name, round(guess.scenes[name], 3), tuple(why or ["nothing was said"]))

    def _tasks(self, noticed: Noticed, guess: Guess, name: str) -> tuple[str, ...]:
        request, wished = noticed.request, noticed.wished
        if request.tasks is not None:
            if unknown := [task for task in request.tasks if task not in TASKS]:
                raise ConfigError(f"unknown task {unknown[0]!r}; known: {', '.join(TASKS)}")
            return tuple(dict.fromkeys(request.tasks))
        if name == _CHAT:
            return ("chitchat",)
        tasks = _listing(scene.chosen_tasks(guess, [task for task in TASKS if task != "chitchat"]), wished)
        tasks = _beside(noticed, tasks)
        weights = self.scenes[name].tasks
        return tuple(sorted(tasks, key=lambda task: -weights.get(task, 0.0)))  # type: ignore[call-overload]

    def _domain(
        self, name: str, wished: wants.Wants, links: Sequence[Link], snapshot: Snapshot
    ) -> tuple[Constraint, ...]:
        known = snapshot.terms("domain")
        refused = tuple(domain for domain in wished.refused_domains if domain in known)
        out = (Constraint("domain", "not_in", refused, "text"),) if refused else ()
        named = wants.wished_domains(snapshot, wished)
        if not named:
            named = self._beside(name, wished, links, snapshot)
        if named:
            return (*out, Constraint("domain", "in", named, "text"))
        domains = self.scenes[name].domains
        if name == "search" and links:
            # What is asked of a film is answered with films.
            items = [snapshot.get(found.item_id) for found in links]
            domains = tuple(dict.fromkeys(item.domain for item in items if item is not None))
        if not domains or (len(known) == 1 and not known & set(domains)):
            return out  # a catalogue of one kind is what there is, whatever the scene calls it
        return (*out, Constraint("domain", "in", domains, "context"))

    def _beside(
        self, name: str, wished: wants.Wants, links: Sequence[Link], snapshot: Snapshot
    ) -> tuple[str, ...]:
        """The domains of goods and works that are asked for beside each other, one of them by a title or by the scene."""
        goods = wants.goods_beside(snapshot, wished) if links else ()
        if goods:
            liked = [found.item_id for found in links if found.polarity == "like"]
            works = [item.domain for item_id in liked if (item := snapshot.get(item_id)) is not None]
            return tuple(dict.fromkeys((*works, *goods)))
        offered = self.scenes[name].domains
        works_beside = wants.works_beside(snapshot, wished, offered) if not self.scenes[name].titles else ()
        return (*offered, *works_beside) if works_beside else ()


def _listing(tasks: Sequence[str], wished: wants.Wants) -> tuple[str, ...]:
    """The tasks, a list among them where so many are asked for ("a review of X and two more by Y"), or a bound on ratings,
    which is no rating."""
    bounded = any(c.field == "rating" for c in wished.constraints)
    kept = [task for task in tasks if task != "rate" or not bounded]
    listed = bool(set(kept) & _LISTS) or not (bounded or wished.count)
    return tuple(kept if listed else [*kept, "recommend"])


def _beside(noticed: Noticed, tasks: tuple[str, ...]) -> tuple[str, ...]:
    """The tasks, with those that the words surely ask for beside: a list of goods where offers are but asked for on top,
    or of the goods beside a text on a title; a rating where one is given, and then no list but for what is wished for."""
    text, wished = noticed.text, noticed.wished
    if "ads" not in tasks and offers.on_goods(text, noticed.snapshot, wished):
        tasks = (*tasks, "ads")
    several = len(wants.wished_domains(noticed.snapshot, wished)) > 1
    if tasks == ("ads",) and (several or offers.beside(text, wished)):
        return ("recommend", *tasks)
    if "recommend" not in tasks and noticed.links and wants.goods_beside(noticed.snapshot, wished):
        return ("recommend", *tasks)
    if noticed.links and any(one.share is not None for one in ratings.given(text)) and "rate" not in tasks:
        asks = wished.placed or wished.mentions or wished.count or followups.marks(text).frame
        return (*(task for task in tasks if task != "recommend" or asks), "rate")
    return tasks


def _why(reading: Reading, memory: Memory, snapshot: Snapshot) -> Reading:
    """What is asked why of the one item shown: that item."""
    unnamed = reading.tasks == ("explain",) and not (reading.like or reading.dislike or reading.seen)
    if not unnamed or len(memory.last) != 1 or snapshot.get(memory.last[0]) is None:
        return reading
    return replace(reading, like=memory.last, about=memory.last)


def _cues(request: Request, memory: Memory, links: Sequence[Link], snapshot: Snapshot) -> Cues:
    context = request.context
    named = [(found, item) for found in links if (item := snapshot.get(found.item_id)) is not None]
    clicked = [item.domain for item_id in context.clicked if (item := snapshot.get(item_id)) is not None]
    return Cues(
        text=request.message or context.query or "",
        typed=bool(request.message),
        titles=tuple(Title(found.start, found.end, item.domain, found.polarity) for found, item in named),
        page=context.page,
        cart=bool(context.cart),
        clicked=tuple(dict.fromkeys(clicked)),
        device=context.device,
        previous=memory.previous,
        scene_before=(memory.turns[-1].scene or None) if memory.turns else None,
    )


def _named(links: Sequence[Link], *polarities: Polarity) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.item_id for found in links if found.polarity in polarities))


def _bounds(text: str, wished: wants.Wants) -> list[tuple[int, int]]:
    """Where numeric bounds, what is refused, and the count stand: they are filters, and only noise in a search."""
    bounds = [(c, text.find(c.span)) for c in wished.constraints if c.span and c.op != "in"]
    found = [
        (start if c.op == "range" else _NEGATION.search(text[:start]).start(), start + len(c.span or ""))  # pyright: ignore[reportOptionalMemberAccess]  it matches nothing, too
        for c, start in bounds
        if start >= 0
    ]
    counted = counts.place(text, wished.count) if wished.count else None
    return [*found, counted] if counted else found


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    kept = [char for place, char in enumerate(text) if not any(start <= place < end for start, end in spans)]
    return " ".join("".join(kept).split())


def _locale(request: Request) -> str:
    return "zh" if (request.context.locale or "").casefold().startswith("zh") else "en"

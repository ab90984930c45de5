"""Read a turn: scene, tasks and what is wanted, from evidence that needs no language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from handpicked.agent import link, moods, scene, wants
from handpicked.agent.link import Link
from handpicked.agent.memory import Memory, carry
from handpicked.agent.scene import Demonstration, Guess, SceneModel
from handpicked.agent.scenes import LIST_TASKS, TASKS, Scenes
from handpicked.agent.signs import Polarity
from handpicked.agent.types import Reading, Request, SceneGuess
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import language
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Constraint, Embedder

_TITLE_EVIDENCE = 2.0
_TERM_EVIDENCE = 1.0
"""Log-odds for the scenes whose domain has the title or the category that the text names."""
_SHORTEST, _LONGEST = 20, 400
"""Minutes that a bound without a unit may mean."""
_TERM_FIELDS = ("categories", "creators", "cast", "language", "country")


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs beside the turn."""

    scenes: Scenes
    model: SceneModel
    embedder: Embedder

    def read(self, request: Request, memory: Memory, snapshot: Snapshot) -> Reading:
        """Decide scene and tasks, and extract the wishes, with what they go on from.

        Raises ConfigError for an unknown scene or task."""
        reading = self._alone(request, memory, snapshot)
        carried = carry(memory, request, reading, self.scenes)
        if carried.scene.name == reading.scene.name:
            return carried
        # What the words mean depends on the scene, and it is another one than they alone would say.
        within = replace(request, context=replace(request.context, scene=carried.scene.name))
        again = carry(memory, within, self._alone(within, memory, snapshot), self.scenes)
        return replace(again, scene=carried.scene)

    def _alone(self, request: Request, memory: Memory, snapshot: Snapshot) -> Reading:
        text = request.message or request.context.query or ""
        goods = {domain for value in self.scenes.values() if not value.titles for domain in value.domains}
        links = link.link(snapshot, text, skip_domains=goods)
        wished = wants.extract(snapshot, text, [(found.start, found.end) for found in links])
        guess = self._guess(request, memory, links, wished, snapshot)
        chosen = self._scene(request, guess, links)
        domain = self._domain(chosen.name, wished, snapshot)
        terms = _applicable(snapshot, wished.constraints, domain)
        bare = [bound for given in wished.bare if (bound := _with_field(snapshot, given, domain))]
        constraints = (*request.filters, *domain, *_joined(snapshot, terms, domain), *bare)
        return Reading(
            scene=chosen,
            tasks=self._tasks(request, guess, chosen.name, links),
            query=_without(text, [*((found.start, found.end) for found in links), *_bounds(text, wished)]),
            like=_named(links, "like", "about"),
            dislike=_named(links, "dislike"),
            seen=_named(links, "seen"),
            about=_named(links, "about"),
            constraints=tuple(dict.fromkeys(constraints)),
            prefer=tuple(_applicable(snapshot, moods.leanings(text), domain)),
            count=wished.count,
            language=language(text) if text else _locale(request),
        )

    def _guess(
        self, request: Request, memory: Memory, links: Sequence[Link], wished: wants.Wants, snapshot: Snapshot
    ) -> Guess:
        context = request.context
        turn = Demonstration(
            message=request.message, scene="", tasks=(), language="", split="",
            page=context.page, cart=bool(context.cart), query=context.query, previous=memory.previous,
        )  # fmt: skip
        guess = self.model.guess(scene.features(turn, self.embedder, self.scenes))
        return scene.sharpen(guess, self._evidence(request, links, wished, snapshot))

    def _evidence(
        self, request: Request, links: Sequence[Link], wished: wants.Wants, snapshot: Snapshot
    ) -> Mapping[str, float]:
        """Log-odds by scene from the domains of linked titles, and of the items that have what is asked for."""
        domains: dict[str, float] = {}
        for found in links:
            if (item := snapshot.get(found.item_id)) is not None:
                domains[item.domain] = _TITLE_EVIDENCE
        for domain, share in _shares(snapshot, [*wished.constraints, *wished.bare], request.filters).items():
            domains[domain] = max(domains.get(domain, 0.0), _TERM_EVIDENCE * share)
        return {
            name: max((domains.get(domain, 0.0) for domain in value.domains), default=0.0)
            for name, value in self.scenes.items()
        }

    def _scene(self, request: Request, guess: Guess, links: Sequence[Link]) -> SceneGuess:
        given = request.context.scene
        if given is not None:
            if given not in self.scenes:
                raise ConfigError(f"unknown scene {given!r}; known: {', '.join(self.scenes)}")
            return SceneGuess(given, 1.0, ("given by the client",))
        name = max(guess.scenes, key=lambda scene_name: guess.scenes[scene_name])
        why = [f"page {request.context.page}"] if request.context.page else []
        why += ["the cart"] if request.context.cart else []
        why += [f"title {request.message[found.start : found.end]!r}" for found in links[:2]]
        why += ["the words of the message"] if request.message else []
        return SceneGuess(name, round(guess.scenes[name], 3), tuple(why or ["nothing was said"]))

    def _tasks(self, request: Request, guess: Guess, name: str, links: Sequence[Link]) -> tuple[str, ...]:
        if request.tasks is not None:
            if unknown := [task for task in request.tasks if task not in TASKS]:
                raise ConfigError(f"unknown task {unknown[0]!r}; known: {', '.join(TASKS)}")
            return tuple(dict.fromkeys(request.tasks))
        if name == "chat":
            return ("chitchat",)
        tasks = scene.chosen_tasks(guess, [task for task in TASKS if task != "chitchat"])
        if not set(tasks) & set(LIST_TASKS):
            # A text needs a subject: a title that was named is found, anything else is recommended.
            tasks.append("search" if links else "recommend")
        weights = self.scenes[name].tasks
        return tuple(sorted(tasks, key=lambda task: -weights.get(task, 0.0)))  # type: ignore[call-overload]

    def _domain(self, name: str, wished: wants.Wants, snapshot: Snapshot) -> tuple[Constraint, ...]:
        known = snapshot.terms("domain")
        named = tuple(domain for domain in wished.domains if domain in known)
        if named:
            return (Constraint("domain", "in", named, "text"),)
        domains = self.scenes[name].domains
        if not domains or (len(known) == 1 and not known & set(domains)):
            return ()  # a catalogue of one kind is what there is, whatever the scene calls it
        return (Constraint("domain", "in", domains, "context"),)


def _named(links: Sequence[Link], *polarities: Polarity) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.item_id for found in links if found.polarity in polarities))


def _applicable(
    snapshot: Snapshot, constraints: Sequence[Constraint], domain: Sequence[Constraint]
) -> list[Constraint]:
    """Terms that some item of the wished domains has ("french fries" is no language); bounds always count."""
    kept: list[Constraint] = []
    for constraint in constraints:
        if constraint.field not in _TERM_FIELDS:
            kept.append(constraint)
            continue
        positive = Constraint(constraint.field, "in", constraint.value)
        if snapshot.mask([*domain, positive]).any():
            kept.append(constraint)
    return kept


def _joined(
    snapshot: Snapshot, constraints: Sequence[Constraint], domain: Sequence[Constraint]
) -> list[Constraint]:
    """Categories that no item has together are a list of wishes ("soap and cat litter"): any of them will do."""
    wished = [c for c in constraints if c.field == "categories" and c.op == "in"]
    if len(wished) < 2 or snapshot.mask([*domain, *wished]).any():
        return list(constraints)
    values = tuple(dict.fromkeys(value for constraint in wished for value in constraint.value))
    spans = ", ".join(constraint.span for constraint in wished if constraint.span)
    merged = Constraint("categories", "in", values, "text", spans)
    return [merged, *(constraint for constraint in constraints if constraint not in wished)]


def _with_field(snapshot: Snapshot, bound: Constraint, domain: Sequence[Constraint]) -> Constraint | None:
    """A bound without a unit is a price where items have prices, else a length where it can be one."""
    anything = (None, None)
    if snapshot.mask([*domain, Constraint("price", "range", anything)]).any():
        return bound
    high = bound.value[1]
    timed = isinstance(high, int | float) and _SHORTEST <= high <= _LONGEST
    if timed and snapshot.mask([*domain, Constraint("runtime", "range", anything)]).any():
        return replace(bound, field="runtime")
    return None


def _shares(
    snapshot: Snapshot, constraints: Sequence[Constraint], filters: Sequence[Constraint]
) -> Mapping[str, float]:
    """For each domain how well it has what is asked for or refused (a category, a price at all): 1 where most items
    do, less on a logarithmic scale where fewer do."""
    shares: dict[str, float] = {}
    known = sorted(snapshot.terms("domain"))
    for constraint in constraints:
        numeric = constraint.op == "range"
        positive = Constraint(
            constraint.field, "range" if numeric else "in", (None, None) if numeric else constraint.value
        )
        given = snapshot.mask([positive, *filters])
        if not given.any():
            continue
        counts = [int((given & snapshot.mask([Constraint("domain", "in", (name,))])).sum()) for name in known]
        for name, count in zip(known, counts, strict=True):
            shares[name] = max(shares.get(name, 0.0), float(np.log1p(count) / np.log1p(max(counts))))
    return shares


def _bounds(text: str, wished: wants.Wants) -> list[tuple[int, int]]:
    """Where the numeric bounds stand: they are filters, and only noise in a search."""
    ranges = [c.span for c in wished.constraints if c.op == "range" and c.span]
    return [(text.find(span), text.find(span) + len(span)) for span in ranges if span in text]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    kept = [char for place, char in enumerate(text) if not any(start <= place < end for start, end in spans)]
    return " ".join("".join(kept).split())


def _locale(request: Request) -> str:
    return "zh" if (request.context.locale or "").casefold().startswith("zh") else "en"

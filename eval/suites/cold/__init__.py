"""`cold`: lists of items and for users of whom nothing, or next to nothing, is known."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

from handpicked.agent.app import wiring
from handpicked.agent.app.wiring import Parts
from handpicked.agent.llm import factory
from handpicked.agent.types import Request, Surroundings
from handpicked.eval import suites
from handpicked.eval.metrics import ranking
from handpicked.eval.suites.cold import world
from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools import collab, popular, search, taste
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint, Embedder

K = 10
_DEPTH = 100
_QUICK = 10
_PATIENT_MS = 60_000
"""A budget that no turn reaches, so that a slow machine gives the same lists."""
_NOW = 1_700_000_000.0


class _Cold:
    def cases(self, options: Options) -> list[Case]:
        """One for each user of each part; `quick` takes every tenth."""
        found = world.cases(options)
        return found[::_QUICK] if options.quick else found

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """Lists by one tool, or by a whole turn, in the workspace that is made for the split."""
        settings = suites.settings(options, model="none")
        options = Options(split=options.split, cache=settings.cache)
        embedder = factory.embedder(settings)
        made = world.workspace(options, embedder)
        new = world.ground(options).new
        asked = (Constraint("item_id", "in", tuple(sorted(new)), "request"),) if part == "new-alone" else ()
        parts = wiring.open_agent(settings.model_copy(update={"workspace": made.path}), prose=False)

        def answer(case: Case) -> Json:
            listed = _listed(system, parts, embedder, case.id, asked)[:K]
            had = {event.item_id for event in parts.workspace.events.recent(case.id)}
            return {
                "items": listed,
                "new": [item for item in listed if item in new],
                "had": [item for item in listed if item in had],
            }

        yield answer

    def score(self, case: Case, answer: Json) -> Scores:
        """Binary relevance at 10, of all that was to be found and of the new and the other films among it."""
        items: list[str] = answer["items"]
        relevant: list[str] = case.data["relevant"]
        new: set[str] = {*case.data["new"]}
        found = ranking(items, dict.fromkeys(relevant, 1), k=K)
        halves = {"new": [r for r in relevant if r in new], "known": [r for r in relevant if r not in new]}
        return {
            **found,
            **{f"recall_{name}@10": len({*half} & {*items}) / len(half) for name, half in halves.items() if half},
            "new": float(len(answer["new"])),
            "had": float(len(answer["had"])),
            "short": float(len(items) < K),
        }  # fmt: skip


def _listed(
    system: str, parts: Parts, embedder: Embedder, user: str, asked: tuple[Constraint, ...]
) -> list[str]:
    if system == "turn":
        where = Surroundings(page="movies", now=_NOW)
        request = Request("", user_id=user, context=where, filters=asked, k=K, budget_ms=_PATIENT_MS)
        reply = asyncio.run(parts.agent.turn(request))
        return [item.item_id for ranked in reply.lists[:1] for item in ranked.items]
    context = Context(parts.index.snapshot(), embedder, parts.workspace.events, _NOW, user)
    had = taste.liked(context.past)
    unseen = (Constraint("item_id", "not_in", tuple(had)), *asked)
    if system == "content":
        return content(context, had, unseen)
    if system == "collab":
        return [found.item_id for found in collab.collab.function(context, constraints=unseen).candidates]
    return [found.item_id for found in popular.popular.function(context, constraints=unseen).candidates]


def content(context: Context, had: list[str], constraints: tuple[Constraint, ...]) -> list[str]:
    """The items nearest to the mean of some items' vectors, no other source."""
    snapshot = context.snapshot
    centre = np.stack([snapshot.vector(int(row)) for row in snapshot.rows(had)]).mean(axis=0)
    near = search.nearest(context, centre / np.linalg.norm(centre), snapshot.mask(constraints), _DEPTH)
    return [snapshot.item_id(row) for row, _ in near]


task = _Cold()

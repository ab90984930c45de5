"""Turns without words, replayed: what the tools offered a user whose later choices are known, and which of it was chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np

from handpicked.tools import collab, popular, rank, similar
from handpicked.tools.data import choices, choose, columns, factors, lexical, mix, popularity, views
from handpicked.tools.data.choices import Choices
from handpicked.tools.data.choose import Chosen
from handpicked.tools.data.event_store import HISTORY
from handpicked.tools.data.factors import Factors
from handpicked.tools.data.index import Delta, Snapshot
from handpicked.tools.data.mix import Example, Mix
from handpicked.tools.data.opening import Build
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Candidate, Constraint, Embedder, Floats, Rows

FEWEST = 100
"""With fewer choices found among the candidates nothing is learned."""
USERS = 400
_OFFERED = 100
_LEAST_LIKELY = np.float32(0.1)
"""A choice counts at most ten times as much as another."""


@dataclass(frozen=True)
class Log:
    """Choices by user number and catalogue row, with their times, every row's domain as a number, and the users' ids."""

    user_ids: Sequence[str]
    users: Rows
    items: Rows
    times: np.ndarray
    domains: Rows

    @cached_property
    def choices(self) -> Choices:
        """Every user's choices, each item once, by its newest."""
        return choices.of_events(self.users, self.items, self.times, len(self.domains))


@dataclass(frozen=True, slots=True)
class Replayed:
    """The mix that was learned, if any, and of how much."""

    mix: Mix | None = None
    measures: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Past:
    """What users had and what they chose after that, by catalogue row; `counts` is what each later choice counts."""

    known: Choices
    later: Choices
    counts: Floats


def learn(
    opened: Build, log: Log, chosen: Chosen | None, embedder: Embedder, workspace: Workspace
) -> Replayed:
    """Learn a mix from the turns of some users before the newest fifth of their choices, of which collaborative filtering
    and popularity know nothing there; nothing where there are too few choices, or so many that fitting again takes long."""
    if chosen is None and len(log.items) > 2 * choose.FEWEST:
        return Replayed()
    later = choose.latest(log.users, log.times)
    known, held = choose.hidden(log.users, log.items, log.times, len(log.domains))
    popular_then = popularity.fit(log.items[~later], log.users[~later], log.times[~later], log.domains)
    fitted = _fitted(known, opened, chosen)
    rows: Rows = np.array([opened.columns.row_of[item_id] for item_id in fitted.ids], np.int64)
    then = replace(opened, factors=fitted, factor_rows=rows, popularity=popular_then)
    context = Context(Snapshot(then, _nothing_new(then)), embedder, workspace.events, 0.0)
    past = Past(known, held, counts(_propensities(workspace, log, opened.columns.ids, held)))
    both = (np.diff(known.starts) > 0) & (np.diff(held.starts) > 0)
    drawn = np.random.default_rng(1).permutation(np.flatnonzero(both))[:USERS]
    found = list(examples(context, past, np.sort(drawn)))
    n = sum(int(np.count_nonzero(one.chosen)) for one in found)
    learned = mix.fit(found) if n >= FEWEST else None
    return Replayed(learned, {"mix_learned_from": float(n if learned else 0), "mix_turns": float(len(found))})


def counts(propensities: Floats) -> Floats:
    """What choices count that were shown with some propensities: these inverse, clipped, and divided by their mean (SNIPS:
    Swaminathan & Joachims, NeurIPS 2015). A choice of what was not shown by chance has 1."""
    if not len(propensities):
        return propensities
    inverse = 1.0 / np.maximum(propensities, _LEAST_LIKELY)
    return np.asarray(inverse / inverse.mean(), np.float32)


def _propensities(workspace: Workspace, log: Log, ids: Sequence[str], held: Choices) -> Floats:
    likely = workspace.events.propensities()
    if not likely:
        return np.ones(len(held.items), np.float32)
    pairs = zip(map(int, held.users), map(int, held.items), strict=True)
    return np.array([likely.get((log.user_ids[user], ids[row]), 1.0) for user, row in pairs], np.float32)


def _fitted(known: Choices, opened: Build, chosen: Chosen | None) -> Factors:
    """Collaborative filtering on what is known, as it was fitted for choosing the recipe where one was chosen."""
    ids = opened.columns.ids
    if chosen is None:
        return factors.fit(known, ids, opened.factors.recipe)
    return factors.of_parts([ids[int(item)] for item in chosen.order], chosen.recipe, chosen.parts)


def _nothing_new(opened: Build) -> Delta:
    nothing = np.empty((0, opened.manifest.dimensions), np.float32)
    same = views.of_items((), opened.views)
    return Delta(0, (), columns.from_items(()), nothing, nothing, same, lexical.in_memory(()), frozenset())


def examples(context: Context, past: Past, users: Rows) -> Iterator[Example]:
    """A turn for each of some users and each domain of their later choices: every other of one who has just looked at the
    newest of their items. The context's build knows nothing of what was chosen later."""
    domains = _domains(context, past.later)

    @cache
    def liked(domain: str) -> tuple[Candidate, ...]:
        return popular.popular.function(context, constraints=_within(domain), limit=_OFFERED).candidates

    for number, user in enumerate(users.tolist()):
        had = past.known.items[past.known.starts[user] : past.known.starts[user + 1]]
        place = slice(past.later.starts[user], past.later.starts[user + 1])
        counts = dict(zip(past.later.items[place].tolist(), past.counts[place].tolist(), strict=True))
        for domain in sorted({domains[row] for row in counts}):
            offers = {
                **_offers(context, had[:HISTORY], domain, seen=bool(number % 2)),
                "popular": liked(domain),
            }
            if (example := _example(context, offers, set(had.tolist()), counts)) is not None:
                yield example


def _offers(context: Context, had: Rows, domain: str, *, seen: bool) -> dict[str, tuple[Candidate, ...]]:
    """What `collab` and, for someone who has just seen an item of the domain, `similar` offer."""
    snapshot, within = context.snapshot, _within(domain)
    ids = [snapshot.item_id(row) for row in had.tolist()]
    inside = snapshot.mask(within)[had]
    seeds = (ids[int(np.argmax(inside))],) if seen and inside.any() else ()
    offers = {"collab": collab.score(snapshot, seeds, ids, within, _OFFERED)}
    if seeds:
        offers["similar"] = similar.similar.function(
            context, item_ids=seeds, constraints=within, limit=_OFFERED
        ).candidates
    return offers


def _example(
    context: Context,
    offers: Mapping[str, tuple[Candidate, ...]],
    had: Collection[int],
    counts: Mapping[int, float],
) -> Example | None:
    """The features of what is offered that the user hadn't; None where nothing of it was chosen."""
    found: dict[str, mix.Offered] = {}
    for tool, candidates in offers.items():
        rows = {int(row): one for one in candidates if (row := context.snapshot.row(one.item_id)) is not None}
        usable = {row: one for row, one in rows.items() if row not in had}
        if usable:
            found[tool] = rank.offered(usable)
    if "collab" not in found:
        return None
    rows, values = mix.features(found)
    chosen = np.array([counts.get(row, 0.0) for row in rows.tolist()], np.float32)
    return Example(values, chosen) if chosen.any() else None


def _within(domain: str) -> tuple[Constraint, ...]:
    return (Constraint("domain", "in", (domain,), "context"),)


def _domains(context: Context, later: Choices) -> dict[int, str]:
    """The domain of each row that was chosen later."""
    return {row: context.snapshot.item(row).domain for row in np.unique(later.items).tolist()}

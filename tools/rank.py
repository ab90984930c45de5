"""Candidates of every tool become one list: fused, filtered, diverse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import TypeAlias

import numpy as np

from handpicked.tools.data import mix as mixing
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.mix import Mix, Offered
from handpicked.tools.data.response import Doubles
from handpicked.tools.search import RRF
from handpicked.tools.shaping import Shape, shaped
from handpicked.tools.types import Candidate, Constraint, Contribution, Mask, Ranked, ToolResult

_POOL = 60
_Offer: TypeAlias = tuple[str, float, Mapping[int, Candidate]]
"""A tool, its fusion weight, and its candidates by row in its order."""


@dataclass(frozen=True, slots=True)
class RankedItems:
    """A list, and if it is empty what emptied it: constraints as text, or `seen`."""

    items: tuple[Ranked, ...]
    emptied_by: tuple[str, ...] = ()


def rank(
    snapshot: Snapshot,
    results: Sequence[ToolResult],
    *,
    weights: Mapping[str, float],
    constraints: Sequence[Constraint],
    exclude: Collection[str],
    k: int,
    depth: int | None = None,
    mix: Mix | None = None,
    shape: Shape | None = None,
) -> RankedItems:
    """The best k of all candidates that keep every constraint and are not excluded.

    `weights` are by tool; a tool without one is not fused. `depth` is how many of the fused are reranked, at least k;
    left out, as many as it is worth. A `mix` that the build learned scores them in place of the weights where only tools
    that it knows have a say; `shape` is how a list is made of what is relevant. Ties go to the lower row, so equal input
    gives equal lists."""
    mask = snapshot.mask(constraints)
    if not mask.any():
        return RankedItems((), _emptied_by(snapshot, constraints))
    allowed = mask.copy()
    allowed[snapshot.rows(exclude)] = False
    offers = [
        (result.call.name, weight, _usable(snapshot, result, allowed))
        for result in results
        if (weight := weights.get(result.call.name, 0.0)) > 0
    ]
    pool = _fused(snapshot, offers)
    if not pool:
        return RankedItems((), _why_nothing(mask, allowed))
    relevance: Doubles = np.array([ranked.score / pool[0].score for ranked in pool], np.float64)
    if mix is not None and (known := _known(offers)):
        pool = _mixed(snapshot, pool, known, mix)
        relevance = np.asarray(RRF / (RRF + np.arange(len(pool))), np.float64)
    depth = max(_POOL, 2 * k) if depth is None else max(depth, k)
    return RankedItems(tuple(shaped(snapshot, pool[:depth], relevance[:depth], k, shape or Shape())))


def offered(usable: Mapping[int, Candidate]) -> Offered:
    """A tool's candidates by row, as the mix takes them."""
    given = usable.values()
    width = max((len(candidate.terms) for candidate in given), default=0)
    none = (0.0,) * width
    return Offered(
        np.fromiter(usable, np.int64, len(usable)),
        np.array([candidate.score for candidate in given], np.float32),
        np.array([candidate.terms or none for candidate in given], np.float32).reshape(len(usable), width),
    )


def _fused(snapshot: Snapshot, offers: Sequence[_Offer]) -> list[Ranked]:
    """Weighted reciprocal-rank fusion over what is allowed; ranks count allowed candidates only."""
    sources: dict[int, list[Contribution]] = {}
    because: dict[int, dict[str, None]] = {}
    for name, weight, usable in offers:
        for place, (row, candidate) in enumerate(usable.items(), 1):
            part = Contribution(name, place, candidate.score, weight, weight / (RRF + place))
            sources.setdefault(row, []).append(part)
            because.setdefault(row, {}).update(dict.fromkeys(candidate.because))
    # fsum, so that the order in which the results came decides nothing
    scores = {row: fsum(part.part for part in parts) for row, parts in sources.items()}
    order = sorted(scores, key=lambda row: (-scores[row], row))
    return [
        Ranked(snapshot.item(row), scores[row], tuple(sources[row]), tuple(because[row])) for row in order
    ]


def _known(offers: Sequence[_Offer]) -> dict[str, Offered]:
    """What the tools of the mix offer; nothing where others offer something too, where one was asked twice, or where nothing
    is known of the user's taste."""
    named = [name for name, _, usable in offers if usable]
    if len({*named}) < len(named) or not {*named} <= {*mixing.TOOLS} or "collab" not in named:
        return {}
    return {name: offered(usable) for name, _, usable in offers if usable}


def _mixed(
    snapshot: Snapshot, pool: Sequence[Ranked], known: Mapping[str, Offered], mix: Mix
) -> list[Ranked]:
    """The fused candidates as the mix scores them, with what each tool brings."""
    found = mixing.mixed(known, mix)
    parts = {
        snapshot.item_id(int(row)): dict(zip(mixing.TOOLS, map(float, brought), strict=True))
        for row, brought in zip(found.rows, found.parts, strict=True)
    }
    scored: list[Ranked] = []
    for one in pool:
        brought = parts[one.item.item_id]
        sources = tuple(replace(source, part=brought[source.tool]) for source in one.sources)
        scored.append(replace(one, score=fsum(source.part for source in sources), sources=sources))
    return sorted(scored, key=lambda one: (-one.score, snapshot.row(one.item.item_id) or 0))


def _usable(snapshot: Snapshot, result: ToolResult, allowed: Mask) -> dict[int, Candidate]:
    """What is allowed, by row in the tool's order; an item that came twice counts in its first place."""
    found: dict[int, Candidate] = {}
    for candidate in result.candidates:
        row = snapshot.row(candidate.item_id)
        if row is not None and allowed[row]:
            found.setdefault(row, candidate)
    return found


def _why_nothing(mask: Mask, allowed: Mask) -> tuple[str, ...]:
    return ("nothing matches",) if bool((mask & allowed).any()) else ("seen",)


def _emptied_by(snapshot: Snapshot, constraints: Sequence[Constraint]) -> tuple[str, ...]:
    """The constraints of which each alone leaves nothing; else those without one of which some are left."""
    alone = [c for c in constraints if not snapshot.mask([c]).any()]
    if alone:
        return tuple(map(str, alone))
    freeing = [c for c in constraints if snapshot.mask([o for o in constraints if o is not c]).any()]
    return tuple(map(str, freeing or constraints))

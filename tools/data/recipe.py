"""The settings of collaborative filtering: how its parts are fitted, and how they count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Each part scores all items for a history; its scores are divided by the largest of what the user doesn't have, and
    summed by its share. A part with a share of 0 is left out.

    The settings that a part is fitted with are named in `handpicked.tools.data.factors.PARTS`. A choice counts by its rank
    from the newest: .1 + .9 exp(-rank / `decay`), all alike where that is 0; to transitions exp(-rank / `follow_decay`).
    The defaults are those of a workspace with few choices, in which nothing can be searched for (see docs/measurements.md)."""

    ease: float = 1.0
    knn: float = 0.1
    people: float = 0.0
    als: float = 0.0
    follow: float = 0.5
    popular: float = 0.0
    decay: float = 25.0
    follow_decay: float = 5.0
    ridge: float = 300.0
    dropout: float = 0.6
    user_power: float = 0.5
    relaxed: float = 0.35
    neighbours: int = 100
    shrink: float = 10.0
    people_neighbours: int = 100
    als_factors: int = 32
    als_ridge: float = 10.0
    als_alpha: float = 5.0
    window: int = 20
    backward: float = 0.3
    follow_shrink: float = 10.0

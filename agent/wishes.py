"""The wishes that were read from a text, each with its place, until it is known what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from handpicked.tools.types import Constraint


@dataclass(frozen=True, slots=True)
class Placed:
    """A constraint and where it was said, [start, end). A `bare` bound has no unit ("under 20"): it is given as a
    price, and what it bounds depends on the domain. `spent` money bounds the price of a single thing that is bought."""

    constraint: Constraint
    start: int
    end: int
    bare: bool = False
    spent: bool = False
    added: bool = False
    """Whether a term comes on top of what was asked for ("and some snacks"), or something comes on top of it."""
    headed: bool = False
    """Whether a term is a thing by itself ("a good western")."""
    topic: bool = False
    """Whether a term is what something is about ("an article about oysters"), which no good is."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A word that names domains ("book"), and whether they are refused."""

    domains: tuple[str, ...]
    start: int
    end: int
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Degree:
    """A price by what such things cost."""

    direction: Literal["cheap", "dear"]
    span: str


@dataclass(frozen=True, slots=True)
class Wants:
    """What a text asks for, in its order, and how many items."""

    placed: tuple[Placed, ...] = ()
    mentions: tuple[Mention, ...] = ()
    count: int | None = None
    prices: tuple[Degree, ...] = ()
    titled: bool = False
    """Whether a title is named."""

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The constraints whose field is certain."""
        return tuple(
            dict.fromkeys(placed.constraint for placed in self.placed if not (placed.bare or placed.spent))
        )

    @property
    def bare(self) -> tuple[Constraint, ...]:
        """Bounds without a unit."""
        return tuple(placed.constraint for placed in self.placed if placed.bare)

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains asked for."""
        return tuple(
            dict.fromkeys(
                name for mention in self.mentions if not mention.refused for name in mention.domains
            )
        )

    @property
    def refused_domains(self) -> tuple[str, ...]:
        """The domains refused ("no films") that are not asked for elsewhere."""
        refused = (name for mention in self.mentions if mention.refused for name in mention.domains)
        return tuple(name for name in dict.fromkeys(refused) if name not in self.domains)

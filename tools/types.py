"""Frozen values that every layer shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Scalar = str | int | float | bool
Json = Scalar | None | Sequence["Json"] | Mapping[str, "Json"]
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

Op = Literal["in", "not_in", "range"]
Source = Literal["text", "context", "model", "request", "memory", "profile"]

NUMERIC_FIELDS = ("price", "year", "runtime", "rating")
TERM_FIELDS = ("categories", "creators", "cast", "brand", "language", "country", "domain")
EVENT_KINDS = (
    "impression", "view", "click", "play", "read", "like", "dislike", "rate", "cart", "purchase", "redeem",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be recommended. `runtime` is in minutes, `price` in the catalogue's currency.

    `vectors` are unit vectors from other models by column, packed by `handpicked.tools.data.packed`; a build keeps them apart."""

    item_id: str
    title: str
    domain: str = "item"
    description: str = ""
    categories: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    year: int | None = None
    runtime: int | None = None
    price: float | None = None
    rating: float | None = None
    brand: str | None = None
    language: str | None = None
    country: str | None = None
    url: str | None = None
    image_url: str | None = None
    in_stock: bool = True
    attributes: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    vectors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a user did. `timestamp` is in seconds since 1970 (UTC), `dwell_s` in seconds; `policy` is what made the list
    that an item was shown in, `experiment/arm` of an A/B test, and `task` what the list was for."""

    user_id: str
    item_id: str
    event: str = "view"
    timestamp: float | None = None
    value: float | None = None
    scene: str | None = None
    dwell_s: float | None = None
    list_id: str | None = None
    position: int | None = None
    propensity: float | None = None
    event_id: str | None = None
    policy: str | None = None
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """An advertiser's offer on items or categories. `start` and `end` are in seconds since 1970 (UTC), inclusive.

    `bid` is what it pays at most for being shown once, `budget` for all showings, both in the catalogue's currency;
    `cap` is how often at most a user sees it within 24 hours. `audience` holds user ids and `field=value` of users'
    attributes; without one it is for everybody."""

    campaign_id: str
    item_ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    start: float | None = None
    end: float | None = None
    bid: float = 0.0
    budget: float | None = None
    cap: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A past turn: what was said, which items stood in it, and which were chosen next."""

    context: tuple[str, ...]
    mentioned: tuple[str, ...]
    target: tuple[str, ...]
    dialogue_id: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a list must keep. `value` is (low, high) for `range`, both inclusive, None for an open end;
    else the terms, compared without case. With `within`, only items of those domains must keep it: in "a film and
    snacks under $3" the price binds the snacks. Raises ValueError for a range that isn't two numbers."""

    field: str
    op: Op
    value: tuple[Scalar | None, ...]
    source: Source = "text"
    span: str | None = None
    within: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.op != "range":
            return
        numbers = [
            v for v in self.value if v is None or (isinstance(v, int | float) and not isinstance(v, bool))
        ]
        if len(self.value) != 2 or len(numbers) != 2:
            raise ValueError(
                f"the range of {self.field!r} is [low, high], numbers or null, not {list(self.value)}"
            )

    def __str__(self) -> str:
        if self.op != "range":
            return f"{self.field} {self.op.replace('_', ' ')} {', '.join(str(v) for v in self.value)}"
        low, high = self.value
        if low is None:
            return f"{self.field} at most {high}" if high is not None else f"{self.field} any"
        if high is None:
            return f"{self.field} at least {low}"
        return f"{self.field} {low}" if low == high else f"{self.field} {low} to {high}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that a tool offers, best first. `because` names the items that carry its score; `terms` are what the parts of
    the tool bring to it, where it has some."""

    item_id: str
    score: float
    because: tuple[str, ...] = ()
    terms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a plan; the same tool may be called twice."""

    name: str
    arguments: Mapping[str, Json]
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call gave back. `facts` is for lookups and profiles; `error` tells the model what failed."""

    call: ToolCall
    candidates: tuple[Candidate, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict[str, Json])
    ms: float = 0.0
    error: str | None = None


class Embedder(Protocol):
    """Texts to unit vectors. `name` tells one model from another: vectors of two names are never compared."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed_matrix(self, texts: Sequence[str]) -> Floats:
        """Give an array of shape (len(texts), dimensions), each row of length 1."""
        ...

    def query(self, text: str) -> Floats:
        """The same for what a user said, shape (dimensions,); it is not kept on disk."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool function returns: candidates best first, or facts by item id or by name."""

    candidates: tuple[Candidate, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Contribution:
    """One tool's part in an item's place: its rank there (from 1), its own score, its fusion weight, and what it brings to
    the item's score: those of an item add up to it."""

    tool: str
    rank: int
    score: float
    weight: float
    part: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """An item in its place. `score` is the fused score; `because` are items that carried it; `propensity` is the probability of
    being in the list, 1 unless its place was drawn."""

    item: Item
    score: float
    sources: tuple[Contribution, ...]
    because: tuple[str, ...] = ()
    sponsored: bool = False
    propensity: float = 1.0

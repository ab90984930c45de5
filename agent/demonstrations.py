"""Labelled turns, `prompts/demonstrations.jsonl`: what the reading is learned from, and held out to measure it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from handpicked import prompts
from handpicked.agent.scenes import Task
from handpicked.agent.signs import Polarity
from handpicked.tools.errors import DataError
from handpicked.tools.types import Op, Scalar

Split = Literal["train", "heldout"]
_FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Thing:
    """An item by its title and domain."""

    __pydantic_config__ = _FORBID
    title: str
    domain: str = "movie"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the user is, by names: goods in the cart are as a person calls them."""

    __pydantic_config__ = _FORBID
    page: str | None = None
    query: str | None = None
    cart: tuple[str, ...] = ()
    clicked: tuple[Thing, ...] = ()
    device: str | None = None
    now: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A turn before, and the titles that its lists showed, in order."""

    __pydantic_config__ = _FORBID
    message: str
    scene: str | None = None
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A title that is meant, and how the user stands to it. `span` is how the message calls it, where it does."""

    __pydantic_config__ = _FORBID
    title: str
    role: Polarity
    year: int | None = None
    domain: str = "movie"
    span: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A constraint that the message sets; a price may be `cheap` or `dear` for its kind of thing."""

    __pydantic_config__ = _FORBID
    field: str
    op: Op
    value: tuple[Scalar | None, ...] | Literal["cheap", "dear"]
    span: str | None = None


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A turn as people type it, by a writer and in a situation (`scenario`), with what it means."""

    __pydantic_config__ = _FORBID
    id: str
    writer: str
    scenario: str
    split: Split
    language: Literal["en", "zh"]
    message: str
    scene: str
    tasks: tuple[Task, ...]
    context: Place = Place()
    before: tuple[Earlier, ...] = ()
    titles: tuple[Named, ...] = ()
    constraints: tuple[Wanted, ...] = ()
    count: int | None = None
    forget: str | None = None


_DEMONSTRATION: TypeAdapter[Demonstration] = TypeAdapter(Demonstration)


@cache
def packaged() -> tuple[Demonstration, ...]:
    """The demonstrations that come with Handpicked."""
    return parse(prompts.read_text("demonstrations.jsonl"), "demonstrations.jsonl")


def parse(text: str, name: str) -> tuple[Demonstration, ...]:
    """Read demonstrations, one a line. Raises DataError that names the line, the field and what is wrong."""
    found: list[Demonstration] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found.append(_DEMONSTRATION.validate_json(line))
        except ValidationError as err:
            problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'row'}: {e['msg']}" for e in err.errors())
            raise DataError(f"{name}, line {number}: {problems}") from err
    return tuple(found)

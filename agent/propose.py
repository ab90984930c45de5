"""`propose`: titles that a model names from what it knows; what the catalogue lacks is dropped and counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import orjson
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from handpicked import prompts
from handpicked.agent.budget import WORTH_MS, unasked
from handpicked.agent.llm.answers import Usage
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.turn import Turn, told
from handpicked.tools.catalog import by_title
from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.errors import BudgetExceeded, ConfigError
from handpicked.tools.search import Constraints
from handpicked.tools.types import Candidate, Found, Json, Mask

FAMILY = "propose"
_COUNT = 20
_MAX_TITLES = 50
_LONGEST = 300
_YEARS = 1
"""How far a year that a model remembers may be off: lists differ by one, between a festival and a release."""
_ARTICLES = ("the", "a", "an")
_SUBTITLES = (":", " - ", " – ", "(")
_ALIKE = 10
"""How many items of like titles are looked at."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title as a model names it, with its year where it knows it."""

    __pydantic_config__ = ConfigDict(extra="ignore")
    title: Annotated[str, Field(max_length=_LONGEST)]
    year: int | None = None


Titles = Annotated[
    tuple[Title, ...], Field(min_length=1, max_length=_MAX_TITLES, description="titles, the best first")
]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was named for a turn, best first, and what asking for it cost."""

    titles: tuple[Title, ...]
    usage: Usage | None = None


class Proposer(Protocol):
    """Names titles for a turn. Raises ModelError and BudgetExceeded."""

    async def propose(self, turn: Turn, *, deadline_s: float, max_tokens: int) -> Proposal: ...


class _Named(BaseModel):
    title: str
    year: int | None


class _Names(BaseModel):
    """Titles that fit what is wanted, the best first. Strict structured output knows few of JSON schema's words."""

    titles: list[_Named]


class ModelProposer:
    """Asks a model."""

    def __init__(self, client: ModelClient, seed: int = 0) -> None:
        self._client = client
        self._seed = seed

    async def propose(self, turn: Turn, *, deadline_s: float, max_tokens: int) -> Proposal:
        """Ask for titles, as structured output."""
        if deadline_s * 1000.0 < WORTH_MS:
            raise BudgetExceeded(unasked(self._client.name, deadline_s * 1000.0))
        parts = told(turn)
        prompt = prompts.render("propose", count=str(_COUNT), **parts)
        answer = await self._client.structured(
            [SystemMessage(prompt.system), HumanMessage(prompt.user)],
            _Names, deadline_s=deadline_s, max_tokens=max_tokens, seed=self._seed, family=FAMILY,
        )  # fmt: skip
        titles = (Title(found.title[:_LONGEST], found.year) for found in answer.value.titles[:_MAX_TITLES])
        return Proposal(tuple(titles), answer.usage)


class RecordedProposer:
    """Replays what was named before: by a request's id, else by its message."""

    def __init__(self, recorded: Mapping[str, tuple[Title, ...]]) -> None:
        self._recorded = recorded

    async def propose(self, turn: Turn, *, deadline_s: float, max_tokens: int) -> Proposal:
        """Give the titles recorded for the turn, none where there are none."""
        return Proposal(self.titles(turn.request.id or "", turn.request.message.strip()))

    def titles(self, *keys: str) -> tuple[Title, ...]:
        """What was recorded under the first of the keys that the file has, nothing if it has none."""
        return next((self._recorded[key] for key in keys if key in self._recorded), ())


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    turn: str = Field(min_length=1)
    titles: list[Title | str]


_LINE: TypeAdapter[_Line] = TypeAdapter(_Line)


def recorded(path: Path) -> RecordedProposer:
    """Read proposals: lines of {"turn": a request's id or message, "titles": [..]}, each title {"title", "year"} or a
    text such as "Heat (1995)". Raises ConfigError that names the line and what is wrong with it."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as err:
        raise ConfigError(f"{path} can't be read ({err.strerror}); set HANDPICKED_PROPOSALS") from err
    found: dict[str, tuple[Title, ...]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _LINE.validate_python(orjson.loads(line))
        except (orjson.JSONDecodeError, ValidationError) as err:
            raise ConfigError(f"{path}, line {number} is no proposal: {_reason(err)}") from err
        found[row.turn.strip()] = tuple(t if isinstance(t, Title) else parsed(t) for t in row.titles)
    return RecordedProposer(found)


def _reason(err: Exception) -> str:
    if not isinstance(err, ValidationError):
        return str(err)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in err.errors())


def parsed(text: str) -> Title:
    """A title from text, its year in brackets behind it taken apart."""
    title, bracket, rest = text.strip().rpartition("(")
    year = rest.removesuffix(")")
    if bracket and title.strip() and rest.endswith(")") and year.isdigit() and len(year) == 4:
        return Title(title.strip(), int(year))
    return Title(text.strip())


@tool
def propose(context: Context, titles: Titles, constraints: Constraints = ()) -> Found:
    """Name titles that you know and that fit what is wanted, with their years; those that the catalogue has count.

    Facts say how many were named and which are missing."""
    mask = context.snapshot.mask(constraints)
    places = [(title, row(context.snapshot, title, mask)) for title in titles]
    rows = dict.fromkeys(place for _, place in places if place is not None)
    missing: list[Json] = [title.title for title, place in places if place is None]
    candidates = tuple(
        Candidate(context.snapshot.item_id(place), 1.0 / rank) for rank, place in enumerate(rows, 1)
    )
    return Found(candidates, {"named": len(titles), "missing": missing})


def row(snapshot: Snapshot, title: Title, allowed: Mask) -> int | None:
    """The row that a title means, or None. Its year is at most one off, and must be known where it is not spelled the
    same. Of several that one is meant whose year is nearest, then the one spelled nearest, then the most popular."""
    wanted = title if title.year is not None else parsed(title.title)
    for spelling, same in _spellings(wanted.title):
        near: list[tuple[float, float, float, int]] = []
        for place, likeness in by_title(snapshot, spelling, _ALIKE):
            off = _off(snapshot.item(place).year, wanted.year)
            if allowed[place] and (off <= _YEARS if off is not None else same and likeness == 1.0):
                near.append(
                    (_YEARS if off is None else off, -likeness, -float(snapshot.popularity[place]), place)
                )
        if near:
            return min(near)[-1]
    return None


def _off(own: int | None, named: int | None) -> int | None:
    return abs(own - named) if own is not None and named is not None else None


def _spellings(title: str) -> Iterator[tuple[str, bool]]:
    """A title, its article before it, and without its subtitle; and whether that says the same."""
    head, comma, article = title.rpartition(", ")
    yield (f"{article} {head}", True) if comma and article.casefold() in _ARTICLES else (title, True)
    for mark in _SUBTITLES:
        head, found, _ = title.partition(mark)
        if found and head.strip():
            yield head.strip(), False


def shown(found: Mapping[str, Json]) -> dict[str, Json]:
    """What a trace says of proposals: how many were named, and which the catalogue lacks."""
    missing = found.get("missing")
    lacking: Sequence[Json] = missing if isinstance(missing, list) else []
    return {"named": found.get("named"), "missing": list(lacking)}

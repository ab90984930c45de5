"""The values of the harness: what a suite is asked to try, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

Json: TypeAlias = Any
"""Whatever JSON can say. It is checked where it is written to the log."""

Scores: TypeAlias = Mapping[str, float]
"""Scores of one case by their name; the suite's metrics are reduced from these."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for. Two runs with equal options and equal code give equal logs.

    `systems` and `parts` are empty for all of the suite's; `limit` is the most cases of a part; `demonstrations` is a
    file of turns in place of the suite's own; `model`, `workspace`, `data` and `cache` are as in the settings."""

    split: str = "valid"
    quick: bool = False
    seed: int = 0
    model: str | None = None
    systems: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    workspace: Path | None = None
    data: Path | None = None
    cache: Path | None = None
    limit: int | None = None
    demonstrations: Path | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to try.

    `id` is unique in its part and the same for every system: comparisons are paired by part and id. A part
    is what a system is opened for (a data set and protocol, a language); `tags` are the groups that the case is
    reported in. `data` holds the question and what is expected."""

    id: str
    part: str
    tags: tuple[str, ...]
    data: Json = field(default_factory=dict[str, Json])


Subject: TypeAlias = Callable[[Case], Json]
"""An opened system: answers a case; the answer goes to the log and is what is scored."""


class Task(Protocol):
    """What a suite's module gives: `task: Task`."""

    def cases(self, options: Options) -> Sequence[Case]:
        """The cases, always in the same order. Raises ConfigError when their data is missing."""
        ...

    def open(self, system: str, part: str, options: Options) -> AbstractContextManager[Subject]:
        """A system made ready for one part; once in each worker, so that fitting or loading is done here."""
        ...

    def score(self, case: Case, answer: Json) -> Scores:
        """Pure: the scores of an answer; an answer that has no meaning raises ValueError."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a case: an answer with its scores, or the error that it ended in."""

    system: str
    case: Case
    answer: Json = None
    scores: Scores = field(default_factory=dict[str, float])
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A metric with its 95% interval, low and high; `n` is the number of cases behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference, first less second, with its 95% interval; and on how many cases each is better."""

    value: float
    low: float
    high: float
    wins: int
    losses: int
    ties: int


Rows: TypeAlias = Iterator[Row]

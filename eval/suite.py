"""Suites: a folder of `suites/` with a YAML that says what is measured and how, and a module that gives the task."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from handpicked.eval.types import Case, Options, Task
from handpicked.tools.errors import ConfigError

_PACKAGE = "handpicked.eval.suites"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Metric(_Strict):
    """How scores of cases become one figure.

    `mean`: with a t interval; `share`: of 0/1 scores, Wilson; `sum`: a count, no interval; `ratio`: the sum of one
    score over the sum of another; `ece`: the expected calibration error of a confidence (0..1) beside a 0/1 score, over
    ten bins of equal width (Guo et al. 2017); `p50`, `p95`: quantiles; `coverage`: the different things that answers list under
    the first name of `of`, over how many there are by the second name in the case's data, a count for each part. Else `of`
    names the scores, when they aren't the metric's own name; `ms` is the time of the case. `failed_as` is what a case counts
    that failed to run (of two scores nothing); a case may lack the scores of a `partial` metric."""

    kind: Literal["mean", "share", "sum", "ratio", "ece", "p50", "p95", "coverage"]
    better: Literal["higher", "lower"]
    what: str
    of: tuple[str, ...] = ()
    failed_as: float | None = None
    partial: bool = False

    @model_validator(mode="after")
    def _has_its_scores(self) -> Self:
        if self.kind == "ratio" and len(self.of) != 2:
            raise ValueError("a ratio needs `of: [numerator, denominator]`")
        if self.kind == "ece" and len(self.of) != 2:
            raise ValueError("an ece needs `of: [confidence, right]`")
        if self.kind == "coverage" and len(self.of) != 2:
            raise ValueError("a coverage needs `of: [listed, number]`")
        if not self.of_two and len(self.of) > 1:
            raise ValueError(f"a {self.kind} is of one score")
        return self

    @property
    def of_two(self) -> bool:
        """Whether a case brings two scores."""
        return self.kind in ("ratio", "ece", "coverage")

    @property
    def worst(self) -> float | None:
        """What a failed case counts: given, else 0 where more is better, else it is left out of the figure."""
        if self.failed_as is not None or self.better == "lower":
            return self.failed_as
        return 0.0


class Threshold(_Strict):
    """A figure that a run must reach, else its exit code is 1."""

    system: str
    metric: str
    tag: str = "all"
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if (self.min is None) == (self.max is None):
            raise ValueError("a threshold has either min or max")
        return self


class Spec(_Strict):
    """What `suite.yaml` says. `optional_systems` run only when they are asked for; a worker takes `chunk` cases of
    one system and part at once; `workspace`, `model`: the suite reads the workspace, asks a language model, so that
    the one's state and the other's name belong to the run; `demonstrations`: it takes a file of turns."""

    what: str
    data: str
    protocol: str
    systems: dict[str, str] = Field(min_length=1)
    optional_systems: dict[str, str] = {}
    baseline: str
    metrics: dict[str, Metric] = Field(min_length=1)
    thresholds: tuple[Threshold, ...] = ()
    splits: tuple[str, ...] = ("valid", "test")
    chunk: int = Field(default=50, ge=1)
    timeout_s: float = Field(default=60, gt=0)
    workspace: bool = False
    model: bool = False
    demonstrations: bool = False
    max_failed: int = 0

    @model_validator(mode="after")
    def _names_what_it_has(self) -> Self:
        for name in (self.baseline, *(t.system for t in self.thresholds)):
            if name not in self.known:
                raise ValueError(f"unknown system {name!r}; known: {', '.join(self.known)}")
        for threshold in self.thresholds:
            if threshold.metric not in self.metrics:
                raise ValueError(f"unknown metric {threshold.metric!r}; known: {', '.join(self.metrics)}")
        return self

    @property
    def known(self) -> dict[str, str]:
        """Every system, the optional ones too."""
        return {**self.systems, **self.optional_systems}


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite by its name: what its YAML says, and the module whose `task` runs it."""

    name: str
    spec: Spec
    module: str

    def task(self) -> Task:
        """Import the suite's module."""
        return import_module(self.module).task


def names() -> tuple[str, ...]:
    """The suites that there are."""
    folders = resources.files(_PACKAGE).iterdir()
    return tuple(sorted(folder.name for folder in folders if (folder / "suite.yaml").is_file()))


def load(name: str) -> Suite:
    """A suite by its name, or by the dotted name of a package of your own that is made like one of ours.

    Raises ConfigError for an unknown one and for a YAML that says what can't be."""
    name = name.removeprefix(f"{_PACKAGE}.")
    package = name if "." in name else f"{_PACKAGE}.{name}"
    if "." not in name and name not in names():
        raise ConfigError(f"unknown suite {name!r}; known: {', '.join(names())}")
    try:
        text = resources.files(package).joinpath("suite.yaml").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as err:
        raise ConfigError(f"no suite {name!r}: {err}; a suite is a package with a suite.yaml") from err
    return Suite(name.rsplit(".", 1)[-1], parse(text, f"{name}/suite.yaml"), package)


def parse(text: str, where: str) -> Spec:
    """Check what a YAML says. Raises ConfigError naming the file and the field."""
    try:
        return Spec.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as err:
        raise ConfigError(f"{where} isn't YAML: {err}") from err
    except ValidationError as err:
        first: Mapping[str, Any] = err.errors(include_url=False)[0]  # pyright: ignore[reportAssignmentType]
        field = ".".join(map(str, first["loc"])) or "file"
        raise ConfigError(f"{where}: {field}: {first['msg']}") from err


def cases(suite: Suite, options: Options) -> list[Case]:
    """The cases of the parts that are asked for. Raises ConfigError when there are none or two have one name."""
    every = suite.task().cases(options)
    parts = dict.fromkeys(case.part for case in every)
    if unknown := [part for part in options.parts if part not in parts]:
        raise ConfigError(f"{suite.name} has no part {unknown[0]!r}; it has {', '.join(parts)}")
    kept = [case for case in every if not options.parts or case.part in options.parts]
    if options.limit is not None:
        kept = [
            case for part in parts for case in _spread([c for c in kept if c.part == part], options.limit)
        ]
    if not kept:
        raise ConfigError(f"{suite.name} has no cases in its {options.split} split")
    names = Counter((case.part, case.id) for case in kept)
    if twice := [name for name, times in names.items() if times > 1]:
        raise ConfigError(f"{suite.name} has two cases {twice[0][1]!r} in {twice[0][0]!r}")
    return kept


def _spread(found: Sequence[Case], limit: int) -> list[Case]:
    """At most so many cases, evenly spread, so that whatever the order follows has its share."""
    wanted = min(limit, len(found))
    return [found[n * len(found) // wanted] for n in range(wanted)]


@cache
def code() -> str:
    """A hash of all source and data files of the package: logs of other code are never gone on with."""
    digest = hashlib.sha256()
    for part in ("prompts", "tools", "agent", "eval"):
        root = Path(str(resources.files(f"handpicked.{part}")))
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.name != "test_runs.jsonl":
                digest.update(f"{part}/{path.relative_to(root)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

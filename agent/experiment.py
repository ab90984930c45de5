"""A/B tests: users parted into policies, each with some settings of scenes of its own, for as long as the test has its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from handpicked.agent.scenes import Scene, Scenes
from handpicked.tools.errors import ConfigError

CHANGEABLE = frozenset({"tools", "diversity", "calibration", "explore", "ads", "prose_tokens"})
"""What a policy may change of a scene: what is done about a turn, and not how it is read, so that both arms have the same turns."""
_NAME = Annotated[str, Field(pattern=r"^[\w.-]{1,80}$")]
_EXACT = 1e-9


class Policy(BaseModel):
    """An arm: the part of the users that it has, and what it changes by scene and field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(gt=0, le=1)
    scenes: Mapping[str, Mapping[str, object]] = {}


class Written(BaseModel):
    """What the file of an experiment says; users without an id have the first policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _NAME
    policies: Mapping[_NAME, Policy] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Written:
        total = sum(policy.share for policy in self.policies.values())
        if abs(total - 1.0) > _EXACT:
            raise ValueError(f"the shares of the policies add up to {total:g}; make it 1")
        return self


@dataclass(frozen=True, slots=True)
class Arm:
    """A policy as it runs: `below` is the end of its part of [0, 1)."""

    name: str
    below: float
    scenes: Scenes


@dataclass(frozen=True, slots=True)
class Experiment:
    """Users parted by a hash of the experiment's name and their id: the same user has the same arm in every process and after
    every start, and another experiment parts them anew."""

    name: str
    arms: tuple[Arm, ...]

    def policy(self, user_id: str) -> str:
        """The user's policy as it is logged, `experiment/arm`."""
        return f"{self.name}/{self._arm(user_id).name}"

    def scenes(self, user_id: str | None) -> Scenes:
        """The scenes as the user's policy has them, the first policy's for someone without an id."""
        return self.arms[0].scenes if user_id is None else self._arm(user_id).scenes

    def _arm(self, user_id: str) -> Arm:
        place = place_of(self.name, user_id)
        return next((arm for arm in self.arms if place < arm.below), self.arms[-1])


def place_of(name: str, user_id: str) -> float:
    """Where a user lies in [0, 1) by an experiment's name, evenly spread."""
    digest = blake2b(f"{name}\0{user_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def load(path: Path, scenes: Scenes) -> Experiment:
    """Read an experiment on these scenes. Raises ConfigError that names the file, the policy, the scene and the field."""
    try:
        written = Written.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as err:
        raise ConfigError(
            f"{path} can't be read as an experiment: {err}; set HANDPICKED_EXPERIMENT to a YAML file"
        ) from err
    except ValidationError as err:
        raise ConfigError(f"{path}: {_first(err)}") from err
    ends = accumulate(policy.share for policy in written.policies.values())
    return Experiment(
        written.name,
        tuple(
            Arm(name, end, _changed(scenes, policy, f"{path}: policies.{name}"))
            for (name, policy), end in zip(written.policies.items(), ends, strict=True)
        ),
    )


def _changed(scenes: Scenes, policy: Policy, where: str) -> Scenes:
    """The scenes with a policy's settings, checked as the scenes of a file are."""
    changed: dict[str, Scene] = {}
    for name, fields in policy.scenes.items():
        if name not in scenes:
            raise ConfigError(f"{where}: unknown scene {name!r}; known: {', '.join(scenes)}")
        if fixed := sorted(fields.keys() - CHANGEABLE):
            known = ", ".join(sorted(CHANGEABLE))
            raise ConfigError(f"{where}.{name}: a policy can't change {fixed[0]!r}; it can {known}")
        try:
            changed[name] = Scene.model_validate({**scenes[name].model_dump(), **fields})
        except ValidationError as err:
            raise ConfigError(f"{where}.{name}: {_first(err)}") from err
    return {**scenes, **changed}


def _first(err: ValidationError) -> str:
    first = err.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'experiment'}: {first['msg']}"

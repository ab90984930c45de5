"""Scenes and tasks as data: `prompts/scenes.yaml`, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from handpicked import prompts
from handpicked.tools.errors import ConfigError

Task = Literal[
    "recommend", "search", "ads", "summarize", "review", "explain", "compare", "write", "rate", "chitchat"
]
TASKS: tuple[str, ...] = Task.__args__
LIST_TASKS = ("recommend", "search")
"""Tasks that are answered with a list of organic items; the others are text, or ads."""


class Scene(BaseModel):
    """One scene; the file says what each field is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meaning: str
    domains: tuple[str, ...]
    pages: tuple[str, ...]
    tasks: Mapping[Task, float]
    tools: Mapping[str, float]
    repeat: bool
    titles: bool
    ads: int = Field(ge=0)
    budget_ms: int = Field(gt=0)
    prose_tokens: int = Field(ge=0)


Scenes = Mapping[str, Scene]
_SCENES: TypeAdapter[dict[str, Scene]] = TypeAdapter(dict[str, Scene])


def load(text: str | None = None) -> Scenes:
    """Read the scenes. Raises ConfigError that names the scene, the field and what is wrong with it."""
    source = prompts.read_text("scenes.yaml") if text is None else text
    try:
        return _SCENES.validate_python(yaml.safe_load(source))
    except yaml.YAMLError as err:
        raise ConfigError(f"scenes.yaml is not YAML: {err}") from err
    except ValidationError as err:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in err.errors())
        raise ConfigError(f"scenes.yaml: {problems}") from err

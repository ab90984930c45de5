"""Scenes and tasks as data: `prompts/scenes.yaml` or a deployment's own file, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from handpicked import prompts
from handpicked.tools.data.text import phrase_key
from handpicked.tools.errors import ConfigError
from handpicked.tools.shaping import DIVERSITY

Task = Literal[
    "recommend", "search", "ads", "summarize", "review", "explain", "compare", "write", "rate", "chitchat"
]
FUSED = ("lookup", "search", "similar", "collab", "dialogues", "popular", "propose")
"""The tools whose candidates are fused into lists."""
TASKS: tuple[str, ...] = Task.__args__
LIST_TASKS = ("recommend", "search")
"""Tasks that are answered with a list of organic items; the others are text, or ads."""


class Example(BaseModel):
    """A message that belongs to a scene, and the tasks in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str = Field(min_length=1)
    tasks: tuple[Task, ...] = ("recommend",)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"message": value} if isinstance(value, str) else value


class Scene(BaseModel):
    """One scene; the file says what each field is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meaning: str = Field(min_length=1)
    domains: tuple[str, ...]
    pages: tuple[str, ...]
    cues: tuple[str, ...]
    examples: tuple[Example, ...] = ()
    tasks: Mapping[Task, float]
    tools: Mapping[str, float]
    repeat: bool
    titles: bool
    ads: int = Field(ge=0)
    budget_ms: int = Field(gt=0)
    prose_tokens: int = Field(ge=0)
    prose_ms: int = Field(default=20_000, gt=0)
    read_ms: int = Field(default=2_000, gt=0)
    rounds: int = Field(default=2, ge=0, le=10)
    model_ms: int = Field(default=6_000, gt=0)
    model_tokens: int = Field(default=1_500, gt=0)
    diversity: float = Field(default=DIVERSITY, ge=0, le=1)
    calibration: float = Field(default=0.0, ge=0, lt=1)
    explore: int = Field(default=0, ge=0)

    @field_validator("tools")
    @classmethod
    def _known(cls, tools: Mapping[str, float]) -> Mapping[str, float]:
        if unknown := [name for name in tools if name not in FUSED]:
            raise ValueError(f"unknown tool {unknown[0]!r}; known: {', '.join(FUSED)}")
        return tools

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """The fusion weights by any tool's name."""
        return {str(name): weight for name, weight in self.tools.items()}

    @cached_property
    def cue_keys(self) -> Mapping[str, tuple[str, ...]]:
        """The cues, ready to be found in a text."""
        return {key: (key,) for cue in self.cues if (key := phrase_key(cue))}


Scenes = Mapping[str, Scene]
_SCENES: TypeAdapter[dict[str, Scene]] = TypeAdapter(dict[str, Scene])


def load(path: Path | None = None) -> Scenes:
    """Read a file of scenes, the packaged one by default. Raises ConfigError that names the line and what is wrong."""
    if path is None:
        return parse(prompts.read_text("scenes.yaml"), "scenes.yaml")
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(
            f"{path} can't be read as scenes: {err}; set HANDPICKED_SCENES to a YAML file"
        ) from err


def parse(text: str, name: str) -> Scenes:
    """Read scenes. Raises ConfigError that names the file's line, the scene, the field and what is wrong with it."""
    try:
        tree = cast("yaml.Node | None", yaml.compose(text, yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
        document: object = yaml.safe_load(text)
    except yaml.YAMLError as err:
        raise ConfigError(f"{name} is not YAML: {' '.join(str(err).split())}") from err
    _refuse_twice(tree, name)
    try:
        scenes = _SCENES.validate_python(document)
    except ValidationError as err:
        problems = "; ".join(
            f"{name}, line {_line(tree, e['loc'])}: {'.'.join(str(part) for part in e['loc'] if part != '[key]') or 'scenes'}: {e['msg']}"
            for e in err.errors()
        )
        raise ConfigError(problems) from err
    if not scenes:
        raise ConfigError(f"{name} has no scene; see the comments at the top of the packaged scenes.yaml")
    _refuse_shared_pages(scenes, tree, name)
    return scenes


def _refuse_twice(node: yaml.Node | None, name: str) -> None:
    """A key that stands twice would silently lose the first."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if (first := seen.setdefault(key.value, line)) != line:
            raise ConfigError(
                f"{name}, line {line}: {key.value!r} stands in line {first} already; keep one of them"
            )
        _refuse_twice(value, name)


def _refuse_shared_pages(scenes: Scenes, tree: yaml.Node | None, name: str) -> None:
    """A page puts a user in one scene."""
    owners: dict[str, str] = {}
    for scene, value in scenes.items():
        for page in value.pages:
            owner = owners.setdefault(page.casefold(), scene)
            if owner != scene:
                raise ConfigError(
                    f"{name}, line {_line(tree, (scene, 'pages'))}: {scene}.pages: the page {page!r} belongs to {owner} "
                    "already; keep it in one of them"
                )


def _line(node: yaml.Node | None, loc: Sequence[int | str]) -> int:
    """The line of a place in the document, or of the closest thing that holds it."""
    line = node.start_mark.line + 1 if node is not None else 1
    for step in loc:
        found = _child(node, step)
        if found is None:
            return line
        key, node = found
        line = key.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, step: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """A mapping's key and value, or a list's entry twice."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None

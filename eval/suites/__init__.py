"""The suites of the evaluation: one folder each."""

from __future__ import annotations

from handpicked.agent.settings import Settings
from handpicked.eval.types import Options


def settings(options: Options, **changes: object) -> Settings:
    """The environment's settings with what a run was asked for in their place; `changes` come last."""
    asked = {"workspace": options.workspace, "cache": options.cache, "model": options.model}
    return Settings().model_copy(
        update={name: value for name, value in asked.items() if value is not None} | changes
    )

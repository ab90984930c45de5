"""Options that several commands share, and the settings made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handpicked.tools.errors import ConfigError

if TYPE_CHECKING:
    from handpicked.agent.settings import Settings

Workspace = Annotated[
    Path | None,
    typer.Option(
        "--workspace", "-w", help="The folder of the databases and builds.", show_default=".handpicked"
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="An asset's name, a .gguf file, openai:NAME, or none.", show_default="smollm2-135m-instruct"
    ),
]
NoProse = Annotated[bool, typer.Option("--no-prose", help="No text by the model; the plain sentences stay.")]
User = Annotated[str | None, typer.Option("--user", "-u", help="Whose history and profile to use.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Files = Annotated[
    list[Path] | None, typer.Option(exists=True, dir_okay=False, help="May be given several times.")
]


def settings_of(workspace: Path | None = None, model: str | None = None) -> Settings:
    """The settings, with what the command line gives before the environment's.

    Raises ConfigError naming the variable that can't be read."""
    from pydantic import ValidationError

    from handpicked.agent.settings import Settings

    given: dict[str, Any] = {"workspace": workspace, "model": model}
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as err:
        problem = err.errors()[0]
        name = "HANDPICKED_" + "_".join(map(str, problem["loc"])).upper()
        raise ConfigError(f"{name}={problem.get('input')!r}: {problem['msg']}") from err

"""`handpicked profile`: what is known of a user's taste, to be read, edited and deleted."""

from __future__ import annotations

from typing import Annotated

import typer

from handpicked.agent.app.options import AsJson, Workspace, settings_of

profile_app = typer.Typer(
    help="What is known of a user's taste: read it, edit it, delete it.", no_args_is_help=True
)
_User = Annotated[str, typer.Argument(help="The user's id.", show_default=False)]
_Labels = Annotated[
    list[str] | None,
    typer.Option(
        help="A label, e.g. Western, or FIELD=LABEL, e.g. language=French; several times for several."
    ),
]
_Scene = Annotated[str | None, typer.Option(help="The scene that it is about.", show_default="everywhere")]


@profile_app.command("show")
def profile_show(user: _User, json: AsJson = False, workspace: Workspace = None) -> None:
    """Print the interests and dislikes, with the events and the words behind each."""
    from handpicked.agent.app import profiling

    profiling.show_profile(settings_of(workspace), user, json=json)


@profile_app.command("edit")
def profile_edit(
    user: _User,
    add: _Labels = None,
    refuse: _Labels = None,
    remove: _Labels = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="As --add, in place of all that was said or set before.")
    ] = None,
    scene: _Scene = None,
    workspace: Workspace = None,
) -> None:
    """Add interests or dislikes by hand, take out what was said, or set them anew."""
    from handpicked.agent.app import profiling

    if not (add or refuse or remove or set_):
        raise typer.BadParameter("say what to change: --add, --refuse, --remove or --set LABEL")
    given = {"add": add, "refuse": refuse, "remove": remove, "set": set_}
    edits = profiling.Edits(**{name: tuple(labels or ()) for name, labels in given.items()}, scene=scene)
    profiling.edit(settings_of(workspace), user, edits)


@profile_app.command("forget")
def profile_forget(
    user: _User,
    labels: Annotated[
        list[str] | None, typer.Argument(help="Labels to forget.", show_default="all about the user")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Forget this conversation only.")] = None,
    workspace: Workspace = None,
) -> None:
    """Delete all that is kept of a user, of a conversation or of a taste, and overwrite it on the disk."""
    from handpicked.agent.app import profiling

    if labels and session:
        raise typer.BadParameter("give labels or --session, not both")
    profiling.forget(settings_of(workspace), user, tuple(labels or ()), session)

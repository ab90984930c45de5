"""The command line. Commands import what they need when they run: `--help` loads nothing heavy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from handpicked.agent.app.eval_cli import eval_app
from handpicked.agent.app.options import AsJson, Files, Model, NoProse, User, Workspace, settings_of
from handpicked.agent.app.profile_cli import profile_app
from handpicked.tools.errors import AssetError, ConfigError, DataError, HandpickedError, ModelError

app = typer.Typer(
    name="handpicked",
    help="A recommender that you talk to: it reads the scene, calls tools, and answers with lists and text.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
catalog_app = typer.Typer(help="Look at what is in the catalogue.", no_args_is_help=True)
assets_app = typer.Typer(help="Models and demo data: list, fetch, verify.", no_args_is_help=True)
app.add_typer(catalog_app, name="catalog")
app.add_typer(assets_app, name="assets")
app.add_typer(eval_app, name="eval")
app.add_typer(profile_app, name="profile")

# Exit codes beside 0; 2 is also what a wrong flag gives.
_EXIT: tuple[tuple[type[HandpickedError], int], ...] = (
    (ConfigError, 2), (AssetError, 5), (DataError, 3), (ModelError, 4), (HandpickedError, 1),
)  # fmt: skip


def main() -> None:
    """Run a command; an error made on purpose is printed as one line and sets the exit code."""
    try:
        app()
    except HandpickedError as err:
        _complain(str(err))
        sys.exit(next(code for kind, code in _EXIT if isinstance(err, kind)))
    except KeyboardInterrupt:
        _complain("stopped")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)


@app.command()
def ask(
    message: Annotated[
        str | None, typer.Argument(help="What you would like; may be empty with --page.")
    ] = None,
    user: User = None,
    session: Annotated[str | None, typer.Option(help="A conversation to go on with.")] = None,
    page: Annotated[
        str | None, typer.Option(help="The page that the user is on: home, cart, movie, ...")
    ] = None,
    cart: Annotated[
        list[str] | None, typer.Option(help="An item id in the cart; several times for several.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="What stands in the search box.")] = None,
    scene: Annotated[str | None, typer.Option(help="The scene, when it is known.")] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="FIELD=VALUE, FIELD!=VALUE or FIELD=LOW..HIGH, e.g. year=..1970"),
    ] = None,
    k: Annotated[
        int | None, typer.Option("-k", min=1, max=100, help="How many items.", show_default="10")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the model's sampling.")] = None,
    now: Annotated[
        str | None, typer.Option(help="The turn's time, e.g. 2017-11-30T18:00.", show_default="the clock's")
    ] = None,
    input_: Annotated[
        Path | None, typer.Option("--input", exists=True, dir_okay=False, help="JSON lines of requests.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Where the replies of --input go.", show_default="stdout"),
    ] = None,
    json: AsJson = False,
    no_prose: NoProse = False,
    model: Model = None,
    workspace: Workspace = None,
) -> None:
    """Ask once, or answer a file of requests."""
    from handpicked.agent.app import asking

    settings = settings_of(workspace, model)
    if input_ is not None:
        if message is not None:
            raise typer.BadParameter("give a message or --input, not both")
        asking.batch(settings, input_, output, prose=not no_prose)
        return
    if message is None and not (page or query or cart):
        raise typer.BadParameter('give a message, e.g. handpicked ask "a short comedy", or a --page')
    given = asking.Asked(
        message or "", user, session, page, tuple(cart or ()), query, scene, tuple(filters or ()), k, seed,
        now,
    )  # fmt: skip
    asking.once(settings, given, prose=not no_prose, json=json)


@app.command()
def chat(
    user: User = None,
    session: Annotated[str | None, typer.Option(help="A conversation to go on with.")] = None,
    no_prose: NoProse = False,
    model: Model = None,
    workspace: Workspace = None,
) -> None:
    """Talk: /why, /profile, /reset, /quit."""
    from handpicked.agent.app import chatting

    chatting.run(settings_of(workspace, model), user, session, prose=not no_prose)


@app.command()
def ingest(
    items: Files = None,
    events: Files = None,
    users: Files = None,
    campaigns: Files = None,
    dialogues: Files = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="TARGET=COLUMN, e.g. item_id=movieId or events.value=stars"),
    ] = None,
    json: AsJson = False,
    workspace: Workspace = None,
) -> None:
    """Read CSV, JSON lines or Parquet into the databases; what is rejected is kept with its reason."""
    from handpicked.agent.app import feeding

    files = {"items": items, "events": events, "users": users, "campaigns": campaigns, "dialogues": dialogues}
    feeding.ingest(
        settings_of(workspace), {k: tuple(v) for k, v in files.items() if v}, tuple(map_ or ()), json=json
    )


@app.command()
def build(
    json: AsJson = False,
    workspace: Workspace = None,
    tags: Annotated[
        int, typer.Option(help="let the model of HANDPICKED_MODEL tag at most so many items more", min=0)
    ] = 0,
) -> None:
    """Make a new build of indexes and models and switch to it; the one before is kept."""
    from handpicked.agent.app import feeding

    feeding.build(settings_of(workspace), json=json, tags=tags)


@app.command()
def demo(
    no_prose: NoProse = False,
    model: Model = None,
    workspace: Workspace = None,
) -> None:
    """Fetch the demo's data and model, build it, and make two recommendations."""
    from handpicked.agent.app import demonstrating

    demonstrating.run(settings_of(workspace, model), prose=not no_prose)


@app.command()
def doctor(
    measure: Annotated[
        bool,
        typer.Option(
            "--measure",
            help="First measure how well the model reads turns, and keep how far it is to be trusted.",
        ),
    ] = False,
    turns: Annotated[int, typer.Option(min=50, help="How many turns to measure it on.")] = 300,
    json: AsJson = False,
    model: Model = None,
    workspace: Workspace = None,
) -> None:
    """Say what is installed, fetched and built, how fast the model is here, and what to do about the rest."""
    from handpicked.agent.app import doctoring

    doctoring.run(settings_of(workspace, model), json=json, measure=turns if measure else None)


@catalog_app.command("show")
def catalog_show(item_id: str, workspace: Workspace = None) -> None:
    """Print one item as JSON."""
    from handpicked.agent.app import feeding

    feeding.show_item(settings_of(workspace), item_id)


@catalog_app.command("export")
def catalog_export(
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="A .jsonl file.", show_default="stdout")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Write every item as a JSON line that `ingest --items` reads."""
    from handpicked.agent.app import feeding

    feeding.export(settings_of(workspace), output)


@catalog_app.command("impressions")
def catalog_impressions(
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="A .jsonl file.", show_default="stdout")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Write the lists with drawn places as JSON lines that `ingest --events` reads, each item with its propensity."""
    from handpicked.agent.app import feeding

    feeding.export_impressions(settings_of(workspace), output)


@catalog_app.command("quality")
def catalog_quality(json: AsJson = False, workspace: Workspace = None) -> None:
    """Say what the catalogue and the events are like: languages, gaps, duplicates, outliers, bots."""
    from handpicked.agent.app import surveying

    surveying.run(settings_of(workspace), json=json)


@catalog_app.command("campaigns")
def catalog_campaigns(json: AsJson = False, workspace: Workspace = None) -> None:
    """List the advertising campaigns: bids, budgets, what is spent, and what can be shown now."""
    from handpicked.agent.app import advertising

    advertising.run(settings_of(workspace), json=json)


@assets_app.command("list")
def assets_list() -> None:
    """List the assets, their licences, and whether they are here."""
    from handpicked.agent.app import fetching

    fetching.listing(settings_of())


@assets_app.command("fetch")
def assets_fetch(
    names: Annotated[list[str] | None, typer.Argument(show_default="all")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of what is here already.")] = False,
) -> None:
    """Fetch assets that are missing or damaged."""
    from handpicked.agent.app import fetching

    fetching.fetch(settings_of(), names or None, quiet=quiet)


@assets_app.command("verify")
def assets_verify(names: Annotated[list[str] | None, typer.Argument(show_default="all")] = None) -> None:
    """Compare assets with their checksums."""
    from handpicked.agent.app import fetching

    fetching.verify(settings_of(), names or None)


def _complain(message: str) -> None:
    from handpicked.agent.app import show

    show.error(message)


if __name__ == "__main__":
    main()

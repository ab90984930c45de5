"""`handpicked demo`: from nothing to two recommendations on real data."""

from __future__ import annotations

import asyncio
import shutil
import time
from itertools import groupby
from pathlib import Path

from handpicked.agent.app import asking, feeding, fetching, show, wiring
from handpicked.agent.app.wiring import Parts
from handpicked.agent.settings import Settings
from handpicked.agent.types import CartLine, Request, Surroundings
from handpicked.tools.data import assets, demo, manifests
from handpicked.tools.data import ingest as ingesting
from handpicked.tools.types import Event

_FILM_USER = "ml-196"
_HOUSEHOLD = "hh-8"
_FILM_QUESTION = "something like Blade Runner but lighter, for tonight"
_BASKET_QUESTION = "what else goes with my basket?"


def run(settings: Settings, *, prose: bool) -> None:
    """Fetch, ingest and build what isn't there, then answer a film question and a basket."""
    start = time.perf_counter()
    wanted = [asset.name for asset in assets.load_manifest() if asset.name != settings.model or prose]
    fetching.fetch(settings, wanted, quiet=True)
    workspace = wiring.open_workspace(settings)
    if manifests.current(settings.workspace) is None or workspace.catalog.count() == 0:
        _prepare(settings)
    parts = wiring.open_agent(settings, prose=prose)
    _ask(parts, Request(message=_FILM_QUESTION, user_id=_FILM_USER), start)
    _ask(parts, _basket(parts), start)
    show.out.print(
        '\nYour turn: handpicked chat --user ml-196    or: handpicked ask "a short western" --json',
        markup=False,
    )


def _prepare(settings: Settings) -> None:
    files = settings.workspace / "demo-files"
    show.note("preparing the demo's files")
    with show.progress() as progress:
        report = demo.write(settings.cache, files, on_progress=progress)
    for area, counts in report.counts.items():
        show.note(f"{area}: " + "; ".join(f"{name} {number:,}" for name, number in counts.items()))
    with show.progress() as progress:
        told = ingesting.ingest(wiring.open_workspace(settings), _by_kind(report.files), on_progress=progress)
    feeding.told(told)
    shutil.rmtree(files)
    feeding.build(settings, json=False)


def _by_kind(files: tuple[Path, ...]) -> ingesting.IngestFiles:
    kinds = ("items", "events", "users", "campaigns")
    return ingesting.IngestFiles(
        **{kind: tuple(f for f in files if f.name.startswith(kind)) for kind in kinds}
    )


def _basket(parts: Parts) -> Request:
    """The household's latest basket of three items and more as the cart: what it bought at one time."""
    events = parts.workspace.events.recent(_HOUSEHOLD, 100)
    baskets = [[event.item_id for event in group] for _, group in groupby(events, _time)]
    cart = tuple(map(CartLine, next((basket for basket in baskets if len(basket) >= 3), list[str]())))
    return Request(message=_BASKET_QUESTION, user_id=_HOUSEHOLD, context=Surroundings(page="cart", cart=cart))


def _time(event: Event) -> float | None:
    return event.timestamp


def _ask(parts: Parts, request: Request, start: float) -> None:
    titles = [
        item.title for line in request.context.cart if (item := parts.index.snapshot().get(line.item_id))
    ]
    basket = f"  [basket: {'; '.join(titles)}]" if titles else ""
    show.out.print(
        f"\n{request.user_id} asks: {request.message}{basket}", markup=False, style="bold", soft_wrap=True
    )
    reply = asyncio.run(asking.told(parts.agent, request))
    show.timings(reply.trace)
    show.note(f"{time.perf_counter() - start:.1f} s since the start")

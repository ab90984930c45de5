"""`handpicked assets`: what is here, and bringing what isn't."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from handpicked.agent.app import show
from handpicked.agent.settings import Settings
from handpicked.tools.data import assets
from handpicked.tools.errors import AssetError


def listing(settings: Settings) -> None:
    """A table of every asset."""
    table = Table(box=None, padding=(0, 1))
    for name in ("asset", "what", "MB", "licence", "state"):
        table.add_column(name, overflow="fold")
    for status in assets.verify(settings.cache, _all()):
        asset = status.asset
        table.add_row(
            asset.name, Text(asset.what), f"{asset.size / 1e6:.1f}", Text(asset.licence), status.state
        )
    show.out.print(table)


def fetch(settings: Settings, names: Sequence[str] | None, *, quiet: bool = False) -> None:
    """Fetch what is missing or damaged, with the licences of what comes, each once."""
    wanted = list(names or _all())
    absent = [status.asset for status in assets.verify(settings.cache, wanted) if status.state != "ok"]
    if not absent:
        if not quiet:
            show.note(f"all {len(wanted)} assets are here")
        return
    for notice in dict.fromkeys(f"{asset.licence}: {asset.notice}" for asset in absent):
        show.note(notice)
    with show.progress() as report:
        assets.fetch(settings.cache, [asset.name for asset in absent], on_progress=report)


def verify(settings: Settings, names: Sequence[str] | None) -> None:
    """Say which assets are damaged or missing. Raises AssetError if any is."""
    states = assets.verify(settings.cache, names or _all())
    for status in states:
        show.out.print(f"{status.asset.name}: {status.state}", markup=False)
    if wrong := [status.asset.name for status in states if status.state != "ok"]:
        raise AssetError(
            f"{len(wrong)} assets are not right: run `handpicked assets fetch {' '.join(wrong)}`"
        )


def _all() -> list[str]:
    return [asset.name for asset in assets.load_manifest()]

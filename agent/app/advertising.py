"""`handpicked catalog campaigns`: each campaign, what it has spent, and whether it can be shown."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

import orjson
from rich.table import Column, Table
from rich.text import Text

from handpicked.agent.app import show, wiring
from handpicked.agent.settings import Settings
from handpicked.tools.data.ad_ledger import Standing
from handpicked.tools.placing import why_not
from handpicked.tools.types import Campaign


def run(settings: Settings, *, json: bool) -> None:
    """Print every campaign with its budget, what is spent of it, and its state as of now."""
    workspace = wiring.open_workspace(settings)
    campaigns = workspace.catalog.campaigns()
    standing = workspace.events.ads.standing([campaign.campaign_id for campaign in campaigns])
    now = time.time()
    rows = [
        (campaign, at, why_not(campaign, at, now) or "runs")
        for campaign in campaigns
        for at in [standing.get(campaign.campaign_id, Standing())]
    ]
    if json:
        document = [_row(campaign, at, state) for campaign, at, state in rows]
        sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
        return
    show.out.print(_table(rows))


def _row(campaign: Campaign, at: Standing, state: str) -> dict[str, object]:
    return {
        "campaign_id": campaign.campaign_id, "title": campaign.title, "start": campaign.start, "end": campaign.end,
        "bid": campaign.bid, "budget": campaign.budget, "cap": campaign.cap, "spent": at.spent, "shown": at.shown,
        "state": state,
    }  # fmt: skip


def _table(rows: list[tuple[Campaign, Standing, str]]) -> Table:
    numbers = [Column(name, justify="right") for name in ("bid", "budget", "spent", "shown", "cap")]
    table = Table(Column("campaign", overflow="fold"), "from", "to", *numbers, "state", box=None)
    for campaign, at, state in rows:
        budget = "" if campaign.budget is None else f"{campaign.budget:,.2f}"
        cap = "" if campaign.cap is None else f"{campaign.cap}"
        table.add_row(
            Text(campaign.campaign_id), _day(campaign.start), _day(campaign.end), f"{campaign.bid:.2f}",
            budget, f"{at.spent:,.2f}", f"{at.shown:,}", cap, state,
        )  # fmt: skip
    return table


def _day(when: float | None) -> str:
    return "" if when is None else f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d}"

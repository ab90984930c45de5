"""`ads`: sponsored items of the campaigns that run now; never candidates for an organic list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Campaign, Candidate, Constraint, Found

_UNKNOWN_RESPONSE = 0.01
"""The response expected of an item that nobody has chosen yet, on popularity's scale of 0..1."""


@tool
def ads(
    context: Context,
    constraints: Constraints = (),
    limit: Limit = 10,
) -> Found:
    """Find offers: items of campaigns that run now and address this user, best first.

    Ranked by bid times expected response, which for now is the item's popularity in its domain. Facts name the
    campaign of each item."""
    snapshot = context.snapshot
    mask = snapshot.mask(constraints)
    best: dict[int, tuple[float, Campaign]] = {}
    for campaign in context.campaigns:
        if not _runs(campaign, context):
            continue
        for row in _rows(snapshot, campaign):
            worth = campaign.bid * max(float(snapshot.popularity[row]), _UNKNOWN_RESPONSE)
            if mask[row] and worth > best.get(row, (0.0, campaign))[0]:
                best[row] = (worth, campaign)
    order = sorted(best, key=lambda row: (-best[row][0], row))[:limit]
    candidates = tuple(Candidate(snapshot.item_id(row), best[row][0]) for row in order)
    return Found(candidates, {snapshot.item_id(row): _offer(best[row][1]) for row in order})


def _runs(campaign: Campaign, context: Context) -> bool:
    started = campaign.start is None or campaign.start <= context.now
    ended = campaign.end is not None and campaign.end < context.now
    addressed = not campaign.audience or context.user_id in campaign.audience
    return started and not ended and addressed and campaign.bid > 0


def _rows(snapshot: Snapshot, campaign: Campaign) -> Sequence[int]:
    rows = [int(row) for row in snapshot.rows(campaign.item_ids)]
    if campaign.categories:
        within = snapshot.mask([Constraint("categories", "in", campaign.categories)])
        rows += [int(row) for row in np.flatnonzero(within)]
    return list(dict.fromkeys(rows))


def _offer(campaign: Campaign) -> dict[str, str]:
    return {"campaign_id": campaign.campaign_id, "campaign": campaign.title}

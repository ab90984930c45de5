"""`ads`: sponsored offers of the campaigns that run now; never candidates for an organic list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from handpicked.tools import auction, placing
from handpicked.tools.data import response
from handpicked.tools.data.ad_ledger import DAY_S, AdTurn
from handpicked.tools.data.build import POSITIVE_EVENTS
from handpicked.tools.data.exposures import LATEST
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.response import Choices, Doubles
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.placing import RULES, Offer, Served, Slots
from handpicked.tools.search import Constraints, Limit
from handpicked.tools.types import Campaign, Candidate, Constraint, Event, Found, Json, Mask, Rows, Scalar

_CHOICE = 12
"""Items of an offer that stay in the running: the best may be refused, or shown for another campaign."""
_PRIOR = 0.01
_PRIOR_LEAST = 0.001
"""The response to the most popular item of a domain and to one that nobody chose, where nothing was learnt."""


@tool
def ads(context: Context, constraints: Constraints = (), limit: Limit = 100) -> Found:
    """Find offers (coupons, deals): items of campaigns that run now and address this user, best first.

    By bid times predicted response; a candidate's score is the response alone, since bids are the advertisers' secret.
    Facts name the campaign of each item; `offers` has all that may be auctioned, and `running` counts the campaigns
    for this user, whatever the constraints."""
    running = _running(context)
    mask = context.snapshot.mask(constraints)
    pairs = _offers(running, context, mask)
    pairs.sort(key=lambda pair: (-pair[0].bid * pair[1].response, pair[0].campaign_id))
    best: dict[str, tuple[Campaign, Offer]] = {}
    for campaign, offer in pairs:
        for item_id in offer.item_ids:
            best.setdefault(item_id, (campaign, offer))
    candidates = tuple(Candidate(item_id, offer.response) for item_id, (_, offer) in best.items())[:limit]
    facts: dict[str, Json] = {c.item_id: _named(best[c.item_id][0]) for c in candidates}
    return Found(
        candidates, facts | {"offers": [_plain(offer) for _, offer in pairs], "running": len(running)}
    )


def offers_of(facts: Mapping[str, Json]) -> list[Offer]:
    """The offers among the facts that the tool gave."""
    rows = facts.get("offers")
    found: list[Offer] = []
    for row in rows if isinstance(rows, Sequence) and not isinstance(rows, str) else ():
        match row:
            case {
                "campaign_id": str(campaign_id),
                "response": float() | int() as likely,
                "item_ids": [*item_ids],
            }:
                found.append(Offer(campaign_id, float(likely), tuple(map(str, item_ids))))
            case _:
                raise TypeError(f"no offer: {row!r}")
    return found


def serve(
    context: Context, offers: Sequence[Offer], turn: AdTurn, slots: int, *, refused: Collection[str] = ()
) -> Served:
    """Place the best offers in the turn's slots and charge for them; no ad shows an item of `refused`."""
    room = Slots(slots, _floor(context), refused)
    return placing.place(context.events.ads, context.campaigns, offers, turn, room)


def audiences(user_id: str | None, known: Mapping[str, Scalar]) -> Collection[str]:
    """What a campaign's audience calls this user: the id, and each attribute as `field=value`, lower case."""
    named = {f"{field}={value}".casefold() for field, value in known.items()}
    return named if user_id is None else {user_id, *named}


def addresses(campaign: Campaign, user: Collection[str]) -> bool:
    """Whether a campaign is for a user, given by `audiences`; one without an audience is for everybody."""
    if not campaign.audience:
        return True
    return any((member.casefold() if "=" in member else member) in user for member in campaign.audience)


def _running(context: Context) -> list[Campaign]:
    known = (context.events.user(context.user_id) if context.user_id is not None else None) or {}
    user = audiences(context.user_id, known)
    return [
        campaign
        for campaign in context.campaigns
        if campaign.bid >= RULES.reserve and auction.runs(campaign, context.now) and addresses(campaign, user)
    ]


def _offers(running: Sequence[Campaign], context: Context, mask: Mask) -> list[tuple[Campaign, Offer]]:
    """Each campaign's offer of what may be shown, with the response that the build's model predicts."""
    snapshot, choices = context.snapshot, _choices(context)
    found = [(campaign, rows[mask[rows]]) for campaign in running for rows in [_rows(snapshot, campaign)]]
    found = [(campaign, rows) for campaign, rows in found if len(rows)]
    if not found:
        return []
    model = snapshot.build.response.model
    if model is None:
        liked = np.maximum(_PRIOR * snapshot.popularity, _PRIOR_LEAST)
        responses = np.array([liked[rows].max() for _, rows in found], np.float64)
    else:
        offers = response.offers_matrix([rows for _, rows in found], len(snapshot))
        redeemed = sum(event.event == "redeem" and _before(event, context.now) for event in context.past)
        pairs = (np.zeros(len(found), np.int64), np.arange(len(found)))
        responses = model.predict(
            response.features(
                choices, offers, snapshot.shares, snapshot.kinds, np.array([float(redeemed)]), pairs
            )
        )
    affinity = snapshot.popularity.astype(np.float64)
    np.add.at(affinity, choices.item, np.exp(-choices.days / response.SLOW_DAYS))
    return [
        (campaign, Offer(campaign.campaign_id, float(likely), _best(snapshot, rows, affinity)))
        for (campaign, rows), likely in zip(found, responses, strict=True)
    ]


def _choices(context: Context) -> Choices:
    """The user's latest choices before now, as the model was taught them."""
    known = [
        (row, (context.now - event.timestamp) / DAY_S)
        for event in context.past
        if event.event in POSITIVE_EVENTS
        and event.timestamp is not None
        and event.timestamp < context.now
        and (row := context.snapshot.row(event.item_id)) is not None
    ][:LATEST]
    rows, days = (
        np.array([row for row, _ in known], np.int64),
        np.array([day for _, day in known], np.float64),
    )
    return Choices(np.zeros(len(known), np.int64), rows, days)


def _before(event: Event, now: float) -> bool:
    return event.timestamp is not None and event.timestamp < now


def _best(snapshot: Snapshot, rows: Rows, affinity: Doubles) -> tuple[str, ...]:
    """The items of an offer, those first that the user chooses most, then those that others do."""
    order = np.lexsort((rows, -affinity[rows]))[:_CHOICE]
    return tuple(snapshot.item_id(int(row)) for row in rows[order])


def _rows(snapshot: Snapshot, campaign: Campaign) -> Rows:
    rows = snapshot.rows(campaign.item_ids)
    if campaign.categories:
        within = snapshot.mask([Constraint("categories", "in", campaign.categories)])
        rows = np.union1d(rows, np.flatnonzero(within))
    return rows


def _floor(context: Context) -> float:
    """The response that an offer must reach, whatever it pays."""
    model = context.snapshot.build.response.model
    return RULES.quality * (_PRIOR_LEAST if model is None else model.base)


def _named(campaign: Campaign) -> dict[str, Json]:
    return {"campaign_id": campaign.campaign_id, "campaign": campaign.title}


def _plain(offer: Offer) -> dict[str, Json]:
    return {
        "campaign_id": offer.campaign_id, "response": offer.response, "item_ids": list(offer.item_ids),
    }  # fmt: skip

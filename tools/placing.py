"""Which offers of a turn are shown and charged: the auction, under the lock of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from handpicked.tools import auction
from handpicked.tools.auction import Bid, Placed, Rules
from handpicked.tools.data.ad_ledger import AdLedger, AdTurn, Standing
from handpicked.tools.errors import DataError
from handpicked.tools.types import Campaign

RULES = Rules()


@dataclass(frozen=True, slots=True)
class Offer:
    """A campaign that addresses this user now, the items that it may show, best first, and the predicted response."""

    campaign_id: str
    response: float
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slots:
    """How many ads a turn has room for, the response that an offer must reach, and items that none may show."""

    count: int
    floor: float = 0.0
    refused: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """The ads of a turn, paid for; `why_none` says why there is none, `degraded` what went wrong."""

    ads: tuple[Placed, ...] = ()
    why_none: str | None = None
    degraded: str | None = None


def place(
    ledger: AdLedger, campaigns: Iterable[Campaign], offers: Sequence[Offer], turn: AdTurn, slots: Slots
) -> Served:
    """Run the auction and charge for what it shows, or show nothing; a ledger that fails is told, not raised.

    A campaign with a cap is not shown to someone who can't be told from others: nobody could count. A turn that was
    charged before shows the same again, as far as it still may."""
    known = {campaign.campaign_id: campaign for campaign in campaigns}
    able = [offer for offer in offers if known[offer.campaign_id].cap is None or turn.known]
    if not able or not slots.count:
        nobody = "every offer is capped for each user: send a user_id or a session_id"
        return Served(why_none=nobody if offers and slots.count else "no campaign runs now")

    def decide(standing: Mapping[str, Standing]) -> tuple[Placed, ...]:
        bids = [_bid(offer, known[offer.campaign_id], standing, turn.now) for offer in able]
        return auction.run(bids, slots.count, reserve=RULES.reserve, floor=slots.floor, taken=slots.refused)

    try:
        placed = ledger.settle(turn, [offer.campaign_id for offer in able], decide)
    except DataError as err:
        return Served(why_none="no ad could be charged", degraded=f"ads: {err}")
    allowed = {
        (offer.campaign_id, item) for offer in able for item in offer.item_ids if item not in slots.refused
    }
    shown = tuple(ad for ad in placed if (ad.campaign_id, ad.item_id) in allowed)[: slots.count]
    return Served(shown, None if shown else "no campaign has an ad left for this turn")


def why_not(campaign: Campaign, at: Standing, now: float) -> str | None:
    """What keeps a campaign from being shown to anybody now, None where nothing does."""
    if campaign.bid < RULES.reserve:
        return f"bids less than the reserve of {RULES.reserve:g}"
    if not auction.runs(campaign, now):
        return "over" if campaign.end is not None and campaign.end < now else "not begun"
    if campaign.budget is not None and campaign.budget - at.spent < RULES.reserve:
        return "budget spent"
    if auction.paced(campaign, at.spent, now, RULES.slack) < RULES.reserve:
        return "waits: ahead of its time"
    return None


def _bid(offer: Offer, campaign: Campaign, standing: Mapping[str, Standing], now: float) -> Bid:
    at = standing.get(campaign.campaign_id, Standing())
    capped = campaign.cap is not None and at.seen >= campaign.cap
    amount = 0.0 if capped else auction.paced(campaign, at.spent, now, RULES.slack)
    return Bid(offer.campaign_id, offer.item_ids, amount, offer.response)

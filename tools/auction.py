"""The auction of one turn: which offers are shown, and what each pays. Pure; money is in the catalogue's currency.

A bid is what a campaign pays at most for being shown once. Offers are ranked by bid times predicted response, and each
pays the least that would have kept its place: a generalized second price with a quality score (Edelman, Ostrovsky and
Schwarz, "Internet Advertising and the Generalized Second-Price Auction", AER 2007; Varian, "Position auctions", 2007).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from handpicked.tools.types import Campaign


@dataclass(frozen=True, slots=True)
class Rules:
    """`reserve` is the lowest price of a showing; `quality` the share of the usual response that an offer's must reach;
    `slack` the share of a budget that may be spent ahead of time."""

    reserve: float = 0.01
    quality: float = 0.25
    slack: float = 0.05


@dataclass(frozen=True, slots=True)
class Bid:
    """A campaign's bid in one turn: what it pays at most, the items that it would show, best first, and how likely
    the user is to respond (0..1)."""

    campaign_id: str
    item_ids: tuple[str, ...]
    amount: float
    response: float

    @property
    def worth(self) -> float:
        """What offers are ranked by."""
        return self.amount * self.response


@dataclass(frozen=True, slots=True)
class Placed:
    """An offer in its place and the price of showing it once."""

    campaign_id: str
    item_id: str
    response: float
    price: float


def run(
    bids: Iterable[Bid], slots: int, *, reserve: float, floor: float = 0.0, taken: Collection[str] = ()
) -> tuple[Placed, ...]:
    """Fill up to `slots` places, best first; of a campaign there is one offer, and no item stands in two places.

    Bids below `reserve`, or with a response below `floor`, take no part. The price is the next one's bid times response
    over one's own response, at least the reserve and at most one's own bid. Ties go by campaign id."""
    ranking = sorted(
        (bid for bid in bids if bid.amount >= reserve and bid.response > 0 and bid.response >= floor),
        key=lambda bid: (-bid.worth, bid.campaign_id),
    )
    placed: list[Placed] = []
    gone = set(taken)
    for place, bid in enumerate(ranking):
        if len(placed) == slots:
            break
        item_id = next((item_id for item_id in bid.item_ids if item_id not in gone), None)
        if item_id is None:
            continue
        gone.add(item_id)
        placed.append(
            Placed(bid.campaign_id, item_id, bid.response, _price(bid, ranking[place + 1 :], reserve))
        )
    return tuple(placed)


def runs(campaign: Campaign, now: float) -> bool:
    """Whether a campaign's dates hold `now`, both ends inclusive."""
    started = campaign.start is None or campaign.start <= now
    return started and (campaign.end is None or now <= campaign.end)


def paced(campaign: Campaign, spent: float, now: float, slack: float) -> float:
    """What a campaign bids now: less the further its spending is ahead of its time, never more than it has left.

    The bid falls in a straight line from the whole, while the share of the budget that is spent is at most the share of
    the time that has passed, to nothing when it is `slack` ahead: a proportional form of bid shading by a pacing
    multiplier (Balseiro and Gur, "Learning in Repeated Auctions with Budgets", Management Science 2019; for throttling
    instead see Agarwal et al., "Budget Pacing for Targeted Online Advertisements at LinkedIn", KDD 2014). Without a
    budget, or without both dates, there is nothing to pace."""
    if campaign.budget is None:
        return campaign.bid
    left = max(0.0, campaign.budget - spent)
    if campaign.start is None or campaign.end is None or campaign.budget <= 0:
        return min(campaign.bid, left)
    length = campaign.end - campaign.start
    passed = min(max((now - campaign.start) / length, 0.0), 1.0) if length > 0 else 1.0
    ahead = spent / campaign.budget - passed
    return min(campaign.bid * min(max(1.0 - ahead / slack, 0.0), 1.0), left)


def _price(bid: Bid, behind: Sequence[Bid], reserve: float) -> float:
    floor_of_next = behind[0].worth / bid.response if behind else 0.0
    return min(bid.amount, max(reserve, floor_of_next))

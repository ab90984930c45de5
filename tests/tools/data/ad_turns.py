"""Simulated turns of a shop with ads, as a process of its own: `python ad_turns.py URL FIRST COUNT`.

Each turn is known by its number, so that a process may take over from one that was killed, and two may ask for the same."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

from handpicked.tools import auction
from handpicked.tools.data.ad_ledger import DAY_S, AdTurn
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.placing import Offer, Served, Slots, place
from handpicked.tools.types import Campaign

DAYS = 10
TURNS = 10_000
"""Turns in all `DAYS`: a turn's number is its time."""
SLOTS = 2
USERS = 60


def campaigns() -> list[Campaign]:
    """Fifteen campaigns of every kind: poor and rich, capped and not, with dates and without."""
    rng = random.Random(1)
    made: list[Campaign] = []
    for number in range(15):
        start = rng.choice([None, 0.0, 2 * DAY_S])
        end = rng.choice([None, 6 * DAY_S, DAYS * DAY_S])
        bid = round(rng.uniform(0.02, 0.6), 2)
        budget = rng.choice([None, round(bid * rng.uniform(2, 200), 3), round(bid * rng.uniform(2, 200), 3)])
        cap = rng.choice([None, 1, 2, 4])
        items = tuple(f"i{rng.randrange(20)}" for _ in range(3))
        made.append(Campaign(f"c{number}", items, (), (), start, end, bid, budget, cap))
    return made


def turns(first: int, count: int) -> Iterator[tuple[AdTurn, list[Offer]]]:
    """Turns from a number on, each with its offers; every tenth is asked for twice, clocks differ by minutes."""
    everyone = campaigns()
    for number in range(first, first + count):
        rng = random.Random(number)
        now = max(0.0, number / TURNS * DAYS * DAY_S + rng.uniform(-300, 300))
        user = rng.choice([None, *(f"u{n}" for n in range(USERS))])
        session = rng.choice([None, f"s{rng.randrange(20)}"])
        offers = [
            Offer(campaign.campaign_id, rng.betavariate(1, 50), campaign.item_ids)
            for campaign in everyone
            if auction.runs(campaign, now) and rng.random() < 0.8
        ]
        turn = AdTurn(f"r{number}", user, session, now)
        yield turn, offers
        if number % 10 == 0:
            yield turn, offers


def answered(store: EventStore, first: int, count: int) -> list[tuple[AdTurn, Served]]:
    """Place the ads of some turns."""
    everyone = campaigns()
    return [
        (turn, place(store.ads, everyone, offers, turn, Slots(SLOTS, floor=0.002)))
        for turn, offers in turns(first, count)
    ]


if __name__ == "__main__":
    opened = EventStore(sys.argv[1])
    print("ready", flush=True)
    found = [served for _, served in answered(opened, int(sys.argv[2]), int(sys.argv[3]))]
    late = [served for served in found if served.degraded is not None]
    assert not any(served.ads for served in late)
    assert all("another process is writing" in str(served.degraded) for served in late)
    print(f"{len(late)} of {len(found)}", flush=True)

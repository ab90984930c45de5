"""What ranks a household's coupons: chance, all households' purchases, its own, and the product's response model."""

from __future__ import annotations

import zlib

import numpy as np

from handpicked.eval.suites.ads import K
from handpicked.eval.suites.ads.data import SPLITS, World
from handpicked.eval.types import Case, Json, Options, Subject
from handpicked.tools.data import exposures, response
from handpicked.tools.data.exposures import Log, Past
from handpicked.tools.data.response import FEATURES, Doubles, Response


def subject(world: World, system: str, options: Options) -> Subject:
    """A system made ready as of the first day of the split."""
    cut = SPLITS[options.split][0]
    learnt = learn(world, cut)
    bids = np.array([campaign.bid for campaign in world.campaigns])

    def answer(case: Case) -> Json:
        household, day = case.data["household"], case.data["day"]
        offers = world.eligible(household, day)
        chance = np.random.default_rng([options.seed, zlib.crc32(case.id.encode())]).random(len(offers))
        seen = features(world, learnt, household, day, offers)
        match system:
            case "random":
                scores = chance
            case "popularity":
                scores = np.array([learnt.shares[world.rows[number]].sum() for number in offers])
            case "bought":
                scores = seen[:, FEATURES.index("bought")]
            case _:
                assert learnt.model is not None, "the data have redemptions enough"
                scores = learnt.model.predict(seen) * (bids[offers] if system == "worth" else 1.0)
        order = np.lexsort((chance, -scores))[:K]
        return {
            "offers": [world.campaigns[offers[int(at)]].campaign_id for at in order],
            "eligible": len(offers),
        }

    return answer


def learn(world: World, cut: float) -> Response:
    """What a build learns that knows nothing from `cut` on."""
    log, early = world.log, world.log.time < cut
    known = Log(log.users, log.user[early], log.item[early], log.time[early])
    redeemed = [e for e in world.redemptions if e.timestamp is not None and e.timestamp < cut]
    past = Past(redeemed, users=world.households)
    return exposures.fit(known, world.campaigns, past, world.table, now=cut)


def features(world: World, learnt: Response, household: str, day: float, offers: list[int]) -> Doubles:
    """The product's features of some campaigns for a household on a day."""
    before = [e for e in world.redemptions if e.user_id == household and (e.timestamp or day) < day]
    return response.features(
        world.log.before([household], day),
        response.offers_matrix([world.rows[number] for number in offers], len(world.table)),
        learnt.shares.astype(np.float64),
        response.kinds_of(world.table),
        np.array([float(len(before))]),
        (np.zeros(len(offers), np.int64), np.arange(len(offers))),
    )

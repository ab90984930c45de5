"""How many redemptions the response model expects, and how many there were: `python -m handpicked.eval.suites.ads.calibration`.

Every household that a mailing of the split reached counts, not only those that redeemed something."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from handpicked.agent.settings import Settings
from handpicked.eval.suites.ads import data, systems
from handpicked.eval.suites.ads.data import SPLITS, World
from handpicked.eval.types import Options
from handpicked.tools.data.response import Doubles

_GROUPS = 5


def predictions(world: World, split: str) -> Iterator[tuple[Doubles, Doubles]]:
    """For each household and day of a mailing: the responses expected to the coupons that began, and what came."""
    first, last = SPLITS[split]
    learnt = systems.learn(world, first)
    assert learnt.model is not None, "the data have redemptions enough"
    begun: defaultdict[float, list[int]] = defaultdict(list)
    for number, campaign in enumerate(world.campaigns):
        if campaign.start is not None and first <= campaign.start < last:
            begun[campaign.start].append(number)
    for day in sorted(begun):
        for household in sorted(world.households):
            eligible = {*world.eligible(household, day)}
            offers = [number for number in begun[day] if number in eligible]
            if not offers:
                continue
            expected = learnt.model.predict(systems.features(world, learnt, household, day, offers))
            ids = [world.campaigns[number].campaign_id for number in offers]
            yield expected, np.array([float((household, name) in world.redeemed) for name in ids])


def main() -> None:
    """Print expected and counted redemptions, by fifths of the offers from the least to the most likely."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=sorted(SPLITS), default="valid")
    split: str = parser.parse_args().split
    parts = list(predictions(data.world(Options(cache=Settings().cache)), split))
    expected, came = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(expected, kind="stable")
    print(f"{'offers':>10} {'expected':>9} {'came':>6}")
    for rows in [*np.array_split(order, _GROUPS), order]:
        print(f"{len(rows):>10,} {expected[rows].sum():>9.1f} {came[rows].sum():>6.0f}")


if __name__ == "__main__":
    main()

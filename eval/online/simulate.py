"""Made-up logs of which the truth is known: what estimators and tests are tried on. Users differ, and come back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handpicked.eval.online.offpolicy import Logged
from handpicked.eval.online.ratios import Doubles
from handpicked.tools.types import Event, Rows

SCENES = ("watch", "read")
POLICIES = ("sim/as-is", "sim/other")
_CONTEXTS, _ACTIONS = 6, 8
_WORLD = 20261
_EXAMINED = 0.85
"""A place is looked at with the probability of this to the power of the places before it."""
_TASTE = 0.3


@dataclass(frozen=True, slots=True)
class Bandit:
    """A world of contexts and choices, each (context, choice) with its reward: `logging` and `other` are the policies."""

    reward: Doubles
    logging: Doubles
    other: Doubles

    @property
    def truth(self) -> float:
        """What the other policy gets, exactly: contexts are equally frequent."""
        return float((self.other * self.reward).sum(axis=1).mean())


def bandit(overlap: str) -> Bandit:
    """A world where the other policy is `near` the logged one, `far` from it, or makes choices that it `never` makes."""
    rng = np.random.default_rng(_WORLD)
    reward = rng.uniform(0.1, 0.6, (_CONTEXTS, _ACTIONS))
    logging = _softmax(-1.5 * reward + rng.normal(0.0, 0.3, reward.shape))
    other = _softmax({"near": 3.0, "far": 9.0, "never": 3.0}[overlap] * reward)
    if overlap == "never":
        logging[np.arange(_CONTEXTS), other.argmax(axis=1)] = 0.0
        logging /= logging.sum(axis=1, keepdims=True)
    return Bandit(reward, logging, other)


def bandit_log(world: Bandit, rng: np.random.Generator, users: int) -> Logged:
    """A log of so many users, each with 1 to 9 rows of one context and a taste of its own that moves all its rewards; the
    model of rewards is the smoothed mean of each choice in each context over the other half of the users."""
    context, taste = rng.integers(_CONTEXTS, size=users), rng.uniform(-0.1, 0.1, users)
    user: Rows = np.repeat(np.arange(users), rng.integers(1, 10, users))
    seen = context[user]
    chosen = (rng.random((len(user), 1)) > world.logging[seen].cumsum(axis=1)).sum(axis=1)
    chosen = np.minimum(chosen, _ACTIONS - 1)
    reward = (rng.random(len(user)) < world.reward[seen, chosen] + taste[user]).astype(np.float64)
    expected, outlook = np.empty(len(user)), np.empty(len(user))
    for half in (0, 1):
        mine = user % 2 == half
        model = _learnt(seen[~mine], chosen[~mine], reward[~mine])
        expected[mine] = model[seen[mine], chosen[mine]]
        outlook[mine] = (world.other[seen[mine]] * model[seen[mine]]).sum(axis=1)
    return Logged(reward, world.logging[seen, chosen], world.other[seen, chosen], user, expected, outlook)


def _learnt(context: Rows, chosen: Rows, reward: Doubles) -> Doubles:
    cells = context * _ACTIONS + chosen
    size = _CONTEXTS * _ACTIONS
    got, n = np.bincount(cells, reward, size), np.bincount(cells, minlength=size)
    return ((got + 5.0 * reward.mean()) / (n + 5.0)).reshape(_CONTEXTS, _ACTIONS)


def _softmax(values: Doubles) -> Doubles:
    weights = np.exp(values)
    return weights / weights.sum(axis=1, keepdims=True)


@dataclass(frozen=True, slots=True)
class AbTest:
    """An A/B test day by day: `shown` and `clicked` are cumulative, (day, user); `arm` is 0 or 1 by user."""

    shown: Doubles
    clicked: Doubles
    arm: Rows


def ab_test(rng: np.random.Generator, *, users: int, days: int, lift: float) -> AbTest:
    """Users come for the first time on any day, and each day after with a probability of their own; each visit shows ten items.
    How often a user clicks is the user's own (a tenth on average), and in arm 1 `lift` times more."""
    arm: Rows = rng.integers(2, size=users)
    often, rate = rng.beta(1.0, 4.0, users), rng.beta(2.0, 18.0, users)
    first, day = rng.integers(days, size=users), np.arange(days)[:, None]
    comes = (day == first) | ((day > first) & (rng.random((days, users)) < often))
    clicks = rng.binomial(10, np.minimum(rate * np.where(arm == 1, 1.0 + lift, 1.0), 1.0), (days, users))
    return AbTest(10.0 * comes.cumsum(axis=0), (clicks * comes).cumsum(axis=0).astype(np.float64), arm)


@dataclass(frozen=True, slots=True)
class Rates:
    """What users do with an item that they look at, before their own taste."""

    open: float
    read: float
    buy: float


RATES = Rates(open=0.3, read=0.5, buy=0.1)
"""Of those looked at; of those opened; of those opened."""
LIFT = 0.2
"""How much more often items of the second policy are opened."""


def place_ctr(place: int, policy: str | None = None) -> float:
    """How often the item in a place, from 1, is opened: in one policy, or in both together."""
    lift = {None: LIFT / 2, POLICIES[0]: 0.0, POLICIES[1]: LIFT}[policy]
    return RATES.open * (1.0 + lift) * _EXAMINED ** (place - 1)


def event_log(rng: np.random.Generator, *, users: int, places: int = 5) -> list[Event]:
    """Impressions of one to six lists for each user, and what was done with them: each user has a policy by chance, a scene and
    a task by list, and a taste that makes all opening more or less likely by up to three tenths."""
    found: list[Event] = []
    for number in range(users):
        policy, taste = POLICIES[int(rng.integers(2))], float(rng.uniform(1 - _TASTE, 1 + _TASTE))
        for visit in range(int(rng.integers(1, 7))):
            scene, task = SCENES[int(rng.integers(2))], ("recommend", "search")[int(rng.integers(2))]
            for place in range(1, places + 1):
                one = Event(
                    f"u{number}", f"i{int(rng.integers(500))}-{place}", "impression", 60.0 * visit + place, None, scene,
                    None, f"u{number}-{visit}", place, 1.0, None, policy, task,
                )  # fmt: skip
                found += [one, *_responses(rng, one, taste * place_ctr(place, policy))]
    return found


def _responses(rng: np.random.Generator, shown: Event, likely: float) -> list[Event]:
    def did(kind: str, dwell_s: float | None = None) -> Event:
        when = None if shown.timestamp is None else shown.timestamp + 1.0
        return Event(shown.user_id, shown.item_id, kind, when, dwell_s=dwell_s, list_id=shown.list_id)

    if rng.random() >= likely:
        return []
    done = [did("click", float(rng.exponential(20.0)))]
    if rng.random() < RATES.read:
        done.append(did("read", float(rng.gamma(4.0, 15.0))))
    if rng.random() < RATES.buy:
        done.append(did("purchase"))
    return done

"""Who was offered what in the past, and who took it up: what the response model learns from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from handpicked.tools.data import response
from handpicked.tools.data.columns import Columns
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.response import Choices, Doubles, Response
from handpicked.tools.types import Campaign, Event, Rows, Scalar

LATEST = 300
"""How many of a user's choices count, the newest first; chosen on validation."""
EXAMPLES = 200_000
"""Offers that were not taken up are sampled down to about so many in all."""
WINDOW_S = 30 * 86_400.0
"""How long an offer without an end may be taken up."""
_LEAST_OF_A_CAMPAIGN = 20
_DAY_S = 86_400.0
_LATELY_S = 180 * _DAY_S


@dataclass(frozen=True)
class Log:
    """What was chosen, by user and then by time: columns of user numbers, catalogue rows and seconds since 1970."""

    users: Sequence[str]
    user: Rows
    item: Rows
    time: Doubles

    @classmethod
    def of(cls, users: Sequence[str], user: Rows, item: Rows, time: Doubles) -> Log:
        """Sort the rows; those without a time tell nothing of before and after and are left out."""
        timed = np.flatnonzero(~np.isnan(time))
        order = timed[np.lexsort((time[timed], user[timed]))]
        return cls(users, user[order].astype(np.int64), item[order], time[order])

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Users' numbers by id."""
        return {user_id: number for number, user_id in enumerate(self.users)}

    @cached_property
    def newest(self) -> float:
        """The time of the last row, 0 for an empty log."""
        return float(self.time.max(initial=0.0))

    def before(self, user_ids: Sequence[str], when: float) -> Choices:
        """The latest choices of some users before a time, as many as a turn reads; users are numbered as they come."""
        numbers = np.array([self.number.get(user_id, -1) for user_id in user_ids], np.int64)
        first = np.searchsorted(self.user, numbers, "left")
        last = np.array(
            [
                start + np.searchsorted(self.time[start:stop], when, "left")
                for start, stop in zip(first, np.searchsorted(self.user, numbers, "right"), strict=True)
            ],
            np.int64,
        )
        first = np.maximum(first, last - LATEST)
        length: Rows = np.maximum(last - first, 0)
        skipped: Rows = first - (np.cumsum(length) - length)
        rows: Rows = np.arange(int(length.sum()), dtype=np.int64)
        rows += np.repeat(skipped, length)
        of = np.repeat(np.arange(len(user_ids)), length)
        return Choices(of, self.item[rows], (when - self.time[rows]) / _DAY_S)

    def shares(self, when: float, items: int) -> Doubles:
        """Each catalogue row's share of what all chose lately before a time."""
        rows = np.flatnonzero((self.time < when) & (self.time >= when - _LATELY_S))
        return response.shares_at(self.item[rows], (when - self.time[rows]) / _DAY_S, items)


@dataclass(frozen=True, slots=True)
class Exposure:
    """An offer that reached a user: `weight` is how many like it this one stands for."""

    user_id: str
    campaign: int
    time: float
    answered: bool
    weight: float = 1.0


Answers = Sequence[Mapping[str, Sequence[float]]]
"""By campaign: when each user took it up. A redemption that names none counts for all that have its item."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of offers: `redemptions` are the events of kind `redeem`; `seen` are (user, campaign, time) of those
    that were shown; `users` have their attributes, for audiences."""

    redemptions: Sequence[Event] = ()
    seen: Sequence[tuple[str, str, float]] = ()
    users: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict[str, Mapping[str, Scalar]])


def past(store: EventStore, campaigns: Collection[str]) -> Past:
    """What a log knows of these campaigns: redemptions, and showings by the ledger or by events `impression` of which
    the list is a campaign."""
    seen = [(s.user_id, s.campaign_id, s.time) for s in store.ads.showings() if s.user_id is not None]
    for event in store.of_kind("impression"):
        if event.list_id is not None and event.timestamp is not None and event.list_id in campaigns:
            seen.append((event.user_id, event.list_id, event.timestamp))
    return Past(tuple(store.of_kind("redeem")), seen, store.users())


def fit(log: Log, campaigns: Sequence[Campaign], past: Past, table: Columns, *, now: float) -> Response:
    """Learn from every campaign that was over by `now`; the log's items are rows of `table`."""
    rows = [rows_of(campaign, table) for campaign in campaigns]
    found = list(gather(campaigns, rows, answers_of(campaigns, rows, table, past.redemptions), past, now=now))
    model = None
    if sum(exposure.answered for exposure in found) >= response.LEAST_POSITIVES:
        examples = _examples(found, rows, log, past.redemptions, table)
        answered = np.array([exposure.answered for exposure in found], bool)
        model = response.learn(examples, answered, np.array([exposure.weight for exposure in found]))
    shares = log.shares(min(now, np.nextafter(log.newest, np.inf)), len(table))
    return Response(model, shares.astype(np.float32))


def rows_of(campaign: Campaign, table: Columns) -> Rows:
    """The catalogue rows that a campaign is for."""
    named = [table.row_of[item_id] for item_id in campaign.item_ids if item_id in table.row_of]
    terms = table.terms.get("categories")
    within = [terms.rows_of(name) for name in campaign.categories] if terms is not None else []
    return np.unique(np.concatenate([np.array(named, np.int64), *within]))


def gather(
    campaigns: Sequence[Campaign],
    rows: Sequence[Rows],
    answers: Answers,
    past: Past,
    *,
    now: float,
    seed: int = 0,
) -> Iterator[Exposure]:
    """Every offer that was taken up, and a sample of those that were not, campaign by campaign.

    A campaign of which showings are known reached those users, when it was first shown to them; any other its audience,
    when it began, as coupons by mail do. One without either, or that can still be taken up, teaches nothing."""
    rng = np.random.default_rng(seed)
    shown = _first_shown(past.seen)
    members = _members(past.users)
    most = max(_LEAST_OF_A_CAMPAIGN, EXAMPLES // max(len(campaigns), 1))
    for number, campaign in enumerate(campaigns):
        reached = shown.get(campaign.campaign_id) or _mailed(campaign, members)
        if not len(rows[number]):
            continue
        ripe = [user_id for user_id in sorted(reached) if _over(campaign, reached[user_id]) <= now]
        took = answers[number]
        yes = [
            u for u in ripe if any(reached[u] <= t <= _over(campaign, reached[u]) for t in took.get(u, ()))
        ]
        yield from (Exposure(user_id, number, reached[user_id], True) for user_id in yes)
        no = sorted({*ripe}.difference(yes))
        drawn = np.sort(rng.choice(len(no), min(most, len(no)), replace=False)) if no else ()
        for at in map(int, drawn):
            yield Exposure(no[at], number, reached[no[at]], False, len(no) / len(drawn))


def _examples(
    found: Sequence[Exposure], rows: Sequence[Rows], log: Log, redemptions: Iterable[Event], table: Columns
) -> Doubles:
    """Features of exposures, in their order, each as of the beginning of its day."""
    kinds = response.kinds_of(table)
    redeemed = _redeemed(redemptions)
    by_day: defaultdict[float, list[int]] = defaultdict(list)
    for at, exposure in enumerate(found):
        by_day[exposure.time // _DAY_S * _DAY_S].append(at)
    made = np.empty((len(found), len(response.FEATURES)))
    for day, ats in by_day.items():
        users, user = np.unique([found[at].user_id for at in ats], return_inverse=True)
        numbers: Rows = np.array([found[at].campaign for at in ats], np.int64)
        offered, offer = np.unique(numbers, return_inverse=True)
        user_ids: list[str] = users.tolist()
        made[ats] = response.features(
            log.before(user_ids, day),
            response.offers_matrix([rows[int(number)] for number in offered], len(table)),
            log.shares(day, len(table)),
            kinds,
            np.array([np.searchsorted(redeemed.get(user_id, ()), day) for user_id in user_ids], np.float64),
            (user, offer),
        )
    return made


def _redeemed(redemptions: Iterable[Event]) -> Mapping[str, Sequence[float]]:
    """When each user redeemed something, in order."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for event in redemptions:
        if event.timestamp is not None:
            found[event.user_id].append(event.timestamp)
    return {user_id: sorted(times) for user_id, times in found.items()}


def _first_shown(seen: Iterable[tuple[str, str, float]]) -> Mapping[str, dict[str, float]]:
    """By campaign: when each user was shown it first."""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for user_id, campaign_id, time in seen:
        first = found[campaign_id]
        first[user_id] = min(time, first.get(user_id, time))
    return found


def _mailed(campaign: Campaign, members: Mapping[str, Sequence[str]]) -> dict[str, float]:
    if campaign.start is None:
        return {}
    start = campaign.start
    return {
        user_id: start
        for member in campaign.audience
        for user_id in (members.get(member.casefold(), ()) if "=" in member else (member,))
    }


def _members(users: Mapping[str, Mapping[str, Scalar]]) -> Mapping[str, Sequence[str]]:
    """Users by `field=value`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for user_id, known in users.items():
        for name, value in known.items():
            found[f"{name}={value}".casefold()].append(user_id)
    return found


def _over(campaign: Campaign, time: float) -> float:
    return time + WINDOW_S if campaign.end is None else campaign.end


def answers_of(
    campaigns: Sequence[Campaign], rows: Sequence[Rows], table: Columns, redemptions: Iterable[Event]
) -> Answers:
    number = {campaign.campaign_id: at for at, campaign in enumerate(campaigns)}
    having: defaultdict[str, list[int]] = defaultdict(list)
    for at, theirs in enumerate(rows):
        for row in theirs.tolist():
            having[table.ids[row]].append(at)
    found: list[dict[str, list[float]]] = [{} for _ in campaigns]
    for event in redemptions:
        named = number.get(event.list_id or "")
        for at in having.get(event.item_id, ()) if named is None else (named,):
            if event.timestamp is not None:
                found[at].setdefault(event.user_id, []).append(event.timestamp)
    return found

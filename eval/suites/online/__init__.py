"""The `online` suite: rates of a log of what was shown, by user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import numpy as np

from handpicked.agent.app import wiring
from handpicked.agent.settings import Settings
from handpicked.eval.online import figures, log, simulate
from handpicked.eval.online.log import Impression
from handpicked.eval.types import Case, Json, Options, Scores, Subject

PARTS = ("simulated", "workspace")
_TRUTH = "ctr_truth"
_USERS, _QUICK_USERS = 1_000, 200


class _Online:
    def cases(self, options: Options) -> list[Case]:
        """A user in a group of impressions, with the sums that the rates are made of: another log is another run.

        A workspace without impressions has no case."""
        parts = [part for part in PARTS if not options.parts or part in options.parts]
        return [case for part in parts for case in _cases(part, options)]

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """A log needs no preparation: it says what happened."""
        yield lambda case: case.data["sums"]

    def score(self, case: Case, answer: Json) -> Scores:
        """Both sums of each metric, 0 of 0 where the group has none; what is to be expected where that is known."""
        scores = {f"{name}.{side}": 0.0 for name in figures.METRICS for side in ("of", "n")}
        for name, (above, below) in answer.items():
            scores |= {f"{name}.of": above, f"{name}.n": below}
        return scores


def _cases(part: str, options: Options) -> Sequence[Case]:
    impressions = _simulated(options) if part == "simulated" else _logged(options)
    expected = _expected(impressions) if part == "simulated" else {}
    sums: defaultdict[tuple[str, str], dict[str, Json]] = defaultdict(dict)
    for one in figures.sums(impressions):
        for user, *both in zip(one.users, one.above.tolist(), one.below.tolist(), strict=True):
            sums[one.group, user][one.metric] = both
    for key, both in expected.items():
        sums[key][_TRUTH] = both
    return [
        Case(f"{user} in {group}", part, (f"{part}/{group}",), {"sums": made})
        for (group, user), made in sums.items()
    ]


def _simulated(options: Options) -> list[Impression]:
    users = _QUICK_USERS if options.quick else _USERS
    made = simulate.event_log(np.random.default_rng(options.seed), users=users)
    return log.joined((), made).impressions


def _expected(impressions: Sequence[Impression]) -> dict[tuple[str, str], list[float]]:
    """By group and user: how many of the impressions are opened on average, and how many there are."""
    found: dict[tuple[str, str], list[float]] = {}
    for one in impressions:
        assert one.event.position is not None, "simulated lists have places"
        for group in figures.groups_of(one):
            sums = found.setdefault((group, one.event.user_id), [0.0, 0.0])
            sums[0] += simulate.place_ctr(one.event.position, one.event.policy)
            sums[1] += 1.0
    return found


def _logged(options: Options) -> list[Impression]:
    if options.workspace is None:
        return []
    return log.read(wiring.open_workspace(Settings(workspace=options.workspace)).events).impressions


task = _Online()

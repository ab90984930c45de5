"""A/B tests that may be looked at whenever one likes: differences with confidence sequences.

No kept library has these for ratios by user: `confseq` was last released in 2023 and needs a C++ compiler, `expan` is older, and
`spotify-confidence` wants the number of looks beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from handpicked.eval.online.figures import Sums
from handpicked.eval.online.ratios import between
from handpicked.tools.errors import DataError

ALPHA = 0.05
PLANNED = 5_000
FEWEST = 100
"""Users of either policy before the first look: the sequence rests on a central limit theorem."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A policy less the first one. `fixed` is the 95% interval for a test that is looked at once; `low` and `high` hold the
    true difference at all looks together in 95% of tests; `p` is valid at any look."""

    policy: str
    metric: str
    difference: float
    fixed: tuple[float, float]
    low: float
    high: float
    p: float
    users: int

    @property
    def decided(self) -> bool:
        """Whether the test may be stopped: the sequence excludes no difference."""
        return not self.low <= 0.0 <= self.high


def compare(first: Sums, other: Sums, *, planned: int = PLANNED) -> Compared:
    """Compare two policies by their users' sums. `planned` is the number of users at which the sequence shall be narrowest,
    chosen before the test; it is valid for any. Raises DataError for fewer than FEWEST users of either."""
    one, two = first.ratio, other.ratio
    if min(one.users, two.users) < FEWEST:
        raise DataError(
            f"{other.group}: {min(one.users, two.users)} users of a policy have {other.metric}; a comparison needs {FEWEST}"
        )
    difference, variance = two.value - one.value, one.variance + two.variance
    users = one.users + two.users
    wide = radius(variance, users, mixture(planned))
    return Compared(
        other.group.removeprefix("policy "),
        other.metric,
        difference,
        between(difference, variance, min(one.users, two.users) - 1),
        difference - wide,
        difference + wide,
        always_valid_p(difference, variance, users, mixture(planned)),
        users,
    )


def by_policy(sums: Sequence[Sums], *, planned: int = PLANNED) -> tuple[list[Compared], list[str]]:
    """Each policy of an experiment against the first by name of its log, metric by metric; and why some can't be compared yet.

    Policies are `experiment/arm`; those of different experiments are never compared."""
    found, left_out = list[Compared](), list[str]()
    first: dict[tuple[str, str], Sums] = {}
    for one in sums:
        if not one.group.startswith("policy "):
            continue
        before = first.setdefault((one.group.partition("/")[0], one.metric), one)
        if before is not one:
            try:
                found.append(compare(before, one, planned=planned))
            except DataError as err:
                left_out.append(str(err))
    return found, left_out


def mixture(planned: int, alpha: float = ALPHA) -> float:
    """The mixture's rho that makes the sequence narrowest at so many users (Waudby-Smith et al., Annals of Statistics 52(6),
    2024, appendix on tuning: the approximation by the lower branch of Lambert's W, as in Howard et al. 2021, eq. 24)."""
    bound = -2.0 * log(alpha)
    return sqrt((bound + log(bound + 1.0)) / planned)


def radius(variance: float, users: int, rho: float, alpha: float = ALPHA) -> float:
    """Half the width of the asymptotic confidence sequence (Waudby-Smith et al. 2024, theorem 2.2) at so many users, where
    `variance` is that of the estimate: their sigma^2 / t. The difference of two ratios by user is asymptotically linear
    over users in random arms, which is all that their theorem on treatment effects asks for."""
    grown = users * rho * rho
    return sqrt(variance * 2.0 * (grown + 1.0) / grown * log(sqrt(grown + 1.0) / alpha))


def always_valid_p(difference: float, variance: float, users: int, rho: float) -> float:
    """One over the mixture's likelihood ratio against no difference, the mSPRT with a normal mixture (Johari, Koomen, Pekelis
    & Walsh, KDD 2017, eq. 5), at most 1: below ALPHA just where the sequence excludes 0."""
    if variance == 0.0:
        return 1.0 if difference == 0.0 else 0.0
    grown = users * rho * rho
    power = difference * difference / variance * grown / (2.0 * (grown + 1.0))
    return min(1.0, sqrt(grown + 1.0) * exp(-power))

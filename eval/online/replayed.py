"""What another policy's lists would have got on the impressions of a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handpicked.eval.online.log import Impression
from handpicked.eval.online.offpolicy import Estimate, Logged, estimate
from handpicked.eval.online.ratios import Ratio
from handpicked.tools.errors import ConfigError, DataError

Policy = Mapping[str, Mapping[str, float]]
"""By list and item: how likely the other policy has the item in that list."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    list_id: str
    item_id: str
    propensity: float = Field(gt=0, le=1)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The estimate and the impressions that it is made of."""

    estimate: Estimate
    rows: int

    @property
    def by_name(self) -> Mapping[str, Ratio]:
        """The figures by the estimators' names, the log's own first."""
        one = self.estimate
        return {"logged": one.logged, "ips": one.ips, "snips": one.snips}


def load(path: Path) -> Policy:
    """Read lines of `{"list_id", "item_id", "propensity"}`; what isn't named is never in its list. Raises ConfigError that names
    the line."""
    found: dict[str, dict[str, float]] = {}
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = _Line.model_validate_json(text)
        except ValidationError as err:
            first = err.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "line"
            raise ConfigError(f"{path}, line {number}: {where}: {first['msg']}") from err
        found.setdefault(line.list_id, {})[line.item_id] = line.propensity
    return found


def clicks(impressions: Sequence[Impression], policy: Policy) -> Replayed:
    """The part of the other policy's places that would be opened, on the lists that it is known for and that have propensities.

    Lists are taken to be of the logged length, and an item to be opened as often whatever its place and its neighbours are: the
    estimator for items each by itself (Li et al., KDD 2018, section 4.2). Raises DataError where the overlap is too small."""
    rows = [
        one
        for one in impressions
        if one.event.list_id in policy and one.event.propensity is not None and one.event.propensity > 0
    ]
    if not rows:
        raise DataError("no estimate: no list of the file was shown with propensities")
    numbers: dict[str, int] = {}
    log = Logged(
        reward=np.array([one.opened for one in rows], np.float64),
        logged=np.array([one.event.propensity for one in rows], np.float64),
        other=np.array(
            [policy[one.event.list_id or ""].get(one.event.item_id, 0.0) for one in rows], np.float64
        ),
        user=np.array([numbers.setdefault(one.event.user_id, len(numbers)) for one in rows], np.int64),
    )
    return Replayed(estimate(log), len(rows))

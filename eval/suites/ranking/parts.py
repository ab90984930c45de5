"""The parts of the suite: a data set under a protocol, made ready for systems and for scoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from handpicked.eval.suites.ranking import kinds, protocols
from handpicked.eval.suites.ranking.data import READERS, Interactions
from handpicked.eval.suites.ranking.protocols import Protocol
from handpicked.eval.types import Options
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Floats, Mask, Rows

PARTS: Mapping[str, Protocol] = {
    "ml-100k/stratified": protocols.by_item,
    "ml-100k/random": protocols.tenths,
    "ml-100k/time": protocols.by_time,
    "ml-100k/last": protocols.last,
    "groceries/time": protocols.by_time,
    "lastfm/random": protocols.by_user,
}
_QUICK = ("ml-100k/random", "ml-100k/time")


@dataclass(frozen=True, slots=True)
class Training:
    """What a system gets: `matrix`, users x items, a CSR matrix of ones; `seen`, the same shape: what it must not
    recommend (`matrix`, and the validation part where a protocol sets one aside); for each user its columns in
    `matrix`, newest first; the ids of the columns."""

    matrix: Any
    seen: Any
    histories: Sequence[Rows]
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """`relevant` has the ids to be found for each user who has any, by the user's row; `kinds` is items x kinds, where
    they are known."""

    training: Training
    user_ids: tuple[str, ...]
    relevant: Mapping[int, tuple[str, ...]]
    kinds: Floats | None = None


def wanted(options: Options) -> tuple[str, ...]:
    """The parts that are asked for, else all, or two when it is to be quick. Raises ConfigError for one that
    there isn't."""
    for name in options.parts:
        if name not in PARTS:
            raise ConfigError(f"ranking has no part {name!r}; it has {', '.join(PARTS)}")
    return options.parts or (_QUICK if options.quick else tuple(PARTS))


def load(name: str, options: Options) -> Part:
    """Read and split a part; kept for the process. Raises ConfigError when its data are missing."""
    return _load(name, Options(split=options.split, data=options.data, cache=options.cache))


def prepare(data: Interactions, protocol: Protocol, split: str) -> Part:
    """Split interactions and shape them for systems."""
    cut = protocol(data, split)
    training = Training(
        _matrix(data, cut.train),
        _matrix(data, cut.seen),
        protocols.newest_first(data, cut.train),
        data.item_ids,
    )
    users, items = data.users[cut.held], data.items[cut.held]
    order = np.argsort(users, kind="stable")
    relevant: dict[int, list[str]] = {}
    for row in order:
        relevant.setdefault(int(users[row]), []).append(data.item_ids[int(items[row])])
    return Part(training, data.user_ids, {user: tuple(ids) for user, ids in relevant.items()})


@lru_cache(maxsize=len(PARTS))
def _load(name: str, options: Options) -> Part:
    data_set = name.split("/")[0]
    part = prepare(_read(data_set, options), PARTS[name], options.split)
    return replace(part, kinds=kinds.of(data_set, options, part.training.item_ids))


@lru_cache(maxsize=len(READERS))
def _read(name: str, options: Options) -> Interactions:
    return READERS[name](options)


def _matrix(data: Interactions, rows: Mask) -> Any:
    sparse: Any = import_module("scipy.sparse")
    shape = (len(data.user_ids), len(data.item_ids))
    ones = np.ones(int(rows.sum()), np.float32)
    return sparse.csr_matrix((ones, (data.users[rows], data.items[rows])), shape=shape)

"""How the demo's files are written: JSON lines for items, users and campaigns, Parquet for events."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handpicked.tools.types import Campaign, Item, Json

pa: Any = import_module("pyarrow")
parquet: Any = import_module("pyarrow.parquet")

Counts = Mapping[str, int]
"""What was read, kept, merged and lost, by a name that a person understands."""


@dataclass(frozen=True, slots=True)
class Log:
    """Events of one kind, one row each; `user` and `item` point into `users` and `items`.

    `timestamp` is in seconds since 1970 (UTC)."""

    event: str
    scene: str
    users: tuple[str, ...]
    items: tuple[str, ...]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    timestamp: NDArray[np.int64]
    value: NDArray[np.float64]
    """NaN where the event has no value."""
    campaigns: tuple[str, ...] = ()
    campaign: NDArray[np.int32] | None = None
    """The campaign that each event answers, written as its `list_id`; None where events answer none."""

    def __len__(self) -> int:
        return len(self.user)


def write_items(path: Path, items: Iterable[Item]) -> None:
    """Write one item a line; what is empty is left out, attributes become columns of their own."""
    write_rows(path, (_item_row(item) for item in items))


def write_campaigns(path: Path, campaigns: Iterable[Campaign]) -> None:
    write_rows(path, (_filled(campaign) for campaign in campaigns))


def write_rows(path: Path, rows: Iterable[Mapping[str, Json]]) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    os.replace(part, path)


def write_logs(path: Path, logs: Iterable[Log]) -> None:
    part = path.with_name(path.name + ".part")
    parquet.write_table(pa.concat_tables([_table(log) for log in logs]), part, compression="zstd")
    os.replace(part, path)


def _item_row(item: Item) -> dict[str, Json]:
    row = _filled(item)
    row.pop("attributes", None)
    return row | dict(item.attributes)


def _filled(value: Item | Campaign) -> dict[str, Json]:
    pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: content for name, content in pairs if content not in (None, "", ())}


def _table(log: Log) -> Any:
    def names(codes: NDArray[np.int32], words: tuple[str, ...]) -> Any:
        return pa.array(list(words)).take(pa.array(codes))

    columns = {} if log.campaign is None else {"list_id": names(log.campaign, log.campaigns)}
    return pa.table(
        {
            **columns,
            "user_id": names(log.user, log.users),
            "item_id": names(log.item, log.items),
            "timestamp": pa.array(log.timestamp),
            "event": names(np.zeros(len(log), dtype=np.int32), (log.event,)),
            "value": pa.array(log.value, mask=np.isnan(log.value)),
            "scene": names(np.zeros(len(log), dtype=np.int32), (log.scene,)),
        }
    )

"""Frozen records to canonical JSON and back, and the short keys by which equal records are known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from hashlib import blake2b
from itertools import islice
from typing import Any, TypeVar, cast

import orjson

from handpicked.tools.types import Campaign, Dialogue, Item

Record = TypeVar("Record", Item, Campaign, Dialogue)
Value = TypeVar("Value")


def encode(record: Item | Campaign | Dialogue) -> str:
    """Give the record's JSON: keys sorted, defaults left out, so that equal records give equal text."""
    return dump(
        {name: v for name, default in _fields(type(record)) if (v := getattr(record, name)) != default}
    )


def decode(kind: type[Record], text: str) -> Record:
    """Read what `encode` wrote."""
    values: dict[str, Any] = orjson.loads(text)
    return kind(**{name: _frozen(value) for name, value in values.items()})


def dump(values: Mapping[str, object]) -> str:
    """Give canonical JSON."""
    try:
        return orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        # Integers beyond 64 bits.
        return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def key_of(text: str) -> int:
    """Give a signed 64-bit key: at 10 million records two of them collide once in 400,000 cases."""
    return int.from_bytes(
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True
    )


def batches(values: Iterable[Value], size: int) -> Iterator[list[Value]]:
    """Cut a stream into lists of `size`."""
    stream = iter(values)
    while batch := list(islice(stream, size)):
        yield batch


@cache
def _fields(kind: type) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, _default(field)) for field in fields(kind))


def _frozen(value: Any) -> Any:
    return tuple(cast(list[Any], value)) if isinstance(value, list) else value


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default

"""Whether an item keeps a constraint, judged from its fields as the catalogue has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handpicked.eval.suites.grounding.words import key_of
from handpicked.tools.types import Constraint, Item

_PLURAL = {"language": "languages", "country": "countries"}


def keeps(item: Item, constraint: Constraint) -> bool:
    """An unknown value keeps no range and no `in`; a language or country may be any of the item's, but only its
    first is one that `not_in` can refuse."""
    value = _value(item, constraint.field)
    if constraint.op == "range":
        low, high = constraint.value
        number: Any = value
        return number is not None and (low is None or number >= low) and (high is None or number <= high)
    wanted = {key_of(str(term)) for term in constraint.value}
    has = {key_of(str(term)) for term in _terms(value)}
    if constraint.op == "not_in":
        return not has & wanted
    more = item.attributes.get(_PLURAL.get(constraint.field, ""))
    return bool((has | {key_of(term) for term in str(more or "").split(",")}) & wanted)


def _value(item: Item, field: str) -> object:
    return item.attributes.get(field) if field in item.attributes else getattr(item, field, None)


def _terms(value: object) -> Sequence[object]:
    if value is None:
        return ()
    if isinstance(value, tuple | list):
        return value  # pyright: ignore[reportUnknownVariableType]  terms of any kind, told apart as text
    return (value, *value.split(", ")) if isinstance(value, str) else (value,)

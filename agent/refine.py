"""Constraints in force and those that a follow-up adds: which stand, which give way, which are joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from handpicked.agent.followups import Compared, Marks
from handpicked.tools.data.text import normalize
from handpicked.tools.types import Constraint, Scalar

_STEPS = {"year": 1.0, "runtime": 1.0, "price": 0.01, "rating": 0.1}
"""By how much "older" than a year is at least older."""
Bound = float | None


@dataclass(frozen=True, slots=True)
class Refined:
    """The constraints in force after a follow-up, and the words of those that are no more."""

    constraints: tuple[Constraint, ...]
    dropped: tuple[str, ...]


def refined(
    old: Sequence[Constraint], said: Sequence[Constraint], marks: Marks, measures: Mapping[str, float]
) -> Refined:
    """Old constraints stay but where new ones say otherwise. By field: a new bound replaces the old one on its side, and
    both sides where they can't hold together; new terms replace the old ones; refused terms come to those refused
    before. "Instead" drops the old, "of those" keeps it, "too" joins both. What is released is off.

    `measures` are the middles of what was shown, for "older" and the like."""
    fresh = _with_compared(said, marks.compared, measures)
    kept: list[Constraint] = []
    dropped: list[str] = []
    for one in old:
        left = None if one.field in marks.released else _left(one, fresh, marks)
        kept += [left] if left is not None else []
        dropped += [one.span] if one.span and left is None else []
    joined = [_joined(new, old) for new in fresh] if marks.widens else fresh
    constraints = [*kept, *(new for new in joined if new is not None)]
    return Refined(tuple(dict.fromkeys(constraints)), tuple(dropped))


def _with_compared(
    said: Sequence[Constraint], compared: Sequence[Compared], measures: Mapping[str, float]
) -> list[Constraint]:
    """The new constraints with the bounds of comparisons; a bound in numbers goes before one by comparison, and one by
    comparison before what its words mean by themselves ("cheap")."""
    words = {one.span for one in compared if one.field in measures}
    fresh = [c for c in said if not (c.op == "range" and c.span in words)]
    bounded = {constraint.field for constraint in fresh if constraint.op == "range"}
    for one in compared:
        if one.field in measures and one.field not in bounded:
            bounded.add(one.field)
            fresh.append(_beyond(one, measures[one.field]))
    return fresh


def _beyond(one: Compared, middle: float) -> Constraint:
    step = _STEPS[one.field]
    value = round(middle - step if one.side == "less" else middle + step, 2)
    value = int(value) if one.field in ("year", "runtime") else value
    return Constraint(
        one.field, "range", (None, value) if one.side == "less" else (value, None), "text", one.span
    )


def _left(old: Constraint, fresh: Sequence[Constraint], marks: Marks) -> Constraint | None:
    """What is left of an old constraint beside the new ones on its field."""
    left: Constraint | None = old
    for new in fresh:
        if left is None or new.field != old.field:
            continue
        if left.op == "range" and new.op == "range":
            left = None if marks.instead or marks.widens else _other_side(left, new)
        elif left.op == "in" and new.op == "in":
            left = left if marks.narrows else None
        elif left.op != new.op and "range" not in (left.op, new.op):
            left = _without(left, new.value)
    return left


def _other_side(old: Constraint, new: Constraint) -> Constraint | None:
    low, high = (
        None if theirs is not None else mine for mine, theirs in zip(_bounds(old), _bounds(new), strict=True)
    )
    if low is None and high is None:
        return None
    new_low, new_high = _bounds(new)
    apart = (low is not None and new_high is not None and low > new_high) or (
        high is not None and new_low is not None and new_low > high
    )
    return (
        None if apart else old if (low, high) == _bounds(old) else replace(old, value=(low, high), span=None)
    )


def _without(old: Constraint, values: Sequence[Scalar | None]) -> Constraint | None:
    gone = {normalize(str(value)) for value in values}
    left = tuple(value for value in old.value if normalize(str(value)) not in gone)
    return None if not left else old if left == old.value else replace(old, value=left, span=None)


def _joined(new: Constraint, old: Sequence[Constraint]) -> Constraint | None:
    """A new constraint widened by the old of its kind; a term that was refused until now is only no longer so."""
    same = [c for c in old if c.field == new.field and c.op == new.op]
    if new.op == "in" and not same and any(c.field == new.field and c.op == "not_in" for c in old):
        return None
    if new.op == "not_in" or not same:
        return new
    spans = ", ".join(dict.fromkeys(c.span for c in (*same, new) if c.span)) or None
    if new.op == "in":
        return replace(new, value=tuple(dict.fromkeys(v for c in (*same, new) for v in c.value)), span=spans)
    lows, highs = zip(*(_bounds(c) for c in (*same, new)), strict=True)
    low = None if None in lows else min(v for v in lows if v is not None)
    high = None if None in highs else max(v for v in highs if v is not None)
    return replace(new, value=(low, high), span=spans)


def _bounds(constraint: Constraint) -> tuple[Bound, Bound]:
    low, high = (float(v) if isinstance(v, int | float) else None for v in constraint.value)
    return _whole(low), _whole(high)


def _whole(value: Bound) -> Bound:
    return int(value) if value is not None and value == int(value) else value

"""When a constraint that was read is the one that a label means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def same(found: Sequence[Sequence[Any]], wanted: Sequence[Sequence[Any]]) -> bool:
    """Whether exactly the wanted (field, op, value) were read, each found one being at least one of the wanted."""
    more = [one for one in found if one[0] != "domain"]
    return all(any(alike(want, one) for one in found) for want in wanted) and all(
        any(alike(want, one) for want in wanted) for one in more
    )


def alike(want: Sequence[Any], found: Sequence[Any]) -> bool:
    """Whether a range is equal, or terms have one in common; what is cheap or dear needs a bound on that side."""
    if want[0] != found[0] or want[1] != found[1]:
        return False
    if want[2] in ("cheap", "dear"):
        return found[2][1 if want[2] == "cheap" else 0] is not None
    if want[1] == "range":
        return all(_near(one, other) for one, other in zip(want[2], found[2], strict=True))
    return bool(set(map(plain, want[2])) & set(map(plain, found[2])))


def plain(value: object) -> str:
    """A value without what spelling adds to it."""
    return " ".join(str(value).casefold().replace("-", " ").replace("&", " and ").replace("/", " ").split())


def _near(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) < 0.01

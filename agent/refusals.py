"""What a refusal of goods implies: "no pork" is no beans with pork either, whatever the shelf they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from handpicked.agent import wording
from handpicked.tools.data.columns import Columns
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import normalize
from handpicked.tools.types import Constraint, Mask


def implied(
    snapshot: Snapshot, constraints: Sequence[Constraint], domain: Sequence[Constraint]
) -> tuple[Constraint, ...]:
    """Further categories and items to leave out, by their names; of goods only, since a title says little of a work.

    They come from the `context`: the text doesn't say them."""
    found: list[Constraint] = []
    for refused in constraints:
        if refused.field != "categories" or refused.op != "not_in":
            continue
        words = frozenset(_words(refused))
        if not words or not is_goods(snapshot, refused):
            continue
        goods = _unsigned(snapshot)
        named = [name for name in snapshot.terms("categories") if words & set(map(_stem, name.split()))]
        more = tuple(sorted(set(named) - {normalize(str(value)) for value in refused.value}))
        kept = snapshot.mask(
            [*domain, refused, *([Constraint("categories", "not_in", more)] if more else [])]
        )
        items = tuple(
            snapshot.item_id(int(row))
            for row in np.flatnonzero(kept & goods)
            if _has(snapshot, int(row), words)
        )
        found += [Constraint("categories", "not_in", more, "context", refused.span)] if more else []
        found += [Constraint("item_id", "not_in", items, "context", refused.span)] if items else []
    return tuple(found)


def _words(refused: Constraint) -> Iterator[str]:
    """The words that names of such goods have: of its kind, or the name of a category of one word."""
    kinds = wording.load().kinds
    for value in map(str, refused.value):
        if value in kinds:
            yield from (_stem(word) for word in kinds[value])
        elif value.isalpha():
            yield _stem(value.casefold())


def is_goods(snapshot: Snapshot, constraint: Constraint) -> bool:
    """Whether most of what has these categories was made by nobody in particular."""
    if constraint.field != "categories":
        return False
    asked = snapshot.mask([Constraint("categories", "in", constraint.value)])
    return 2 * int((_unsigned(snapshot) & asked).sum()) > int(asked.sum())


def _unsigned(snapshot: Snapshot) -> Mask:
    """Rows without a creator."""
    rows = np.ones(len(snapshot), bool)
    for part, offset in ((snapshot.build.columns, 0), (snapshot.delta.columns, len(snapshot.build.columns))):
        rows[offset : offset + len(part)] = ~_made(part)
    return rows


def _made(part: Columns) -> Mask:
    made = np.zeros(len(part), bool)
    if (creators := part.terms.get("creators")) is not None:
        made[creators.rows] = True
    return made


def _has(snapshot: Snapshot, row: int, words: frozenset[str]) -> bool:
    """Whether an item's title has one of the words, and is no substitute ("vegetarian meats")."""
    build = snapshot.build.columns
    titles = build.titles[row] if row < len(build) else snapshot.delta.columns.titles[row - len(build)]
    said = {_stem(word) for word in titles[0].split()}
    return bool(said & words) and not said & wording.load().substitutes


def _stem(word: str) -> str:
    return word.removesuffix("s")

"""`lookup`: items by id, by title, by attribute; answers facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field
from rapidfuzz import fuzz

from handpicked.tools.data import near_titles
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import STOP_WORDS, phrase_key
from handpicked.tools.data.titles import Match
from handpicked.tools.dispatch import Context, tool
from handpicked.tools.errors import ToolError
from handpicked.tools.search import Constraints
from handpicked.tools.types import Candidate, Found, Item, Json

MIN_SIMILARITY = 84.0
"""rapidfuzz ratio (0-100) from which a title that was mistyped counts as meant."""
_SAME = 99.0


@tool
def lookup(
    context: Context,
    item_ids: Annotated[tuple[str, ...], Field(description="ids to look up")] = (),
    title: Annotated[str, Field(description="a title, perhaps mistyped")] = "",
    constraints: Constraints = (),
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> Found:
    """Look up items by id, by title (typing errors allowed) or by what they must keep; give their facts."""
    snapshot = context.snapshot
    if item_ids:
        rows = [(int(row), 1.0) for row in snapshot.rows(dict.fromkeys(item_ids))]
    elif title:
        rows = by_title(snapshot, title, limit)
    elif constraints:
        rows = [(int(row), 1.0) for row in np.flatnonzero(snapshot.mask(constraints))[:limit]]
    else:
        raise ToolError("lookup needs item_ids, a title or constraints")
    mask = snapshot.mask(constraints)
    kept = [(snapshot.item(row), score) for row, score in rows if mask[row]]
    facts: Mapping[str, Json] = {item.item_id: facts_of(item) for item, _ in kept}
    return Found(tuple(Candidate(item.item_id, score) for item, score in kept), facts)


def by_title(snapshot: Snapshot, title: str, limit: int) -> list[tuple[int, float]]:
    """Rows whose title is this one, or close to it, with a similarity in 0..1; the popular first."""
    found = dict.fromkeys(snapshot.titles.rows(title), 1.0)
    if not found:
        words = phrase_key(title).split()
        for match in (
            *snapshot.titles.exact(words),
            *near_titles.find(snapshot.titles, words, bool, STOP_WORDS.__contains__),
        ):
            score = max(fuzz.ratio(" ".join(words), match.name), _whole(match, len(words))) / 100.0
            if score * 100.0 >= MIN_SIMILARITY:
                found[match.row] = max(found.get(match.row, 0.0), score)
    popularity = snapshot.popularity
    return sorted(found.items(), key=lambda pair: (-pair[1], -popularity[pair[0]], pair[0]))[:limit]


def _whole(match: Match, length: int) -> float:
    """What it counts that all the words are the title but for an article or the spelling of a number."""
    whole = match.last - match.first >= length and not match.slips and not match.part
    return _SAME if whole else 0.0


def facts_of(item: Item) -> dict[str, Json]:
    """What may be said of an item, by field; fields of which nothing is known are left out."""
    given: dict[str, Json] = {
        "title": item.title, "year": item.year, "domain": item.domain, "categories": list(item.categories),
        "creators": list(item.creators), "cast": list(item.cast), "runtime": item.runtime,
        "price": item.price, "rating": item.rating, "brand": item.brand, "language": item.language,
        "country": item.country, "description": item.description, "url": item.url,
        "image_url": item.image_url,
    }  # fmt: skip
    said: dict[str, Json] = {name: value for name, value in given.items() if value not in (None, "", [])}
    return {**said, "in_stock": item.in_stock, **item.attributes}

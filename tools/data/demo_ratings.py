"""MovieLens 100K mapped onto the demo's films by title and year."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handpicked.tools.data.demo_files import Counts, Log
from handpicked.tools.data.demo_films import by_title, nearest_year, title_key
from handpicked.tools.types import Item, Json

TRAILING_ARTICLE = re.compile(r"^(.*), (The|A|An|Les?|La|L'|Il|El|Das|Der|Die|Los|Las)$")


@dataclass(frozen=True, slots=True)
class Ratings:
    """Events `rate` with values 1 to 5, and the people who rated."""

    log: Log
    users: tuple[Mapping[str, Json], ...]
    counts: Counts


def read_ratings(ratings: Path, rated: Path, raters: Path, films: Sequence[Item]) -> Ratings:
    """Map the ratings whose film is in `films`; of two ratings of one film by one user the later counts."""
    film_of = _match(rated, films)
    latest: dict[tuple[str, str], tuple[int, float]] = {}
    read = mapped = 0
    for user, movie, value, timestamp in _rows(ratings):
        read += 1
        if (item_id := film_of.get(movie)) is not None:
            mapped += 1
            key, seen = (f"ml-{user}", item_id), (int(float(timestamp)), float(value))
            latest[key] = max(seen, latest.get(key, seen))
    users = tuple(_user(row) for row in _rows(raters))
    matched = Counter(item_id for item_id in film_of.values() if item_id is not None)
    return Ratings(
        _log(latest),
        users,
        {
            "rated films": len(film_of),
            "rated films found in the catalogue": matched.total(),
            "rated films that are one film twice": matched.total() - len(matched),
            "ratings read": read,
            "ratings of films that were not found": read - mapped,
            "ratings merged (same user and film)": mapped - len(latest),
            "ratings kept": len(latest),
            "users": len(users),
        },
    )


def titles_of(name: str) -> list[str]:
    """Give the titles that MovieLens packs into one: articles in front, the one in brackets after it.

    >>> titles_of("City of Lost Children, The (Cité des enfants perdus, La)")
    ['The City of Lost Children', 'La Cité des enfants perdus']
    """
    parts = [re.sub(r"\s*\([^()]*\)", "", name), *re.findall(r"\(([^()]*)\)", name)]
    plain = (re.sub(r"^a\.?k\.?a\.? ", "", part.strip()) for part in parts)
    return [TRAILING_ARTICLE.sub(r"\2 \1", part) for part in plain if part]


def _match(rated: Path, films: Sequence[Item]) -> dict[str, str | None]:
    by_key = by_title(films)
    found: dict[str, str | None] = {}
    for movie, name, year, *_ in _rows(rated):
        found[movie] = None
        for title in titles_of(name) if year.isdigit() else ():
            film = nearest_year(by_key.get(title_key(title), ()), int(year))
            if film is not None:
                found[movie] = film.item_id
                break
    return found


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(reader)
        yield from reader


def _user(row: list[str]) -> Mapping[str, Json]:
    user, age, gender, occupation, *_ = row
    return {"user_id": f"ml-{user}", "age": int(age), "gender": gender, "occupation": occupation}


def _log(latest: Mapping[tuple[str, str], tuple[int, float]]) -> Log:
    users = tuple(sorted({user for user, _ in latest}))
    items = tuple(sorted({item for _, item in latest}))
    user_row, item_row = ({name: row for row, name in enumerate(names)} for names in (users, items))
    order = sorted(latest, key=lambda key: (latest[key][0], key))
    return Log(
        event="rate",
        scene="watch",
        users=users,
        items=items,
        user=np.array([user_row[user] for user, _ in order], dtype=np.int32),
        item=np.array([item_row[item] for _, item in order], dtype=np.int32),
        timestamp=np.array([latest[key][0] for key in order], dtype=np.int64),
        value=np.array([latest[key][1] for key in order], dtype=np.float64),
    )

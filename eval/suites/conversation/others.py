"""Other people's choices of films as an event log for `ingest`: MovieLens ratings, and what OpenDialKG's dialogues talked of.

Films are matched by title and year, as somebody with a catalogue and two foreign logs would."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from handpicked.eval.types import Json
from handpicked.tools.data.demo_films import by_title, nearest_year, title_key
from handpicked.tools.data.demo_ratings import titles_of
from handpicked.tools.types import Item

FILES = (
    "ml-latest-small/movies.csv",
    "ml-latest-small/ratings.csv",
    "opendialkg/items.jsonl",
    "opendialkg/train.jsonl",
)
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


def events(data: Path, films: Sequence[Item]) -> Iterator[dict[str, str]]:
    """Rows with `user_id`, `item_id` and `event`."""
    shelf = by_title(films)
    yield from _ratings(data, shelf)
    yield from _talked_of(data, shelf)


def _ratings(data: Path, shelf: Mapping[str, Sequence[Item]]) -> Iterator[dict[str, str]]:
    """Every rating counts, whatever its value: what people have seen goes together."""
    movies, ratings = (data / name for name in FILES[:2])
    found = {
        row["movieId"]: _match(shelf, titles_of(_YEAR.sub("", row["title"])), _year(row["title"]))
        for row in _rows(movies)
    }
    for row in _rows(ratings):
        if (item_id := found[row["movieId"]]) is not None:
            yield {
                "user_id": f"ml-{row['userId']}", "item_id": item_id, "event": "rate",
                "value": row["rating"], "timestamp": row["timestamp"],
            }  # fmt: skip


def _talked_of(data: Path, shelf: Mapping[str, Sequence[Item]]) -> Iterator[dict[str, str]]:
    items, dialogues = (data / name for name in FILES[2:])
    found = {row["item_id"]: _match(shelf, [row.get("title", "")], row.get("year")) for row in _lines(items)}
    pairs = (
        (f"od-{row['dialogue_id']}", found.get(item_id))
        for row in _lines(dialogues)
        for item_id in (*row.get("mentioned", ()), *row["target"])
    )
    for user, item_id in dict.fromkeys(pairs):
        if item_id is not None:
            yield {"user_id": user, "item_id": item_id, "event": "view"}


def _match(shelf: Mapping[str, Sequence[Item]], titles: Iterable[str], year: int | None) -> str | None:
    """The film of a title in that year; or the only one whose year is not known."""
    for title in titles:
        films = shelf.get(title_key(title), ())
        dated = nearest_year(films, year) if year is not None else None
        undated = [film for film in films if film.year is None]
        if dated is not None or len(undated) == 1:
            return (dated or undated[0]).item_id
    return None


def _year(title: str) -> int | None:
    found = _YEAR.search(title)
    return int(found[1]) if found else None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _lines(path: Path) -> Iterator[dict[str, Json]]:
    with path.open("rb") as lines:
        yield from map(orjson.loads, lines)

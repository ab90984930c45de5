"""A made-up catalogue and log of any size, shaped like real ones, in files that `ingest` reads.

Topics are sentences in the embedder's own space, and an item is a mixture of a few of them, so that vectors cluster and
real questions fall among them. Items are chosen by Zipf's law within topics, users do a log-normal number of things,
most of it in three topics of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from handpicked.agent import lexicon
from handpicked.eval import bench_titles
from handpicked.tools.data.documents import document
from handpicked.tools.data.ingest import IngestFiles
from handpicked.tools.types import Embedder, Floats, Item, Rows

_CATEGORIES = {
    "movie": "Action Adventure Animation Comedy Crime Documentary Drama Fantasy Horror Musical Mystery Romance Thriller War Western".split(),
    "book": "Biography Cooking Crime Essays Fantasy History Poetry Romance Science Travel".split(),
    "grocery": "Beer Bread Candy Cheese Chips Coffee Cookies Fruit Pasta Tea".split(),
}
_SHARES = {"movie": 0.5, "book": 0.3, "grocery": 0.2}
_WORDS = 30
"""Words of a description; half of them are its topic's."""
_TOPIC_WORDS = 40
_USER_TOPICS = 3
_ELSEWHERE = 0.2
"""The part of events in no topic of the user's."""
PER_USER = 50
_SPAN_S = 2 * 365 * 86_400
_BEGAN = 1_600_000_000
_BATCH = 100_000
_PASSAGE = re.compile(r"\. Item (\d+):")


@dataclass(frozen=True, slots=True)
class Made:
    """The files, the vectors by item number, and each item's topic with the categories of topics."""

    files: IngestFiles
    vectors: Floats
    topics: Rows
    categories: Sequence[tuple[str, str]]


class MadeEmbedder:
    """Gives a made-up item's texts its vector, and anything else what the embedder within gives it. `facts` are hashes of the
    items' facts, by item number."""

    def __init__(self, inner: Embedder, vectors: Floats, facts: Rows) -> None:
        self._inner = inner
        self._vectors = vectors
        self._order = np.argsort(facts)
        self._facts = facts[self._order]
        self.name, self.dimensions = f"{inner.name}, items made up", inner.dimensions

    def embed_matrix(self, texts: Sequence[str]) -> Floats:
        """Vectors by the number in an item's description, or by its facts."""
        numbers = [self._number(text) for text in texts]
        others = [text for text, number in zip(texts, numbers, strict=True) if number is None]
        embedded = iter(self._inner.embed_matrix(others)) if others else iter(())
        return np.stack([next(embedded) if number is None else self._vectors[number] for number in numbers])

    def query(self, text: str) -> Floats:
        """The embedder's own vector of a user's words."""
        return self._inner.query(text)

    def _number(self, text: str) -> int | None:
        if found := _PASSAGE.search(text):
            return int(found[1])
        at = int(np.searchsorted(self._facts, hashed(text)))
        known = at < len(self._facts) and self._facts[at] == hashed(text)
        return int(self._order[at]) if known else None


def facts(items: Iterable[Item]) -> Rows:
    """Hashes of the texts of items' facts, by item number."""
    found = {int(item.item_id[1:]): hashed(document(item).text) for item in items}
    return np.array([found[number] for number in range(len(found))], np.int64)


def hashed(text: str) -> int:
    """63 bits of a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 1


def make(folder: Path, items: int, events: int, embedder: Embedder, seed: int) -> Made:
    """Write `items.parquet` and `events.parquet`."""
    rng = np.random.default_rng(seed)
    words = sorted(lexicon.common().words)
    n_topics = int(np.clip(items // 400, 40, 2000))
    domains = rng.choice([*_SHARES], n_topics, p=[*_SHARES.values()]).tolist()
    categories = [(domain, str(rng.choice(_CATEGORIES[domain]))) for domain in domains]
    said = rng.choice(words, (n_topics, _TOPIC_WORDS))
    texts = [
        f"{category} {domain}: {' '.join(own[:6])}"
        for (domain, category), own in zip(categories, said, strict=True)
    ]
    topics = rng.integers(n_topics, size=items)
    vectors = _vectors(embedder.embed_matrix(texts), topics, folder / "made.npy", rng)
    files = IngestFiles((folder / "items.parquet",), (folder / "events.parquet",))
    films = bench_titles.items(items, rng)
    _write(files.items[0], items, partial(_items, films, topics, categories, said, words, rng))
    users = max(events // PER_USER, 1)
    _write(files.events[0], events, partial(_events, _chosen(events, users, topics, rng)))
    return Made(files, vectors, topics, categories)


def _vectors(centres: Floats, topics: Rows, path: Path, rng: np.random.Generator) -> Floats:
    """Each item's vector, a mixture of its topic with three others and a little noise, in a file that is mapped."""
    found = np.lib.format.open_memmap(path, "w+", np.float32, (len(topics), centres.shape[1]))
    for start in range(0, len(topics), _BATCH):
        own = topics[start : start + _BATCH]
        block = 0.6 * centres[own]
        for _ in range(3):
            block += rng.uniform(0.1, 0.5, (len(own), 1)) * centres[rng.integers(len(centres), size=len(own))]
        block += rng.normal(0.0, 0.15 / np.sqrt(centres.shape[1]), block.shape)
        found[start : start + _BATCH] = block / np.linalg.norm(block, axis=1, keepdims=True)
    found.flush()
    return np.load(path, mmap_mode="r")


def _items(
    films: Iterator[Item], topics: Rows, categories: Sequence[tuple[str, str]], said: np.ndarray,
    words: Sequence[str], rng: np.random.Generator, start: int, stop: int,
) -> dict[str, Sequence[object]]:  # fmt: skip
    """Columns of the next items."""
    own = topics[start:stop]
    topical = said[own[:, None], rng.zipf(1.5, (len(own), _WORDS // 2)) % _TOPIC_WORDS]
    any_words = np.array(words)[rng.integers(len(words), size=(len(own), _WORDS // 2))]
    numbers: list[int] = own.tolist()
    kinds = [categories[topic] for topic in numbers]
    made = list(islice(films, len(own)))
    return {
        "item_id": [f"i{number}" for number in range(start, stop)],
        "title": [film.title for film in made],
        "domain": [domain for domain, _ in kinds],
        "categories": [
            "|".join(sorted({category, str(rng.choice(_CATEGORIES[domain]))})) for domain, category in kinds
        ],
        "creators": ["|".join(film.creators) for film in made],
        "cast": ["|".join(film.cast) for film in made],
        "year": [film.year for film in made],
        "runtime": (80 + rng.integers(80, size=len(own))).tolist(),
        "price": np.round(rng.lognormal(2.0, 0.8, len(own)), 2).tolist(),
        "rating": np.round(np.clip(rng.normal(3.5, 0.7, len(own)), 1.0, 5.0), 1).tolist(),
        "description": [
            f"Item {start + place}: {' '.join(topical[place])} {' '.join(any_words[place])}."
            for place in range(len(own))
        ],
    }


def _chosen(events: int, users: int, topics: Rows, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """Users, items and times of events, in the order of time."""
    activity = rng.lognormal(0.0, 1.0, users)
    user = rng.choice(users, events, p=activity / activity.sum())
    by_topic = np.argsort(topics, kind="stable")
    popularity = rng.permutation(1.0 / (np.arange(len(topics)) + 10.0) ** 0.9)
    ends = np.cumsum(popularity[by_topic])
    bounds = np.concatenate([[0.0], ends[np.cumsum(np.bincount(topics, minlength=topics.max() + 1)) - 1]])
    liked = rng.integers(topics.max() + 1, size=(users, _USER_TOPICS))
    topic = liked[user, rng.integers(_USER_TOPICS, size=events)]
    low, high = bounds[topic], bounds[topic + 1]
    elsewhere = rng.random(events) < _ELSEWHERE
    low[elsewhere], high[elsewhere] = 0.0, ends[-1]
    place = np.searchsorted(ends, low + rng.random(events) * (high - low), "right")
    times = np.sort(rng.integers(_SPAN_S, size=events)) + _BEGAN
    return user, by_topic[np.minimum(place, len(topics) - 1)], times


def _events(chosen: tuple[Rows, Rows, Rows], start: int, stop: int) -> dict[str, Sequence[object]]:
    user, item, time = (column[start:stop].tolist() for column in chosen)
    return {
        "user_id": [f"u{number}" for number in user],
        "item_id": [f"i{number}" for number in item],
        "timestamp": [float(when) for when in time],
    }


def _write(path: Path, count: int, columns: Any) -> None:
    """Write a Parquet file of which `columns(start, stop)` gives a part."""
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    writer: Any = None
    for start in range(0, count, _BATCH):
        part = arrow.table(columns(start, min(start + _BATCH, count)))
        writer = writer or parquet.ParquetWriter(path, part.schema)
        writer.write_table(part)
    if writer is not None:
        writer.close()

"""Speed and memory of finding titles in messages, on made-up titles: `python -m handpicked.eval.bench_titles`.

The titles are of made-up and of common words, drawn by Zipf's law, so that many share words and some are ordinary talk,
as those of a real catalogue of that size. Every message names one or two of them, a third with a slip."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import typer

from handpicked.agent import lexicon, link
from handpicked.eval.timing import quantiles
from handpicked.tools.data import columns, lexical, records
from handpicked.tools.data.index import Build, Delta, Snapshot
from handpicked.tools.types import Item

_SYLLABLES = "ba be bi bo da de di do fa fe ga go ka ke ki ko la le li lo ma me mi mo na ne no pa pe ra re ri ro sa se si so ta te to va ve vo za".split()
_PATTERNS = (
    "{0}",
    "The {0}",
    "{0} {1}",
    "The {0} {1}",
    "{0} of {1}",
    "The {0} of the {1}",
    "{0} and {1}",
    "{0} {1} {2}",
    "{0} in the {1}",
    "{0} {1}: {2} {3}",
    "{0} {1} II",
)
_MESSAGES = (
    "{0}", "something like {0}", "i loved {0} but {1} bored me", "who directed {0}?", "have you got {0} or anything like it for tonight",
    "we've seen {0} and {1} already, what else is there", "is {0} any good", "my brother says {0} is better than {1}, what do you think",
    "looking for a slow film for a rainy sunday, nothing too heavy, maybe a bit like {0} but shorter please",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured: seconds and megabytes of building, milliseconds of each message, and how many named titles
    were found."""

    titles: int
    build_s: float
    build_mb: float
    times: Sequence[float]
    found: float

    def rows(self) -> list[tuple[str, str]]:
        """What to print, by name."""
        return [
            ("titles", f"{self.titles:,}"),
            ("index built, s", f"{self.build_s:.1f}"),
            ("memory of the index and the titles' words, MB", f"{self.build_mb:.0f}"),
            ("a message, ms", quantiles(self.times)),
            ("messages in which a title was found", f"{self.found:.0%}"),
        ]  # fmt: skip


def run(titles: int, messages: int, seed: int) -> Result:
    """Measure linking on made-up titles."""
    rng = np.random.default_rng(seed)
    made = list(items(titles, rng))
    with tempfile.TemporaryDirectory() as folder:
        snapshot = _snapshot(made, Path(folder))
        before, start = _resident(), time.perf_counter()
        link.link(snapshot, "something like a first message that warms up everything")
        build_s, build_mb = time.perf_counter() - start, _resident() - before
        texts = [_message(made, rng) for _ in range(messages)]
        times: list[float] = []
        found = 0
        for text in texts:
            start = time.perf_counter()
            found += bool(link.link(snapshot, text))
            times.append((time.perf_counter() - start) * 1000)
    return Result(titles, build_s, build_mb, times, found / messages)


def main(
    titles: Annotated[int, typer.Option(help="how many titles", min=1000)] = 1_000_000,
    messages: Annotated[int, typer.Option(help="how many messages", min=10)] = 1000,
    seed: Annotated[int, typer.Option(help="of the random numbers")] = 13,
) -> None:
    """Print how fast titles are found among many."""
    for name, value in [*run(titles, messages, seed).rows(), ("seed", str(seed))]:
        typer.echo(f"{name:48} {value}")


def items(count: int, rng: np.random.Generator) -> Iterator[Item]:
    """So many films with made-up titles, people and years."""
    made = ["".join(parts) for parts in rng.choice(_SYLLABLES, (max(count // 10, 2000), 3))]
    common = sorted(lexicon.common().words)
    rng.shuffle(common)
    words = [word.capitalize() for word in (*common, *made)]
    weights = 1.0 / np.arange(10, len(words) + 10) ** 0.9
    drawn: list[list[int]] = rng.choice(len(words), (count, 4), p=weights / weights.sum()).tolist()
    # few titles are the same single word, however common it is
    single: list[int] = rng.integers(len(words), size=count).tolist()
    people: list[list[int]] = (rng.zipf(1.3, (count, 3)) % max(count // 5, 100)).tolist()
    patterns: list[int] = rng.integers(len(_PATTERNS), size=count).tolist()
    for number, (places, alone, names, pattern) in enumerate(
        zip(drawn, single, people, patterns, strict=True)
    ):
        form: str = _PATTERNS[pattern]
        first = places[0] if "{1}" in form else alone
        title = form.format(*[words[at] for at in (first, *places[1:])])
        named = tuple(f"{words[name % len(words)]} {words[name // 7 % len(words)]}" for name in names)
        yield Item(f"t{number}", title, "movie", creators=named[:1], cast=named[1:], year=1940 + number % 80)


def _snapshot(items: Sequence[Item], folder: Path) -> Snapshot:
    """As much of a build as linking reads."""
    records.save(items, folder)
    popularity = (1.0 / np.arange(1, len(items) + 1) ** 0.5).astype(np.float32)
    parts = {
        "manifest": None, "lexical": None, "vectors": None, "passages": None, "views": None, "factors": None, "factor_rows": None, "newcomers": None, "mix": None, "response": None, "dialogue_vectors": None, "dialogue_targets": (), "learned": None,
        "columns": columns.from_items(items), "records": records.Records(folder), "popularity": popularity,
    }  # fmt: skip
    nothing = np.empty((0, 1), np.float32)
    delta = Delta(0, (), columns.from_items(()), nothing, nothing, {}, lexical.in_memory(()), frozenset())
    return Snapshot(Build(**cast("dict[str, object]", parts)), delta)  # type: ignore[arg-type]


def _message(items: Sequence[Item], rng: np.random.Generator) -> str:
    titles = [items[int(place)].title for place in rng.zipf(1.1, 2) % len(items)]
    written = [title if rng.random() < 0.5 else title.lower() for title in titles]
    written = [_slipped(title, rng) if rng.random() < 1 / 3 else title for title in written]
    return _MESSAGES[int(rng.integers(len(_MESSAGES)))].format(*written)


def _slipped(title: str, rng: np.random.Generator) -> str:
    """The title with two letters swapped."""
    if len(title) < 6:
        return title
    place = int(rng.integers(1, len(title) - 2))
    return title[:place] + title[place + 1] + title[place] + title[place + 2 :]


def _resident() -> float:
    """Megabytes of memory in use."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    typer.run(main)

"""Plots joined to the demo's films: the same title, and evidence that it is the same film.

The plots (asset `plots`) come with a title and Wikipedia's categories, without a year; one title is often
several films. So this is record linkage (Fellegi and Sunter, 1969): every trait that both sides show (horror,
Western, black-and-white and old, Indian, ...) weighs log P(both | same film) / P(both | any two), summed. The
weights are learned from titles of three words or more, which seldom name two films. How much evidence is
asked for depends on how much a title says by itself: more for "Darling" than for "Four Days in September".
"""

from __future__ import annotations

import csv
import html
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handpicked.tools.data.demo_films import ENGLISH, Films, by_title, title_key
from handpicked.tools.types import Item

NEEDED = {1: 1.5, 2: 1.0, 3: 0.0}
"""Least evidence by words in the title (beyond 3: `NEEDED_LONG`), read off 200 joins checked by hand."""
NEEDED_LONG = -1.0
NEEDED_SHARED = 1.5
"""Least evidence, and least lead over the next film, where a title has several films or several plots."""
LEARN_FROM_WORDS = 3
ANACHRONISM = -4.0
"""What a year later than the film's counts when the plot names one."""

GENRES = {
    "Drama": "drama",
    "Comedy": "comed|parody|satire|slapstick|screwball",
    "Romance": "romance|romantic",
    "Action": "action|martial|combat|chase",
    "Crime": "crime|gangster|detective|heist|noir|caper|prison|whodunit",
    "Thriller": "thriller|suspense|spy|noir",
    "Horror": "horror|slasher|zombie|monster|creature|vampire|giallo|splatter|haunted",
    "Documentary": "documentary|concert|mondo",
    "Sci-Fi": "science fiction|sci-fi|dystopia|alien|time travel|superhero|cyberpunk",
    "Fantasy": "fantasy|supernatural|sword|fairy|mytholog|superhero|ghost",
    "Adventure": "adventure|swashbuckler",
    "Musical": "musical|^music|bollywood|concert|dance|operetta",
    "Biography": "biograph|biopic",
    "Mystery": "mystery|detective|whodunit|suspense",
    "War": "war film|combat|^war$|world war|cold war|anti-war",
    "Family": "family|children",
    "Animation": "animat|anime|stop motion|clay",
    "Western": "western",
    "Sport": "sport|boxing|baseball|horse racing|auto racing",
    "History": "histor|period piece|costume|epic",
}
INDIA = re.compile(
    r"\b(Mumbai|Bombay|Kerala|Hyderabad|Tamil|Chennai|Madras|Bangalore|Punjab|Kolkata|Calcutta|Delhi|[Rr]upees?|lakhs?"
    r"|crores?|Kapoor|Singh|Sharma|Krishna|Raju|Ravi|Arjun|Vijay|Raj|Priya|Lakshmi|Mehra)\b"
)
PHILIPPINES = re.compile(r"Philippine|Manila|Filipin")
GREATER_CHINA = frozenset({"China", "Hong Kong", "Taiwan"})
GENRE_PATTERNS = {genre: re.compile(pattern, re.IGNORECASE) for genre, pattern in GENRES.items()}


@dataclass(frozen=True, slots=True)
class Plot:
    """One row of the asset."""

    title: str
    categories: tuple[str, ...]
    text: str


Traits = NDArray[np.bool_]


def add_plots(films: Films, table: Path) -> Films:
    """Give each film whose plot is found its text as description, and Wikipedia's categories as `themes`."""
    plots = read_plots(table)
    by_key = by_title(films.items)
    pairs = [(p, film) for p, plot in enumerate(plots) for film in by_key.get(title_key(plot.title), ())]
    evidence = _evidence(plots, films.items, pairs)
    chosen = _choose(plots, pairs, evidence)
    items = tuple(_described(item, chosen.get(item.item_id)) for item in films.items)
    titled = {p for p, _ in pairs}
    counts = {
        "plots read": len(plots),
        "plots without a film of that title": len(plots) - len(titled),
        "plots with a film of that title": len(titled),
        "plots dropped (not surely the same film)": len(titled) - len(chosen),
        "plots joined": len(chosen),
    }
    return Films(items, {**films.counts, **counts})


def read_plots(table: Path) -> list[Plot]:
    """Read and clean the plots."""
    with table.open(encoding="utf-8", newline="") as lines:
        return [
            Plot(row["Title"], tuple(re.findall(r'"([^"]+)"', row["Category"])), clean(row["Plot"]))
            for row in csv.DictReader(lines)
        ]


def clean(text: str) -> str:
    """Take the remains of wiki markup out of a plot.

    >>> clean("Lenny ([[Bill Paxton , a father,&nbsp;waits {{citation needed|date}} .")
    'Lenny, a father, waits.'
    """
    text = html.unescape(text)
    text = re.sub(r"\{\{[^{}]*(?:\}\}|$)|\{\{[^\s|]*\||\}\}", " ", text)
    text = re.sub(r"\(\[\[[^\s\]]+(?: [A-Z][\w.'-]*)*\s*", "", text)
    text = re.sub(r"\[\[(?:[^\]|]*\|)?([^\]]*)\]\]|\[\[|\]\]", r"\1", text)
    text = re.sub(r"https?://\S+|<[^>]{1,80}>|\[\d+\]|[\u200b\ufeff]|={2,}", " ", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ([,.;:!?])(?=\s|$)", r"\1", text)
    return text.strip()


def _described(item: Item, plot: Plot | None) -> Item:
    if plot is None:
        return item
    return replace(
        item, description=plot.text, attributes={**item.attributes, "themes": ", ".join(plot.categories)}
    )


def _evidence(
    plots: Sequence[Plot], films: Sequence[Item], pairs: Sequence[tuple[int, Item]]
) -> NDArray[np.float64]:
    """Give the log likelihood ratio of each pair."""
    ours = {film.item_id: _film_traits(film) for film in films}
    theirs = np.array([_plot_traits(plot) for plot in plots])
    base = np.array(list(ours.values())).mean(axis=0)
    a = theirs[[p for p, _ in pairs]].astype(np.int64)
    b = np.array([ours[film.item_id] for _, film in pairs]).astype(np.int64)
    state = a * 2 + b
    sure = [p for p, _ in pairs]
    once = Counter(sure)
    learn = np.array([once[p] == 1 and _words(plots[p].title) >= LEARN_FROM_WORDS for p in sure])
    weights = _weights(state[learn], theirs.mean(axis=0), base)
    late = np.array([_anachronism(plots[p], film) for p, film in pairs])
    return weights[state, np.arange(state.shape[1])].sum(axis=1) + late


def _weights(
    state: NDArray[np.int64], theirs: NDArray[np.float64], ours: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Learn log P(state | same) / P(state | any two) of each trait; states: 2 x plot has it + film has it."""
    by_chance = np.stack(
        [(1 - theirs) * (1 - ours), (1 - theirs) * ours, theirs * (1 - ours), theirs * ours]
    ).clip(1e-6)
    seen = np.stack([(state == which).sum(axis=0) for which in range(4)])
    return np.log((seen + 2 * by_chance) / (len(state) + 2) / by_chance)


def _choose(
    plots: Sequence[Plot], pairs: Sequence[tuple[int, Item]], evidence: NDArray[np.float64]
) -> dict[str, Plot]:
    """Keep the pairs that have evidence enough and lead over every other pair of the same film or plot."""
    rivals: defaultdict[str | int, list[int]] = defaultdict(list)
    for row, (p, film) in enumerate(pairs):
        rivals[p].append(row)
        rivals[film.item_id].append(row)
    chosen: dict[str, Plot] = {}
    for row, (p, film) in enumerate(pairs):
        others = {*rivals[p], *rivals[film.item_id]} - {row}
        needed = NEEDED.get(_words(plots[p].title), NEEDED_LONG)
        if others:
            needed = max(needed, NEEDED_SHARED, NEEDED_SHARED + float(evidence[sorted(others)].max()))
        if evidence[row] >= needed:
            chosen[film.item_id] = plots[p]
    return chosen


def _words(title: str) -> int:
    return len(title_key(title).split())


def _anachronism(plot: Plot, film: Item) -> float:
    years = [int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", plot.text)]
    ahead = film.year is not None and any(year > film.year for year in years)
    return ANACHRONISM if ahead and not {"Sci-Fi"} & set(film.categories) else 0.0


def _plot_traits(plot: Plot) -> list[bool]:
    kinds = set(plot.categories)
    genres = [any(pattern.search(kind) for kind in kinds) for pattern in GENRE_PATTERNS.values()]
    return [
        *genres,
        bool(kinds & {"Black-and-white", "Silent film", "Film noir"}),
        bool(kinds & {"Silent film", "Pre-Code"}),
        "World cinema" in kinds,
        "Bollywood" in kinds or any("India" in kind for kind in kinds) or bool(INDIA.search(plot.text)),
        "Chinese Movies" in kinds,
        bool(kinds & {"Japanese Movies", "Anime"}),
        "Filipino Movies" in kinds or bool(PHILIPPINES.search(plot.text)),
        "Short Film" in kinds,
        "Television movie" in kinds,
    ]


def _film_traits(film: Item) -> list[bool]:
    year, places = film.year or 0, _places(film.attributes)
    return [
        *(genre in film.categories for genre in GENRE_PATTERNS),
        year < 1966,
        year < 1946,
        places.isdisjoint(ENGLISH),
        "India" in places,
        bool(places & GREATER_CHINA),
        "Japan" in places,
        "Philippines" in places,
        film.runtime is not None and film.runtime < 60,
        False,
    ]


def _places(attributes: Mapping[str, object]) -> set[str]:
    return set(str(attributes.get("countries", "")).split(", "))

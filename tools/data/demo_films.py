"""The demo's films: facts from a Wikidata snapshot (asset `films`), with Chinese titles where known."""

from __future__ import annotations

import csv
import re
import sqlite3
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from handpicked.tools.data.demo_files import Counts
from handpicked.tools.types import Item, Scalar

WORDS = Path(__file__).with_name("demo_words.toml")
MAX_CAST = 12
MIN_RUNTIME = 5
QUERY = """
SELECT o.imdbID, o.Title, o.Year, o.Rating, o.Runtime, o.Genre, o.Director, o.Writer, o."Cast", o.Metacritic,
       o.Language, o.Country, o.Oscars, t.Rating, t.Meter, t.Consensus
FROM omdb o JOIN tomatoes t USING (ID) ORDER BY o.imdbID, o.Year
"""
ENGLISH = ("United States", "United Kingdom", "Canada", "Australia", "Ireland", "New Zealand")
"""Countries that a co-production in English is said to be from, in this order."""
SAME_NAME = {
    "American English": "English",
    "British English": "English",
    "Australian English": "English",
    "Modern Greek": "Greek",
    "Standard Chinese": "Mandarin",
    "Yue Chinese": "Cantonese",
    "People's Republic of China": "China",
    "British Hong Kong": "Hong Kong",
    "West Germany": "Germany",
    "Kingdom of the Netherlands": "Netherlands",
    "multiple languages": "",
}


@dataclass(frozen=True, slots=True)
class Films:
    """The film catalogue and how it came about."""

    items: tuple[Item, ...]
    counts: Counts


def title_key(title: str) -> str:
    """Reduce a title to what two spellings of it share: no case, accents, punctuation, article at either end.

    >>> title_key("Usual Suspects, The") == title_key("The Usual Suspects")
    True
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", title) if not unicodedata.combining(c)).lower()
    plain = re.sub(r"['’]", "", plain.replace("&", " and "))
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    plain = " ".join(words) or title.lower().strip()
    plain = re.sub(r" (the|an?|les?|la|il|el|das|der|die|los|las)$", "", plain) if ", " in title else plain
    return re.sub(r"^(the|an?|les?|la|il|el|das|der|die|los|las) (?=.)", "", plain)


def read_films(database: Path) -> Films:
    """Read every film of the asset `films` with its scores, and the other titles that we know for some."""
    other_titles: Mapping[str, Sequence[str]] = tomllib.loads(WORDS.read_text(encoding="utf-8"))[
        "film_titles"
    ]
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        rows: list[tuple[Scalar | None, ...]] = connection.execute(QUERY).fetchall()
    fame = Counter(name for row in rows for name in _names(row[8]))
    tongues = _tongues(rows)
    seen: Counter[Scalar | None] = Counter()
    items: list[Item] = []
    for row in rows:
        seen[row[0]] += 1
        item_id = f"film-{row[0]}" if seen[row[0]] == 1 else f"film-{row[0]}-{row[2]}"
        items.append(
            replace(_film(item_id, row, fame, tongues), aliases=tuple(other_titles.get(str(row[0]), ())))
        )
    return Films(
        tuple(items),
        {
            "films": len(items),
            "films that share an IMDb id with another (year added to item_id)": len(rows) - len(seen),
            "films with a score": sum(item.rating is not None for item in items),
            "films without a genre": sum(not item.categories for item in items),
            "films without a cast": sum(not item.cast for item in items),
            "runtimes below five minutes dropped": sum(_bad_runtime(row[4]) for row in rows),
        },
    )


def add_aliases(films: Films, table: Path, kind: str) -> Films:
    """Add the titles of `table` (columns title, year, alias), which are of a kind, to the film with that title and year."""
    by_key = by_title(films.items)
    added: defaultdict[str, list[str]] = defaultdict(list)
    lost = 0
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            film = nearest_year(by_key.get(title_key(row["title"]), ()), int(row["year"]))
            if film is None:
                lost += 1
            elif row["alias"] not in added[film.item_id]:
                added[film.item_id].append(row["alias"])
    items = tuple(
        replace(i, aliases=(*i.aliases, *added[i.item_id])) if i.item_id in added else i for i in films.items
    )
    counts = {f"films with {kind}": len(added), f"rows without a film, {kind}": lost}
    return Films(items, {**films.counts, **counts})


def by_title(items: Iterable[Item]) -> Mapping[str, Sequence[Item]]:
    """Group films by the `title_key` of their title and aliases."""
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        for key in dict.fromkeys(title_key(title) for title in (item.title, *item.aliases)):
            groups[key].append(item)
    return groups


def nearest_year(films: Sequence[Item], year: int) -> Item | None:
    """Choose the film of that year, else the only one a year off; None when there is no telling."""
    for off in (0, 1):
        near = [film for film in films if film.year is not None and abs(film.year - year) == off]
        if near:
            return near[0] if len(near) == 1 else None
    return None


def _film(
    item_id: str, row: tuple[Scalar | None, ...], fame: Counter[str], tongues: Mapping[str, str]
) -> Item:
    (imdb, title, year, certificate, runtime, genre, director, writer, cast, metacritic) = row[:10]
    (languages, countries, oscars, score, meter, consensus) = row[10:]
    country, language = _origin(_places(countries), _places(languages), tongues)
    attributes: dict[str, Scalar | None] = {
        "certificate": certificate,
        "writers": ", ".join(_names(writer)),
        "languages": ", ".join(_places(languages)),
        "countries": ", ".join(_places(countries)),
        "tomato_meter": meter,
        "metacritic": metacritic,
        "oscars": oscars or None,
    }
    return Item(
        item_id=item_id,
        title=_title(str(title)),
        domain="movie",
        description=str(consensus or ""),
        categories=tuple(_names(genre)),
        creators=tuple(_names(director)),
        cast=tuple(sorted(_names(cast), key=lambda name: (-fame[name], name))[:MAX_CAST]),
        year=int(str(year)),
        runtime=None if runtime is None or _bad_runtime(runtime) else round(float(runtime)),
        rating=None if score is None else float(score),
        language=language,
        country=country,
        url=f"https://www.imdb.com/title/{imdb}/",
        attributes={name: value for name, value in attributes.items() if value not in (None, "")},
    )


def _title(title: str) -> str:
    return re.sub(r"\s*\((?:\d{4} )?film\)$", "", title.replace("’", "'")).strip()


def _bad_runtime(minutes: Scalar | None) -> bool:
    return minutes is not None and float(minutes) < MIN_RUNTIME


def _names(joined: Scalar | None) -> list[str]:
    """Split a list of names; "Jr." and the like belong to the name before."""
    text = re.sub(r", (Jr\.?|Sr\.?|I{2,3}|M\.D\.)(?=,|$)", r" \1", str(joined or ""))
    return list(dict.fromkeys(part for part in text.split(", ") if part))


def _places(joined: Scalar | None) -> list[str]:
    return list(dict.fromkeys(name for part in _names(joined) if (name := SAME_NAME.get(part, part))))


def _tongues(rows: Iterable[tuple[Scalar | None, ...]]) -> dict[str, str]:
    """Learn the usual language of each country from the films with one of each."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        languages, countries = _places(row[10]), _places(row[11])
        if len(languages) == 1 and len(countries) == 1:
            votes[countries[0]][languages[0]] += 1
    return {country: max(sorted(seen), key=seen.__getitem__) for country, seen in votes.items()}


def _origin(
    countries: Sequence[str], languages: Sequence[str], tongues: Mapping[str, str]
) -> tuple[str | None, str | None]:
    """Choose one country and one language that belong together; the source lists both by the alphabet."""
    pairs = [(c, lang) for lang in languages for c in countries if tongues.get(c) == lang]
    english = [pair for pair in pairs if pair[1] == "English"]
    if english:
        order = {country: rank for rank, country in enumerate(ENGLISH)}
        return min(english, key=lambda pair: order.get(pair[0], len(order)))
    if pairs:
        return pairs[0]
    return (countries[0] if countries else None), (languages[0] if languages else None)

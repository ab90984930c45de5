from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest

from handpicked.tools.data import demo
from handpicked.tools.data.demo_films import Films, add_aliases, nearest_year, read_films, title_key
from handpicked.tools.data.demo_plots import add_plots, clean
from handpicked.tools.data.demo_ratings import read_ratings, titles_of
from handpicked.tools.data.text import has_cjk, phrase_key
from handpicked.tools.types import Item

OMDB = (
    "ID INTEGER, imdbID TEXT, Title TEXT, Year INTEGER, Rating TEXT, Runtime REAL, Genre TEXT, Director TEXT, "
    'Writer TEXT, "Cast" TEXT, Metacritic INTEGER, Language TEXT, Country TEXT, Oscars INTEGER'
)


def make_films(path: Path) -> Films:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE omdb ({OMDB})")
        connection.execute("CREATE TABLE tomatoes (ID INTEGER, Rating REAL, Meter INTEGER, Consensus TEXT)")
        rows = [
            (1, "tt1", "Faust (2011 film)", 2011, None, 134.0, "Drama", "A. S.", None, "", None, "German, Russian", "Russia", 0),
            (2, "tt2", "Heat", 1995, "R", 170.0, "Crime, Drama", "Michael Mann", "", "Zed, Bob Hope, Jr.", 76, "English",
             "France, United States", 1),
            (3, "tt3", "Heat", 1972, None, 1.0, "", "", None, "Zed", None, "multiple languages", "United States", 0),
            (4, "tt3", "Heat Redux", 1973, None, None, "Drama", "", None, "", None, "English", "United States", 0),
            (5, "tt5", "Solaris", 1972, None, 160.0, "Sci-Fi", "", None, "", None, "Russian", "Russia", 0),
            (6, "tt6", "The Usual Suspects", 1995, None, 106.0, "Crime", "", None, "", None, "English", "United States", 0),
            (7, "tt7", "North", 1994, None, 90.0, "Drama", "", None, "", None, "English", "Canada", 0),
            (8, "tt8", "South", 1994, None, 90.0, "Drama", "", None, "", None, "English", "Australia", 0),
            (9, "tt9", "Black Robe", 1991, None, 90.0, "Drama", "", None, "", None, "English", "Australia, Canada", 0),
        ]  # fmt: skip
        connection.executemany(f"INSERT INTO omdb VALUES ({','.join('?' * 14)})", rows)
        connection.executemany("INSERT INTO tomatoes VALUES (?, 7.5, 80, NULL)", [(row[0],) for row in rows])
    connection.close()
    return read_films(path)


@pytest.fixture
def films(tmp_path: Path) -> Films:
    return make_films(tmp_path / "movies.db")


def by_id(films: Films) -> dict[str, Item]:
    return {item.item_id: item for item in films.items}


def test_facts_of_a_film_become_an_item(films: Films) -> None:
    heat = by_id(films)["film-tt2"]
    assert (heat.title, heat.year, heat.runtime, heat.rating) == ("Heat", 1995, 170, 7.5)
    assert heat.categories == ("Crime", "Drama")
    assert heat.cast == ("Zed", "Bob Hope Jr.")
    assert heat.attributes["certificate"] == "R"
    assert heat.attributes["tomato_meter"] == 80
    assert "writers" not in heat.attributes


def test_the_cast_starts_with_those_who_play_most(films: Films) -> None:
    assert by_id(films)["film-tt2"].cast[0] == "Zed"


def test_country_and_language_belong_together(films: Films) -> None:
    assert (by_id(films)["film-tt2"].country, by_id(films)["film-tt2"].language) == (
        "United States",
        "English",
    )
    assert (by_id(films)["film-tt1"].country, by_id(films)["film-tt1"].language) == ("Russia", "Russian")
    assert by_id(films)["film-tt3"].language is None
    assert by_id(films)["film-tt9"].country == "Canada"


def test_titles_lose_the_source_s_qualifier_and_impossible_runtimes_go(films: Films) -> None:
    assert by_id(films)["film-tt1"].title == "Faust"
    assert by_id(films)["film-tt3"].runtime is None
    assert films.counts["runtimes below five minutes dropped"] == 1


def test_two_films_with_one_imdb_id_have_two_item_ids(films: Films) -> None:
    assert {"film-tt3", "film-tt3-1973"} <= by_id(films).keys()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Usual Suspects, The", "The Usual Suspects"),
        ("Amélie", "Amelie"),
        ("Romeo & Juliet", "Romeo and Juliet"),
        ("Ocean's Eleven", "Oceans Eleven"),
    ],
)
def test_spellings_of_a_title_share_a_key(left: str, right: str) -> None:
    assert title_key(left) == title_key(right)


@pytest.mark.parametrize(
    ("left", "right"), [("Alien", "Aliens"), ("The The", "A"), ("+1", "$"), ("千与千寻", "英雄")]
)
def test_different_titles_keep_different_keys(left: str, right: str) -> None:
    assert title_key(left) != title_key(right)


def test_the_year_decides_between_films_of_one_title() -> None:
    films = [Item("a", "Heat", year=1972), Item("b", "Heat", year=1995), Item("c", "Heat", year=1974)]
    assert nearest_year(films, 1995) == films[1]
    assert nearest_year(films, 1996) == films[1]
    assert nearest_year(films, 1973) is None
    assert nearest_year(films, 1980) is None


def test_aliases_are_added_to_the_film_of_that_year(films: Films, tmp_path: Path) -> None:
    table = tmp_path / "aliases.csv"
    table.write_text("title,year,alias\nHeat,1995,盗火线\nHeat,1950,别的\n", encoding="utf-8")
    added = add_aliases(films, table, "a Chinese title")
    assert by_id(added)["film-tt2"].aliases == ("盗火线",)
    assert by_id(added)["film-tt3"].aliases == ()
    assert added.counts["rows without a film, a Chinese title"] == 1


@pytest.mark.parametrize("table", demo.ALIASES)
def test_the_shipped_titles_are_sorted_and_each_is_there_once(table: str) -> None:
    with (demo.PACKAGE / table).open(encoding="utf-8", newline="") as lines:
        rows = [(row["title"], int(row["year"]), row["alias"]) for row in csv.DictReader(lines)]
    assert [row[:2] for row in rows] == sorted(row[:2] for row in rows)
    assert len({(title, year, phrase_key(alias)) for title, year, alias in rows}) == len(rows)
    assert {has_cjk(alias) for _, _, alias in rows} == {table == "aliases_zh.csv"}


def test_movielens_titles_are_unpacked() -> None:
    assert titles_of("Usual Suspects, The") == ["The Usual Suspects"]
    assert titles_of("City of Lost Children, The (Cité des enfants perdus, La)") == [
        "The City of Lost Children",
        "La Cité des enfants perdus",
    ]
    assert titles_of("Seven (a.k.a. Se7en)") == ["Seven", "Se7en"]


def test_ratings_are_mapped_merged_and_counted(films: Films, tmp_path: Path) -> None:
    (tmp_path / "i").write_text(
        "item\ttitle\tyear\tclass\n1\tUsual Suspects, The\t1995\tCrime\n2\tUsual Suspects, The\t1994\tCrime\n3\tGone\t1990\tX\n"
    )
    (tmp_path / "r").write_text(
        "user\titem\trating\ttime\n7\t1\t3\t100\n7\t2\t5\t200\n7\t3\t1\t300\n8\t1\t4\t50\n"
    )
    (tmp_path / "u").write_text("user\tage\tgender\toccupation\tzip\n7\t24\tM\ttechnician\t85711\n")
    ratings = read_ratings(tmp_path / "r", tmp_path / "i", tmp_path / "u", films.items)
    log = ratings.log
    rows = [
        (log.users[int(u)], log.items[int(i)], int(t), float(v))
        for u, i, t, v in zip(
            *(c.tolist() for c in (log.user, log.item, log.timestamp, log.value)), strict=True
        )
    ]
    assert rows == [("ml-8", "film-tt6", 50, 4.0), ("ml-7", "film-tt6", 200, 5.0)]
    assert ratings.users == ({"user_id": "ml-7", "age": 24, "gender": "M", "occupation": "technician"},)
    counts = ratings.counts
    assert (
        counts["ratings read"]
        == counts["ratings kept"]
        + counts["ratings merged (same user and film)"]
        + (counts["ratings of films that were not found"])
    )
    assert counts["rated films that are one film twice"] == 1


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("A cop , alone&nbsp;here .", "A cop, alone here."),
        ("Lenny ([[Bill Paxton , a father.", "Lenny, a father."),
        ("See [[Paris|the city]]{{citation needed|date=2009}} now", "See the city now"),
        ("Plain text.", "Plain text."),
    ],
)
def test_wiki_markup_is_cleaned_from_plots(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def linked(tmp_path: Path, plots: list[tuple[str, str, str]], films: list[Item]) -> dict[str, str]:
    """Join plots beside forty sure ones of four genres, from which to learn."""
    kinds = [("Western", '"Western"'), ("Horror", '"Horror"'), ("War", '"War film"'), ("Sport", '"Sports"')]
    sure = [(f"A Long Sure Title {n}", kinds[n % 4]) for n in range(40)]
    table = tmp_path / "plots.csv"
    with table.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["ID", "Title", "Category", "Plot"])
        writer.writerows([n, title, kind[1], "Text."] for n, (title, kind) in enumerate(sure))
        writer.writerows([n + 40, *plot] for n, plot in enumerate(plots))
    usa = {"countries": "United States"}
    known = [
        Item(f"s{n}", title, year=1990, categories=(kind[0],), attributes=usa)
        for n, (title, kind) in enumerate(sure)
    ]
    joined = add_plots(Films((*known, *films), {}), table)
    assert joined.counts["plots read"] == 40 + len(plots)
    return {
        item.item_id: item.description for item in joined.items if item.description and item.item_id[0] != "s"
    }


def western(item_id: str, title: str, year: int = 1990) -> Item:
    return Item(item_id, title, year=year, categories=("Western",), attributes={"countries": "United States"})


def horror(item_id: str, title: str) -> Item:
    return Item(item_id, title, year=1990, categories=("Horror",), attributes={"countries": "United States"})


def test_a_plot_is_joined_when_genres_agree(tmp_path: Path) -> None:
    assert linked(tmp_path, [("Darling", '"Western"', "A ranch.")], [western("d", "Darling")]) == {
        "d": "A ranch."
    }


def test_a_plot_of_another_kind_of_film_is_not_joined(tmp_path: Path) -> None:
    assert linked(tmp_path, [("Darling", '"Horror"', "A ghost.")], [western("d", "Darling")]) == {}


def test_a_plot_set_after_the_film_was_made_is_not_joined(tmp_path: Path) -> None:
    plots = [("Darling", '"Western"', "It begins in 2003.")]
    assert linked(tmp_path, plots, [western("d", "Darling", 1965)]) == {}


def test_of_two_films_of_one_title_the_one_that_fits_gets_the_plot(tmp_path: Path) -> None:
    films = [western("w", "Darling"), horror("h", "Darling")]
    assert linked(tmp_path, [("Darling", '"Horror"', "A ghost.")], films) == {"h": "A ghost."}


def test_two_plots_that_fit_a_film_equally_are_both_dropped(tmp_path: Path) -> None:
    plots = [("Darling", '"Horror"', "A ghost."), ("Darling", '"Horror"', "A vampire.")]
    assert linked(tmp_path, plots, [horror("h", "Darling")]) == {}

"""What the floor says reads well in both languages and says only facts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.agent import floor
from handpicked.agent.describe import description, phrases, wish, with_article
from handpicked.agent.types import ListItem, RankedList, Reading, SceneGuess
from handpicked.tools.types import Constraint, Contribution, Item, Ranked

FILM = Item(
    "f1",
    "Night Signal",
    "movie",
    "",
    ("Sci-Fi", "Thriller"),
    ("Ada Brandt",),
    year=1982,
    runtime=117,
    rating=7.1,
)
GOODS = Item(
    "g1", "Fluid Milk White Only", "grocery", "Fluid Milk White Only: Milk in the Grocery department.",
    ("Grocery", "Fluid Milk Products"), price=1.89, attributes={"description_from_facts": True, "package_size": "128 oz"},
)  # fmt: skip
READING = Reading(SceneGuess("watch", 1.0), ("recommend",))


def _shown(item: Item) -> ListItem:
    return ListItem(1, item.item_id, item.title, 1.0, "", {"domain": item.domain}, False, ())


def _lists(count: int, *emptied_by: str, domain: str = "movie") -> list[RankedList]:
    items = tuple(
        replace(_shown(FILM), rank=n, item_id=str(n), facts={"domain": domain}) for n in range(count)
    )
    return [RankedList("recommend", "", items, emptied_by)]


@pytest.mark.parametrize(
    ("phrase", "article"),
    [
        ("89-minute film", "an"), ("80s film", "an"), ("8 oz pack", "an"), ("11-minute film", "an"), ("18th album", "an"),
        ("1890 drama", "an"), ("1982 film", "a"), ("117-minute film", "a"), ("180-minute film", "a"), ("1100 film", "an"),
        ("animated film", "an"), ("western", "a"), ("unicorn film", "a"), ("European film", "a"), ("one-act play", "a"),
    ],
)  # fmt: skip
def test_articles_are_those_that_are_spoken(phrase: str, article: str) -> None:
    assert with_article(phrase) == f"{article} {phrase}"


@pytest.mark.parametrize(
    ("categories", "phrase"),
    [
        (("Sci-Fi", "Thriller"), "a 1982 sci-fi thriller by Ada Brandt"),
        (("Romance", "Comedy"), "a 1982 romantic comedy by Ada Brandt"),
        (("Comedy", "Drama"), "a 1982 comedy drama by Ada Brandt"),
        (("Sci-Fi", "Romance"), "a 1982 romantic sci-fi film by Ada Brandt"),
        (("Western",), "a 1982 western by Ada Brandt"),
        (("Horror",), "a 1982 horror film by Ada Brandt"),
        ((), "a 1982 film by Ada Brandt"),
    ],
)
def test_categories_read_as_one_phrase(categories: tuple[str, ...], phrase: str) -> None:
    assert description(replace(FILM, categories=categories), "en") == f"{phrase}, 117 minutes"


def test_a_film_is_described_in_chinese() -> None:
    described = description(replace(FILM, categories=("Drama", "History"), creators=("林夏",)), "zh")
    assert described == "1982 年的剧情、历史电影，导演林夏，117 分钟"


def test_a_sentence_has_one_full_stop_after_an_initial() -> None:
    item = replace(FILM, creators=("Louis C.K.",), runtime=None)
    assert floor.sentence(item, "en").endswith("by Louis C.K.")


def test_goods_are_described_by_shelf_price_and_size() -> None:
    assert description(GOODS, "en") == "fluid milk products, about $1.89 for 128 oz"
    assert (
        description(replace(GOODS, title="Rice Cakes", categories=("Rice Cakes",)), "en")
        == "about $1.89 for 128 oz"
    )


def test_a_title_is_said_once() -> None:
    for item in (FILM, GOODS, replace(FILM, description="Night Signal follows a detective.")):
        assert floor.sentence(item, "en").count(item.title) == 1


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ("Eine Frau sucht ihren Bruder in der großen Stadt. Es regnet.", "en"),
        ("ある女性が大きな街で弟を探している。雨が降る。", "zh"),
        ("A woman looks for her brother in the city. It rains.", "zh"),
    ],
)
def test_a_description_in_another_language_is_not_quoted(told: str, language: str) -> None:
    film = replace(FILM, description=told)
    assert told[:10] not in floor.sentence(film, language)


def test_a_sentence_is_the_descriptions_start_or_what_the_item_is() -> None:
    told = replace(FILM, description="A detective hunts machines. He finds them. It rains.")
    assert floor.sentence(told, "en") == "Night Signal (1982): A detective hunts machines. He finds them."
    assert floor.sentence(told, "zh").startswith("《Night Signal》是 1982 年的")
    assert floor.sentence(FILM, "en") == (
        "Night Signal is a 1982 sci-fi thriller by Ada Brandt, 117 minutes."
    )


@pytest.mark.parametrize(
    ("tool", "because", "liked", "start"),
    [
        ("similar", ("x",), ("x",), "In the vein of Heat: "),
        ("collab", ("x",), (), "Because you chose Heat: "),
        ("search", (), (), "Matches what you asked: "),
        ("lookup", (), (), "The title that you named: "),
        ("popular", (), (), "Popular right now: "),
        ("unheard of", (), (), "Popular right now: "),
    ],
)
def test_a_reason_names_what_it_rests_on(
    tool: str, because: tuple[str, ...], liked: tuple[str, ...], start: str
) -> None:
    ranked = Ranked(FILM, 1.0, (Contribution(tool, 1, 1.0, 1.0, 1.0),), because)
    assert floor.reason(ranked, 1, {"x": "Heat"}, liked, "en").startswith(start)
    assert floor.reason(ranked, 1, {"x": "Heat"}, liked, "zh").endswith("。")


def test_reasons_alternate_down_a_list() -> None:
    ranked = Ranked(FILM, 1.0, (Contribution("search", 1, 1.0, 1.0, 1.0),))
    said = {floor.reason(ranked, place, {}, (), "en") for place in (1, 2, 3)}
    assert len(said) == 3


WISHES = (
    Constraint("domain", "in", ("movie",), "context"),
    Constraint("categories", "in", ("Bag Snacks", "Snacks"), "text", "snacks"),
    Constraint("price", "range", (None, 3), "text", "under $3"),
)


def test_an_opening_uses_the_users_own_words() -> None:
    reading = replace(READING, constraints=WISHES)
    assert floor.opening(reading, _lists(10, domain="grocery")) == "Here are 10 products (snacks, under $3)."
    assert floor.opening(reading, _lists(1, domain="grocery")) == "Here is 1 product (snacks, under $3)."
    assert floor.opening(READING, _lists(2)) == "Here are 2 films."
    assert floor.opening(replace(READING, language="zh"), _lists(3)) == "为你选了 3 部电影。"


def test_an_opening_says_what_left_nothing() -> None:
    reading = replace(READING, constraints=WISHES)
    nothing = floor.opening(reading, _lists(0, *map(str, WISHES)))
    assert nothing == "Nothing in the catalogue fits: snacks and under $3."
    assert floor.opening(READING, _lists(0, "seen")) == "You already had everything that fits."
    assert floor.opening(READING, _lists(0, "nothing matches")) == "Nothing in the catalogue matches that."


@pytest.mark.parametrize(
    ("constraint", "english", "chinese"),
    [
        (Constraint("price", "range", (None, 3), "request"), "at most $3", "不超过 3 美元"),
        (Constraint("runtime", "range", (60, 100), "request"), "60 to 100 minutes", "60 到 100 分钟"),
        (Constraint("year", "range", (1990, None), "request"), "from 1990 on", "1990 年以后"),
        (Constraint("rating", "range", (8, None), "request"), "rated 8 or more", "评分 8 以上"),
        (Constraint("pages", "range", (None, 300), "request"), "pages up to 300", "pages 不超过 300"),
        (Constraint("categories", "not_in", ("Horror",), "text", "horror"), "no horror", "不要恐怖"),
        (Constraint("domain", "in", ("movie", "book"), "text"), "films and books", "电影、书"),
    ],
)
def test_a_wish_is_said_in_either_language(constraint: Constraint, english: str, chinese: str) -> None:
    assert wish(constraint, "en") == english
    assert wish(constraint, "zh") == chinese


def test_a_review_weighs_and_a_comparison_compares() -> None:
    said = floor.review(replace(FILM, runtime=190), READING, ["Thriller"], "en")
    assert "rated 7.1 out of 10" in said
    assert "at 190 minutes it is long" in said
    assert "thriller, which you often choose" in said
    other = replace(FILM, title="Heat", year=1995, runtime=117)
    newer = (other.item_id, "year")
    assert floor.comparison(FILM, other, "en") == [("Heat is newer (1995 against 1982).", *newer)]
    assert floor.comparison(FILM, other, "zh") == [("《Heat》更新（1995 年，另一个 1982 年）。", *newer)]
    [(alike, item_id, _)] = floor.comparison(FILM, FILM, "en")
    assert "tell" in alike
    assert item_id is None


def test_both_languages_have_the_same_phrases() -> None:
    english, chinese = phrases("en"), phrases("zh")
    assert english.keys() == chinese.keys()
    assert english["reasons"].keys() == chinese["reasons"].keys()
    assert phrases("fr") == phrases("en")


@given(
    title=st.text(min_size=1, max_size=40),
    categories=st.lists(st.text(max_size=12), max_size=3),
    creators=st.lists(st.text(max_size=12), max_size=2),
    year=st.none() | st.integers(1, 2100),
    domain=st.sampled_from(["movie", "grocery", "book", "music", "news", "gadget"]),
    language=st.sampled_from(["en", "zh"]),
)
def test_any_item_is_described(
    title: str, categories: list[str], creators: list[str], year: int | None, domain: str, language: str
) -> None:
    item = Item("x", title, domain, "", tuple(categories), tuple(creators), year=year)
    said = floor.sentence(item, language)
    assert title in said
    assert said.endswith((".", "。"))
    if year and domain != "grocery":
        assert re.search(str(year), said)


@pytest.mark.parametrize(
    ("asked", "language", "told"),
    [
        ("how long is it and who directed", "en", ["Night Signal runs 117 minutes.", "Night Signal was directed by Ada Brandt."]),
        ("what year", "en", ["Night Signal is from 1982."]),
        ("who's in", "en", ["The catalogue doesn't say that of Night Signal."]),
        ("是哪年的 谁导演的", "zh", ["《Night Signal》是 1982 年的。", "《Night Signal》的导演是 Ada Brandt。"]),
        ("is any good", "en", []),
    ],
)  # fmt: skip
def test_what_is_asked_is_answered_in_its_order(asked: str, language: str, told: list[str]) -> None:
    assert [text for text, _ in floor.answers(FILM, FILM.title, asked, language)] == told

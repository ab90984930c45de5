"""Bounds in a text: numbers in, bounds out, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.agent import counts, numbers
from handpicked.agent.numerals import number_of

BOUNDS = [
    ("under $3", "price", (None, 3)),
    ("nothing over $3.50", "price", (None, 3.5)),
    ("no present over 20 dollars", "price", (None, 20.0)),
    ("snacks between 1 and 2 dollars", "price", (1, 2)),
    ("six to eight dollars", "price", (6, 8)),
    ("for less than one cent", "price", (None, 0.01)),
    ("20 dollars tops", "price", (None, 20)),
    ("over $5,000 a bottle", "price", (5000, None)),
    ("三块以下的零食", "price", (None, 3)),
    ("每样两块到四块", "price", (2, 4)),
    ("价格不到一分钱的饮料", "price", (None, 0.01)),
    ("五毛以内", "price", (None, 0.5)),
    ("预算两百", "price", (None, 200)),
    ("十块钱左右", "price", (8.5, 11.5)),
    ("under two hours", "runtime", (None, 120)),
    ("90 minutes max", "runtime", (None, 90)),
    ("three hours at least", "runtime", (180, None)),
    ("under an hour and a half", "runtime", (None, 90)),
    ("half an hour or less", "runtime", (None, 30)),
    ("about 100 minutes", "runtime", (85, 115)),
    ("两小时以内", "runtime", (None, 120)),
    ("九十分钟以内", "runtime", (None, 90)),
    ("片长别超过一百分钟", "runtime", (None, 100)),
    ("不超过两个半小时", "runtime", (None, 150)),
    ("made before 1970", "year", (None, 1969)),
    ("nothing made after 1965", "year", (None, 1965)),
    ("no older than 2010", "year", (2010, None)),
    ("since 2005", "year", (2005, None)),
    ("between 1985 and 1999", "year", (1985, 1999)),
    ("90s comedies", "year", (1990, 1999)),
    ("from the fifties and sixties", "year", (1950, 1969)),
    ("from the 70s to the 90s", "year", (1970, 1999)),
    ("before the eighties", "year", (None, 1979)),
    ("from this century", "year", (2000, None)),
    ("which 2009 film", "year", (2009, 2009)),
    ("1970年以前", "year", (None, 1969)),
    ("2003年之后的", "year", (2004, None)),
    ("上世纪八十年代", "year", (1980, 1989)),
    ("要八十年代之前的", "year", (None, 1979)),
    ("2030年上映的电影", "year", (2030, 2030)),
    ("rated 8 or better", "rating", (8, None)),
    ("评分八分以上", "rating", (8, None)),
    ("at least 4 stars", "rating", (8, None)),
    ("豆瓣评分不低于8", "rating", (8, None)),
    ("under a tenner", "price", (None, 10)),
    ("spend max 20 on snacks", "price", (None, 20)),
    ("what can i get for $10", "price", (None, 10)),
    ("十块钱能买啥零食", "price", (None, 10)),
    ("not too long, like 90 min", "runtime", (None, 90)),
    ("got two and a half hours to kill", "runtime", (None, 150)),
    ("韩国的,2010年后", "year", (2011, None)),
    ("up to 1960", "year", (None, 1960)),
    ("零几年的喜剧", "year", (2000, 2009)),
    ("from 1994 or 95", "year", (1994, 1995)),
    ("1988-92", "year", (1988, 1992)),
    ("nothing rated below 6", "rating", (6, None)),
    ("三块五以内", "price", (None, 3.5)),
    ("i don't want to spend more than 20 bucks", "price", (None, 20)),
    ("not too long, under 2 hours", "runtime", (None, 120)),
    ("别太长 俩小时以内", "runtime", (None, 120)),
    ("两小时以上的不要", "runtime", (None, 120)),
    ("over two hours is too long", "runtime", (None, 120)),
    ("1h30 max", "runtime", (None, 90)),
    ("2 hours 20 minutes at most", "runtime", (None, 140)),
    ("a hundred and twenty minutes at least", "runtime", (120, None)),
    ("I've got 90 minutes", "runtime", (None, 90)),
    ("early 2000s", "year", (2000, 2004)),
    ("mid-sixties", "year", (1964, 1966)),
    ("late 80s to early 90s", "year", (1985, 1994)),
    ("八九十年代的", "year", (1980, 1999)),
    ("90后的片子别给我", "year", (None, 1989)),
    ("b4 1970", "year", (None, 1969)),
    ("from 1990 onwards", "year", (1990, None)),
]


@pytest.mark.parametrize(("text", "field", "value"), BOUNDS)
def test_a_bound_is_read(text: str, field: str, value: tuple[float | None, float | None]) -> None:
    (found,) = numbers.quantities(text)
    assert (found.constraint.field, found.constraint.value, found.bare) == (field, value, False)


@pytest.mark.parametrize(
    "text", ["a dessert, max 2.50", "给爷爷的礼物，五十以内，他喜欢茶", "cheese under 5"]
)
def test_a_bound_without_a_unit_is_left_open(text: str) -> None:
    (found,) = numbers.quantities(text)
    assert found.bare


@pytest.mark.parametrize(
    "text",
    [
        "men in their forties",
        "I have two kids",
        "300 words",
        "for over 18s",
        "a good film",
        "falls asleep after 80 minutes",
        "my commute is 40 min each way",
        "that salsa: four stars",
        "优惠也一起",
        "at 9pm",
        "six hours on a train",
        "Page six is blank",
    ],
)
def test_other_numbers_are_no_bounds(text: str) -> None:
    assert numbers.quantities(text) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("five samurai films", 5),
        ("give me 3 movies", 3),
        ("推荐五部", 5),
        ("two hours of fun", None),
        ("top ten films", 10),
        ("4 of them", 4),
        ("a couple of romcoms", 2),
        ("the five best presents", 5),
        ("one more then I'm off", 1),
        ("just one", 1),
        ("a film", None),
        ("推荐一部电影", None),
        ("就一部", 1),
        ("顺便来两部同款", 2),
        ("seen the first two already", None),
        ("要两个小时以内的", None),
        ("10/10 album", None),
        ("dinner for four", None),
        ("half a dozen cartoons", 6),
        ("商业新闻,五条", 5),
        ("spend max 20 on snacks", None),
    ],
)
def test_how_many_are_asked_for(text: str, count: int | None) -> None:
    assert counts.count(text) == count


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,500", 1500),
        ("2,5", 2.5),
        ("twelve", 12),
        ("two and a half", 2.5),
        ("一百二十", 120),
        ("两半", 2.5),
        ("半", 0.5),
    ],
)
def test_number_words(text: str, value: float) -> None:
    assert number_of(text) == value


@given(st.integers(1, 999))
def test_a_price_in_is_a_bound_out(price: int) -> None:
    (found,) = numbers.quantities(f"cheese under ${price} please")
    assert found.constraint.value == (None, price)


@given(st.integers(1900, 2029))
def test_a_year_in_is_a_bound_out(year: int) -> None:
    (found,) = numbers.quantities(f"films made before {year}")
    assert found.constraint.value == (None, year - 1)


@given(st.text(max_size=1000))
def test_any_text_is_read_and_spans_lie_within_it(text: str) -> None:
    for found in numbers.quantities(text):
        assert 0 <= found.start < found.end <= len(text)
        assert found.constraint.span == text[found.start : found.end].strip()
    counts.count(text)


def test_years_not_wanted_are_listed() -> None:
    (found,) = numbers.quantities("nothing from the 80s")
    assert (found.constraint.op, found.constraint.value) == ("not_in", tuple(range(1980, 1990)))


@pytest.mark.parametrize(
    ("text", "value"),
    [("from the last ten years", (2016, None)), ("近五年的", (2021, None)), ("out this year", (2026, 2026))],
)
def test_years_are_counted_from_today(text: str, value: tuple[float | None, float | None]) -> None:
    (found,) = numbers.quantities(text, now=1_795_737_600.0)
    assert found.constraint.value == value
    assert numbers.quantities(text) == []


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("under 300 pages", "pages", (None, 300)),
        ("最好不要超过四百页", "pages", (None, 400)),
        ("metacritic above 80", "metacritic", (80, None)),
        ("90+ on metacritic", "metacritic", (90, None)),
    ],
)
def test_a_field_of_the_catalogue_is_bounded_by_its_unit(
    text: str, field: str, value: tuple[float | None, float | None]
) -> None:
    units = {"pages": "pages", "页": "pages", "metacritic": "metacritic"}
    (found,) = numbers.quantities(text, units=units)
    assert (found.constraint.field, found.constraint.value) == (field, value)


@pytest.mark.parametrize(
    "text",
    [
        "50 dollars for the week's shopping",
        "八十块钱够不够",
        "under 30 bucks in total",
        "9 dollars till friday",
    ],
)
def test_money_for_everything_bounds_no_single_price(text: str) -> None:
    assert all(found.spent for found in numbers.quantities(text))
    assert numbers.quantities(text)


@given(st.text(max_size=300), st.integers(0, 300))
def test_counts_are_not_read_from_titles(text: str, start: int) -> None:
    assert counts.count(text, [(0, len(text) + 1)]) is None
    counts.count(text, [(start, start + 5)])

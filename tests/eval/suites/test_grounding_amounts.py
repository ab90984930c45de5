"""Numbers are read with their unit and bound, in digits and in words, in English and in Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.eval.suites.grounding.amounts import amounts, number


@pytest.mark.parametrize(
    ("text", "unit", "low", "bound"),
    [
        ("a 96-minute film", "minutes", 96, "exact"),
        ("ninety minutes or less", "minutes", 90, "most"),
        ("an hour and a half", "minutes", 90, "exact"),
        ("under two hours", "minutes", 120, "most"),
        ("2 hours and 14 minutes", "minutes", 134, "exact"),
        ("九十分钟以内", "minutes", 90, "most"),
        ("一个半小时", "minutes", 90, "exact"),
        ("两小时十分钟", "minutes", 130, "exact"),
        ("nothing over $3", "money", 3, "most"),
        ("five dollars", "money", 5, "exact"),
        ("三块钱", "money", 3, "exact"),
        ("for less than one cent", "money", 0.01, "most"),
        ("before 1970", "year", 1970, "most"),
        ("from 2030 on", "year", 2030, "least"),
        ("2000年以后", "year", 2000, "least"),
        ("一九九五年", "year", 1995, "exact"),
        ("the summer of '95", "year", 1995, "exact"),
        ("the 1990s", "decade", 1990, "exact"),
        ("八十年代", "decade", 1980, "exact"),
        ("the fifties", "decade", 1950, "exact"),
        ("rated 7.6 out of 10", "rating", 7.6, "exact"),
        ("评分 9.4", "rating", 9.4, "exact"),
        ("scores 88%", "percent", 88, "exact"),
        ("34.5 oz", "size", 34.5, "exact"),
        ("two hundred and fifty pages", "other", 250, "exact"),
        ("三百零五页", "other", 305, "exact"),
    ],
)
def test_a_number_is_read_with_its_unit_and_bound(text: str, unit: str, low: float, bound: str) -> None:
    found = amounts(text)[0]
    assert (found.unit, found.low, found.bound) == (unit, pytest.approx(low), bound)


def test_the_second_number_of_a_comparison_has_the_unit_of_the_first() -> None:
    assert [(a.unit, a.low) for a in amounts("rated higher (9.3 against 8.8)")] == [
        ("rating", 9.3),
        ("rating", 8.8),
    ]


def test_a_place_in_an_order_is_no_amount_of_anything() -> None:
    assert [a.ordinal for a in amounts("the 21st")] == [True]
    assert [a.ordinal for a in amounts("第二部")] == [True]


def test_near_is_for_round_numbers_only() -> None:
    round_, exact = amounts("about 100 minutes")[0], amounts("about $2.49")[0]
    assert round_.holds(97)
    assert not round_.holds(90)
    assert exact.holds(2.49)
    assert not exact.holds(2.29)


@given(st.integers(1, 9_999))
def test_chinese_numerals_are_read_back(value: int) -> None:
    assert number(_han(value)) == value


@given(st.floats(0.01, 99_999, allow_nan=False).map(lambda x: round(x, 2)))
def test_digits_are_read_back(value: float) -> None:
    assert number(f"{value:,.2f}") == pytest.approx(value)


def _han(value: int) -> str:
    digits, said = "零一二三四五六七八九", ""
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        if digit:
            said += digits[digit] + unit
        elif said and value % power and not said.endswith("零"):
            said += "零"
    return said

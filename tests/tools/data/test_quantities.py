"""Cleaning of numbers, dates, lengths and yes or no."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data import quantities

DAY = datetime(2020, 1, 31, tzinfo=UTC).timestamp()
NOON = DAY + 12 * 3600 + 34 * 60


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (5, 5.0),
        ("5", 5.0),
        ("-1.5", -1.5),
        ("1e3", 1000.0),
        ("$1,299.99", 1299.99),
        ("1.299,99 €", 1299.99),
        ("-$5", -5.0),
        ("$-5", -5.0),
        ("¥128", 128.0),
        ("￥128元", 128.0),
        ("USD 12.50", 12.5),
        ("12.50 EUR", 12.5),
        ("US$ 3", 3.0),
        ("1,299", 1299.0),
        ("1 299", 1299.0),
        ("1,299,000", 1299000.0),
        ("12,5", 12.5),
        ("1299,00", 1299.0),
        (-0.0, 0.0),
        ("N/A", None),
        ("", None),
        ("\\N", None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_numbers_are_read(raw: object, expected: float | None) -> None:
    assert quantities.number(raw) == expected


@pytest.mark.parametrize("raw", ["cheap", "1,2,3", "12 apples", float("inf"), "1e999", True, [1], "٣x"])
def test_what_is_no_number_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match="is no"):
        quantities.number(raw)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_survive_as_text(value: float) -> None:
    assert quantities.number(repr(value)) == value


@given(st.text())
def test_any_text_is_a_number_or_refused(raw: str) -> None:
    try:
        quantities.number(raw)
    except ValueError as err:
        assert re.match("is no", str(err))  # noqa: PT017 - both outcomes are fine


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (1972, 1972), (1972.0, 1972), ("1972", 1972), ("(1972)", 1972), ("1972-05-01", 1972), ("1994–1996", 1994),
        (0, None), (999, None), (2101, None), (1000, 1000), (2100, 2100), (-720.0, None), (None, None), ("TBD", None),
    ],
)  # fmt: skip
def test_years_are_read(raw: object, expected: int | None) -> None:
    assert quantities.year(raw) == expected


@pytest.mark.parametrize("raw", [1e15, "1e30", 10**400])
def test_whole_numbers_that_no_database_holds_are_refused(raw: object) -> None:
    with pytest.raises((ValueError, OverflowError), match="too large"):
        quantities.whole(raw)


def test_what_is_no_year_is_refused() -> None:
    with pytest.raises(ValueError, match="no year"):
        quantities.year("long ago")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (125, 125), ("125", 125), ("125 min", 125), ("2h 5min", 125), ("2 h", 120), ("PT2H5M", 125), ("2:05", 125),
        ("2:05:30", 125), ("125分钟", 125), ("2小时5分钟", 125), ("-3", -3), (None, None), ("", None),
    ],
)  # fmt: skip
def test_lengths_are_read_in_minutes(raw: object, expected: int | None) -> None:
    assert quantities.minutes(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (DAY, DAY), (int(DAY), DAY), (str(int(DAY)), DAY), (DAY * 1000, DAY), (int(DAY) * 10**9, DAY),
        ("2020-01-31", DAY), ("20200131", DAY), ("2020/01/31", DAY), ("31.01.2020", DAY), ("01/31/2020", DAY),
        ("31/01/2020", DAY), ("31 Jan 2020", DAY), ("January 31, 2020", DAY), ("2020年1月31日", DAY),
        ("2020-01-31T12:34:00Z", NOON), ("2020-01-31 12:34", NOON), ("2020-01-31T14:34:00+02:00", NOON),
        ("01/31/2020 12:34 PM", NOON), ("Fri, 31 Jan 2020 12:34:00 GMT", NOON), ("31-Jan-2020", DAY),
        ("20200131123400", NOON), (20200131, DAY), ("2020-1-31", DAY), ("2020-1-31 12:34", NOON), (int(DAY) * 1000, DAY),
        (datetime(2020, 1, 31, 12, 34), NOON), (date(2020, 1, 31), DAY), (-1.0, -1.0),
        (None, None), ("", None), (float("nan"), None),
    ],
)  # fmt: skip
def test_times_are_read_as_seconds(raw: object, expected: float | None) -> None:
    assert quantities.seconds(raw) == pytest.approx(expected)


@pytest.mark.parametrize(
    "raw",
    [
        "yesterday",
        "2020-13-45",
        "31/31/2020",
        "20200231",
        20201345,
        "13:45",
        "1e30",
        10**30,
        float("inf"),
        True,
    ],
)
def test_what_is_no_time_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match="is no"):
        quantities.seconds(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (True, True), ("yes", True), ("in stock", True), ("有货", True), (1, True), ("12", True),
        (False, False), ("No", False), ("sold out", False), ("0", False), (0.0, False), (None, None), ("n/a", None),
    ],
)  # fmt: skip
def test_yes_and_no_are_read(raw: object, expected: bool | None) -> None:
    assert quantities.boolean(raw) is expected


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        quantities.boolean("perhaps")

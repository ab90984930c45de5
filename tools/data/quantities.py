"""Cleaning of numbers, dates, lengths and yes or no. Pure functions.

A value that stands for nothing gives None; one that can't be understood raises `ValueError` with a message
fit for `rejects.csv`.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from functools import lru_cache

YEARS = (1000, 2100)

_NOTHING = frozenset({"", "-", "--", "?", "n/a", "na", "nan", "nil", "none", "null", "tbd", "unknown", "\\n"})
_TRUE = frozenset(
    {"true", "t", "yes", "y", "1", "1.0", "in stock", "in_stock", "instock", "available", "是", "有货"}
)
_FALSE = frozenset(
    {
        "false",
        "f",
        "no",
        "n",
        "0",
        "0.0",
        "out of stock",
        "out_of_stock",
        "outofstock",
        "sold out",
        "否",
        "缺货",
        "无货",
    }
)
_CURRENCY = re.compile(
    r"^\s*([-+]?)\s*(?:[A-Z]{1,3}\s*)?[$€£¥￥₹₩₽]?\s*|\s*(?:[$€£¥￥₹₩₽元]|[A-Z]{3}|[Ee]uro?s?)?\s*$"
)
_PLAIN_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[,.\s'\u00a0]\d{3})+$")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_DURATION = re.compile(
    r"(?:pt)?\s*(?:(\d+)\s*(?:h|hr|hrs|hours?|小时))?\s*(?:(\d+(?:\.\d+)?)\s*(?:m|min|mins|minutes?|分钟?)?)?\.?$",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?$")
_DATE_FORMATS = (
    "%Y%m%d", "%Y%m%d%H%M%S", "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y", "%Y年%m月%d日", "%Y年%m月%d日 %H:%M",
    "%a, %d %b %Y %H:%M:%S %Z", "%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %Y",
)  # fmt: skip
_LARGEST_WHOLE = 1e15
_FEWEST_DATE_DIGITS = 10_000_000
_SHORTEST_MILLIS = 1e11
"""Larger numbers are no seconds (that would be the year 5138) but milli-, micro- or nanoseconds."""


def number(value: object) -> float | None:
    """Give a finite number; currency signs and thousands separators may surround it."""
    if isinstance(value, bool):
        raise ValueError("is no number")  # noqa: TRY004 - callers know one error
    if value is None or is_nothing(value):
        return None
    found = float(value if isinstance(value, int | float) else _decimal(str(value)))
    if math.isnan(found):
        return None
    if math.isinf(found):
        raise ValueError("is not finite; leave it empty when it isn't known")
    return found + 0.0  # -0 is 0


def whole(value: object) -> int | None:
    """Give a whole number of at most 15 digits."""
    found = number(value)
    if found is not None and abs(found) >= _LARGEST_WHOLE:
        raise ValueError("is too large")
    return None if found is None else round(found)


def year(value: object) -> int | None:
    """Give a year from 1000 to 2100, out of a number, a date or a text such as `(1972)`; else None."""
    if value is None or is_nothing(value):
        return None
    if isinstance(value, str) and not _PLAIN_NUMBER.match(value.strip()):
        match = _YEAR.search(value)
        if not match:
            raise ValueError("is no year")
        value = match.group()
    found = number(value)
    return round(found) if found is not None and YEARS[0] <= found <= YEARS[1] else None


def minutes(value: object) -> int | None:
    """Give a length in minutes, out of a number or a text such as `2h 5min`, `125 min`, `2:05`, `PT2H5M`."""
    if not isinstance(value, str) or is_nothing(value):
        return whole(value)
    raw = value.strip()
    if clock := _CLOCK.match(raw):
        return int(clock[1]) * 60 + int(clock[2])
    if match := _DURATION.match(raw):
        return int(match[1] or 0) * 60 + round(float(match[2] or 0))
    return whole(raw)


def seconds(value: object) -> float | None:
    """Give seconds since 1970 (UTC) out of a date in a usual format or epoch seconds to nanoseconds.

    A time without a zone is taken as UTC; of 03/04/2020 the month is first, unless that can't be.
    """
    if value is None or (isinstance(value, str) and is_nothing(value)):
        return None
    if isinstance(value, datetime):
        return _epoch(value)
    if isinstance(value, date):
        return _epoch(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if isinstance(value, bool):
        raise ValueError("is no time")  # noqa: TRY004 - callers know one error
    if isinstance(value, int) and abs(value) < _FEWEST_DATE_DIGITS:
        return float(value)
    if isinstance(value, float):
        return _scaled(value)
    return _parse_time(str(value).strip())


def boolean(value: object) -> bool | None:
    """Give True or False out of the usual words, Chinese ones too, or of how many there are."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value > 0
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if word in _NOTHING:
        return None
    if _PLAIN_NUMBER.match(word):
        return float(word) > 0
    raise ValueError("is neither yes nor no")


def is_nothing(value: object) -> bool:
    """Whether a value is a usual way to write that there is none."""
    return isinstance(value, str) and value.strip().lower() in _NOTHING


def _decimal(raw: str) -> str:
    bare = raw.strip()
    if _PLAIN_NUMBER.match(bare):
        return bare
    bare = _CURRENCY.sub(r"\1", bare)
    if _PLAIN_NUMBER.match(bare):
        return bare
    if "," in bare and "." in bare:
        point = max(bare.rfind(","), bare.rfind("."))
        bare = re.sub(r"[,.]", "", bare[:point]) + "." + bare[point + 1 :]
    elif _GROUPED.match(bare):
        bare = re.sub(r"[,.]", "", bare)
    bare = re.sub(r"[\s'\u00a0]", "", bare).replace(",", ".")
    if not _PLAIN_NUMBER.match(bare):
        raise ValueError("is no number; write it like 1299.50")
    return bare


def _parse_time(raw: str) -> float | None:
    if raw.isdigit() and len(raw) in (8, 14):
        # A day or a second of it: as time since 1970 it would be one of 1970 to 1973, or after 2286.
        return _usual_time(raw)
    if _PLAIN_NUMBER.match(raw):
        return _scaled(float(raw))
    try:
        return _epoch(datetime.fromisoformat(raw))
    except ValueError:
        return _usual_time(raw)


@lru_cache(maxsize=65_536)
def _usual_time(raw: str) -> float:
    for pattern in _DATE_FORMATS:
        try:
            return _epoch(datetime.strptime(raw, pattern))
        except ValueError:
            continue
    raise ValueError("is no date and no time in seconds; write 2020-01-31T12:00:00 or seconds since 1970")


def _epoch(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _scaled(found: float) -> float | None:
    if math.isnan(found):
        return None
    if math.isinf(found):
        raise ValueError("is not finite; leave it empty when it isn't known")
    for _ in range(3):
        if abs(found) >= _SHORTEST_MILLIS:
            found /= 1000
    if abs(found) >= _SHORTEST_MILLIS:
        raise ValueError("is no time within 3,000 years; write seconds since 1970")
    return found

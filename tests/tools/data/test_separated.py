"""Records of separated values: what was written is read, and what is open costs its line only."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data.rows import Broken
from handpicked.tools.data.separated import open_records

FIELDS = st.text(alphabet='ab"\n\r 日', max_size=6)


def read(text: str) -> list[list[str] | str]:
    """Give the records, of broken ones the content."""
    header, records = open_records(iter(io.StringIO(text, newline="")))
    assert not isinstance(header, Broken)
    return [header, *(record.content if isinstance(record, Broken) else record for record in records)]


@given(st.lists(st.tuples(FIELDS, FIELDS, FIELDS), max_size=5), st.sampled_from(",;\t|"))
def test_what_a_writer_writes_is_read(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows([("x", "y", "z"), *rows])
    assert read(written.getvalue()) == [["x", "y", "z"], *map(list, rows)]


@given(st.lists(st.integers(0, 99), min_size=1, max_size=30), st.data())
def test_an_open_quote_costs_its_line_only(numbers: list[int], data: st.DataObject) -> None:
    lines = [f"{n},word {n},{n}" for n in numbers]
    place = data.draw(st.integers(0, len(lines) - 1))
    lines[place] = f'{numbers[place]},"word,1'
    found = read("\n".join(["x,y,z", *lines]) + "\n")
    assert found.pop(place + 1) == lines[place]
    assert found[1:] == [[str(n), f"word {n}", str(n)] for i, n in enumerate(numbers) if i != place]


def test_open_quotes_in_many_lines_cost_those_lines() -> None:
    found = read("x,y,z\n" + '1,"a,1\n2,b,2\n' * 2_000)
    assert found.count('1,"a,1') == 2_000
    assert found.count(["2", "b", "2"]) == 2_000


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1,a,b,,", ["1", "a", "b"]),
        ("1,a,b,c", "1,a,b,c"),
        ('1,27" screen,b', ["1", '27" screen', "b"]),
        ('1,"27" screen",b', ["1", '27 screen"', "b"]),
        ('1,"a", b" ,c', '1,a, b" ,c'),
        ("", None),
        (" ", " "),
    ],
)
def test_lines(line: str, expected: list[str] | str | None) -> None:
    assert read(f"x,y,z\n{line}\n1,2,3\n") == [
        ["x", "y", "z"],
        *([expected] if expected else []),
        ["1", "2", "3"],
    ]


@pytest.mark.parametrize("text", ["", "\n1,2\n"])
def test_a_first_line_of_nothing_has_no_names(text: str) -> None:
    assert read(text) == [[]]

from __future__ import annotations

import pytest

from handpicked.agent.types import parse_request
from handpicked.tools.errors import DataError
from handpicked.tools.types import Constraint


def test_a_request_is_read_with_its_context_and_filters() -> None:
    request = parse_request(
        '{"message": "hi", "context": {"page": "cart", "cart": [{"item_id": "g1", "qty": 2}]},'
        ' "filters": [{"field": "year", "op": "range", "value": [null, 1970]}]}'
    )
    assert request.context.cart[0].qty == 2
    assert request.filters == (Constraint("year", "range", (None, 1970)),)


@pytest.mark.parametrize("now", ["1512043200", '"2017-11-30T12:00:00"', '"2017-11-30T20:00:00+08:00"'])
def test_the_time_of_a_request_is_seconds_or_iso_8601(now: str) -> None:
    assert parse_request(f'{{"context": {{"now": {now}}}}}').context.now == 1_512_043_200.0


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ('{"context": {"now": "yesterday-ish"}}', "now"),
        ('{"mesage": "hi"}', "mesage"),
        ('{"message": 3}', "message"),
        ('{"context": {"cart": [{"id": "g1"}]}}', "item_id"),
        ('{"filters": [{"field": "year", "op": "between", "value": [1, 2]}]}', "op"),
        ('{"filters": [{"field": "year", "op": "range", "value": [1]}]}', "year"),
        ('{"message": ', "JSON"),
    ],
)
def test_a_bad_request_is_refused_and_the_field_named(document: str, named: str) -> None:
    with pytest.raises(DataError, match=named):
        parse_request(document)


@pytest.mark.parametrize(
    ("constraint", "text"),
    [
        (Constraint("year", "range", (None, 1970)), "year at most 1970"),
        (Constraint("price", "range", (2.5, None)), "price at least 2.5"),
        (Constraint("runtime", "range", (90, 120)), "runtime 90 to 120"),
        (Constraint("year", "range", (1999, 1999)), "year 1999"),
        (Constraint("categories", "not_in", ("Horror", "War")), "categories not in Horror, War"),
    ],
)
def test_a_constraint_says_what_it_asks(constraint: Constraint, text: str) -> None:
    assert str(constraint) == text

"""Items of a build, read one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.tools.data import records
from handpicked.tools.types import Item

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_SCALARS = st.one_of(
    _TEXT, st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False)
)
_ITEMS = st.builds(
    Item,
    item_id=_TEXT,
    title=_TEXT,
    categories=st.lists(_TEXT, max_size=3).map(tuple),
    year=st.none() | st.integers(1000, 2100),
    price=st.none() | st.floats(0, 1e6),
    in_stock=st.booleans(),
    attributes=st.dictionaries(_TEXT, _SCALARS, max_size=3),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(_ITEMS, min_size=1, max_size=6), st.data())
def test_items_come_back_by_row_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("records")
    records.save(items, folder)
    opened = records.Records(folder)
    assert len(opened) == len(items)
    for row in data.draw(st.permutations(range(len(items)))):
        assert opened.item(row) == items[row]


def test_threads_may_read_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("records")
    items = [Item(f"i{row}", f"标题 {row}", description="x" * row) for row in range(200)]
    records.save(items, folder)
    opened = records.Records(folder)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened.item, [*range(200)] * 3)) == items * 3

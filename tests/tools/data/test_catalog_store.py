"""The catalogue's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from handpicked.tools.data.catalog_store import CatalogStore, Upserted
from handpicked.tools.types import Campaign, Item

UP = Item(
    "up", "Up", domain="film", categories=("animation",), year=2009, attributes={"oscar": True, "votes": 7.5}
)
HEAT = Item("heat", "Heat", domain="film", creators=("Michael Mann",), year=1995, in_stock=False)


@pytest.fixture
def store(make_url: Callable[[str], str]) -> Iterator[CatalogStore]:
    opened = CatalogStore(make_url("catalog"))
    yield opened
    opened.close()


def test_items_come_back_as_they_were_written(store: CatalogStore) -> None:
    assert store.upsert([UP, HEAT]) == Upserted(inserted=2)
    assert store.get("up") == UP
    assert store.get_many(["heat", "gone", "up"]) == {"heat": HEAT, "up": UP}
    assert list(store.scan()) == [UP, HEAT]
    assert store.ids() == {"up", "heat"}
    assert store.count() == 2


def test_unchanged_items_make_no_revision(store: CatalogStore) -> None:
    store.upsert([UP, HEAT])
    before = store.revision()
    assert store.upsert([UP, HEAT]) == Upserted(unchanged=2)
    assert store.revision() == before


def test_changes_since_a_revision_are_the_latest_state_and_the_tombstones(store: CatalogStore) -> None:
    store.upsert([UP, HEAT])
    before = store.revision()
    newer = Item("up", "Up again")
    store.upsert([newer])
    assert store.delete(["heat", "unknown"]) == 1
    changes = store.changes_since(before)
    assert (changes.upserted, changes.deleted) == ((newer,), ("heat",))
    assert changes.revision == store.revision() == before + 2
    assert store.changes_since(changes.revision).upserted == ()


def test_deleted_items_are_gone_until_they_are_written_again(store: CatalogStore) -> None:
    store.upsert([UP])
    store.delete(["up"])
    assert store.get("up") is None
    assert store.delete(["up"]) == 0
    assert store.upsert([UP]) == Upserted(inserted=1)
    assert list(store.scan()) == [UP]


def test_failure_in_the_middle_leaves_the_store_as_it_was(store: CatalogStore) -> None:
    def broken() -> Iterator[Item]:
        yield from (Item(f"i{n}", "title") for n in range(1_200))
        raise RuntimeError("source broke")

    with pytest.raises(RuntimeError, match="source broke"):
        store.upsert(broken())
    assert (store.count(), store.revision()) == (0, 0)


def test_scan_pages_through_many_items_in_order(store: CatalogStore) -> None:
    items = [Item(f"i{n}", f"Title {n}") for n in range(4_500)]
    store.upsert(items)
    assert list(store.scan()) == items


def test_campaigns_are_replaced_by_id(store: CatalogStore) -> None:
    store.upsert_campaigns([Campaign("c1", item_ids=("up",), bid=1.0), Campaign("c2", categories=("tea",))])
    before = store.revision()
    assert store.upsert_campaigns([Campaign("c1", bid=2.0), Campaign("c2", categories=("tea",))]) == Upserted(
        0, 1, 1
    )
    assert [(c.campaign_id, c.bid) for c in store.campaigns()] == [("c1", 2.0), ("c2", 0.0)]
    assert store.revision() == before + 1


def test_threads_write_at_once_and_every_write_has_its_own_revision(store: CatalogStore) -> None:
    def write(n: int) -> int:
        store.upsert([Item(f"i{n}", "title")])
        return len(list(store.scan()))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(40)))
    assert store.count() == store.revision() == 40


def test_campaigns_of_another_process_are_seen_at_once(
    store: CatalogStore, make_url: Callable[[str], str]
) -> None:
    store.upsert_campaigns([Campaign("c1", bid=1.0)])
    assert [c.bid for c in store.campaigns()] == [1.0]
    other = CatalogStore(make_url("catalog"))
    other.upsert_campaigns([Campaign("c1", bid=3.0)])
    other.close()
    assert [c.bid for c in store.campaigns()] == [3.0]

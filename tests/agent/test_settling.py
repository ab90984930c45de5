"""Which wishes bind which items, once the domain is known."""

from __future__ import annotations

import pytest

from handpicked.agent import wants
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint, Embedder, Item

ROAST = Item("g5", "Pork Roast", "grocery", "A roast.", ("Meat", "Pork"), price=9.0)
BEANS = Item("g6", "Baked Beans with Pork", "grocery", "Beans.", ("Beans",), price=2.0)
VEGGIE = Item("g7", "Vegetarian Pork", "grocery", "Soy.", ("Natural Foods",), price=4.0)
SHORT = Item("n3", "A Short Note", "news", "Brief.", ("Technology",), attributes={"reading_minutes": 3})
LONG = Item("n4", "A Long Read", "news", "Long.", ("Technology",), attributes={"reading_minutes": 20})


@pytest.fixture
def snapshot(context: Context) -> Snapshot:
    return context.snapshot


@pytest.fixture
def stocked(fresh: Workspace, embedder: Embedder) -> Snapshot:
    fresh.catalog.upsert([ROAST, BEANS, VEGGIE, SHORT, LONG])
    return Index(fresh, embedder).snapshot()


def _domain(*names: str) -> tuple[Constraint, ...]:
    return (Constraint("domain", "in", names, "text"),)


def _left(snapshot: Snapshot, text: str, *names: str) -> set[str]:
    domain = _domain(*names)
    kept = wants.settle(snapshot, wants.extract(snapshot, text), domain)
    rows = snapshot.mask([*domain, *kept]).nonzero()[0]
    return {snapshot.item(int(row)).item_id for row in rows}


def test_a_language_that_nothing_there_has_is_dropped(snapshot: Snapshot) -> None:
    asked = wants.extract(snapshot, "french fries")
    assert wants.settle(snapshot, asked, _domain("grocery")) == ()


def test_a_wish_for_one_domain_does_not_bind_another(snapshot: Snapshot) -> None:
    left = _left(snapshot, "a film and some snacks under $3", "movie", "grocery")
    assert {name for name in left if name.startswith("g")} == {"g1"}
    assert sum(name.startswith("f") for name in left) == 10


def test_snacks_asked_for_beside_a_film_are_a_domain_of_their_own(snapshot: Snapshot) -> None:
    asked = wants.extract(snapshot, "a film and some snacks")
    assert set(wants.wished_domains(snapshot, asked)) == {"movie", "grocery"}


def test_a_bound_behind_all_that_is_named_is_on_all_of_it(snapshot: Snapshot) -> None:
    asked = wants.extract(snapshot, "a book or groceries under 13")
    (price,) = wants.settle(snapshot, asked, _domain("book", "grocery"))
    assert (price.field, price.value, price.within) == ("price", (None, 13), ())


def test_each_domain_keeps_the_bound_beside_it(snapshot: Snapshot) -> None:
    asked = wants.extract(snapshot, "a film under 90 minutes and an album under 40 minutes")
    found = wants.settle(snapshot, asked, _domain("movie", "music"))
    assert {(c.value[1], c.within) for c in found} == {(90, ("movie",)), (40, ("music",))}


def test_a_refused_good_is_refused_in_whatever_has_it(stocked: Snapshot) -> None:
    left = _left(stocked, "no pork", "grocery")
    assert not left & {"g5", "g6"}
    assert {"g1", "g7"} <= left


def test_what_a_refusal_implies_is_not_said_by_the_text(stocked: Snapshot) -> None:
    asked = wants.extract(stocked, "no pork")
    sources = {c.field: c.source for c in wants.settle(stocked, asked, _domain("grocery"))}
    assert sources == {"categories": "text", "item_id": "context"}


def test_a_length_is_the_attribute_that_the_domain_is_measured_by(stocked: Snapshot) -> None:
    assert _left(stocked, "articles under 5 minutes", "news") == {"n3"}


@pytest.mark.parametrize(
    ("text", "high"), [("cheap snacks", True), ("便宜的零食", True), ("pricey snacks", False)]
)
def test_cheap_is_a_third_of_the_prices_of_what_is_asked_for(
    snapshot: Snapshot, text: str, *, high: bool
) -> None:
    asked = wants.extract(snapshot, text)
    bound = next(c for c in wants.settle(snapshot, asked, _domain("grocery")) if c.field == "price")
    assert (bound.value[1] is not None) is high
    assert (bound.span or "?") in text


def test_a_named_price_goes_before_cheap(snapshot: Snapshot) -> None:
    asked = wants.extract(snapshot, "cheap snacks under $3")
    bounds = [c.value for c in wants.settle(snapshot, asked, _domain("grocery")) if c.field == "price"]
    assert bounds == [(None, 3)]


def test_money_for_a_gift_bounds_its_price(snapshot: Snapshot) -> None:
    asked = wants.extract(snapshot, "secret santa, ten bucks")
    assert wants.settle(snapshot, asked, ()) == ()
    (price,) = wants.settle(snapshot, asked, (), gift=True)
    assert price.value == (None, 10)


@pytest.mark.parametrize("tasks", [("rate",), ("explain",), ("review",)])
def test_tasks_without_a_list_filter_nothing(snapshot: Snapshot, tasks: tuple[str, ...]) -> None:
    asked = wants.extract(snapshot, "a word on the snacks")
    assert wants.settle(snapshot, asked, _domain("grocery"), tasks=tasks) == ()
    assert wants.settle(snapshot, asked, _domain("grocery"), tasks=(*tasks, "recommend"))


def test_an_adjective_without_its_language_means_the_country(fresh: Workspace, embedder: Embedder) -> None:
    fresh.catalog.upsert(
        [Item("m3", "Fjord", "music", "Slow.", ("Jazz",), country="Norway", language="English")]
    )
    snapshot = Index(fresh, embedder).snapshot()
    (found,) = wants.settle(snapshot, wants.extract(snapshot, "a norwegian trio"), _domain("music"))
    assert (found.field, found.value) == ("country", ("Norway",))


def test_domains_shares_are_highest_where_most_items_have_what_is_asked_for(snapshot: Snapshot) -> None:
    shares = wants.domain_shares(snapshot, wants.extract(snapshot, "a western"))
    assert shares["movie"] == 1.0
    assert shares["grocery"] == 0.0


def test_somebody_whom_the_catalogue_lacks_empties_the_list(snapshot: Snapshot) -> None:
    asked = wants.extract(snapshot, "films by Satoshi Kon, 今敏的")
    (found,) = wants.settle(snapshot, asked, _domain("movie"))
    assert (found.field, found.value) == ("creators", ("Satoshi Kon",))
    assert wants.settle(snapshot, asked, _domain("grocery")) == ()


def test_a_language_that_no_film_has_empties_the_list(snapshot: Snapshot) -> None:
    (found,) = wants.settle(snapshot, wants.extract(snapshot, "a film in Icelandic"), _domain("movie"))
    assert found.value == ("Icelandic",)


def test_what_an_article_is_about_is_no_good(stocked: Snapshot) -> None:
    asked = wants.extract(stocked, "an article about pork")
    assert wants.wished_domains(stocked, asked) == ("news",)
    assert wants.settle(stocked, asked, _domain("news")) == ()

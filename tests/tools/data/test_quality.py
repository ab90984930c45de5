"""The quality report on a catalogue and a log with planted faults."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data import quality
from handpicked.tools.data.event_store import EventColumns
from handpicked.tools.types import Item

PLOT = "A detective hunts runaway machines through a wet city while an old engineer hides the only key to them all."


def _film(number: int, **changes: object) -> Item:
    film = Item(
        f"f{number}",
        f"Quiet Street {number}",
        "movie",
        creators=("Ida Lupin",),
        year=1950,
        runtime=90 + number % 30,
    )
    return replace(film, **changes)  # pyright: ignore[reportArgumentType]


def _log(rows: list[tuple[str, str, str, float]]) -> EventColumns:
    users, items, kinds = (list(dict.fromkeys(str(row[at]) for row in rows)) for at in range(3))
    return EventColumns(
        1, users, items, kinds,
        np.array([users.index(r[0]) for r in rows], np.int32), np.array([items.index(r[1]) for r in rows], np.int32),
        np.array([kinds.index(r[2]) for r in rows], np.int32), np.full(len(rows), np.nan, np.float32),
        np.array([r[3] for r in rows], np.float64),
    )  # fmt: skip


def test_planted_faults_of_a_catalogue_are_found_and_nothing_else() -> None:
    items = [
        *(_film(n) for n in range(30)),
        _film(90, title="The Long Waltz"),
        _film(91, title="Long Waltz, The"),
        _film(92, title="Harbor Blues", year=1960),
        _film(93, title="Harbor Blues", year=1961),
        _film(94, title="Harbor Blues", year=1961, creators=("Another",)),
        _film(95, title="Machines", description=PLOT),
        _film(96, title="More Machines", description=f"{PLOT} Forever."),
        _film(
            97,
            title="Other",
            description=PLOT.replace("A detective hunts", "Nobody ever looks for the three"),
        ),
        _film(98, title="Endless", runtime=5000),
        Item("b1", "算法之外", "book", "一位工程师写人工智能与日常生活的随笔。"),
    ]
    found = quality.catalog(items)
    assert found.domains == {"movie": 39, "book": 1}
    assert found.same == (("f90", "f91"), ("f93", "f94"))
    assert found.twins == (("f92", "f93"),)
    assert found.copies == (("f95", "f96"),)
    (out,) = found.outliers
    assert (out.domain, out.field, out.count, out.examples) == ("movie", "runtime", 1, ("f98",))
    assert found.generated == 36
    assert found.missing["movie"]["description"] == pytest.approx(36 / 39)
    assert found.missing["book"]["year"] == 1.0
    assert found.languages["zh"] == 1


def test_attributes_that_a_tenth_of_a_domain_has_may_be_missing() -> None:
    items = [_film(n, attributes={"colour": "grey"} if n % 2 else {}) for n in range(30)]
    items.append(Item("b1", "Rivers", "book", attributes={"pages": 200}))
    items.append(_film(31, attributes={"colour": "red", "sticker": "torn"}))
    missing = quality.catalog(items).missing
    assert missing["movie"]["colour"] == pytest.approx(15 / 31)
    assert "sticker" not in missing["movie"]
    assert "colour" not in missing["book"]
    assert missing["book"]["pages"] == 0


def test_planted_faults_of_a_log_are_found() -> None:
    people = [(f"u{n}", f"f{m}", "view", 1000.0 * m) for n in range(30) for m in range(3 + n % 5)]
    once = [("once", "f1", "view", 5.0), ("basket", "f1", "purchase", 5.0)]
    basket = [("basket", f"f{n}", "purchase", 7.0) for n in range(80)]
    bot = [("bot", f"f{n % 7}", "view", 100.0 + n / 2) for n in range(900)]
    found = quality.events(_log([*people, *once, *basket, *bot]), frozenset(f"f{n}" for n in range(79)))
    assert (found.events, found.users, found.unknown, found.one_hit_users) == (1132, 33, 1, 1)
    assert found.bursts == ("bot",)
    assert found.heavy == ("bot", "basket")
    assert found.kinds == {"view": 1051, "purchase": 81}


def test_an_empty_log_and_one_without_times_are_reported() -> None:
    none = quality.events(_log([]), frozenset())
    assert (none.events, none.density, none.gini, none.bursts) == (0, 0.0, 0.0, ())
    untimed = quality.events(_log([("u", "f", "view", float("nan"))] * 70), frozenset(["f"]))
    assert (untimed.untimed, untimed.bursts) == (70, ())


@pytest.mark.parametrize(
    ("counts", "gini"), [([1, 1, 1, 1], 0.0), ([0, 0, 0, 4], 0.75), ([1, 3], 0.25), ([], 0.0)]
)
def test_gini_is_what_a_hand_computes(counts: list[float], gini: float) -> None:
    assert quality.gini(np.array(counts, np.float64)) == pytest.approx(gini)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50))
def test_gini_lies_between_0_and_1_and_does_not_know_the_order(counts: list[int]) -> None:
    found = quality.gini(np.array(counts, np.float64))
    assert -1e-12 <= found < 1
    assert found == pytest.approx(quality.gini(np.array(counts[::-1], np.float64)))

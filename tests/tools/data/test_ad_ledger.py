"""The ledger of ads, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.auction import Placed
from handpicked.tools.data.ad_ledger import DAY_S, MICROS, AdTurn, Decide, Showing, Standing, micros
from handpicked.tools.data.db import open_engine, sqlite_url, writing
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.errors import DataError
from handpicked.tools.types import Event

TURN = AdTurn("r1", "ann", "s1", 1_000.0)
TEA = Placed("tea", "t1", 0.02, 0.25)
OIL = Placed("oil", "o1", 0.01, 0.1)


@pytest.fixture
def store(make_url: Callable[[str], str]) -> Iterator[EventStore]:
    opened = EventStore(make_url("events"))
    yield opened
    opened.close()


def always(*placed: Placed) -> Decide:
    return lambda standing: placed


def standing(store: EventStore, turn: AdTurn) -> Mapping[str, Standing]:
    """What the ledger would tell a decision in this turn."""
    told: list[Mapping[str, Standing]] = []

    def decide(found: Mapping[str, Standing]) -> tuple[Placed, ...]:
        told.append(found)
        return ()

    store.ads.settle(turn, ("tea", "oil"), decide)
    return told[0]


def test_what_is_decided_is_charged_and_told_to_the_next(store: EventStore) -> None:
    assert standing(store, TURN) == {}
    assert store.ads.settle(TURN, ("tea", "oil"), always(TEA, OIL)) == (TEA, OIL)
    assert standing(store, replace(TURN, request_id="r2")) == {
        "tea": Standing(0.25, 1, 1),
        "oil": Standing(0.1, 1, 1),
    }
    assert list(store.ads.showings()) == [
        Showing("tea", "t1", "ann", 0.25, 1_000.0),
        Showing("oil", "o1", "ann", 0.1, 1_000.0),
    ]


def test_a_turn_that_comes_again_shows_the_same_and_is_charged_once(store: EventStore) -> None:
    store.ads.settle(TURN, ("tea",), always(TEA, OIL))
    assert store.ads.settle(replace(TURN, now=9_000.0), ("tea",), always(OIL)) == (TEA, OIL)
    assert store.ads.standing(("tea", "oil")) == {"tea": Standing(0.25, 1), "oil": Standing(0.1, 1)}


def test_the_same_id_of_another_user_is_another_turn(store: EventStore) -> None:
    store.ads.settle(TURN, ("tea",), always(TEA))
    for other in (
        replace(TURN, user_id="bob"),
        replace(TURN, user_id=None),
        replace(TURN, user_id=None, session_id="s2"),
        replace(TURN, user_id=None, session_id=None),
    ):
        assert store.ads.settle(other, ("tea",), always(OIL)) == (OIL,)
        assert store.ads.settle(other, ("tea",), always(TEA)) == (OIL,)
    assert store.ads.standing(("oil",))["oil"].shown == 4


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"now": 1_000.0 + DAY_S - 1}, 1),
        ({"now": 1_000.0 + DAY_S}, 0),
        ({"now": 0.0}, 1),  # a clock that went back
        ({"session_id": "s2"}, 1),
        ({"user_id": "bob"}, 0),
        ({"user_id": None}, 0),
    ],
)
def test_a_user_s_showings_count_for_a_day_whatever_the_session(
    store: EventStore, change: dict[str, object], seen: int
) -> None:
    store.ads.settle(TURN, ("tea",), always(TEA))
    later = replace(TURN, request_id="r2", **change)  # type: ignore[arg-type]
    assert standing(store, later)["tea"].seen == seen


def test_someone_without_an_id_is_known_by_the_session(store: EventStore) -> None:
    nobody = replace(TURN, user_id=None)
    store.ads.settle(nobody, ("tea",), always(TEA))
    assert standing(store, replace(nobody, request_id="r2"))["tea"].seen == 1
    assert standing(store, replace(nobody, request_id="r2", session_id="s2"))["tea"].seen == 0
    assert standing(store, replace(nobody, request_id="r2", session_id=None))["tea"].seen == 0


def test_a_forgotten_user_leaves_no_row_and_gives_no_budget_back(store: EventStore) -> None:
    store.append([Event("ann", "t1")])
    store.ads.settle(TURN, ("tea",), always(TEA))
    store.ads.settle(replace(TURN, user_id="bob"), ("tea",), always(TEA))
    store.forget("ann")
    assert [showing.user_id for showing in store.ads.showings()] == ["bob"]
    assert store.ads.standing(("tea",)) == {"tea": Standing(0.5, 2)}


def test_a_forgotten_conversation_leaves_its_user_s_caps(store: EventStore) -> None:
    store.ads.settle(TURN, ("tea",), always(TEA))
    store.ads.settle(replace(TURN, user_id=None), ("tea",), always(TEA))
    store.forget_session("s1")
    assert [showing.user_id for showing in store.ads.showings()] == ["ann"]


def test_a_decision_that_fails_charges_nothing(store: EventStore) -> None:
    def fails(_found: Mapping[str, Standing]) -> tuple[Placed, ...]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.ads.settle(TURN, ("tea",), fails)
    assert store.ads.standing(("tea",)) == {}


def test_the_ledger_is_there_after_a_restart(make_url: Callable[[str], str]) -> None:
    url = make_url("events")
    first = EventStore(url)
    first.ads.settle(TURN, ("tea",), always(TEA))
    first.close()
    again = EventStore(url)
    assert standing(again, replace(TURN, request_id="r2"))["tea"] == Standing(0.25, 1, 1)
    assert again.ads.settle(TURN, ("tea",), always(OIL)) == (TEA,)
    again.close()


def test_many_campaigns_are_asked_for_at_once(store: EventStore) -> None:
    store.ads.settle(TURN, ("tea",), always(TEA))
    assert list(store.ads.standing([*map(str, range(2_000)), "tea"])) == ["tea"]


def test_a_writer_in_the_way_is_told(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "events.db")
    store = EventStore(url)
    with writing(open_engine(url)), pytest.raises(DataError, match="another process is writing"):
        store.ads.settle(TURN, ("tea",), always(TEA))
    store.close()


@given(st.floats(0, 1e6))
def test_money_is_never_rounded_up_and_loses_less_than_a_millionth(amount: float) -> None:
    assert micros(amount) / MICROS <= amount + 1e-9
    assert micros(amount) / MICROS > amount - 1.001e-6


@given(st.integers(0, 10**9))
def test_money_of_whole_millionths_is_exact(millionths: int) -> None:
    assert micros(millionths / MICROS) == millionths

"""The cold suite: what is hidden stays hidden, and what counts as found."""

from __future__ import annotations

from pathlib import Path

import pytest

from handpicked.eval.suites.cold import task, world
from handpicked.eval.suites.cold.world import Ground
from handpicked.eval.types import Case, Options
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Item

_FILMS = [Item(f"f{n}", f"Film {n}", "movie") for n in range(40)]
_SEEN = {f"u{u}": tuple((f"f{(u + 3 * n) % 40}", float(n)) for n in range(20)) for u in range(20)}


@pytest.fixture(params=["valid", "test"])
def ground(request: pytest.FixtureRequest) -> Ground:
    return world.split(_FILMS, _SEEN, request.param)


def test_the_build_learns_nothing_of_new_films_and_unknown_users(ground: Ground) -> None:
    learned = list(ground.events())
    assert (len(ground.new), len(ground.unknown)) == (4, 4)
    assert not {event.item_id for event in learned} & ground.new
    assert not {event.user_id for event in learned} & ground.unknown
    assert {film.item_id for film in ground.films} >= ground.new


def test_nothing_that_is_to_be_found_is_learned_from_or_begun_with(ground: Ground) -> None:
    given = {(event.user_id, event.item_id) for event in (*ground.events(), *ground.beginnings())}
    for user in ground.seen:
        if user in ground.unknown:
            later = [film for film, _ in ground.known(user)[max(world.FIRST) :]]
            assert not {(f"{user}-{n}", film) for n in world.FIRST for film in later} & given
        else:
            later = ground.later(user)
            assert not {(user, film) for film in later} & given
            when = dict(ground.seen[user])
            assert max(time for _, time in ground.learned(user)) < min(when[film] for film in later)


def test_someone_unknown_begins_with_the_oldest_events(ground: Ground) -> None:
    user = min(ground.unknown)
    begun = [(e.user_id, e.item_id) for e in ground.beginnings() if e.user_id.startswith(f"{user}-")]
    oldest = [film for film, _ in ground.known(user)]
    assert begun == [(f"{user}-{n}", film) for n in world.FIRST for film in oldest[:n]]


def test_valid_never_touches_what_test_hides() -> None:
    valid, test = (world.split(_FILMS, _SEEN, name) for name in ("valid", "test"))
    assert not {film.item_id for film in valid.films} & test.new
    assert not {film for seen in valid.seen.values() for film, _ in seen} & test.new
    assert not valid.seen.keys() & test.unknown
    assert valid == world.split(_FILMS, _SEEN, "valid")


def test_new_and_known_films_are_scored_apart() -> None:
    case = Case("u", "later", (), {"relevant": ["a", "b", "n"], "new": ["n"]})
    found = task.score(case, {"items": ["n", "a", "x"], "new": ["n", "x"], "had": []})
    assert found["recall@10"] == pytest.approx(2 / 3)
    assert (found["recall_new@10"], found["recall_known@10"]) == (1.0, 0.5)
    assert [found[name] for name in ("new", "had", "short")] == [2.0, 0.0, 1.0]
    only = task.score(
        Case("u", "new", (), {"relevant": ["n"], "new": ["n"]}), {"items": [], "new": [], "had": []}
    )
    assert "recall_known@10" not in only


def test_missing_films_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="assets fetch"):
        task.cases(Options(cache=tmp_path))

"""A list beside its relevance: unlike items, the user's own mix, and drawn places with their propensity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from handpicked.tools.data import build
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.shaping import Shape, shaped
from handpicked.tools.types import Embedder, Item, Ranked, Rows

_KINDS = ("Western", "Comedy")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory, toy: Embedder) -> Snapshot:
    """Thirty westerns, ten comedies, and two of the westerns once more."""
    workspace = Workspace.open(tmp_path_factory.mktemp("films"))
    workspace.catalog.upsert(
        Item(f"{kind[0]}{n}", f"{kind} {n}", "movie", categories=(kind,))
        for kind, count in zip(_KINDS, (30, 10), strict=True)
        for n in range(count)
    )
    workspace.catalog.upsert(Item(f"twin{n}", f"WESTERN {n}", "movie") for n in (0, 5))
    build.build(workspace, toy)
    return Index(workspace, toy).snapshot()


def _pool(films: Snapshot, item_ids: Sequence[str]) -> list[Ranked]:
    """The items, each a little less relevant than the one before."""
    found = [films.get(item_id) for item_id in item_ids]
    return [Ranked(item, 1.0 / (61 + at), ()) for at, item in enumerate(found) if item is not None]


def _shaped(films: Snapshot, pool: Sequence[Ranked], k: int, shape: Shape) -> list[Ranked]:
    return shaped(films, pool, np.array([one.score * 61 for one in pool]), k, shape)


def _ids(ranked: Sequence[Ranked]) -> list[str]:
    return [one.item.item_id for one in ranked]


def _westerns(count: int) -> list[str]:
    return [f"W{n}" for n in range(count)]


def test_items_are_drawn_as_often_as_their_propensity_says(films: Snapshot) -> None:
    pool, seeds = _pool(films, _westerns(12)), 600
    drawn: Counter[str] = Counter()
    for seed in range(seeds):
        found = _shaped(films, pool, 6, Shape(0.0, explore=3, seed=str(seed)))
        assert _ids(found)[:3] == ["W0", "W1", "W2"]
        assert [one.propensity for one in found] == [1.0, 1.0, 1.0, 1 / 3, 1 / 3, 1 / 3]
        drawn.update(_ids(found)[3:])
    assert drawn.keys() == {*_westerns(12)[3:]}
    # four standard deviations of a share of a third in 600 draws
    assert all(abs(count / seeds - 1 / 3) < 4 * (2 / 9 / seeds) ** 0.5 for count in drawn.values())


def test_each_drawn_item_comes_in_each_drawn_place(films: Snapshot) -> None:
    pool = _pool(films, _westerns(5))
    places = Counter(
        (place, item_id)
        for seed in range(300)
        for place, item_id in enumerate(
            _ids(_shaped(films, pool, 4, Shape(0.0, explore=2, seed=str(seed))))[2:]
        )
    )
    assert all(70 < places[place, f"W{n}"] < 130 for place in (0, 1) for n in (2, 3, 4))


def test_a_seed_decides_the_list(films: Snapshot) -> None:
    pool = _pool(films, _westerns(30))
    lists = {
        seed: [_ids(_shaped(films, pool, 10, Shape(explore=4, seed=seed))) for _ in range(2)]
        for seed in "abcd"
    }
    assert all(one == other for one, other in lists.values())
    assert len({tuple(one) for one, _ in lists.values()}) == 4


def test_what_is_sure_to_be_listed_has_propensity_1(films: Snapshot) -> None:
    for count in (3, 6):
        found = _shaped(films, _pool(films, _westerns(count)), 6, Shape(explore=3, seed="s"))
        assert sorted(_ids(found)) == sorted(_westerns(count))
        assert {one.propensity for one in found} == {1.0}
    assert _shaped(films, [], 6, Shape(explore=3)) == []


def test_the_first_place_is_never_drawn(films: Snapshot) -> None:
    pool = _pool(films, _westerns(30))
    assert {_ids(_shaped(films, pool, 3, Shape(explore=9, seed=str(seed))))[0] for seed in range(20)} == {
        "W0"
    }
    assert _ids(_shaped(films, pool, 1, Shape(explore=9, seed="s"))) == ["W0"]


def test_one_thing_listed_twice_is_drawn_as_one(films: Snapshot) -> None:
    pool = _pool(films, [*_westerns(6), "twin0", "twin5"])
    for seed in range(30):
        found = _shaped(films, pool, 4, Shape(0.0, explore=2, seed=str(seed)))
        assert not {"twin0", "twin5"} & {*_ids(found)}
        assert [one.propensity for one in found] == [1.0, 1.0, 0.5, 0.5]


def test_without_diversity_a_list_is_in_the_order_of_relevance(films: Snapshot) -> None:
    pool = _pool(films, _westerns(20))
    assert _ids(_shaped(films, pool, 20, Shape(0.0))) == _westerns(20)
    assert _ids(_shaped(films, pool, 20, Shape(0.9))) != _westerns(20)


def _likes(films: Snapshot, westerns: int, comedies: int) -> Rows:
    return films.rows([*_westerns(westerns), *(f"C{n}" for n in range(comedies))])


def test_a_calibrated_list_has_the_users_mix(films: Snapshot) -> None:
    """Seven westerns and three comedies were chosen; ten comedies are the most relevant."""
    pool = _pool(films, [*(f"C{n}" for n in range(10)), *_westerns(10)])
    found = {
        weight: Counter(
            one[0] for one in _ids(_shaped(films, pool, 10, Shape(0.0, weight, _likes(films, 7, 3))))
        )
        for weight in (0.0, 0.9)
    }
    assert found == {0.0: {"C": 10}, 0.9: {"W": 7, "C": 3}}


def test_a_mix_of_few_choices_counts_for_nothing(films: Snapshot) -> None:
    pool = _pool(films, [*(f"C{n}" for n in range(10)), *_westerns(10)])
    plain = _ids(_shaped(films, pool, 10, Shape(0.0)))
    for likes in (_likes(films, 9, 0), np.empty(0, np.int64)):
        assert _ids(_shaped(films, pool, 10, Shape(0.0, 0.5, likes))) == plain

"""The search finds what is best on a grid, and recipes are measured as the product ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from handpicked.tools.data import trials
from handpicked.tools.data.recipe import Recipe


def _distance(params: Mapping[str, int]) -> float:
    return -abs(params["a"] - 3) - abs(params["b"] - 2)


def test_all_of_a_small_grid_is_tried_and_no_more_than_may_be_of_a_large_one() -> None:
    small = trials.search({"a": [1, 3], "b": [1, 2]}, _distance, trials=4)
    assert [params for _, params in small] == list(trials.combinations({"a": [1, 3], "b": [1, 2]}))
    large = {"a": [*range(30)], "b": [*range(30)]}
    assert len(trials.search(large, _distance, trials=7)) == 7
    found = trials.search(large, _distance, trials=400)
    assert trials.best(found) == (0, {"a": 3, "b": 2})
    assert found == trials.search(large, _distance, trials=400)
    assert found != trials.search(large, _distance, trials=400, seed=1)


def test_starts_come_first_and_what_is_the_same_is_tried_once() -> None:
    starts = [{"a": 9, "b": 9}, {"a": 9, "b": 0}]
    grid = {"a": [*range(30)], "b": [*range(30)]}
    found = trials.search(grid, _distance, trials=20, starts=starts, same=lambda params: params["a"])
    assert found[0][1] == starts[0]
    assert starts[1] not in [params for _, params in found]
    assert len({params["a"] for _, params in found}) == len(found) == 20


def test_a_setting_of_a_part_without_a_share_changes_nothing() -> None:
    recipe = Recipe(als=0.0)
    assert trials.live(recipe) == trials.live(replace(recipe, als_factors=64, people_neighbours=9))
    assert trials.live(recipe) != trials.live(replace(recipe, decay=3.0))

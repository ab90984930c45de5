"""The transfer suite: scenes, what a taste from elsewhere adds, and what is never ranked."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from handpicked.eval.suites.ranking import parts
from handpicked.eval.suites.ranking.data import Interactions
from handpicked.eval.suites.transfer.world import World
from handpicked.tools.data import choices, factors
from handpicked.tools.data.recipe import Recipe


def _protocol(data: Interactions, split: str) -> parts.protocols.Split:
    """The last row is held out."""
    held = np.arange(len(data)) == len(data) - 1
    return parts.protocols.Split(~held, ~held, held)


@pytest.fixture(scope="module")
def world() -> World:
    """Who buys tea (0) buys biscuits (2), who buys beer (1) buys crisps (3); the last household has tea only."""
    pairs = [(u, i) for u in range(12) for i in ((0, 2), (1, 3), (1, 3))[u % 3]] + [(12, 0), (12, 2)]
    users, items = (np.array(column) for column in zip(*pairs, strict=True))
    data = Interactions(users, items, np.arange(len(pairs)), tuple(map(str, range(13))), ("tea", "beer", "biscuits", "crisps"))  # fmt: skip
    part = parts.prepare(data, _protocol, "valid")
    known = choices.of_histories(part.training.histories, len(data.item_ids))
    fitted = factors.fit(known, data.item_ids, Recipe(ridge=1.0))
    at = np.array([fitted.position[name] for name in data.item_ids])
    buyers = np.asarray(part.training.matrix.sum(axis=0), np.float32).ravel()
    snacks = np.array([False, False, True, True])
    return World(part, {"drinks": ~snacks, "snacks": snacks}, fitted, at, buyers)


def test_someone_new_to_a_scene_is_known_from_elsewhere(world: World) -> None:
    assert world.part.training.histories[12].tolist() == [0]
    for k in (inf, 300.0):
        assert int(np.argmax(world.score(12, "snacks", k))) == 2


def test_without_the_scene_s_own_history_popularity_is_left(world: World) -> None:
    assert int(np.argmax(world.alone(12, "snacks"))) == 3


def test_a_prior_ranks_what_the_scene_s_own_history_says_nothing_of(world: World) -> None:
    own, prior = (world.alone(0, "snacks", prior) for prior in (0.0, 2.0))
    assert np.isneginf(own).tolist() == np.isneginf(prior).tolist() == [True, True, True, False]
    assert prior[3] > own[3]


def test_only_the_scene_is_ranked_and_nothing_that_was_had(world: World) -> None:
    scores = world.score(12, "drinks", inf)
    assert np.isneginf(scores).tolist() == [True, False, True, True]

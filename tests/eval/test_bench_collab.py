"""The benchmark of collaborative filtering ranks as the product does."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from handpicked.eval import bench_collab
from handpicked.eval.suites.ranking import parts, protocols, systems
from handpicked.eval.suites.ranking.data import Interactions
from handpicked.tools.data import choices, factors
from handpicked.tools.data.recipe import Recipe


@pytest.mark.parametrize(
    "recipe", [Recipe(people=0.2, people_neighbours=5), Recipe(ease=0.0, knn=0.0, follow=1.0)]
)
def test_all_at_once_and_one_by_one_give_the_same_lists(recipe: Recipe) -> None:
    rng = np.random.default_rng(3)
    users, items = np.repeat(np.arange(40), 20), np.concatenate([rng.permutation(60)[:20] for _ in range(40)])
    data = Interactions(
        users,
        items,
        rng.permutation(800),
        tuple(f"u{n}" for n in range(40)),
        tuple(f"i{n}" for n in range(60)),
    )
    training = parts.prepare(data, protocols.by_time, "test").training
    known = choices.of_histories(training.histories, 60)
    found = factors.fit(known, training.item_ids, recipe)
    ranked = bench_collab.lists(found, known, training, 10)
    rank = systems.product(training, 0, asdict(recipe))
    for user in range(40):
        assert [training.item_ids[at] for at in ranked[user] if at >= 0] == rank(user, 10)

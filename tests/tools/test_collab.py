"""What people with the same choices chose."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from handpicked.tools.collab import carried, collab, fold_in, neighbours, score, transferred, with_prior
from handpicked.tools.data import choices, factors
from handpicked.tools.data.factors import Factors
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.sources import Dense, Links, Popular
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint, Embedder, Event

sparse: Any = import_module("scipy.sparse")  # it has no types


def _slowly(found: Factors, weights: dict[str, float]) -> dict[str, float]:
    """Each part's rows summed by weight, divided by the largest of the other items, and added by share; what follows, by the
    order of the weights."""
    total: defaultdict[str, float] = defaultdict(float)
    for name in ("ease", "knn", "follow"):
        part = found.parts[name]
        assert isinstance(part, Dense | Links)
        dense = np.asarray(part.matrix) if isinstance(part, Dense) else part.matrix.toarray()
        fresh = [math.exp(-rank / found.recipe.follow_decay) for rank in range(len(weights))]
        given = fresh if name == "follow" else weights.values()
        rows = [w * dense[found.position[item_id]] for item_id, w in zip(weights, given, strict=True)]
        others = {i: v for i, v in zip(found.ids, np.sum(rows, axis=0), strict=True) if i not in weights}
        for item_id, value in others.items():
            total[item_id] += factors.share(found.recipe, name) * float(value) / (max(others.values()) or 1.0)
    return {item_id: value for item_id, value in total.items() if value > 0}


def _scores(snapshot: Snapshot, named: tuple[str, ...], past: tuple[str, ...] = ()) -> dict[str, float]:
    return {candidate.item_id: candidate.score for candidate in score(snapshot, named, past, (), 100)}


def test_fold_in_of_a_session_is_the_sum_of_its_items_rows(snapshot: Snapshot) -> None:
    expected = _slowly(snapshot.build.factors, {"f5": 1.0, "f6": 1.0})
    assert expected
    assert _scores(snapshot, ("f5", "f6")) == pytest.approx(expected, rel=1e-4)


def test_fold_in_of_a_history_fades_from_the_newest(snapshot: Snapshot) -> None:
    decay = snapshot.build.factors.recipe.decay
    expected = _slowly(snapshot.build.factors, {"g1": 1.0, "f5": 0.1 + 0.9 * math.exp(-1 / decay)})
    assert _scores(snapshot, (), ("g1", "f5")) == pytest.approx(expected, rel=1e-4)


def test_past_counts_less_beside_what_a_session_names(snapshot: Snapshot) -> None:
    expected = _slowly(snapshot.build.factors, {"g1": 1.0, "f5": 0.4})
    assert _scores(snapshot, ("g1",), ("f5", "g1")) == pytest.approx(expected, rel=1e-4)


def test_user_who_was_never_trained_on_is_folded_in(fresh: Workspace, embedder: Embedder) -> None:
    snapshot = Index(fresh, embedder).snapshot()
    fresh.events.append([Event("new", "f5", "like", 1.0), Event("new", "f6", "rate", 2.0, 5.0)])
    context = Context(snapshot, embedder, fresh.events, time.time(), "new")
    found = collab.function(context).candidates
    assert found == score(snapshot, (), ("f6", "f5"), (), 100)
    assert found[0].item_id == "f9"
    assert set(found[0].because) <= {"f5", "f6"}
    assert found[0].because


def test_choices_that_are_disliked_carry_nothing(fresh: Workspace, embedder: Embedder) -> None:
    fresh.events.append([Event("cross", "f5", "rate", 1.0, 1.0), Event("cross", "f6", "dislike", 2.0)])
    context = Context(Index(fresh, embedder).snapshot(), embedder, fresh.events, time.time(), "cross")
    assert collab.function(context).candidates == ()


def test_deleted_item_still_tells_of_taste_but_is_no_reason(fresh: Workspace, embedder: Embedder) -> None:
    before = score(Index(fresh, embedder).snapshot(), ("f1", "f2"), (), (), 1)
    fresh.catalog.delete(["f1"])
    after = score(Index(fresh, embedder).snapshot(), ("f1", "f2"), (), (), 1)
    assert (before[0].item_id, set(before[0].because)) == ("f7", {"f1", "f2"})
    assert (after[0].item_id, after[0].because) == ("f7", ("f2",))


def test_nobody_without_a_session_gets_nothing(context: Context) -> None:
    assert collab.function(context).candidates == ()
    assert collab.function(context, item_ids=("nobody", "b1")).candidates == ()


def test_candidates_come_best_first_and_are_not_what_the_user_has(snapshot: Snapshot) -> None:
    found = score(snapshot, ("f1",), ("f7", "g1"), (), 100)
    scores = [candidate.score for candidate in found]
    assert scores == sorted(scores, reverse=True)
    assert not {candidate.item_id for candidate in found} & {"f1", "f7", "g1"}


def test_constraints_and_limit_are_kept(snapshot: Snapshot) -> None:
    cheap = (Constraint("price", "range", (None, 2)),)
    assert [candidate.item_id for candidate in score(snapshot, ("g1",), (), cheap, 100)] == ["g3"]
    assert len(score(snapshot, ("g1", "f5"), (), (), 1)) == 1


def test_neighbours_are_chosen_together_with_the_given(snapshot: Snapshot) -> None:
    found = [snapshot.item_id(row) for row in neighbours(snapshot, ("f5",), 10)]
    assert set(found) == {"f6", "f9"}
    assert neighbours(snapshot, ("b1",), 10) == []


def test_a_taste_of_the_scene_counts_by_how_much_it_has_been_seen() -> None:
    weights = np.array([1.0, 0.5, 0.5], np.float32)
    inside = np.array([True, False, False])
    mixed = transferred(weights, inside, k=3.0)
    assert mixed == pytest.approx([0.75 * 0.5 + 0.25, 0.75 * 0.25, 0.75 * 0.25])
    assert transferred(weights, np.array([False] * 3)) is weights
    assert transferred(weights, inside, k=0.0) == pytest.approx([1.0, 0.0, 0.0])


def test_popularity_is_a_prior_that_fades_with_what_is_known() -> None:
    scores, popular = np.array([1.0, 2.0, -np.inf], np.float32), np.array([4.0, 0.0, 4.0], np.float32)
    assert with_prior(scores, popular, 0) == pytest.approx([2.5, 1.0, -np.inf])
    assert with_prior(scores, popular, 19) == pytest.approx([0.6, 1.0, -np.inf])


def _everything(snapshot: Snapshot) -> Factors:
    """What the snapshot's people chose, fitted with all parts but ALS."""
    at = {item_id: number for number, item_id in enumerate(snapshot.build.columns.ids)}
    camps = [["f1", "f2", "f3", "f5"], ["g1", "g2", "f1", "g3"], ["f5", "f6", "f9", "f2"]]
    histories = [np.array([at[i] for i in np.roll(camps[user % 3], user // 3)]) for user in range(12)]
    recipe = Recipe(ease=1.0, knn=0.5, people=0.3, follow=2.0, popular=0.1, ridge=2.0, people_neighbours=5)
    return factors.fit(choices.of_histories(histories, len(at)), snapshot.build.columns.ids, recipe)


def test_reasons_of_all_parts_add_up_to_the_score_but_for_popularity(snapshot: Snapshot) -> None:
    found = _everything(snapshot)
    folded = fold_in(found, np.array([0]), np.array([3, 2]))
    positions = np.setdiff1d(np.arange(len(found.ids)), folded.history)
    popular = found.parts["popular"]
    assert isinstance(popular, Popular)
    crowd = 0.1 * popular.values[positions] / popular.values[positions].max()
    total = carried(found, folded, positions).sum(axis=0) + crowd
    assert total == pytest.approx(folded.scores[positions], rel=1e-4)


def test_what_follows_counts_from_the_newest_choice_on(snapshot: Snapshot) -> None:
    found = replace(
        snapshot.build.factors, recipe=Recipe(ease=0.0, knn=0.0, follow=1.0, follow_decay=1.0),
    )  # fmt: skip
    n = len(found.ids)
    follows = sparse.csr_matrix(([0.5, 1.0], ([0, 1], [2, 3])), shape=(n, n), dtype=np.float32)
    found = replace(found, parts={"follow": Links(follows)})
    scores = fold_in(found, np.empty(0, np.int64), np.array([0, 1])).scores
    assert scores[2:4] == pytest.approx([1.0, math.exp(-1) / 0.5], rel=1e-5)
    assert not scores[4:].any()

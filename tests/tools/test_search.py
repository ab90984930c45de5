"""Hybrid retrieval over the twenty items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.search import RRF, blend, fuse, lexical, nearest, search
from handpicked.tools.types import Constraint, Embedder, Item


def _ids(context: Context, query: str, *constraints: Constraint, limit: int = 10) -> list[str]:
    found = search.function(context, query=query, constraints=constraints, limit=limit)
    return [candidate.item_id for candidate in found.candidates]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Night Signal", "f1"),
        ("an old man flies his house with balloons", "f4"),
        ("crisps with salt", "g2"),
        ("Mara Quill", "b1"),
        ("算法之外", "b2"),
        ("乡村医生", "n2"),
        ("林知夏的随笔", "b2"),
        ("machine learning in village hospitals", "n2"),
    ],
)
def test_title_person_words_or_meaning_find_the_item(context: Context, query: str, wanted: str) -> None:
    assert wanted in _ids(context, query)[:3]


def test_both_films_of_a_person_come_first(context: Context) -> None:
    assert set(_ids(context, "Ada Brandt")[:2]) == {"f1", "f7"}


def test_blank_query_finds_nothing(context: Context) -> None:
    assert _ids(context, "  \n") == []


def test_limit_is_kept(context: Context) -> None:
    assert len(_ids(context, "film", limit=3)) == 3


def test_constraints_are_kept_even_by_the_best_match(context: Context) -> None:
    assert _ids(context, "Night Signal", Constraint("year", "range", (1990, None)))[0] != "f1"


def test_constraints_that_leave_nothing_give_nothing(context: Context) -> None:
    assert _ids(context, "Night Signal", Constraint("year", "range", (3000, None))) == []


def test_equal_queries_give_equal_candidates(context: Context) -> None:
    first = search.function(context, query="robots in the rain")
    assert search.function(context, query="robots in the rain") == first


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60))
def test_any_text_can_be_asked(shared: Context, query: str) -> None:
    ids = _ids(shared, query)
    assert len(ids) == len(set(ids))


def test_fusion_sums_reciprocal_ranks(context: Context) -> None:
    fused = fuse(context, [[3, 1], [1, 2], []], 10)
    scores = {candidate.item_id: candidate.score for candidate in fused}
    item_id = context.snapshot.item_id
    assert [candidate.item_id for candidate in fused] == [item_id(1), item_id(3), item_id(2)]
    assert scores[item_id(1)] == pytest.approx(1 / (RRF + 2) + 1 / (RRF + 1))
    assert scores[item_id(3)] == pytest.approx(1 / (RRF + 1))


@given(st.lists(st.permutations(range(6)).map(lambda rows: rows[:4]), max_size=2), st.data())
def test_fusion_does_not_depend_on_the_order_of_the_rankings(
    shared: Context, rankings: list[list[int]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rankings))
    assert fuse(shared, shuffled, 10) == fuse(shared, rankings, 10)


def test_fusion_breaks_ties_by_row(context: Context) -> None:
    fused = fuse(context, [[5], [2]], 10)
    assert [candidate.item_id for candidate in fused] == [
        context.snapshot.item_id(2),
        context.snapshot.item_id(5),
    ]


def test_nearest_merges_what_is_new_by_cosine(fresh: Workspace, embedder: Embedder, context: Context) -> None:
    fresh.catalog.upsert([Item("new1", "Robots at a picnic", "movie"), Item("new2", "Bread", "grocery")])
    snapshot = Index(fresh, embedder).snapshot()
    [vector] = embedder.embed_matrix(["Robots at a picnic"])
    mask = snapshot.mask(())
    rows, cosines = zip(*nearest(replace(context, snapshot=snapshot), vector, mask, 22), strict=True)
    assert cosines == pytest.approx([float(snapshot.vector(row) @ vector) for row in rows], abs=1e-5)
    assert snapshot.item_id(rows[0]) == "new1"
    assert sorted(rows) == list(np.flatnonzero(mask))
    assert cosines == pytest.approx(sorted(cosines, reverse=True), abs=1e-5)


def test_blend_adds_weighted_scores_and_ties_go_to_the_lower_row(context: Context) -> None:
    found = blend(context, [(0.5, [(2, 1.0), (0, 0.2)]), (1.0, [(1, 0.5), (0, 0.4)])], 10)
    assert [(c.item_id, c.score) for c in found] == [("f1", 0.5), ("f2", 0.5), ("f3", 0.5)]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("nihgt sigal", "f1"), ("oat crakers", "g1"), ("sergio lnek", "f6"), ("wstern", "f5")],
)
def test_a_mistyped_title_name_or_category_is_corrected(context: Context, query: str, wanted: str) -> None:
    mask = context.snapshot.mask(())
    (found,) = lexical(context, query, mask)
    assert wanted in [context.snapshot.item_id(row) for row, _ in found[:2]]


def test_a_word_that_the_catalogue_has_is_not_corrected(context: Context) -> None:
    (found,) = lexical(context, "gallon", context.snapshot.mask(()))
    assert [context.snapshot.item_id(row) for row, _ in found] == ["g3"]


def test_scores_of_the_two_halves_are_scaled_alike(context: Context) -> None:
    (found,) = lexical(context, "night signal machines", context.snapshot.mask(()))
    assert found[0][1] == 1.0
    assert all(0 < score <= 1 for _, score in found)

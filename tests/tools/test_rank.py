"""Candidates of every tool become one list that breaks no constraint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from handpicked.tools.data import build
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.rank import RankedItems, rank
from handpicked.tools.shaping import Shape
from handpicked.tools.types import Candidate, Constraint, Contribution, Embedder, Item, ToolCall, ToolResult

WEIGHTS = {"search": 1.0, "collab": 0.5, "popular": 0.25}
_IDS = [
    *(f"f{n}" for n in range(1, 11)),
    "g1",
    "g2",
    "g3",
    "g4",
    "b1",
    "b2",
    "n1",
    "n2",
    "m1",
    "m2",
    "nobody",
    "",
]
_CANDIDATES = st.lists(
    st.builds(
        Candidate, st.sampled_from(_IDS), st.floats(), st.lists(st.sampled_from(_IDS), max_size=2).map(tuple)
    ),
    max_size=25,
)
RESULTS = st.lists(
    st.builds(
        ToolResult,
        st.builds(ToolCall, st.sampled_from([*WEIGHTS, "other"]), st.just({})),
        _CANDIDATES.map(tuple),
    ),
    max_size=4,
)


def _result(name: str, *item_ids: str, because: tuple[str, ...] = ()) -> ToolResult:
    return ToolResult(ToolCall(name, {}), tuple(Candidate(item_id, 9.0, because) for item_id in item_ids))


def _ranked(
    snapshot: Snapshot,
    *results: ToolResult,
    constraints: Sequence[Constraint] = (),
    exclude: Sequence[str] = (),
    k: int = 10,
    shape: Shape | None = None,
) -> RankedItems:
    return rank(
        snapshot, results, weights=WEIGHTS, constraints=constraints, exclude=exclude, k=k, shape=shape
    )


def _ids(ranked: RankedItems) -> list[str]:
    return [one.item.item_id for one in ranked.items]


@settings(deadline=None, max_examples=120)
@given(RESULTS, st.lists(st.sampled_from(_IDS), max_size=4), st.integers(1, 12), st.data())
def test_list_breaks_no_constraint_whatever_the_tools_return(
    snapshot: Snapshot,
    constraint_lists: SearchStrategy[list[Constraint]],
    keeps: Callable[[Item, Constraint], bool],
    results: list[ToolResult],
    exclude: list[str],
    k: int,
    data: st.DataObject,
) -> None:
    constraints = data.draw(constraint_lists)
    shape = Shape(explore=data.draw(st.integers(0, 12)), seed=data.draw(st.text(max_size=2)))
    ranked = _ranked(snapshot, *results, constraints=constraints, exclude=exclude, k=k, shape=shape)
    assert all(0 < one.propensity <= 1 for one in ranked.items)
    assert all(keeps(one.item, constraint) for one in ranked.items for constraint in constraints)
    assert not set(_ids(ranked)) & set(exclude)
    assert len(set(_ids(ranked))) == len(ranked.items) <= k
    assert not ranked.items or not ranked.emptied_by


@settings(deadline=None, max_examples=60)
@given(RESULTS, st.data())
def test_order_in_which_results_come_decides_nothing(
    snapshot: Snapshot, results: list[ToolResult], data: st.DataObject
) -> None:
    one = _ranked(snapshot, *results)
    other = _ranked(snapshot, *data.draw(st.permutations(results)))
    assert [(r.item, r.score) for r in other.items] == [(r.item, r.score) for r in one.items]


def test_scores_are_weighted_reciprocal_ranks_and_show_their_sources(snapshot: Snapshot) -> None:
    ranked = _ranked(snapshot, _result("search", "f1", "g1"), _result("collab", "g1", because=("g2",)))
    by_id = {one.item.item_id: one for one in ranked.items}
    assert by_id["f1"].score == pytest.approx(1 / 61)
    assert by_id["g1"].score == pytest.approx(1 / 62 + 0.5 / 61)
    assert by_id["g1"].sources == (
        Contribution("search", 2, 9.0, 1.0, 1 / 62),
        Contribution("collab", 1, 9.0, 0.5, 0.5 / 61),
    )
    assert by_id["g1"].because == ("g2",)
    assert _ids(ranked)[0] == "g1"


def test_ranks_count_only_what_is_allowed(snapshot: Snapshot) -> None:
    movies = [Constraint("domain", "in", ("movie",))]
    ranked = _ranked(
        snapshot, _result("search", "g1", "nobody", "f2", "f1"), constraints=movies, exclude=["f2"]
    )
    assert [(one.item.item_id, one.sources[0].rank) for one in ranked.items] == [("f1", 1)]


def test_item_that_one_tool_gives_twice_counts_once(snapshot: Snapshot) -> None:
    found = (Candidate("f1", 9.0), Candidate("g1", 8.0), Candidate("f1", 7.0))
    ranked = _ranked(snapshot, ToolResult(ToolCall("search", {}), found))
    assert ranked.items[0].sources == (Contribution("search", 1, 9.0, 1.0, 1 / 61),)
    assert [(one.item.item_id, one.score) for one in ranked.items] == [
        ("f1", pytest.approx(1 / 61)),
        ("g1", pytest.approx(1 / 62)),
    ]


def test_tool_called_twice_counts_twice(snapshot: Snapshot) -> None:
    [one] = _ranked(snapshot, _result("search", "f1"), _result("search", "f1")).items
    assert one.score == pytest.approx(2 / 61)


def test_tool_without_a_weight_is_not_fused(snapshot: Snapshot) -> None:
    assert _ids(_ranked(snapshot, _result("other", "f1"), _result("search", "f2"))) == ["f2"]


def test_ties_go_to_the_lower_row(snapshot: Snapshot) -> None:
    assert _ids(_ranked(snapshot, _result("search", "m1"), _result("search", "f9"))) == ["f9", "m1"]


@pytest.mark.parametrize(
    ("constraints", "named"),
    [
        (
            [Constraint("year", "range", (3000, None)), Constraint("domain", "in", ("movie",))],
            ("year at least 3000",),
        ),
        (
            [Constraint("domain", "in", ("movie",)), Constraint("brand", "in", ("Acme",))],
            ("domain in movie", "brand in Acme"),
        ),
        (
            [
                Constraint("price", "range", (0, 5)),
                Constraint("domain", "in", ("movie",)),
                Constraint("in_stock", "in", (True,)),
            ],
            ("price 0 to 5", "domain in movie"),
        ),
    ],
)
def test_empty_list_names_the_constraints_that_emptied_it(
    snapshot: Snapshot, constraints: list[Constraint], named: tuple[str, ...]
) -> None:
    ranked = _ranked(snapshot, _result("search", "f1"), constraints=constraints)
    assert ranked == RankedItems((), named)


def test_list_that_only_held_what_was_seen_says_so(snapshot: Snapshot) -> None:
    westerns = [Constraint("categories", "in", ("Western",))]
    ranked = _ranked(snapshot, _result("search", "f5"), constraints=westerns, exclude=["f5", "f6"])
    assert ranked == RankedItems((), ("seen",))


def test_list_without_candidates_says_that_nothing_matches(snapshot: Snapshot) -> None:
    assert _ranked(snapshot, _result("search")) == RankedItems((), ("nothing matches",))


def test_two_films_of_one_title_far_apart_are_both_listed(snapshot: Snapshot) -> None:
    assert set(_ids(_ranked(snapshot, _result("search", "f2", "f3")))) == {"f2", "f3"}


def test_near_identical_titles_are_listed_once(tmp_path: Path, toy: Embedder) -> None:
    snapshot = _of(
        tmp_path,
        toy,
        Item("a", "Stone Harbour", "movie", year=1999),
        Item("b", "STONE HARBOUR", "movie", year=2000),
        Item("c", "Stone Harbour", "movie", year=2021),
        Item("d", "Stone Harbour", "book", year=1999),
    )
    listed = _ids(_ranked(snapshot, _result("search", "b", "a", "c", "d")))
    assert listed[0] == "b"
    assert sorted(listed) == ["b", "c", "d"]


def test_something_different_is_preferred_to_more_of_the_same(tmp_path: Path, toy: Embedder) -> None:
    snapshot = _of(
        tmp_path,
        toy,
        Item("a", "Grey wolf hunts by night"),
        Item("b", "Grey wolf hunts by day and night"),
        Item("c", "Pastry cooks of Lyon"),
    )
    assert _ids(_ranked(snapshot, _result("search", "a", "b", "c"))) == ["a", "c", "b"]


def _of(folder: Path, embedder: Embedder, *items: Item) -> Snapshot:
    workspace = Workspace.open(folder)
    workspace.catalog.upsert(items)
    build.build(workspace, embedder)
    return Index(workspace, embedder).snapshot()

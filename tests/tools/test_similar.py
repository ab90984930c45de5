"""Items like these items."""

from __future__ import annotations

import pytest

from handpicked.tools.dispatch import Context
from handpicked.tools.errors import ToolError
from handpicked.tools.similar import similar
from handpicked.tools.types import Candidate, Constraint, Found


def _found(
    context: Context, *item_ids: str, constraints: tuple[Constraint, ...] = ()
) -> tuple[Candidate, ...]:
    return similar.function(context, item_ids=item_ids, constraints=constraints, limit=10).candidates


def test_items_chosen_by_the_same_people_come_first(context: Context) -> None:
    assert {candidate.item_id for candidate in _found(context, "f5")[:2]} == {"f6", "f9"}


def test_items_that_nobody_chose_resemble_by_content(context: Context) -> None:
    assert _found(context, "b2")[0].item_id == "n2"


def test_given_items_dont_come_back(context: Context) -> None:
    assert not {candidate.item_id for candidate in _found(context, "f1", "f7")} & {"f1", "f7"}


def test_each_candidate_names_the_given_item_that_it_is_nearest_to(context: Context) -> None:
    because = {candidate.item_id: candidate.because for candidate in _found(context, "f5", "g1")}
    assert because["f6"] == ("f5",)
    assert because["g2"] == ("g1",)


def test_constraints_are_kept(context: Context) -> None:
    cheap = Constraint("price", "range", (None, 3))
    assert {candidate.item_id for candidate in _found(context, "g2", constraints=(cheap,))} == {"g1", "g3"}


def test_unknown_ids_are_told_with_the_tool_that_finds_them(context: Context) -> None:
    with pytest.raises(ToolError, match="no item with id 'x1', 'x2'; use lookup"):
        _found(context, "x1", "x2")


def test_unknown_id_beside_a_known_one_is_passed_over(context: Context) -> None:
    assert _found(context, "f5", "x1") == _found(context, "f5")


def test_limit_is_kept(context: Context) -> None:
    found: Found = similar.function(context, item_ids=("f5",), limit=2)
    assert len(found.candidates) == 2

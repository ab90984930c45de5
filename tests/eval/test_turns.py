"""The checker of the 200 turns finds what is planted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from handpicked.agent.app import wiring
from handpicked.agent.settings import Settings
from handpicked.agent.types import Reply, Request
from handpicked.eval import turns
from handpicked.eval.turns import Answered
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Constraint, Item

REQUEST = Request("westerns made before 1970", k=2)


@pytest.fixture(scope="module")
def reply(built: Workspace, settings: Settings) -> Reply:
    return asyncio.run(wiring.open_agent(settings, prose=False).agent.turn(REQUEST))


def found(reply: Reply | None, built: Workspace, error: str | None = None) -> list[str]:
    titles = frozenset(item.title for item in built.catalog.scan() if " " in item.title)
    return list(turns.problems(Answered(REQUEST, reply, error, 0.1), built.catalog, titles))


def changed(reply: Reply, **change: Any) -> Reply:
    """The reply with its first item changed."""
    ranked = reply.lists[0]
    items = (replace(ranked.items[0], **change), *ranked.items[1:])
    return replace(reply, lists=(replace(ranked, items=items),))


def test_a_right_reply_has_no_problem(reply: Reply, built: Workspace) -> None:
    assert found(reply, built) == []


def test_an_item_that_the_catalogue_lacks_is_found(reply: Reply, built: Workspace) -> None:
    assert "not in the catalogue" in found(changed(reply, item_id="f999"), built)[0]
    assert "not in the catalogue" in found(changed(reply, title="The Wet Valley"), built)[0]


def test_a_broken_constraint_is_found(reply: Reply, built: Workspace) -> None:
    bound = Constraint("runtime", "range", (None, 10))
    reading = replace(reply.reading, constraints=(bound,))
    assert any(
        "breaks runtime at most 10" in problem for problem in found(replace(reply, reading=reading), built)
    )


def test_a_foreign_title_in_the_text_is_found(reply: Reply, built: Workspace) -> None:
    said = replace(reply, text=f"{reply.text} Robot Picnic is good too.")
    assert found(said, built) == ["the text names 'Robot Picnic'"]


def test_an_error_and_a_silent_empty_list_are_found(reply: Reply, built: Workspace) -> None:
    assert found(None, built, "broken") == ["error: broken"]
    silent = replace(reply, lists=(replace(reply.lists[0], items=(), emptied_by=()),))
    assert "does not say why" in found(silent, built)[0]


@pytest.mark.parametrize(
    ("constraint", "kept"),
    [
        (Constraint("year", "range", (1990, 1999)), True),
        (Constraint("year", "range", (2000, None)), False),
        (Constraint("price", "range", (None, 5)), False),
        (Constraint("categories", "in", ("sci fi",)), True),
        (Constraint("categories", "not_in", ("Sci-Fi",)), False),
        (Constraint("language", "in", ("French",)), True),
        (Constraint("brand", "not_in", ("Acme",)), True),
        (Constraint("colour", "in", ("red",)), True),
    ],
)
def test_constraints_are_judged_by_plain_fields(constraint: Constraint, kept: bool) -> None:
    item = Item(
        "x", "X", categories=("Sci-Fi",), year=1995, language="English, French", attributes={"colour": "Red"}
    )
    assert turns.keeps(item, constraint) is kept


def test_there_are_two_hundred_turns_of_both_languages_with_distinct_ids() -> None:
    given = turns.requests()
    assert len({request.id for request in given}) == len(given) == 200
    assert set(turns.expectations()) <= {request.id for request in given}

"""Functions become tools, and calls that go wrong become messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import Field

from handpicked.tools.catalog import lookup
from handpicked.tools.collab import collab
from handpicked.tools.dialogues import dialogues
from handpicked.tools.dispatch import Context, call, tool
from handpicked.tools.errors import ToolError
from handpicked.tools.popular import popular
from handpicked.tools.search import Constraints, search
from handpicked.tools.similar import similar
from handpicked.tools.types import Candidate, Constraint, Found, Item, Json, ToolCall


@tool
def echo(
    context: Context,
    words: Annotated[tuple[str, ...], Field(description="what to say")],
    times: Annotated[int, Field(ge=1, le=3)] = 1,
    constraints: Constraints = (),
) -> Found:
    """Say words
    again.

    Nobody else sees this paragraph."""
    return Found(tuple(Candidate(word, float(times)) for word in words), {"constraints": len(constraints)})


@tool
def refusing(context: Context) -> Found:
    """Refuse."""
    raise ToolError("no item 'x9'; use lookup")


@tool
def broken(context: Context) -> Found:
    """Break."""
    raise KeyError("a bug")


TOOLS = {one.name: one for one in (echo, refusing, broken)}
REAL = {one.name: one for one in (search, similar, collab, popular, dialogues, lookup)}
ARGUMENTS: dict[str, dict[str, Json]] = {
    "search": {"query": "salt or robots 人工智能"},
    "similar": {"item_ids": ["f1", "g1"]},
    "collab": {"item_ids": ["f1", "g3"]},
    "popular": {},
    "dialogues": {"utterances": ["films about robots or westerns"]},
    "lookup": {"item_ids": ["f1", "g1", "b2", "g4"]},
}


def test_unknown_tool_is_reported_to_the_model(context: Context) -> None:
    result = call(TOOLS, context, ToolCall("serach", {}))
    assert result.error == "unknown tool 'serach'; known: broken, echo, refusing"
    assert result.candidates == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "words: Field required"),
        ({"words": ["a"], "times": 9}, "times: Input should be less than or equal to 3"),
        ({"words": ["a"], "time": 2}, "time: Extra inputs are not permitted"),
        (
            {"words": ["a"], "constraints": [{"field": "price", "op": "below", "value": [3]}]},
            "constraints.0.op",
        ),
        (
            {"words": ["a"], "constraints": [{"field": "price", "op": "range", "value": ["cheap"]}]},
            "the range of 'price' is [low, high]",
        ),
    ],
)
def test_bad_arguments_are_reported_to_the_model(
    context: Context, arguments: dict[str, Json], told: str
) -> None:
    error = call(TOOLS, context, ToolCall("echo", arguments)).error
    assert error is not None
    assert error.startswith("bad arguments for 'echo': ")
    assert told in error


def test_tool_error_is_reported_to_the_model_with_its_call(context: Context) -> None:
    wanted = ToolCall("refusing", {}, "call-7")
    result = call(TOOLS, context, wanted)
    assert (result.call, result.error) == (wanted, "no item 'x9'; use lookup")


def test_bug_in_a_tool_propagates(context: Context) -> None:
    with pytest.raises(KeyError, match="a bug"):
        call(TOOLS, context, ToolCall("broken", {}))


def test_arguments_are_parsed_and_defaults_filled_in(context: Context) -> None:
    limit: Json = {"field": "price", "op": "range", "value": [None, 3]}
    result = call(TOOLS, context, ToolCall("echo", {"words": ["a", "b"], "constraints": [limit]}))
    assert result.error is None
    assert result.candidates == (Candidate("a", 1.0), Candidate("b", 1.0))
    assert result.facts == {"constraints": 1}


def test_schema_is_derived_from_the_signature_without_the_context() -> None:
    schema = echo.schema
    assert set(schema["properties"]) == {"words", "times", "constraints"}
    assert schema["required"] == ["words"]
    assert schema["properties"]["words"]["description"] == "what to say"
    assert schema["properties"]["times"] | {"title": ""} == {
        "default": 1, "maximum": 3, "minimum": 1, "title": "", "type": "integer",
    }  # fmt: skip
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Constraint"]["properties"]["op"]["enum"] == ["in", "not_in", "range"]


def test_definition_has_the_name_and_the_first_paragraph() -> None:
    definition = echo.definition()
    assert definition["type"] == "function"
    assert definition["function"]["name"] == "echo"
    assert definition["function"]["description"] == "Say words again."
    assert definition["function"]["parameters"] == echo.schema


@pytest.mark.parametrize("name", REAL)
def test_constraint_on_an_unknown_field_is_reported_with_the_known_ones(context: Context, name: str) -> None:
    wrong: Json = {"field": "colour", "op": "in", "value": ["red"]}
    error = call(REAL, context, ToolCall(name, ARGUMENTS[name] | {"constraints": [wrong]})).error
    assert error is not None
    assert "no field 'colour'" in error
    assert "brand, cast, categories" in error


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_no_tool_offers_what_breaks_a_constraint(
    shared: Context,
    constraint_lists: SearchStrategy[list[Constraint]],
    keeps: Callable[[Item, Constraint], bool],
    data: st.DataObject,
) -> None:
    constraints = data.draw(constraint_lists)
    asked: list[Json] = [{"field": c.field, "op": c.op, "value": list(c.value)} for c in constraints]
    for name, arguments in ARGUMENTS.items():
        result = call(REAL, shared, ToolCall(name, arguments | {"constraints": asked}))
        assert result.error is None
        for candidate in result.candidates:
            item = shared.snapshot.get(candidate.item_id)
            assert item is not None
            assert all(keeps(item, constraint) for constraint in constraints)

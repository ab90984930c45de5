"""The tools suite compares the calls of a turn with those that its labels ask for."""

from __future__ import annotations

from typing import Any

import pytest

from handpicked.agent.settings import Settings
from handpicked.eval.suites.tools import task
from handpicked.eval.types import Case, Options
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ConfigError

WESTERN = {"field": "categories", "op": "in", "value": ["Western"]}
SHORT = {"field": "runtime", "op": "range", "value": [None, 100]}
HEAT = {"title": "Heat", "role": "about"}
UP = {"title": "Up", "role": "like"}


def called(tool: str, **arguments: Any) -> dict[str, Any]:
    return {"tool": tool, "arguments": arguments}


def scored(
    tasks: list[str],
    *calls: dict[str, Any],
    titles: tuple[dict[str, str], ...] = (),
    constraints: tuple[dict[str, Any], ...] = (),
    before: tuple[Any, ...] = (),
    around: tuple[str, ...] = (),
    lacking: tuple[str, ...] = (),
) -> dict[str, float]:
    want = {"tasks": tasks, "titles": titles, "constraints": constraints, "before": before}
    answer = {"calls": calls, "around": around, "lacking": lacking}
    return dict(task.score(Case("t", "heldout", ("all",), want), answer))


def test_small_talk_needs_no_call() -> None:
    assert scored(["chitchat"])["match"] == 1.0
    wrong = scored(["chitchat"], called("popular", constraints=[]))
    assert (wrong["match"], wrong["tools_hit"], wrong["tools_all"]) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("given", "right"),
    [([WESTERN], 1.0), ([WESTERN, {"field": "domain", "op": "in", "value": ["movie"]}], 1.0), ([], 0.0), ([WESTERN, SHORT], 0.0)],
)  # fmt: skip
def test_a_needed_call_has_the_constraints_that_were_said_and_no_more(
    given: list[dict[str, Any]], right: float
) -> None:
    scores = scored(["recommend"], called("popular", constraints=given), constraints=(WESTERN,))
    assert scores["arguments_right"] == right
    assert scores["arguments_all"] == 1.0


def test_what_was_said_before_may_come_on_top() -> None:
    call = called("popular", constraints=[WESTERN, SHORT])
    assert scored(["recommend"], call, constraints=(WESTERN,), before=("a short one",))["match"] == 1.0


def test_calls_in_any_order_each_with_its_items() -> None:
    similar, lookup = called("similar", item_ids=["up"], constraints=[]), called("lookup", item_ids=["Heat"])
    wish = ["recommend", "review"]
    assert scored(wish, lookup, similar, titles=(HEAT, UP))["match"] == 1.0
    assert scored(wish, similar, lookup, titles=(HEAT, UP))["match"] == 1.0
    assert scored(wish, similar, titles=(HEAT, UP))["needed"] == 0.0
    stray = called("similar", item_ids=["up", "f8"], constraints=[])
    assert scored(["recommend"], stray, titles=(UP,))["match"] == 0.0
    assert scored(["recommend"], stray, titles=(UP,), around=("f8",))["match"] == 1.0
    assert scored(["review"], called("lookup", title="heat"), titles=(HEAT,))["match"] == 1.0


def test_a_call_that_nothing_asks_for_is_wrong_though_all_that_is_needed_is_there() -> None:
    scores = scored(["recommend"], called("popular", constraints=[]), called("ads", constraints=[]))
    assert (scores["needed"], scores["match"]) == (1.0, 0.0)
    assert scores["tools_hit"] / scores["tools_all"] == pytest.approx(2 / 3)


def test_a_title_that_the_catalogue_lacks_is_not_looked_up() -> None:
    assert scored(["review"], titles=(HEAT,), lacking=("Heat",))["match"] == 1.0


@pytest.mark.parametrize("system", ["evidence", "server"])
def test_held_out_turns_make_calls(built: Workspace, settings: Settings, system: str) -> None:
    options = Options(workspace=settings.workspace, cache=settings.cache, quick=True)
    cases = task.cases(options)[:12]
    with task.open(system, "heldout", options) as subject:
        answers = {case.id: subject(case) for case in cases}
    talk = [case for case in cases if case.data["tasks"] == ["chitchat"]]
    assert any(answer["calls"] for answer in answers.values())
    assert all(not answers[case.id]["calls"] for case in talk if system == "server")


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match="--demonstrations FILE"):
        task.cases(Options(split="test"))
    with (
        pytest.raises(ConfigError, match="evidence, model, server"),
        task.open("oracle", "heldout", Options()),
    ):
        pass

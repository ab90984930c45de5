"""The reading suite compares what was read with what is expected."""

from __future__ import annotations

from typing import Any

import pytest

from handpicked.agent.settings import Settings
from handpicked.eval.suites.reading import task
from handpicked.eval.types import Case, Options
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ConfigError

WESTERN = {"field": "categories", "op": "in", "value": ["Western"]}
READ: dict[str, Any] = {
    "scene": "watch",
    "tasks": ["recommend"],
    "constraints": [],
    "like": ["Alien"],
    "empty": False,
}


def scored(expected: dict[str, Any], **read: Any) -> dict[str, float]:
    data = {
        "request": {"filters": [{"field": "price", "op": "range", "value": [None, 3]}]},
        "expected": expected,
    }
    return dict(task.score(Case("t", "turns", ("all",), data), READ | read))


def test_only_what_is_expected_is_asked() -> None:
    scores = scored({"scene": "watch"})
    assert (scores["scene"], scores["scene_asked"], scores["tasks_asked"]) == (1.0, 1.0, 0.0)
    assert scored({"scene": "shop"})["scene"] == 0.0


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ([["categories", "in", ["western", "drama"]]], 1.0),
        (
            [["categories", "in", ["Western"]], ["domain", "in", ["movie"]], ["price", "range", [None, 3]]],
            1.0,
        ),
        ([["categories", "not_in", ["Western"]]], 0.0),
        ([["categories", "in", ["Western"]], ["year", "range", [None, 1969]]], 0.0),
        ([], 0.0),
    ],
)
def test_constraints_are_exactly_those_expected(read: list[Any], right: float) -> None:
    assert scored({"constraints": [WESTERN]}, constraints=read)["constraints"] == right


def test_liked_titles_are_exactly_those_expected() -> None:
    assert scored({"like": ["alien"]})["like"] == 1.0
    assert scored({"like": []})["like"] == 0.0
    assert scored({"tasks": ["recommend", "ads"]})["tasks"] == 0.0


def test_a_turn_is_read(built: Workspace, settings: Settings) -> None:
    options = Options(workspace=settings.workspace)
    case = next(case for case in task.cases(options) if case.data["expected"].get("scene") == "watch")
    with task.open("evidence", "turns", options) as subject:
        assert task.score(case, subject(case))["scene"] == 1.0
    with pytest.raises(ConfigError, match="evidence"), task.open("oracle", "turns", options):
        pass
    with pytest.raises(ValueError, match="an answer has"):
        task.score(case, {"scene": "watch"})

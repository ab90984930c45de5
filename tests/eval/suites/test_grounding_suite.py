"""The grounding suite asks every turn on its own and counts what the checker finds."""

from __future__ import annotations

from typing import Any

import pytest

from handpicked.agent.settings import Settings
from handpicked.eval import suite
from handpicked.eval.suites.grounding import task, turns
from handpicked.eval.types import Case, Options
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ConfigError

ANSWER: dict[str, Any] = {"problems": [], "model_sentences": 3, "accepted": 2, "degraded": []}


@pytest.fixture
def options(built: Workspace, settings: Settings) -> Options:
    return Options(workspace=settings.workspace, model="none")


def test_the_halves_are_equal_and_share_no_session() -> None:
    valid, test = turns.turns("valid"), turns.turns("test")
    assert len(valid) == len(test) == 100
    sessions = [{turn.request.session_id for turn in half} - {None} for half in (valid, test)]
    assert sessions[0]
    assert sessions[1]
    assert not sessions[0] & sessions[1]
    assert len({turn.request.id for turn in (*valid, *test)}) == 200


def test_a_turn_knows_the_turns_before_it() -> None:
    by_id = {turn.request.id: turn for turn in (*turns.turns("valid"), *turns.turns("test"))}
    assert [request.id for request in by_id["t122"].earlier] == ["t120", "t121"]
    assert by_id["t001"].earlier == ()


def test_a_turn_survives_the_log() -> None:
    for turn in turns.turns("valid"):
        assert turns.unpack(turns.pack(turn)) == turn


def test_every_score_of_the_metrics_is_there() -> None:
    spec = suite.load("grounding").spec
    scores = task.score(Case("c", "turns", ("all",)), ANSWER)
    assert {name for metric in spec.metrics for name in spec.metrics[metric].of or (metric,)} - {"ms"} <= set(
        scores
    )


def test_problems_are_counted_by_kind() -> None:
    wrong = [{"kind": "wrong_number", "span": "1985", "why": ""}] * 2
    scores = task.score(
        Case("c", "turns", ("all",)), ANSWER | {"problems": wrong, "degraded": ["prose: down"]}
    )
    assert (scores["wrong_number"], scores["wrong_name"]) == (2.0, 0.0)
    assert (scores["grounded"], scores["degraded"], scores["accepted"]) == (0.0, 1.0, 2.0)
    assert task.score(Case("c", "turns", ("all",)), ANSWER)["grounded"] == 1.0
    with pytest.raises(ValueError, match="problems"):
        task.score(Case("c", "turns", ("all",)), {})


def test_a_turn_is_answered_and_checked_the_same_each_time(options: Options, built: Workspace) -> None:
    case = next(case for case in task.cases(options) if case.id == "t120" or case.data["earlier"])
    before = built.events.load_session("s-crime")
    with task.open("floor", "turns", options) as subject:
        first, again = subject(case), subject(case)
    assert first == again
    assert first["lists"]
    assert built.events.load_session("s-crime") == before


def test_without_a_model_there_is_no_model_system(options: Options) -> None:
    with pytest.raises(ConfigError, match="--system floor"), task.open("model", "turns", options):
        pass
    with pytest.raises(ConfigError, match="no system 'mood'"), task.open("mood", "turns", options):
        pass

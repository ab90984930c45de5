"""The suites `online`, `offpolicy` and `peeking`: what a case is, and how an answer is scored."""

from __future__ import annotations

import pytest

from handpicked.eval.suites import offpolicy, online, peeking
from handpicked.eval.types import Case, Options


def test_the_sums_of_a_group_s_users_are_those_of_the_log() -> None:
    task, options = online.task, Options(quick=True, parts=("simulated",))
    cases = task.cases(options)
    with task.open("log", "simulated", options) as subject:
        scored = [(case.tags[0], task.score(case, subject(case))) for case in cases]

    def total(tag: str, name: str) -> float:
        return sum(scores[name] for of, scores in scored if of == f"simulated/{tag}")

    for name in ("ctr.of", "ctr.n", "cvr.of", "ctr_truth.n"):
        for groups in (("scene watch", "scene read"), tuple(f"position {n}" for n in range(1, 6))):
            assert sum(total(group, name) for group in groups) == pytest.approx(total("all", name))
    assert total("all", "ctr_truth.n") == total("all", "ctr.n") > total("all", "ctr.of")


def test_an_estimate_is_scored_by_its_interval_and_a_refusal_is_one() -> None:
    score, case = offpolicy.task.score, Case("log 0", "near", ("near",), {"truth": 0.5})
    found = score(case, {"value": 0.4, "low": 0.3, "high": 0.6})
    assert found == {"refused": 0.0, "covered": 1.0, "error": pytest.approx(0.1), "width": pytest.approx(0.3)}
    assert score(case, {"value": 0.4, "low": 0.3, "high": 0.45})["covered"] == 0.0
    assert score(case, {"refused": "no"}) == {"refused": 1.0}
    with pytest.raises(ValueError, match="interval"):
        score(case, {"value": 0.4})


def test_a_log_that_never_shows_what_the_other_policy_chooses_gives_no_figure() -> None:
    case = offpolicy.task.cases(Options(quick=True, parts=("never",)))[-1]
    with offpolicy.task.open("snips", "never", Options()) as subject:
        assert "what the other policy chooses" in subject(case)["refused"]
    with offpolicy.task.open("naive", "never", Options()) as subject:
        assert {*subject(case)} == {"value", "low", "high"}


def test_a_test_is_decided_at_the_first_look_that_excludes_no_difference() -> None:
    score = peeking.task.score
    none, some = (Case("test 0", name, (name,), {"lift": lift}) for name, lift in peeking.LIFTS.items())
    looks = [[-0.1, 0.1], [0.01, 0.1], [-0.01, 0.1]]
    assert score(none, looks) == {"false_alarm": 1.0, "holds": 0.0}
    assert score(none, looks[:1]) == {"false_alarm": 0.0, "holds": 1.0}
    assert score(some, looks) == {"found": 1.0, "holds": 1.0, "days": 2.0}
    assert score(some, looks[:1] * 3)["days"] == 3.0

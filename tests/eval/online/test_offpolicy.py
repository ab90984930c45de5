"""Estimates of another policy: by hand, beside the library `obp`, and on logs of which the truth is known."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from handpicked.eval.online import offpolicy, replayed, simulate
from handpicked.eval.online.log import Impression
from handpicked.eval.online.offpolicy import Logged
from handpicked.tools.errors import ConfigError, DataError
from handpicked.tools.types import Event


def _log(reward: list[float], logged: list[float], other: list[float]) -> Logged:
    columns = [np.array(column, np.float64) for column in (reward, logged, other)]
    return Logged(columns[0], columns[1], columns[2], np.arange(len(reward)))


def test_estimators_agree_with_obp() -> None:
    # Made by obp_cases.py. obp cuts no weights in its self-normalized estimator.
    known = orjson.loads(Path(__file__).with_name("obp.json").read_bytes())
    columns = [np.array(known[n]) for n in ("reward", "logged", "other", "expected", "outlook")]
    users = np.arange(len(columns[0]))
    log = Logged(columns[0], columns[1], columns[2], users, columns[3], columns[4])
    for clip, wanted in ((math.inf, known["whole"]), (known["clip"], known["clipped"])):
        found = offpolicy.unchecked(log, clip=clip)
        assert found.dr is not None
        assert found.ips.value == pytest.approx(wanted["ips"], abs=1e-12)
        assert found.dr.value == pytest.approx(wanted["dr"], abs=1e-12)
        if clip == math.inf:
            assert found.snips.value == pytest.approx(wanted["snips"], abs=1e-12)


def test_weights_and_the_effective_sample_by_hand() -> None:
    log = _log([1, 0, 1, 0], [0.5, 0.5, 0.25, 0.25], [0.5, 0.25, 1.0, 0.0])  # weights 1, 1/2, 4, 0
    found = offpolicy.unchecked(log, clip=math.inf)
    assert found.ips.value == pytest.approx(5 / 4)
    assert found.snips.value == pytest.approx(5 / 5.5)
    assert found.overlap.effective == pytest.approx(5.5**2 / 17.25)
    cut = offpolicy.unchecked(log)  # at the root of four rows
    assert cut.snips.value == pytest.approx(3 / 3.5)
    assert (cut.overlap.clip, cut.overlap.clipped) == (2.0, 0.25)
    assert cut.dr is None


def test_the_logged_policy_itself_is_estimated_by_its_mean() -> None:
    rng = np.random.default_rng(1)
    even = np.full(300, 0.2)
    log = _log(list(map(float, rng.integers(2, size=300))), list(even), list(even))
    found = offpolicy.estimate(log)
    assert found.ips == found.snips == found.logged
    assert found.overlap.effective == pytest.approx(300)


def test_too_little_overlap_is_refused() -> None:
    with pytest.raises(DataError, match=r"worth 3 rows of the other policy, and 100 are needed"):
        offpolicy.estimate(_log([1, 0, 1], [0.5] * 3, [0.5] * 3))
    never = simulate.bandit_log(simulate.bandit("never"), np.random.default_rng(0), 300)
    with pytest.raises(DataError, match=r"the log has 8\d% of what the other policy chooses"):
        offpolicy.estimate(never)


@pytest.mark.parametrize(
    ("logged", "other"), [(0.0, 0.5), (1.1, 0.5), (math.nan, 0.5), (0.5, -0.1), (0.5, 1.1)]
)
def test_probabilities_that_cannot_be_are_refused(logged: float, other: float) -> None:
    with pytest.raises(DataError, match=r"propensities|probabilities"):
        offpolicy.estimate(_log([1.0] * 200, [logged] * 200, [other] * 200))


def _coverage(overlap: str, runs: int, users: int) -> dict[str, float]:
    world = simulate.bandit(overlap)
    held = dict.fromkeys(("logged", "ips", "snips", "dr"), 0)
    for run in range(runs):
        found = offpolicy.estimate(simulate.bandit_log(world, np.random.default_rng([run, 11]), users))
        for name in held:
            low, high = getattr(found, name).interval
            held[name] += low <= world.truth <= high
    return {name: count / runs for name, count in held.items()}


def test_intervals_hold_the_truth_where_the_logs_mean_does_not() -> None:
    found = _coverage("near", 120, 200)
    # 120 intervals of 95%: fewer than 106 hold it once in 800 times.
    assert all(found[name] >= 106 / 120 for name in ("ips", "snips", "dr"))
    assert found["logged"] < 0.2


@pytest.mark.soak
@pytest.mark.parametrize("overlap", ["near", "far"])
def test_of_a_thousand_intervals_93_to_97_in_a_hundred_hold_the_truth(overlap: str) -> None:
    found = _coverage(overlap, 1000, 300)
    assert all(0.93 <= found[name] <= 0.97 for name in ("ips", "snips", "dr")), found


def test_lists_of_another_policy_are_read_and_estimated(tmp_path: Path) -> None:
    rng, rows, lines = np.random.default_rng(2), list[Impression](), list[bytes]()
    for number in range(400):
        # One place, drawn from two items; the first is opened in 60 of 100, the second in 20. The other policy always has the first.
        first = bool(rng.integers(2))
        shown = Event(
            f"u{number}",
            "a" if first else "b",
            "impression",
            list_id=f"r{number}",
            position=1,
            propensity=0.5,
        )
        rows.append(Impression(shown, opened=bool(rng.random() < (0.6 if first else 0.2))))
        lines.append(orjson.dumps({"list_id": f"r{number}", "item_id": "a", "propensity": 1.0}))
    path = tmp_path / "other.jsonl"
    path.write_bytes(b"\n".join(lines))
    found = replayed.clicks(rows, replayed.load(path))
    low, high = found.by_name["snips"].interval
    assert low <= 0.6 <= high
    assert found.by_name["logged"].interval[1] < 0.6
    assert found.rows == 400
    with pytest.raises(DataError, match="no list of the file"):
        replayed.clicks([replace(rows[0], event=replace(rows[0].event, list_id="x"))], replayed.load(path))
    path.write_text('{"list_id": "r", "item_id": "a", "propensity": 2}')
    with pytest.raises(ConfigError, match="line 1: propensity"):
        replayed.load(path)

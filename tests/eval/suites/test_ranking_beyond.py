"""Beyond relevance: what a hand computes of a small matrix, and users told apart by their taste."""

from __future__ import annotations

import numpy as np
import pytest

from handpicked.eval.suites.ranking import beyond, fitting, parts
from handpicked.eval.suites.ranking.data import Interactions, named
from handpicked.eval.suites.ranking.parts import Part
from handpicked.eval.suites.ranking.protocols import Split
from handpicked.eval.types import Case

# by user: a and b are had by all four, c by two, d and e by one, f by nobody
_HAD = {"u0": "ab", "u1": "abc", "u2": "abcd", "u3": "abe"}
_KINDS = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0.5, 0.5], [0, 1]], np.float32)


def _part() -> Part:
    rows = [(user, item) for user, items in _HAD.items() for item in items] + [("u0", "f")]
    users, items = zip(*rows, strict=True)
    return parts.prepare(named(users, items), _all_but_the_last, "test")


def _all_but_the_last(data: Interactions, split: str) -> Split:
    train = np.arange(len(data)) < len(data) - 1
    return Split(train, train, ~train)


def _columns(part: Part, items: str) -> np.ndarray:
    return np.array([part.training.item_ids.index(item) for item in items], np.int64)


def test_scores_beyond_relevance_are_what_a_hand_computes() -> None:
    part = _part()
    found = beyond.of(part.training, _KINDS).scores(0, _columns(part, "cdf"))
    # half, a quarter and, as one user's, a quarter of the users have them: 1, 2 and 2 bits
    assert found["novelty"] == pytest.approx(5 / 3)
    assert found["popularity"] == pytest.approx(1 / 3)
    assert (found["profile_popularity"], found["popularity_gain"]) == pytest.approx((1.0, -2 / 3))
    assert found["diversity"] == pytest.approx(0.0)
    assert found["miscalibration"] == pytest.approx(np.log(1 / 0.01))


def test_without_kinds_nothing_is_said_of_them() -> None:
    part = _part()
    assert "diversity" not in beyond.of(part.training, None).scores(0, _columns(part, "c"))


def test_an_empty_list_has_scores() -> None:
    part = _part()
    found = beyond.of(part.training, _KINDS).scores(1, _columns(part, ""))
    assert (found["novelty"], found["popularity"], found["diversity"]) == (0.0, 0.0, 0.0)


def test_an_answer_tells_the_known_items_and_what_is_beyond() -> None:
    part = _part()
    answer = fitting.checked(lambda user, k: ["f", "ghost", "c", "c"], part.training, _KINDS)
    found = answer(Case("u0", "p", (), {"user": 0}))
    assert found["columns"] == _columns(part, "fc").tolist()
    assert found["beyond"] == beyond.of(part.training, _KINDS).scores(0, _columns(part, "fc"))


def test_users_are_told_apart_by_how_much_of_what_they_have_is_popular() -> None:
    """Ten users; the popular fifth of ten items is i0 and i1, of which the first two have none and the last two both."""
    rows: list[tuple[str, str]] = []
    for user in range(10):
        popular = [] if user < 2 else [0, 1] if user >= 8 else [user % 2]
        rows += [(f"u{user}", f"i{at}") for at in popular]
        rows += [(f"u{user}", f"i{2 + (user + step) % 8}") for step in range(2)]
        rows += [(f"u{user}", f"i{2 + (user + 3) % 8}")]
    users, items = zip(*rows, strict=True)
    data = named(users, items)
    last = np.r_[data.users[1:] != data.users[:-1], True]
    part = parts.prepare(data, lambda given, split: Split(~last, ~last, last), "test")
    group = beyond.groups(part)
    of = {name: {part.user_ids[user] for user, one in group.items() if one == name} for name in beyond.GROUPS}
    assert of["niche"] == {"u0", "u1"}
    assert of["blockbuster"] == {"u8", "u9"}
    assert len(of["diverse"]) == 6

from __future__ import annotations

import pytest

from handpicked.agent import moods


@pytest.mark.parametrize(
    ("text", "toward", "away"),
    [
        ("something like Blade Runner but lighter", "Comedy", "Horror"),
        ("轻松一点的电影", "Comedy", "Horror"),
        ("a gritty one", "Crime", "Family"),
        ("想看烧脑的", "Sci-Fi", "Action"),
    ],
)
def test_a_mood_leans_toward_and_away(text: str, toward: str, away: str) -> None:
    lean, shun = moods.leanings(text)
    assert (lean.op, shun.op) == ("in", "not_in")
    assert toward in lean.value
    assert away in shun.value


@pytest.mark.parametrize("text", ["nothing dark", "别太沉重"])
def test_a_refused_mood_leans_the_other_way(text: str) -> None:
    lean, shun = moods.leanings(text)
    assert "Comedy" in lean.value
    assert "Crime" in shun.value


@pytest.mark.parametrize("text", ["", "a western", "lightning", "how about Fargo", "买点牛奶"])
def test_no_mood_leans_nowhere(text: str) -> None:
    assert moods.leanings(text) == ()


def test_what_one_mood_wants_another_does_not_shun() -> None:
    lean, shun = moods.leanings("fun but tense")
    assert not set(lean.value) & set(shun.value)

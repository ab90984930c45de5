"""How a user stands to a title where no cue tells it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from handpicked.agent import demonstrations, fitted, standing
from handpicked.agent.link import Link
from handpicked.agent.settings import Settings
from handpicked.agent.signs import Polarity
from handpicked.agent.standing import Saying, Standing


@pytest.fixture(scope="module")
def learned() -> Standing:
    return standing.load(Settings().cache)


def _judged(learned: Standing, text: str, cue: Polarity = "about") -> list[Polarity]:
    """The stands to X and Y, of which a cue tells `cue`."""
    links = [Link(one[0], one.start(), one.end(), cue) for one in re.finditer(r"\b[XY]\b|X|Y", text)]
    return [one.polarity for one in learned.judge(text, links)]


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("X, been there done that. what else", ["seen"]),
        ("gave up on X halfway", ["dislike"]),
        ("X看到一半睡着了", ["dislike"]),
        ("X家里有碟，换一部", ["seen"]),
        ("who's in X", ["about"]),
        ("X or Y tonight", ["about", "about"]),
        ("X讲的什么", ["about"]),
    ],
)
def test_what_people_say_of_a_title_is_learned(learned: Standing, text: str, stands: list[str]) -> None:
    assert _judged(learned, text) == stands


def test_a_refusal_that_a_cue_told_stays(learned: Standing) -> None:
    assert _judged(learned, "who's in X", "dislike") == ["dislike"]


def test_titles_joined_are_judged_as_one_and_apart_from_others(learned: Standing) -> None:
    joined = standing.around("seen X and Y, but Z?", [(5, 6), (11, 12), (18, 19)], (5, 6))
    assert joined == standing.around("seen X and Y, but Z?", [(5, 6), (11, 12), (18, 19)], (11, 12))
    assert "before seen" in joined
    assert "behind but" in joined
    assert not any("Z" in run or "z" in run.split() for run in joined)


def test_behind_a_bare_title_the_next_sentence_speaks_of_it() -> None:
    assert "behind never again" in standing.around("X? never again. anyway", [(0, 1)], (0, 1))
    assert "behind anyway" not in standing.around("X? never again. anyway", [(0, 1)], (0, 1))


def test_every_saying_speaks_of_one_title() -> None:
    sayings = standing.packaged()
    assert len(sayings) > 2000
    assert {saying.stance for saying in sayings} == {"like", "dislike", "seen", "about"}
    assert all(len(re.findall(r"(?<![A-Za-z])X(?![A-Za-z])", saying.text)) == 1 for saying in sayings)
    assert len({saying.text for saying in sayings}) == len(sayings)


def test_rare_stands_are_as_rare_as_among_the_demonstrations(learned: Standing) -> None:
    """A sentence of unknown words says nothing: it is taken for what is common."""
    assert _judged(learned, "qwerty X zxcvb") == ["about"]


def test_a_fit_is_kept_and_a_broken_file_is_fitted_again(tmp_path: Path) -> None:
    path, fits = tmp_path / "deep" / "one.npz", list[int]()

    def fit() -> fitted.Arrays:
        fits.append(1)
        return {"a": np.arange(3)}

    for _ in range(2):
        assert fitted.arrays(path, fit)["a"].tolist() == [0, 1, 2]
    path.write_bytes(b"broken")
    assert fitted.arrays(path, fit)["a"].tolist() == [0, 1, 2]
    assert len(fits) == 2


def test_a_saying_is_learned_for_other_titles() -> None:
    said = [Saying(f"{words} X", "seen", "en", "a") for words in ("ticked off", "ticked off my list")]
    said += [Saying(f"{words} X", "dislike", "en", "a") for words in ("binned", "binned that")]
    train = [demo for demo in demonstrations.packaged() if demo.split == "train"][:600]
    model = standing.fit(said * 20, train)
    assert _judged(model, "ticked off X") == ["seen"]

"""The gate lets no planted error through, and nearly all correct sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from handpicked.agent import ground
from handpicked.tools.data.index import Snapshot
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Item

CASES = yaml.safe_load((Path(__file__).parent / "ground_cases.yaml").read_text(encoding="utf-8"))
ITEMS = {
    "signal": Item(
        "f1", "Night Signal", "movie", "A detective hunts runaway machines in a wet city.", ("Sci-Fi", "Thriller"),
        ("Ada Brandt",), ("Rutger Hale", "Sean Yarrow"), year=1982, runtime=117, rating=8.1, language="English",
        country="United States", attributes={"writers": "Hampton Fell", "metacritic": 52, "oscars": 2},
    ),
    "menace": Item(
        "f4", "Up", "movie", "An old man ties balloons to his house and flies away.", ("Animation", "Comedy"), ("Pete Dole",),
        ("Pete Dole",), year=2009, runtime=89, rating=7.0, language="English", country="United States",
    ),
    "crackers": Item(
        "g1", "Oat Crackers", "grocery", "Crackers made of oats.", ("Snacks",), price=2.49, brand="Acme",
        attributes={"package_size": "8 oz", "households": 300},
    ),
    "atlas": Item(
        "b1", "The Salt Atlas", "book", "A history of salt roads and the people on them.", ("History",), ("Mara Quill",),
        year=2011, price=14.0,
    ),
    "zh": Item(
        "z1", "夜信号", "movie", "侦探在雨城追捕失控机器。", ("Sci-Fi", "Thriller"), ("林夏",), ("周宁",), year=1982, runtime=117,
        rating=8.1, language="Chinese", country="China",
    ),
}  # fmt: skip
WRONG = [
    (key, kind, sentence)
    for key, cases in CASES.items()
    for kind, sentences in cases["wrong"].items()
    for sentence in sentences
]
RIGHT = [(key, sentence) for key, cases in CASES.items() for sentence in cases["right"]]
MIN_RECALL = 0.98
MIN_ACCEPTED = 0.9


@pytest.fixture
def snapshot(context: Context) -> Snapshot:
    return context.snapshot


def _check(snapshot: Snapshot, key: str, sentence: str) -> str | None:
    item = ITEMS[key]
    return ground.check(sentence, item, snapshot, {item.item_id}, "zh" if key == "zh" else "en")


def test_planted_errors_are_caught(snapshot: Snapshot) -> None:
    passed = [case for case in WRONG if _check(snapshot, case[0], case[2]) is None]
    assert len(WRONG) >= 150
    assert len(passed) <= (1 - MIN_RECALL) * len(WRONG), passed


def test_correct_sentences_pass(snapshot: Snapshot) -> None:
    refused = [(s, why) for key, s in RIGHT if (why := _check(snapshot, key, s)) is not None]
    assert len(RIGHT) >= 40
    assert len(refused) <= (1 - MIN_ACCEPTED) * len(RIGHT), refused

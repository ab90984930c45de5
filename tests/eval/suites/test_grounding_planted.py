"""The checker is proved on planted errors, and on replies without any, over the demo's catalogue."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pytest

from handpicked.agent.settings import Settings
from handpicked.eval.suites.grounding import planted
from handpicked.eval.suites.grounding.checker import KINDS, Catalog, Problem, check
from handpicked.eval.suites.grounding.planted import Planted
from handpicked.tools.data import assets, demo
from handpicked.tools.data.demo_films import add_aliases, read_films
from handpicked.tools.data.demo_groceries import read_groceries
from handpicked.tools.data.demo_plots import add_plots
from handpicked.tools.types import Item

ASSETS = ("films", "plots", "groceries-transactions", "groceries-products")
HALVES = ("tune", "held")
IN_TEXT = ("foreign_title", "wrong_number", "wrong_name", "text_list_disagree", "language")
FIELDS = {field.name for field in fields(Item)}


@dataclass(frozen=True, slots=True)
class Checked:
    """A case with what the checker says of it."""

    case: Planted
    problems: tuple[Problem, ...]

    @property
    def found(self) -> bool:
        return self.case.found_in(self.problems)


@pytest.fixture(scope="module")
def checked() -> list[Checked]:
    cache = Settings().cache
    absent = [s.asset.name for s in assets.verify(cache, ASSETS) if s.state != "ok"]
    if absent and not os.environ.get("CI"):
        pytest.skip(f"not in the cache: {', '.join(absent)}")
    films, plots, transactions, products = (assets.path(cache, name) for name in ASSETS)
    named = read_films(films)
    for table, kind in demo.ALIASES.items():
        named = add_aliases(named, demo.PACKAGE / table, kind)
    items = add_plots(named, plots).items
    catalog = Catalog.of([*items, *read_groceries(transactions, products).items, *_synthetic()])
    return [
        Checked(case, check(case.reply, case.request, catalog, case.past)) for case in planted.load(catalog)
    ]


def _synthetic() -> Iterator[Item]:
    for line in (demo.PACKAGE / "synthetic.jsonl").read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        lists = {
            name: tuple(row[name]) for name in ("categories", "creators", "cast", "aliases") if name in row
        }
        known: dict[str, Any] = {name: value for name, value in row.items() if name in FIELDS} | lists
        yield Item(**known, attributes={name: v for name, v in row.items() if name not in FIELDS})


def errors(checked: Sequence[Checked]) -> list[Checked]:
    return [one for one in checked if one.case.kinds]


def test_there_is_enough_of_everything(checked: list[Checked]) -> None:
    wrong = errors(checked)
    kinds = Counter(one.case.kinds[0] for one in wrong)
    assert len(wrong) >= 260
    assert len(checked) - len(wrong) >= 150
    assert set(kinds) == set(KINDS)
    assert min(kinds[kind] for kind in IN_TEXT) >= 20
    assert sum(one.case.language == "zh" for one in wrong) >= len(wrong) / 4
    assert min(Counter(one.case.made for one in wrong if one.case.made != "real").values()) >= 60


@pytest.mark.parametrize("half", HALVES)
def test_planted_errors_are_found(checked: list[Checked], half: str) -> None:
    wrong = [one for one in errors(checked) if one.case.half == half]
    missed = [one.case.id for one in wrong if not one.found]
    assert len(missed) <= 0.02 * len(wrong), missed


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_every_kind_are_found_in_both_languages(
    checked: list[Checked], kind: str, language: str
) -> None:
    wrong = [one for one in errors(checked) if kind in one.case.kinds and one.case.language == language]
    assert sum(one.found for one in wrong) >= 0.9 * len(wrong) > 0


def test_right_replies_are_left_alone(checked: list[Checked]) -> None:
    right = [one for one in checked if not one.case.kinds]
    alarms = {one.case.id: one.problems for one in right if one.problems}
    assert len(alarms) <= 0.02 * len(right), alarms

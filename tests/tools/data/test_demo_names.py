from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from handpicked.tools.data import demo_names
from handpicked.tools.data.demo_names import Names


@pytest.fixture(scope="module")
def names() -> Names:
    table = Path(demo_names.__file__).with_name("demo_words.toml")
    return Names(tomllib.loads(table.read_text(encoding="utf-8"))["groceries"])


@pytest.mark.parametrize(
    ("raw", "readable"),
    [
        ("FRZN BRD WHOLE FILLETS", "Frozen Breaded Whole Fillets"),
        ("CANDY BAGS-CHOCOCLATE W/FLOUR", "Candy Bags-Chocolate with Flour"),
        ("APPLES GOLD DELICIOUS (BULK&BA", "Gold Delicious Apples"),
        ("APPLE JUICE & CIDER (50% AND U", "Apple Juice & Cider (up to 50% Juice)"),
        ("APPLE JUICE & CIDER (OVER 50%", "Apple Juice & Cider (over 50% Juice)"),
        ("FITNESS&HEALTH-MAGAZINE", "Fitness & Health Magazines"),
        ("CHIX: ROTISSERIE (HOT)", "Chicken: Rotisserie (Hot)"),
        ("WHOLE HEN (OVER 15LBS)", "Whole Hen (over 15 lbs)"),
        ("BBQ SAUCE", "BBQ Sauce"),
        ("HOT SAUCE", "Hot Sauce"),
    ],
)
def test_raw_names_become_readable(names: Names, raw: str, readable: str) -> None:
    assert names.readable(raw) == readable


def test_equal_titles_are_told_apart_by_category(names: Names) -> None:
    titles = names.titles({"POTATOES WHITE": "VEGETABLES", "POTATOES WHITE (BULK&BAG)": "POTATOES"})
    assert titles == {
        "POTATOES WHITE": "White Potatoes (Vegetables)",
        "POTATOES WHITE (BULK&BAG)": "White Potatoes (Potatoes)",
    }


def test_titles_are_distinct_even_within_a_category(names: Names) -> None:
    titles = names.titles({"HAM": "MEAT", "HAM ": "MEAT"})
    assert len(set(titles.values())) == 2

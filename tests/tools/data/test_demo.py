from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from handpicked.agent.settings import Settings
from handpicked.tools.data import assets, demo
from handpicked.tools.errors import AssetError, DataError

DOCUMENT = Path(__file__).parents[3] / "docs" / "demo-data.md"
GOOD = {"item_id": "news-1", "title": "Rain", "domain": "news", "synthetic": True}


def test_every_asset_that_the_demo_needs_is_in_the_manifest() -> None:
    assert set(demo.ASSETS) <= {asset.name for asset in assets.load_manifest()}


def test_a_missing_asset_stops_the_demo_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="handpicked assets fetch films"):
        demo.write(tmp_path / "cache", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_synthetic_items_are_copied_and_counted_by_domain(tmp_path: Path) -> None:
    source = tmp_path / "synthetic.jsonl"
    source.write_text(
        json.dumps(GOOD) + "\n" + json.dumps(GOOD | {"item_id": "book-1", "domain": "book"}) + "\n"
    )
    counts = demo.copy_synthetic(source, tmp_path / "copy.jsonl")
    assert counts == {"items": 2, "items in domain book": 1, "items in domain news": 1}
    assert (tmp_path / "copy.jsonl").read_text() == source.read_text()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (json.dumps(GOOD | {"synthetic": False}), r'synthetic\.jsonl:2 must say "synthetic": true'),
        (json.dumps(GOOD | {"item_id": "x", "domain": "movie"}), r"synthetic\.jsonl:2 has domain 'movie'"),
        (json.dumps(GOOD), r"synthetic\.jsonl:2 has the item_id 'news-1' of a line before it"),
        (json.dumps({"item_id": "x"}), r"synthetic\.jsonl:2 needs item_id and title"),
        ("{", r"synthetic\.jsonl:2 is no JSON"),
    ],
)
def test_a_bad_synthetic_item_is_named_by_line(tmp_path: Path, line: str, message: str) -> None:
    source = tmp_path / "synthetic.jsonl"
    first = GOOD if "item_id 'news-1'" in message else GOOD | {"item_id": "news-0"}
    source.write_text(json.dumps(first) + "\n" + line + "\n")
    with pytest.raises(DataError, match=message):
        demo.copy_synthetic(source, tmp_path / "copy.jsonl")


def test_the_documented_figures_are_what_the_code_gives(tmp_path: Path) -> None:
    cache = Settings().cache
    absent = [s.asset.name for s in assets.verify(cache, demo.ASSETS) if s.state != "ok"]
    if absent and not os.environ.get("CI"):
        pytest.skip(f"not in the cache: {', '.join(absent)}")
    report = demo.write(cache, tmp_path)
    documented = re.findall(
        r"^\| ([^|]+) \| ([\d,]+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    made = [(name, f"{count:,}") for counts in report.counts.values() for name, count in counts.items()]
    assert documented == made
    assert [path.name for path in report.files] == list(demo.FILES)
    assert all(path.is_file() for path in report.files)

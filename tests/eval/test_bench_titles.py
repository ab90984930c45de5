"""The benchmark of titles goes on few of them."""

from __future__ import annotations

from handpicked.eval import bench_titles


def test_few_titles_are_made_found_and_timed() -> None:
    result = bench_titles.run(titles=300, messages=20, seed=1)
    assert (result.titles, len(result.times)) == (300, 20)
    assert result.found >= 0.5
    assert next(name for name, _ in result.rows()) == "titles"

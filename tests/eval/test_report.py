"""Reports and records of runs."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest

from handpicked.eval import ledger, reduce, report
from handpicked.eval.log import Log
from handpicked.eval.suite import Suite
from handpicked.eval.types import Case
from handpicked.tools.errors import ConfigError


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href", "action")]
        self.ids += [v or "" for k, v in attrs if k == "id"]


def _page(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    return page


def test_a_page_stands_alone_and_has_every_system_metric_and_failure(
    toy: Suite, toy_log: Log, tmp_path: Path
) -> None:
    html, _ = report.write([toy_log, toy_log], tmp_path)
    text = html.read_text()
    page = _page(text)
    assert not [a for a in page.addresses if not a.startswith("#")]
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("svg") == 6
    for word in (
        "right",
        "wrong",
        "crashes",
        "relative",
        "ZeroDivisionError: by five",
        "c0ffee",
        "0.800 [0.670, 0.888]",
    ):
        assert word in text


def test_text_of_cases_and_answers_is_escaped_in_both(toy: Suite, toy_log: Log, tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script> | `x` [a](javascript:b)"
    rows = tuple(
        replace(row, answer=nasty, case=Case(nasty, row.case.part, (nasty, "all"), {"q": nasty}))
        for row in toy_log.rows
    )
    html, markdown = report.write([replace(toy_log, rows=rows)], tmp_path)
    assert "script" not in _page(html.read_text()).tags
    text = markdown.read_text()
    assert "<script" not in re.sub(r"\\<", "", text)
    assert r"\| \`x\` \[a\]" in text


def test_an_unfinished_log_says_so(toy: Suite, toy_log: Log, tmp_path: Path) -> None:
    cut = replace(toy_log, rows=toy_log.rows[:60], ms=toy_log.ms[:60])
    html, markdown = report.write([cut], tmp_path)
    assert "unfinished: 60 of 150 rows" in html.read_text()
    assert "unfinished: 60 rows" in markdown.read_text()


def test_a_run_on_test_is_recorded_once(toy: Suite, toy_log: Log, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    shutil.copy(toy_log.path, path)
    log, record = replace(toy_log, path=path), tmp_path / "runs.jsonl"
    figures = reduce.figures(toy.spec, log)
    for _ in range(2):
        ledger.record(record, log, figures, datetime(2026, 1, 2, tzinfo=UTC))
    (row,) = map(orjson.loads, record.read_bytes().splitlines())
    assert (row["suite"], row["commit"], row["failed"]) == ("doubling", "c0ffee", 10)
    assert row["metrics"]["right/all/right"] == [1.0, 0.92865, 1.0]


def test_outside_a_checkout_there_is_no_record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ledger, "__file__", str(tmp_path / "eval" / "ledger.py"))
    with pytest.raises(ConfigError, match="--ledger FILE"):
        ledger.path()
    (tmp_path / "eval").mkdir()
    assert ledger.commit() == "unknown"

"""The queries of the search suite, and how answers to them are scored."""

from __future__ import annotations

from collections import Counter

import pytest

from handpicked.agent.settings import Settings
from handpicked.eval import suite
from handpicked.eval.suites.search import task
from handpicked.eval.types import Case, Options
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ConfigError

SPLITS = {split: task.cases(Options(split=split)) for split in ("valid", "test")}


def test_there_are_at_least_150_queries_of_every_kind_in_both_languages() -> None:
    cases = [case for cases in SPLITS.values() for case in cases]
    assert len(cases) >= 150
    assert len({case.data["query"] for case in cases}) == len(cases)
    tags = Counter(tag for case in cases for tag in case.tags)
    assert tags["zh"] >= 0.4 * len(cases)
    assert (
        min(
            tags[f"{language}/{kind}"]
            for language in ("en", "zh")
            for kind in ("typo", "person", "description")
        )
        >= 10
    )
    assert all(grade in (1, 2, 3) for case in cases for grade in case.data["relevant"].values())


def test_no_item_is_relevant_in_both_splits() -> None:
    valid, test = ({item for case in cases for item in case.data["relevant"]} for cases in SPLITS.values())
    assert not valid & test


def test_quick_is_a_part_of_the_whole() -> None:
    quick = {case.id for case in task.cases(Options(quick=True))}
    assert 20 <= len(quick) < len(SPLITS["valid"])
    assert quick <= {case.id for case in SPLITS["valid"]}


def test_an_answer_is_scored_by_its_ids_and_unknown_ones_are_counted() -> None:
    case = Case("x", "demo", ("all",), {"query": "q", "relevant": {"a": 3, "b": 1}})
    scores = task.score(case, [{"item_id": "a", "title": "A"}, {"item_id": "ghost", "title": None}])
    assert (scores["hit@10"], scores["recall@10"], scores["mrr@10"], scores["off_catalog"]) == (
        1.0,
        0.5,
        1.0,
        1.0,
    )


def test_a_workspace_without_the_demo_is_refused_with_the_command_to_run(
    built: Workspace, settings: Settings
) -> None:
    options = Options(workspace=built.path, cache=settings.cache)
    with pytest.raises(ConfigError, match="handpicked demo"), task.open("both", "demo", options):
        pass


def test_the_suite_names_the_halves_and_the_whole() -> None:
    assert {"both", "dense", "lexical", "agent"} <= set(suite.load("search").spec.known)

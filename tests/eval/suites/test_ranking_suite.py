"""Good and broken recommenders get what they deserve; ours are the product's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from math import log2
from pathlib import Path

import numpy as np
import pytest

from handpicked.agent.settings import Settings
from handpicked.eval import reduce, runner, suite
from handpicked.eval.suites.ranking import fitting, parts, protocols, systems, task, tune
from handpicked.eval.suites.ranking.data import Interactions, named
from handpicked.eval.suites.ranking.parts import Part
from handpicked.eval.suites.ranking.protocols import Split
from handpicked.eval.types import Case, Json, Options, Scores
from handpicked.tools import collab, taste
from handpicked.tools.data import assets
from handpicked.tools.data.index import Index
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Embedder

PACKAGES = Path(__file__).parents[1] / "packages"
BROKEN = ("off_catalog", "repeats", "forgets", "lazy", "crashes", "nans", "columns", "one_string")


@cache
def _small() -> Part:
    """Two camps of thirty users who choose ten of their camp's sixteen items and one of the other's."""
    rng = np.random.default_rng(7)
    rows = [
        (f"u{user}", f"i{item}", step)
        for user in range(60)
        for step, item in enumerate(
            [*(16 * (user % 2) + rng.permutation(16)[:10]), 16 * (1 - user % 2) + rng.integers(16)]
        )
    ]
    users, items, times = zip(*rows, strict=True)
    return parts.prepare(named(users, items, np.array(times)), protocols.by_user, "test")


@cache
def _scored(system: str) -> Mapping[int, Scores | str]:
    """The scores of each user, or the error that came instead."""
    part = _small()
    answer = fitting.checked(fitting.ranker(system, part.training, Options(), {}), part.training)
    found: dict[int, Scores | str] = {}
    for user, relevant in part.relevant.items():
        case = Case(part.user_ids[user], "small", (), {"user": user, "relevant": list(relevant)})
        try:
            found[user] = task.score(case, answer(case))
        except (ValueError, TypeError, ZeroDivisionError) as err:
            found[user] = str(err)
    return found


def _total(system: str, metric: str) -> float:
    return sum(scores[metric] for scores in _scored(system).values() if not isinstance(scores, str))


@pytest.fixture(autouse=True)
def _broken_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr(sys, "path", [str(PACKAGES), *sys.path])


@pytest.mark.parametrize("system", ["knn", "ease", "collab"])
def test_ours_know_the_camps_better_than_popularity_and_that_better_than_nothing(system: str) -> None:
    assert _total(system, "ndcg@10") > 1.3 * _total("popularity", "ndcg@10")
    assert all(isinstance(scores, dict) for scores in _scored(system).values())


@pytest.mark.parametrize("system", ["random", "popularity", "knn", "ease", "collab"])
def test_a_sound_recommender_shows_nothing_seen_invented_or_twice(system: str) -> None:
    assert [_total(system, metric) for metric in ("seen", "off_catalog", "duplicates")] == [0, 0, 0]


def test_invented_items_take_places_and_never_hit() -> None:
    assert _total("brokenrecs:off_catalog", "off_catalog") == 2 * len(_scored("brokenrecs:off_catalog"))
    for user, scores in _scored("brokenrecs:off_catalog").items():
        popular = _scored("popularity")[user]
        assert not isinstance(scores, str)
        assert not isinstance(popular, str)
        assert scores["recall@10"] <= popular["recall@10"]
        assert scores["ndcg@10"] < popular["ndcg@10"] or popular["ndcg@10"] == 0


def test_an_item_that_fills_the_list_counts_once() -> None:
    assert _total("brokenrecs:repeats", "duplicates") == 9 * len(_scored("brokenrecs:repeats"))
    for user, scores in _scored("brokenrecs:repeats").items():
        assert not isinstance(scores, str)
        assert scores["recall@10"] <= 1 / len(_small().relevant[user])


def test_items_that_the_user_had_are_counted_and_worth_nothing() -> None:
    assert _total("brokenrecs:forgets", "seen") >= 8 * len(_scored("brokenrecs:forgets"))
    assert _total("brokenrecs:forgets", "ndcg@10") == 0


def test_a_short_list_is_never_better_than_the_long_one_that_it_begins() -> None:
    assert _total("brokenrecs:lazy", "short") == len(_scored("brokenrecs:lazy"))
    for user, scores in _scored("brokenrecs:lazy").items():
        popular = _scored("popularity")[user]
        assert not isinstance(scores, str)
        assert not isinstance(popular, str)
        assert all(
            scores[metric] <= popular[metric] for metric in ("ndcg@10", "recall@10", "hit@10", "mrr@10")
        )


@pytest.mark.parametrize(
    ("system", "message"), [("crashes", "no neighbours"), ("nans", "scores of user 20 are NaN")]
)
def test_users_that_a_system_fails_on_fail_and_the_others_are_scored(system: str, message: str) -> None:
    found = _scored(f"brokenrecs:{system}")
    assert {user for user, scores in found.items() if isinstance(scores, str)} == {0, 20, 40}
    assert message in str(found[20])
    assert found[1] == _scored("popularity")[1]


@pytest.mark.parametrize(("system", "message"), [("columns", "which are strings"), ("one_string", "not str")])
def test_answers_of_a_wrong_type_are_refused(system: str, message: str) -> None:
    assert all(isinstance(s, str) and message in s for s in _scored(f"brokenrecs:{system}").values())


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"items": ["a"]},
        {"items": "a", "off_catalog": [], "seen": [], "beyond": {}},
        {"items": ["a"], "off_catalog": [], "seen": []},
    ],
)
def test_an_answer_without_meaning_is_refused(answer: object) -> None:
    with pytest.raises(ValueError, match="an answer has items"):
        task.score(Case("u", "small", (), {"user": 0, "relevant": ["a"]}), answer)


def test_scores_are_what_a_hand_computes() -> None:
    case = Case("u", "small", (), {"user": 0, "relevant": ["a", "b", "c"]})
    answer: Json = {
        "items": ["x", "a", "ghost", "a", "b"],
        "off_catalog": ["ghost"],
        "seen": ["x"],
        "beyond": {},
    }
    found = task.score(case, answer)
    assert found["ndcg@10"] == pytest.approx((1 / log2(3) + 1 / log2(6)) / (1 + 1 / log2(3) + 1 / 2))
    assert found["recall@10"] == pytest.approx(2 / 3)
    assert (found["hit@10"], found["mrr@10"]) == (1.0, 0.5)
    assert [found[n] for n in ("off_catalog", "seen", "duplicates", "short")] == [1, 1, 1, 1]


def test_a_system_that_is_not_there_is_a_mistake_of_the_user() -> None:
    for name in ("brokenrecs:nothing", "nowhere:at_all"):
        with pytest.raises(ConfigError, match=r"PACKAGE\.MODULE:NAME"):
            systems.brought(name)


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(knn=0.5, people=0.3, follow=1.0, popular=0.1)])
def test_recipes_are_tried_by_what_the_suite_measures(recipe: Recipe) -> None:
    part = _small()
    answer = fitting.checked(systems.product(part.training, 0, asdict(recipe)), part.training)
    total = 0.0
    for user, relevant in part.relevant.items():
        case = Case(part.user_ids[user], "small", (), {"user": user, "relevant": list(relevant)})
        total += task.score(case, answer(case))["ndcg@10"]
    assert tune.measured(part).quality(recipe) == pytest.approx(total / len(part.relevant), abs=1e-6)


def test_collab_ranks_as_the_products_tool_does(built: Workspace, embedder: Embedder) -> None:
    """For everyone in the test catalogue's events, fitted on all of them, as a build is."""
    snapshot = Index(built, embedder).snapshot()
    place = {item_id: row for row, item_id in enumerate(snapshot.build.columns.ids)}
    people = [f"{kind}{number}" for kind in "uh" for number in range(10)]
    events = [event for user in people for event in built.events.recent(user, 99)]
    events.sort(key=lambda event: (place[event.item_id], event.timestamp))
    data = named(
        [event.user_id for event in events],
        [event.item_id for event in events],
        np.array([int(event.timestamp or 0) for event in events]),
    )
    part = parts.prepare(data, _learn_from_all, "test")
    rank = systems.product(part.training, 0, {})
    offered = 0
    for user_id in people:
        past = taste.liked(built.events.recent(user_id, 99))
        expected = [found.item_id for found in collab.score(snapshot, (), past, (), 10)]
        ranked = rank(part.user_ids.index(user_id), 10)
        if user_id != "u1":  # who rated a film low, which the protocols take for a choice
            assert ranked == expected
            offered += len(expected)
    assert offered > 5


def _learn_from_all(data: Interactions, split: str) -> Split:
    every = np.ones(len(data), bool)
    return Split(every, every, ~every)


def _options(**changed: object) -> Options:
    cache = Settings().cache
    absent = [status.asset.name for status in assets.verify(cache, ["ratings"]) if status.state != "ok"]
    if absent:
        pytest.skip(f"not in the cache: {', '.join(absent)}")
    return Options(cache=cache, parts=("ml-100k/last",), **changed)  # pyright: ignore[reportArgumentType]


def test_a_run_ranks_sound_systems_and_tells_of_broken_ones(tmp_path: Path) -> None:
    names = (
        "random",
        "popularity",
        "collab-tuned",
        "brokenrecs:off_catalog",
        "brokenrecs:crashes",
        "brokenrecs:unready",
    )
    ranking = suite.load("ranking")
    planned = runner.plan(ranking, _options(systems=names), tmp_path, commit="c", state={})
    log = runner.run(planned, workers=2)
    figures = reduce.figures(ranking.spec, log)
    value = {(f.system, f.metric): f.value.value for f in figures if f.tag == "ml-100k/last"}
    order = ("collab-tuned", "popularity", "brokenrecs:off_catalog", "random", "brokenrecs:unready")
    ndcg = [value[name, "ndcg@10"] for name in order]
    assert ndcg == sorted(ndcg, reverse=True)
    assert ndcg[0] > 2 * ndcg[1] > 4 * ndcg[3]
    assert ndcg[-1] == 0
    assert value["brokenrecs:off_catalog", "off_catalog"] == 2 * 943
    failed = [row.system for row in log.rows if row.error]
    assert failed == ["brokenrecs:crashes"] * 48 + ["brokenrecs:unready"] * 943
    lost = value["popularity", "hit@10"] - value["brokenrecs:crashes", "hit@10"]
    assert 0 <= lost <= 48 / 943


def test_quick_takes_some_of_the_same_cases() -> None:
    every = {(case.part, case.id): case for case in task.cases(_options())}
    some = task.cases(_options(quick=True))
    assert 20 <= len(some) <= 60
    assert all(every[case.part, case.id] == case for case in some)


def test_movielens_has_the_shape_that_the_protocol_says() -> None:
    part = parts.load("ml-100k/last", _options(split="test"))
    assert part.training.matrix.shape == (943, 1682)
    assert part.training.matrix.nnz == 100_000 - 943
    assert all(len(relevant) == 1 for relevant in part.relevant.values())


def test_missing_data_name_the_variable_and_the_way_round(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"HANDPICKED_DATA.*--part"):
        task.cases(Options(parts=("lastfm/random",), cache=tmp_path))
    with pytest.raises(ConfigError, match=r"lastfm_hetrec.*--part"):
        task.cases(Options(parts=("lastfm/random",), data=tmp_path))
    with pytest.raises(ConfigError, match=r"assets fetch ratings.*--part"):
        task.cases(Options(parts=("ml-100k/last",), cache=tmp_path))
    with pytest.raises(ConfigError, match="it has ml-100k/stratified"):
        task.cases(Options(parts=("ml-1m/last",), cache=tmp_path))

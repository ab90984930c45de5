"""The reading suite compares what was read with what was meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest

from handpicked.agent import demonstrations, ngrams, scenes, standing, trust
from handpicked.agent.app import wiring
from handpicked.agent.cues import Cues, features
from handpicked.agent.read import Reader
from handpicked.agent.scene import SceneModel
from handpicked.agent.settings import Settings
from handpicked.agent.stack import Mix, Stack
from handpicked.agent.trust import Trust
from handpicked.eval.openai_server import say, serving
from handpicked.eval.suites.reading import advised, task
from handpicked.eval.suites.reading.replay import Turns
from handpicked.eval.types import Case, Options
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import ConfigError, DataError
from handpicked.tools.types import Embedder

READ: dict[str, Any] = {
    "scene": "watch", "sure": 0.9, "tasks": ["recommend"], "titles": [], "lacking": [], "constraints": [], "count": None,
}  # fmt: skip
WESTERN = {"field": "categories", "op": "in", "value": ["Western"]}


def scored(want: dict[str, Any], **read: Any) -> dict[str, float]:
    meant: dict[str, Any] = {
        "scene": "watch",
        "tasks": ["recommend"],
        "titles": [],
        "constraints": [],
        "count": None,
    }
    return dict(task.score(Case("t", "heldout", ("all",), meant | want), READ | read))


def test_scene_tasks_and_count() -> None:
    scores = scored({"scene": "shop", "tasks": ["recommend", "ads"], "count": 3})
    assert (scores["scene"], scores["count"]) == (0.0, 0.0)
    assert scores["tasks_hit"] / scores["tasks_all"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ([["categories", "in", ["western", "drama"]]], 1.0),
        ([["categories", "in", ["Western"]], ["domain", "in", ["movie"]]], 1.0),
        ([["categories", "not_in", ["Western"]]], 0.0),
        ([["categories", "in", ["Western"]], ["year", "range", [None, 1969]]], 0.0),
        ([], 0.0),
    ],
)
def test_constraints_are_exactly_those_expected(read: list[Any], right: float) -> None:
    assert scored({"constraints": [WESTERN]}, constraints=read)["constraints"] == right


@pytest.mark.parametrize(("read", "right"), [([None, 2.5], 1.0), ([2.5, None], 0.0)])
def test_cheap_is_a_bound_above(read: list[Any], right: float) -> None:
    cheap = {"field": "price", "op": "range", "value": "cheap"}
    assert scored({"constraints": [cheap]}, constraints=[["price", "range", read]])["constraints"] == right


def test_titles_count_with_their_stand_and_only_where_the_catalogue_has_them() -> None:
    alien, heat = (
        {"title": title, "role": role} for title, role in (("Alien", "about"), ("Heat", "dislike"))
    )
    scores = scored({"titles": [alien, heat]}, titles=[["alien", "like"], ["Heat", "like"]])
    assert scores["links_hit"] / scores["links_all"] == pytest.approx(1 / 2)
    assert scored({"titles": [heat]}, lacking=["Heat"])["links_all"] == 0.0


ROW: dict[str, Any] = {
    "id": "m1", "writer": "me", "scenario": "mine", "split": "train", "language": "en", "message": "a good western",
    "scene": "watch", "tasks": ["recommend"],
}  # fmt: skip


def test_turns_of_a_file_are_read_whatever_their_split(built: Workspace, settings: Settings) -> None:
    path = settings.workspace / "mine.jsonl"
    path.write_bytes(orjson.dumps(ROW))
    options = Options(split="test", workspace=settings.workspace, demonstrations=path)
    (case,) = task.cases(options)
    with task.open("evidence", "heldout", options) as subject:
        assert task.score(case, subject(case))["scene"] in (0.0, 1.0)
    with pytest.raises(ConfigError, match="--demonstrations FILE"):
        task.cases(Options(split="test"))
    path.write_bytes(orjson.dumps(ROW | {"scene": 3}))
    with pytest.raises(DataError, match=r"mine.jsonl, line 1: scene"):
        task.cases(options)
    with pytest.raises(ConfigError, match="can't be read"):
        task.cases(Options(demonstrations=path.with_name("none.jsonl")))


def test_a_model_has_its_say_beside_evidence(
    built: Workspace, settings: Settings, embedder: Embedder
) -> None:
    known = scenes.load()
    names, tasks = tuple(known), scenes.TASKS
    model = Stack(names, Mix(0.0, 1.0, (0.0,) * len(names)), Mix(0.0, 1.0, (0.0,) * len(tasks)))
    plain = Stack(names, Mix(1.0, 0.0, (0.0,) * len(names)), Mix(1.0, 0.0, (0.0,) * len(tasks)))
    runs = ngrams.learn(["a good western", "a good film"])
    size = len(features(Cues("a"), embedder, known, runs)) + 1
    unsure = SceneModel(
        names, runs, np.zeros((size, len(names)), np.float32), np.zeros((size, len(tasks)), np.float32)
    )
    turns = Turns(
        Reader(known, unsure, standing.load(settings.cache), embedder), Index(built, embedder).snapshot()
    )
    (demo,) = demonstrations.parse(orjson.dumps(ROW).decode(), "row")
    with serving() as server:
        server.answers = [say('{"scene": "gift", "tasks": ["recommend", "ads"]}')]
        hosted = settings.model_copy(update={"model": "openai:tiny", "model_url": server.url})
        with pytest.raises(ConfigError, match="doctor --measure --model openai:tiny"):
            advised.amending(hosted, turns.reader, alone=False)
        client, _ = wiring.model_client(hosted)
        assert client is not None
        trust.save(Trust(plain, model, 0.9, ""), trust.path(settings.cache, client.identity, embedder, known))
        alone, both = (
            turns.read(turns.ready(demo), advised.amending(hosted, turns.reader, alone=alone))
            for alone in (True, False)
        )
    assert (alone.scene.name, sorted(alone.tasks)) == ("gift", ["ads", "recommend"])
    assert both.scene.name == turns.read(turns.ready(demo)).scene.name != "gift"
    assert len(server.asked) == 2


def test_a_held_out_turn_is_read(built: Workspace, settings: Settings) -> None:
    options = Options(workspace=settings.workspace, quick=True)
    cases = task.cases(options)
    with task.open("evidence", "heldout", options) as subject:
        scores = [task.score(case, subject(case)) for case in cases]
    assert sum(score["scene"] for score in scores) / len(scores) > 0.6
    with pytest.raises(ConfigError, match="evidence"), task.open("oracle", "heldout", options):
        pass
    with pytest.raises(ValueError, match="an answer has"):
        task.score(cases[0], {"scene": "watch"})

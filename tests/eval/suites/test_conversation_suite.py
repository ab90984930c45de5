"""The conversation suite: which targets count, how they are scored, and who answers whom."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from handpicked.agent.settings import Settings
from handpicked.eval import suite
from handpicked.eval.suites.conversation import others, proposed, task, world
from handpicked.eval.types import Case, Options
from handpicked.tools.dispatch import Context
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Item

OTHERS = {
    "ml-latest-small/movies.csv": 'movieId,title,genres\n7,"Crow, The (1994)",Action\n8,Elsewhere (2001),Drama\n9,Up (Oben) (2009),A\n',
    "ml-latest-small/ratings.csv": "userId,movieId,rating,timestamp\n1,7,4.5,100\n1,8,3.0,101\n2,9,1.0,102\n",
    "opendialkg/items.jsonl": '{"item_id": "0", "title": "The Crow", "year": 1995}\n{"item_id": "1", "title": "Up", "year": 1980}\n',
    "opendialkg/train.jsonl": '{"dialogue_id": "5", "mentioned": ["0"], "target": ["0", "1"]}\n',
}


def _row(name: str, mentioned: list[str], target: list[str]) -> dict[str, object]:
    return {"dialogue_id": name, "turn_id": 2, "context": ["hi"], "mentioned": mentioned, "target": target}


@pytest.fixture
def options(tmp_path: Path) -> Options:
    folder = tmp_path / "redial"
    folder.mkdir()
    valid = [
        _row("1", [], ["a", "b"]),
        _row("1", ["a", "b"], ["a"]),
        _row("2", ["a"], ["a"]),
        _row("3", ["a"], ["c", "c"]),
    ]
    for name, rows in {"items": [], "events": [], "valid": valid, "test": [_row("1", [], ["a"])]}.items():
        (folder / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    for name, text in OTHERS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Options(data=tmp_path)


def test_a_case_is_a_dialogue_with_targets_that_had_not_been_named(options: Options) -> None:
    cases = task.cases(options)
    assert [case.id for case in cases] == ["1", "3"]
    assert [[turn["targets"] for turn in case.data] for case in cases] == [[["a", "b"], []], [["c"]]]
    assert {case.part for case in cases} <= {f"fold-{n}" for n in range(world.FOLDS)}
    assert [case.part for case in task.cases(Options(split="test", data=options.data))] == ["test"]


def test_hits_are_counted_over_targets_at_each_depth() -> None:
    turns = [
        {"context": [], "mentioned": ["x"], "targets": ["a", "b"]},
        {"context": [], "mentioned": [], "targets": ["c"]},
    ]
    others = [f"n{n}" for n in range(49)]
    scores = task.score(Case("1", "test", ("all",), turns), [["a", *others[:8], "b", "x"], [*others, "c"]])
    assert scores == {"hits@1": 1, "hits@10": 2, "hits@50": 3, "targets": 3, "named": 1}


def test_the_data_are_asked_for(tmp_path: Path) -> None:
    for data in (None, tmp_path):
        with pytest.raises(ConfigError, match="HANDPICKED_DATA/redial"):
            task.cases(Options(data=data))


def test_other_logs_are_told_of_films_by_title_and_year(options: Options) -> None:
    films = [Item("crow", "The Crow", year=1994), Item("up", "Up"), Item("other", "Elsewhere", year=1950)]
    assert options.data
    found = [(row["user_id"], row["item_id"], row["event"]) for row in others.events(options.data, films)]
    assert found == [
        ("ml-1", "crow", "rate"),
        ("ml-2", "up", "rate"),
        ("od-5", "crow", "view"),
        ("od-5", "up", "view"),
    ]


def test_recorded_titles_are_found_in_the_catalogue_and_ranked_with_the_blend(
    tmp_path: Path, context: Context
) -> None:
    file = tmp_path / "proposals.jsonl"
    file.write_text('{"turn": "7/2", "titles": ["Heat (1995)", "Nowhere (1990)", "Grave Hour (1978)"]}\n')
    replayed = proposed.load(Settings(proposals=file))
    found = replayed.found(context, "7/2")
    assert [one.item_id for one in found] == ["f2", "f8"]
    assert replayed.found(context, "7/4") == ()
    together = replayed.fused(context.snapshot, ["f8", "f1", "f5"], found, ["f2"])
    assert together[0] == "f8"
    assert sorted(together) == ["f1", "f5", "f8"]
    assert {*replayed.fused(context.snapshot, ["f8", "f1", "f5"], (), [])} == {"f1", "f5", "f8"}


def test_proposals_are_asked_for() -> None:
    with pytest.raises(ConfigError, match="HANDPICKED_PROPOSALS"):
        proposed.load(Settings(proposals=None))


def test_every_ablation_is_of_a_tool_and_every_system_of_a_source() -> None:
    from handpicked.tools.data.blend import TOOLS
    from handpicked.tools.data.conversations import SOURCES

    known = suite.load("conversation").spec.known
    assert {name.removeprefix("without_") for name in known if name.startswith("without_")} == {
        *TOOLS,
        world.OTHERS,
    }
    assert {name for name in known if not name.startswith("without_")} <= {
        *SOURCES,
        "popularity",
        "linear",
        "blend",
        *proposed.SYSTEMS,
    }

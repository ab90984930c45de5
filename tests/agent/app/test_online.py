"""`handpicked eval online`, as a person and as a program read it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from handpicked.agent.app import online, show
from handpicked.agent.settings import Settings
from handpicked.eval.online import simulate
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    workspace = Workspace.open(tmp_path / "shop")
    made = simulate.event_log(np.random.default_rng(0), users=320)
    workspace.events.shown.add([e for e in made if e.user_id == "u0" and e.event == "impression"], None)
    workspace.events.append(made)
    workspace.close()
    return Settings(workspace=workspace.path)


def test_rates_and_tests_of_a_log_are_told(
    shop: Settings, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    online.run(shop, planned=5_000, target=None, json=True)
    told = json.loads(capsysbinary.readouterr().out)
    made = simulate.event_log(np.random.default_rng(0), users=320)
    shown = [e for e in made if e.event == "impression"]
    clicked = [e for e in made if e.event == "click"]
    figures = {(f["group"], f["metric"]): f for f in told["figures"]}
    assert told["impressions"] == len(shown)
    assert figures["all", "ctr"]["value"] == pytest.approx(len(clicked) / len(shown))
    assert figures["all", "ctr"]["low"] < figures["all", "ctr"]["value"] < figures["all", "ctr"]["high"]
    assert {group for group, _ in figures} >= {"scene watch", "task search", "policy sim/other", "position 5"}
    [ctr] = [test for test in told["tests"] if test["metric"] == "ctr"]
    assert (ctr["policy"], ctr["users"], told["unmatched"]) == ("sim/other", 320, 0)


def test_a_person_reads_tables(
    shop: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show.out, "width", 200)
    target = tmp_path / "other.jsonl"
    shown = [e for e in simulate.event_log(np.random.default_rng(0), users=320) if e.event == "impression"]
    target.write_text(
        "\n".join(json.dumps({"list_id": e.list_id, "item_id": e.item_id, "propensity": 1.0}) for e in shown)
    )
    online.run(shop, planned=5_000, target=target, json=False)
    out = capsys.readouterr().out
    assert all(word in out for word in ("position 1", "sim/other", "A/B, less the first policy", "snips"))


def test_a_log_without_impressions_is_told_what_makes_some(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="HANDPICKED_EXPERIMENT"):
        online.run(Settings(workspace=tmp_path / "none"), planned=5_000, target=None, json=False)

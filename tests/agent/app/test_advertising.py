"""`handpicked catalog campaigns`, as a person and as a program read it."""

from __future__ import annotations

import json
import time

import pytest

from handpicked.agent.app import advertising, show
from handpicked.agent.settings import Settings
from handpicked.tools.auction import Placed
from handpicked.tools.data.ad_ledger import AdTurn
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.types import Campaign


@pytest.fixture
def shop(fresh: Workspace) -> Settings:
    now = time.time()
    fresh.catalog.upsert_campaigns(
        [
            Campaign("[b]spent", ("g1",), bid=0.5, budget=0.25, cap=3),
            Campaign("over", ("g1",), bid=0.5, end=now - 10),
            Campaign("later", ("g1",), bid=0.5, start=now + 1_000),
            Campaign("free", ("g1",)),
            Campaign("ahead", ("g1",), bid=0.5, budget=1.0, start=now - 10, end=now + 1e6),
        ]
    )
    turn = AdTurn("r", "ann", None, now)
    placed = [Placed("[b]spent", "g1", 0.1, 0.25), Placed("ahead", "g2", 0.1, 0.25)]
    fresh.events.ads.settle(turn, ("[b]spent", "ahead"), lambda _: placed)
    return Settings(workspace=fresh.path)


STATES = {
    "c1": "runs", "[b]spent": "budget spent", "over": "over", "later": "not begun",
    "free": "bids less than the reserve of 0.01", "ahead": "waits: ahead of its time",
}  # fmt: skip


def test_each_campaign_s_state_and_spending_are_told(
    shop: Settings, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    advertising.run(shop, json=True)
    rows = {row["campaign_id"]: row for row in json.loads(capsysbinary.readouterr().out)}
    assert {name: row["state"] for name, row in rows.items()} == STATES
    assert (rows["[b]spent"]["spent"], rows["[b]spent"]["shown"], rows["[b]spent"]["cap"]) == (0.25, 1, 3)
    assert (rows["c1"]["spent"], rows["c1"]["budget"]) == (0.0, 100.0)


def test_a_person_reads_a_table(
    shop: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show.out, "width", 200)
    advertising.run(shop, json=False)
    out = capsys.readouterr().out
    assert all(state in out for state in STATES.values())
    assert "[b]spent" in out

"""Thousands of simulated turns, in one process and in eight at once: no budget is overspent, no cap passed, no price above
a bid, and no turn charged twice. What must hold is counted from the ledger's rows, not by the code that keeps it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from handpicked.tools.data.ad_ledger import DAY_S, MICROS
from handpicked.tools.data.db import open_engine, reading
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.placing import RULES
from tests.tools.data import ad_turns

SCRIPT = Path(ad_turns.__file__)
Row = Mapping[str, Any]


def rows(url: str) -> tuple[list[Row], dict[str, tuple[int, int]]]:
    """The ledger as plain SQL gives it, and the totals."""
    engine = open_engine(url)
    with reading(engine) as connection:
        found = [
            {**row} for row in connection.execute(text("SELECT * FROM ad_ledger ORDER BY row")).mappings()
        ]
        totals = connection.execute(text("SELECT campaign_id, micros, shown FROM ad_totals")).all()
    engine.dispose()
    return list(found), {campaign_id: (micros, shown) for campaign_id, micros, shown in totals}


def check(url: str) -> list[Row]:
    """Everything that must hold of the ledger, whoever wrote it."""
    shown, totals = rows(url)
    campaigns = {campaign.campaign_id: campaign for campaign in ad_turns.campaigns()}
    spent: defaultdict[str, int] = defaultdict(int)
    times: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    turns: defaultdict[tuple[str, str | None, str | None], list[Row]] = defaultdict(list)
    for row in shown:
        campaign = campaigns[row["campaign_id"]]
        assert RULES.reserve * MICROS <= row["micros"] <= round(campaign.bid * MICROS)
        assert row["item_id"] in campaign.item_ids
        assert (campaign.start or 0.0) <= row["time"] <= (campaign.end or 1e18)
        spent[campaign.campaign_id] += row["micros"]
        turns[row["request_id"], row["user_id"], row["session_id"]].append(row)
        if campaign.cap is not None:
            viewer = row["user_id"] or row["session_id"]
            assert viewer is not None, "nobody could count this one"
            times[f"{viewer}", campaign.campaign_id].append(row["time"])
    assert {name: (spent[name], sum(r["campaign_id"] == name for r in shown)) for name in spent} == totals
    for name, micros in spent.items():
        budget = campaigns[name].budget
        assert budget is None or micros <= round(budget * MICROS)
    for (_, name), seen in times.items():
        cap = campaigns[name].cap or 0
        seen.sort()
        for first, last in zip(seen, seen[cap:], strict=False):
            assert last - first >= DAY_S, f"{name} was shown more than {cap} times within a day"
    for of_turn in turns.values():
        assert len(of_turn) <= ad_turns.SLOTS
        assert len({row["place"] for row in of_turn}) == len(of_turn), "a turn was charged twice"
        assert (
            len({row["campaign_id"] for row in of_turn})
            == len({row["item_id"] for row in of_turn})
            == len(of_turn)
        )
    return shown


def bites(shown: list[Row]) -> None:
    """The simulation would find a fault: budgets ran out, caps were reached, prices were set by others' bids."""
    campaigns = {campaign.campaign_id: campaign for campaign in ad_turns.campaigns()}
    spent: defaultdict[str, int] = defaultdict(int)
    a_day: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    for row in shown:
        spent[row["campaign_id"]] += row["micros"]
        a_day[row["campaign_id"], str(row["user_id"] or row["session_id"]), int(row["time"] // DAY_S)] += 1
    assert any(c.budget and spent[c.campaign_id] > 0.95 * c.budget * MICROS for c in campaigns.values())
    assert any(count == campaigns[name].cap for (name, _, _), count in a_day.items())
    assert len({row["micros"] for row in shown}) > 20
    assert any(row["user_id"] is None for row in shown)


def test_turns_spend_no_more_than_budgets_and_show_no_more_than_caps(make_url: Callable[[str], str]) -> None:
    url = make_url("events")
    store = EventStore(url)
    served = [one for day in range(10) for one in ad_turns.answered(store, day * 1_000, 60)]
    store.close()
    assert not [one.degraded for _, one in served if one.degraded]
    shown = check(url)
    assert len(shown) > 400
    again: dict[str, object] = {}
    for turn, one in served:
        assert again.setdefault(turn.request_id, one.ads) == one.ads, "a turn asked again shows the same"


def test_a_budget_is_spent_over_its_whole_flight(make_url: Callable[[str], str]) -> None:
    url = make_url("events")
    store = EventStore(url)
    for part in range(20):
        ad_turns.answered(store, part * 500, 40)
    store.close()
    shown = check(url)
    for campaign in ad_turns.campaigns():
        if campaign.budget is None or campaign.start is None or campaign.end is None:
            continue
        length, spent = campaign.end - campaign.start, 0.0
        for row in sorted(
            (r for r in shown if r["campaign_id"] == campaign.campaign_id), key=lambda r: r["time"]
        ):
            spent += row["micros"] / MICROS
            passed = (row["time"] - campaign.start) / length
            # clocks differ by up to ten minutes, and the last showing may take it over the line
            allowed = campaign.budget * (passed + RULES.slack + 600 / length) + campaign.bid
            assert spent <= allowed


@pytest.mark.soak
def test_ten_thousand_turns_keep_budgets_and_caps(make_url: Callable[[str], str]) -> None:
    url = make_url("events")
    store = EventStore(url)
    served = ad_turns.answered(store, 0, ad_turns.TURNS)
    store.close()
    assert not [one.degraded for _, one in served if one.degraded]
    shown = check(url)
    bites(shown)


@pytest.mark.soak
def test_eight_processes_at_once_keep_budgets_and_caps_and_one_of_them_is_killed(
    make_url: Callable[[str], str],
) -> None:
    url = make_url("events")
    EventStore(url).close()
    share = ad_turns.TURNS // 8

    def start(first: int, count: int) -> subprocess.Popen[str]:
        command = [sys.executable, str(SCRIPT), url, str(first), str(count)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    running = [start(number * share, share) for number in range(8)]
    # These ask for turns that others ask for at the same time.
    running += [start(0, share // 4), start(4 * share, share // 4)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    before = _written(url)
    while _written(url) < before + 200:
        assert any(process.poll() is None for process in running)
        time.sleep(0.1)
    running[0].kill()
    running.append(start(0, share))
    told = [process.communicate(timeout=600)[0] for process in running]
    assert [process.returncode for process in running] == [-9, *[0] * 10]
    late = asked = 0
    for out in told[1:]:
        waited, _, of = out.splitlines()[-1].partition(" of ")
        late, asked = late + int(waited), asked + int(of)
    print(f"{late} of {asked} turns waited in vain")
    assert late < asked / 10, "turns that waited in vain, with more writers at it than a machine has cores"
    bites(check(url))


def _written(url: str) -> int:
    engine = open_engine(url)
    with reading(engine) as connection:
        count = connection.execute(text("SELECT count(*) FROM ad_ledger")).scalar_one()
    engine.dispose()
    return int(count)

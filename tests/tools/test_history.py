"""What a user did, and the interests in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handpicked.tools.data.index import Index
from handpicked.tools.data.profile_store import Label
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.history import history
from handpicked.tools.types import Embedder, Event, Found


def _of(context: Context, user_id: str | None, limit: int = 20) -> Found:
    return history.function(replace(context, user_id=user_id), limit=limit)


def test_choices_come_newest_first_without_the_disliked(context: Context) -> None:
    found = _of(context, "u1")
    assert [candidate.item_id for candidate in found.candidates] == ["f2", "f7", "f1"]
    assert found.facts["events"] == 4


def test_interests_are_counted_with_the_items_behind_them(context: Context) -> None:
    interests: Any = _of(context, "u1").facts["interests"]
    by_label = {interest["label"]: interest for interest in interests}
    assert by_label["Ada Brandt"] | {"items": set(by_label["Ada Brandt"]["items"])} == {
        "domain": "movie", "field": "creators", "label": "Ada Brandt", "count": 2, "items": {"f1", "f7"},
        "scenes": ["watch"], "words": [],
    }  # fmt: skip
    assert "Horror" not in by_label
    counts = [interest["count"] for interest in interests]
    assert counts == sorted(counts, reverse=True)


def test_best_rated_items_are_the_first_evidence(fresh: Workspace, context: Context) -> None:
    fresh.events.append([Event("x", "f1", "rate", 2.0, 4.0), Event("x", "f7", "rate", 1.0, 5.0)])
    interests: Any = _of(replace(context, events=fresh.events), "x").facts["interests"]
    assert {tuple(one["items"]) for one in interests if one["count"] == 2} == {("f7", "f1")}


def test_limit_is_kept(context: Context) -> None:
    assert [candidate.item_id for candidate in _of(context, "u1", 1).candidates] == ["f2"]


@pytest.mark.parametrize("user_id", [None, "nobody"])
def test_someone_unknown_has_no_history(context: Context, user_id: str | None) -> None:
    found = _of(context, user_id)
    assert found.candidates == ()
    assert not found.facts.get("interests")


def test_event_counts_at_once(fresh: Workspace, context: Context) -> None:
    here = replace(context, events=fresh.events)
    fresh.events.append([Event("u1", "m1", "play", 1_800_000_000.0)])
    assert _of(here, "u1").candidates[0].item_id == "m1"


def test_deleted_items_are_not_told(fresh: Workspace, context: Context, embedder: Embedder) -> None:
    fresh.catalog.delete(["f2", "f1"])
    here = replace(context, snapshot=Index(fresh, embedder).snapshot(), events=fresh.events)
    assert [candidate.item_id for candidate in _of(here, "u1").candidates] == ["f7"]


WESTERN = Label("categories", "Western", "like", "watch", "I love westerns", "s", 2, 10.0)


def test_what_was_said_comes_first_with_its_words(fresh: Workspace, context: Context) -> None:
    fresh.events.profile.add("u1", [WESTERN, replace(WESTERN, label="Sci-Fi", words="sci-fi is my thing")])
    interests: Any = _of(replace(context, events=fresh.events), "u1").facts["interests"]
    assert [row["label"] for row in interests[:2]] == ["Sci-Fi", "Western"]
    counted, said = interests[:2]
    assert (counted["count"], set(counted["items"])) == (2, {"f1", "f7"})
    assert [one["said"] for one in counted["words"]] == ["sci-fi is my thing"]
    assert said == {
        "domain": "movie", "field": "categories", "label": "Western", "count": 0, "items": [], "scenes": ["watch"],
        "words": [{"said": "I love westerns", "session_id": "s", "turn": 2, "at": 10.0}],
    }  # fmt: skip
    assert not any(row["words"] for row in interests[2:])


def test_what_is_refused_is_no_interest(fresh: Workspace, context: Context) -> None:
    fresh.events.profile.add(
        "u1", [replace(WESTERN, label="Sci-Fi", stance="dislike", words="enough sci-fi")]
    )
    facts: Any = _of(replace(context, events=fresh.events), "u1").facts
    assert "Sci-Fi" not in {row["label"] for row in facts["interests"]}
    assert [(row["label"], row["words"][0]["said"]) for row in facts["refused"]] == [
        ("Sci-Fi", "enough sci-fi")
    ]


def test_titles_that_were_spoken_of_count_as_what_was_done(fresh: Workspace, context: Context) -> None:
    said = Label("item_id", "f5", "like", "watch", "loved The Dry Valley", "s", 1, 2e9)
    fresh.events.profile.add(
        "u1", [said, replace(said, label="f7", stance="dislike"), replace(said, label="f9", stance="seen")]
    )
    here = replace(context, events=fresh.events, user_id="u1")
    assert [candidate.item_id for candidate in _of(here, "u1").candidates] == ["f5", "f2", "f1"]
    assert {"f5", "f7", "f9"} <= {event.item_id for event in here.past}
    assert _of(here, "u1").facts["events"] == 4


def test_a_label_is_at_home_where_it_was_said_or_where_most_items_have_it(
    fresh: Workspace, context: Context
) -> None:
    fresh.events.profile.add(
        "new", [replace(WESTERN, label="History", scene="read"), replace(WESTERN, scene="")]
    )
    interests: Any = _of(replace(context, events=fresh.events), "new").facts["interests"]
    assert {(row["domain"], row["label"], *row["scenes"]) for row in interests} == {
        ("book", "History", "read"), ("movie", "Western", "watch"),
    }  # fmt: skip

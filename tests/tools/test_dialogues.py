"""What was chosen in conversations like this one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from handpicked.tools.data import build
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dialogues import dialogues
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint, Dialogue, Embedder, Item


def _ids(context: Context, *utterances: str, constraints: tuple[Constraint, ...] = ()) -> list[str]:
    found = dialogues.function(context, utterances=utterances, constraints=constraints)
    return [candidate.item_id for candidate in found.candidates]


def test_choices_of_the_most_similar_conversation_come_first(context: Context) -> None:
    assert _ids(context, "I love films with robots, have you seen any?")[0] == "f7"
    assert _ids(context, "any good western around?")[:2] == ["f5", "f6"]


def test_constraints_are_kept(context: Context) -> None:
    old = Constraint("year", "range", (None, 1960))
    assert _ids(context, "any good westerns?", constraints=(old,)) == ["f5"]


def test_votes_are_cosines_summed_over_conversations(tmp_path: Path, toy: Embedder) -> None:
    context = _of(
        tmp_path, toy, Dialogue(("wet dog",), (), ("a", "b")), Dialogue(("wet cat",), (), ("b", "gone"))
    )
    [asked, *past] = toy.embed_matrix(["wet dog", "wet dog", "wet cat"])
    cosines = [float(vector @ asked) for vector in past]
    found = dialogues.function(context, utterances=("wet dog",)).candidates
    assert {c.item_id: c.score for c in found} == {
        "a": pytest.approx(cosines[0]),
        "b": pytest.approx(sum(cosines)),
    }
    assert found[0].item_id == "b"


def test_only_the_last_three_utterances_count(tmp_path: Path, toy: Embedder) -> None:
    context = _of(tmp_path, toy, Dialogue(("wet dog",), (), ("a",)))
    one = dialogues.function(context, utterances=("ships", "wet", "dog", "again"))
    other = dialogues.function(context, utterances=("wet", "dog", "again"))
    assert one == other


def test_no_past_conversation_gives_nothing(tmp_path: Path, toy: Embedder) -> None:
    assert _ids(_of(tmp_path, toy), "anything") == []


def test_conversations_without_a_living_choice_are_left_out(tmp_path: Path, toy: Embedder) -> None:
    assert _ids(_of(tmp_path, toy, Dialogue(("wet dog",), ("a",), ("gone",))), "wet dog") == []


def _of(folder: Path, embedder: Embedder, *past: Dialogue) -> Context:
    workspace = Workspace.open(folder)
    workspace.catalog.upsert([Item("a", "Alpha"), Item("b", "Beta")])
    workspace.events.append_dialogues(past)
    build.build(workspace, embedder)
    return Context(Index(workspace, embedder).snapshot(), embedder, workspace.events, time.time())

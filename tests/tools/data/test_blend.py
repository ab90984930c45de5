"""What past conversations say, and the blend that is learned from them, on a small world with a rule in it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handpicked.tools.data import blend, build, conversations, learned
from handpicked.tools.data import shelf as shelves
from handpicked.tools.data.blend import TOOLS
from handpicked.tools.data.conversations import Answered, Turn
from handpicked.tools.data.index import Index
from handpicked.tools.data.learned import Learned
from handpicked.tools.data.shelf import Shelf
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dialogues import dialogues
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint, Dialogue, Embedder, Item

KINDS = ("western", "musical", "horror", "heist")
ITEMS = tuple(
    Item(f"i{n}", f"Number {n}", categories=(KINDS[n % 4],), creators=(f"Ada Brandt{n % 4}",), year=1950 + n)
    for n in range(40)
)
HISTORIES = [np.arange(kind, 40, 4) for kind in range(4)]
ROW_OF = {item.item_id: row for row, item in enumerate(ITEMS)}


def _dialogues() -> list[Dialogue]:
    """Who names a western is told of western 0 or 4, and so on for each kind."""
    rng = np.random.default_rng(0)
    found: list[Dialogue] = []
    for n in range(80):
        kind = n % 4
        named = f"i{kind + 4 * int(rng.integers(2, 10))}"
        told = f"i{kind + 4 * int(rng.integers(0, 2))}"
        found.append(Dialogue(("hello", f"any good {KINDS[kind]} film?"), (named,), (told,), f"d{n}"))
    return found


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    """Enough for forty items."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blend, "_ROUNDS", 10)
        yield


@pytest.fixture(scope="module")
def answered(toy: Embedder) -> Sequence[Answered]:
    return learned.turns(_dialogues(), ROW_OF, toy.embed_matrix)


@pytest.fixture(scope="module")
def shelf(toy: Embedder) -> Shelf:
    return shelves.shelf(ITEMS, toy.embed_matrix([f"{i.title} {i.categories[0]}" for i in ITEMS]))


@pytest.fixture(scope="module")
def taught(shelf: Shelf, answered: Sequence[Answered]) -> Learned:
    return Learned(shelf, tuple(answered), tuple(HISTORIES), blend.fit(shelf, answered, HISTORIES))


def _turn(toy: Embedder, text: str, *named: int) -> Turn:
    return conversations.turn(toy, [text], np.array(named, np.int64))


def test_what_was_told_in_such_conversations_comes_first(taught: Learned, toy: Embedder) -> None:
    for kind, name in enumerate(KINDS):
        found = taught.rank(_turn(toy, f"any good {name} film?", kind + 20), np.ones(40, bool))
        assert {*found.rows[:2].tolist()} == {kind, kind + 4}


def test_only_what_is_allowed_and_was_not_named_is_ranked(taught: Learned, toy: Embedder) -> None:
    allowed = np.arange(40) % 2 == 0
    found = taught.rank(_turn(toy, "any good western film?", 0, 20), allowed)
    assert {*found.rows.tolist()} == {*range(0, 40, 2)} - {0, 20}
    assert not len(taught.rank(_turn(toy, "any good western film?"), np.zeros(40, bool)).rows)


def test_what_tools_bring_adds_up_to_the_differences_of_scores(taught: Learned, toy: Embedder) -> None:
    found = taught.rank(_turn(toy, "any good heist film?", 23), np.ones(40, bool))
    assert np.ptp(found.scores - found.parts.sum(axis=1)) == pytest.approx(
        0.0, abs=1e-4 * float(np.ptp(found.scores))
    )
    assert (np.diff(found.scores) <= 0).all()


def test_a_tool_left_out_has_no_say(taught: Learned, toy: Embedder) -> None:
    turn = _turn(toy, "any good heist film?", 23)
    found = conversations.scores(taught.shelf, taught.past, turn)
    whole, less = blend.features(found, turn), blend.features(found, turn, without=("collab",))
    changed = (whole != less).any(axis=0)
    own = np.array([tool == "collab" for tool in conversations.SOURCES.values()])
    assert changed[: len(own)].tolist() == own.tolist()
    assert not less[:, : len(own)][:, own].any()


def test_what_is_saved_ranks_the_same_when_it_is_read(taught: Learned, tmp_path: Path) -> None:
    blend.save(taught.blend, tmp_path)
    read, turn = blend.load(tmp_path), taught.answered[0].turn
    found = conversations.scores(taught.shelf, taught.past, turn)
    one, other = (blend.blend(found, each, turn) for each in (taught.blend, read))
    assert one.rows.tolist() == other.rows.tolist()
    assert one.scores.tolist() == other.scores.tolist()


def test_the_softmax_finds_the_weights_that_nothing_betters() -> None:
    """Against the loss written out, with one feature that tells much and starts far off."""
    rng = np.random.default_rng(0)
    others = rng.normal(size=(40, 30, 4)).astype(np.float32) * np.array([1, 5, 0.1, 1], np.float32)
    chosen = [
        rng.normal(size=(1 + n % 2, 4)).astype(np.float32) + np.array([3, 0, 0.1, 0], np.float32)
        for n in range(40)
    ]
    deviation = others.reshape(-1, 4).std(axis=0)

    def loss(weights: np.ndarray) -> float:
        rest = np.log(np.exp(others @ weights).sum(axis=1) * 60 / 30)
        each = [
            np.logaddexp(one @ weights, top) - one @ weights for one, top in zip(chosen, rest, strict=True)
        ]
        return float(sum(one.sum() for one in each) + blend.RIDGE / 2 * ((weights * deviation) ** 2).sum())

    best = blend.softmax(others, chosen, 60).astype(np.float64)
    steps = rng.normal(size=(200, 4)) / deviation
    nearby = [loss(best + size * step) for step in steps for size in (0.01, 0.1, 1.0)]
    assert loss(best) <= min(nearby)


def test_a_blend_of_other_sources_is_not_used(taught: Learned, tmp_path: Path) -> None:
    blend.save(replace(taught.blend, weights=taught.blend.weights[:-1]), tmp_path)
    with pytest.raises(ValueError, match="weights"):
        blend.load(tmp_path)


def test_what_other_people_have_goes_with_what_is_named_and_with_its_twins(toy: Embedder) -> None:
    items = (
        Item("a", "The Crow", year=1994),
        Item("b", "Crow", year=1995),
        Item("c", "Up"),
        Item("d", "Crow", year=1970),
    )
    known = shelves.shelf(items, toy.embed_matrix([item.title for item in items]))
    told = [Answered(_turn(toy, "hello"), np.array([2]), "x")]
    past = conversations.past(known, told, [np.array([0, 2])])
    found = conversations.scores(known, past, _turn(toy, "crow", 1))
    assert np.flatnonzero(found["same_title"]).tolist() == [0]
    assert np.flatnonzero(found["shared"]).tolist() == [0, 1, 2]
    assert np.flatnonzero(found["owned"]).tolist() == [0, 1, 2]
    assert int(np.argmax(found["newest"])) == 1


def test_what_goes_with_the_expected_and_what_is_like_it_is_found_without_being_named(toy: Embedder) -> None:
    """Ghosts are talked of with item 0; 1 goes with it in another conversation, 2 is only like it, 3 neither."""
    texts = ("haunted house", "desert", "haunted house at night", "piano")
    items = [Item(str(n), f"Number {n}") for n in range(4)]
    known = shelves.shelf(items, toy.embed_matrix(texts))
    told = [("ghosts please", 0, "a"), ("ghosts again", 0, "b"), ("anything", 3, "c"), ("whatever", 0, "d")]
    answered = [Answered(_turn(toy, text), np.array([row]), name) for text, row, name in told]
    answered += [Answered(_turn(toy, "more of it", 0), np.array([1]), "d")]
    past = conversations.past(known, answered)
    found = conversations.scores(known, past, _turn(toy, "ghosts please"))
    assert found["expected_with"][1] > 0
    assert found["expected_with"][[2, 3]].tolist() == [0, 0]
    assert found["expected_like"][2] > max(found["expected_like"][[1, 3]])


def test_a_turn_is_scored_by_other_conversations_than_its_own(
    shelf: Shelf, toy: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that only one conversation has: with its own vote what was chosen there would be first."""
    turns = [
        Dialogue((f"word{n} other{n}",), (), (f"i{n}",), f"d{n // 2}") for n in range(16)
    ]  # two turns of each conversation
    seen: list[int] = []
    scores = conversations.scores

    def watched(shelf: Shelf, past: conversations.Past, turn: Turn) -> dict[str, np.ndarray]:
        seen.append(len(past))
        assert not {*past.chosen.indices.tolist()} & {int(turn.text.split()[0].removeprefix("word"))}
        return scores(shelf, past, turn)

    monkeypatch.setattr(conversations, "scores", watched)
    blend.fit(shelf, learned.turns(turns, ROW_OF, toy.embed_matrix))
    assert {*seen} == {14}


def test_a_history_that_is_of_a_conversation_tells_nothing_new(answered: Sequence[Answered]) -> None:
    own = np.unique(np.concatenate([answered[0].turn.mentioned, answered[0].chosen]))
    long, other = np.arange(30), np.array([1, 2, 3, 6], np.int64)
    assert conversations.histories_apart(answered, [own, long, other]) == [long, other]


def test_sources_know_people_kinds_and_titles(taught: Learned, toy: Embedder) -> None:
    found = conversations.scores(taught.shelf, taught.past, _turn(toy, "a musical by Ada Brandt2 perhaps", 4))
    assert np.flatnonzero(found["text_people"]).tolist() == list(range(2, 40, 4))
    assert np.flatnonzero(found["text_kinds"]).tolist() == list(range(1, 40, 4))
    assert int(np.argmax(found["like_title"])) == 4
    assert int(np.argmax(found["like_years"])) == 4
    assert all(scores.min() >= 0 for scores in found.values())


def test_a_build_learns_when_there_are_turns_enough(
    tmp_path: Path, toy: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.catalog.upsert(ITEMS)
    workspace.events.append_dialogues(_dialogues())
    build.build(workspace, toy)
    assert Index(workspace, toy).snapshot().build.learned is None
    monkeypatch.setattr(learned, "MIN_TURNS", 50)
    build.build(workspace, toy)
    context = Context(Index(workspace, toy).snapshot(), toy, workspace.events, time.time())
    old = Constraint("year", "range", (None, 1970))
    found = dialogues.function(
        context, ("any good horror film?",), item_ids=("i22",), constraints=(old,), limit=5
    )
    assert {one.item_id for one in found.candidates[:2]} == {"i2", "i6"}
    assert all(int(one.item_id[1:]) <= 20 for one in found.candidates)
    brought = found.facts["brought"]
    assert isinstance(brought, dict)
    assert [*brought] == [one.item_id for one in found.candidates]
    assert all([*parts] == [*TOOLS] for parts in brought.values() if isinstance(parts, dict))


def test_turns_without_a_choice_that_the_catalogue_has_are_left_out(toy: Embedder) -> None:
    some = [Dialogue(("a",), ("i1", "gone"), ("gone",)), Dialogue(("b",), ("i1", "gone"), ("i2", "gone"))]
    [one] = learned.turns(some, ROW_OF, toy.embed_matrix)
    assert (one.turn.mentioned.tolist(), one.chosen.tolist(), one.turn.text) == ([1], [2], "b")

"""The scene classifier: features, fit, cache, demonstrations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handpicked import prompts
from handpicked.agent import cues as noticing
from handpicked.agent import demonstrations, scene, scenes
from handpicked.agent.cues import Cues, Title
from handpicked.agent.read import Reader
from handpicked.agent.scene import Guess
from handpicked.agent.scenes import TASKS
from handpicked.tools.types import Embedder


@pytest.mark.parametrize(
    ("message", "page", "name"),
    [
        ("a film for tonight", None, "watch"),
        ("今晚看什么电影", None, "watch"),
        ("milk, eggs and bread", None, "shop"),
        ("some jazz for dinner", None, "listen"),
        ("a birthday present for my aunt", None, "gift"),
        ("hello there", None, "chat"),
        ("你好", None, "chat"),
        ("i want something to read", None, "read"),
        ("", "cart", "shop"),
        ("", "home", "browse"),
    ],
)
def test_plain_turns_get_their_scene(reader: Reader, message: str, page: str | None, name: str) -> None:
    cues = Cues(message, typed=bool(message), page=page)
    guess = reader.model.guess(cues, reader.embedder, reader.scenes)
    assert max(guess.scenes, key=lambda scene_name: guess.scenes[scene_name]) == name
    assert sum(guess.scenes.values()) == pytest.approx(1.0, abs=1e-5)
    assert all(0.0 <= p <= 1.0 for p in guess.tasks.values())


def test_page_names_are_those_of_the_scenes() -> None:
    known = scenes.load()
    assert noticing.page_scene("Cart", known) == "shop"
    assert noticing.page_scene("aisle", known) == "shop"
    assert noticing.page_scene("购物车", known) == "shop"
    assert noticing.page_scene("somewhere", known) is None
    assert noticing.page_scene(None, known) is None


def test_evidence_moves_a_guess_and_keeps_it_a_distribution() -> None:
    guess = scene.sharpen(Guess({"watch": 0.4, "read": 0.6}, {}), {"watch": 1.5})
    assert guess.scenes["watch"] > guess.scenes["read"]
    assert sum(guess.scenes.values()) == pytest.approx(1.0)


def test_at_least_one_task_is_chosen_the_likeliest_first() -> None:
    guess = Guess({}, {"recommend": 0.9, "review": 0.5, "write": 0.1})
    assert scene.chosen_tasks(guess, ["recommend", "review", "write"]) == ["recommend", "review"]
    assert scene.chosen_tasks(guess, ["write"]) == ["write"]


def test_a_fitted_model_is_kept_and_read_back_the_same(tmp_path: Path, embedder: Embedder) -> None:
    known = scenes.load()
    fitted = scene.load(tmp_path, embedder, known)
    kept = list((tmp_path / "fitted").glob("*.npz"))
    again = scene.load(tmp_path, embedder, known)
    assert len(kept) == 1
    assert np.array_equal(fitted.scene, again.scene)
    assert np.array_equal(fitted.task, again.task)
    assert fitted.ngrams.runs == again.ngrams.runs
    said = Cues("do you have oat milk")
    assert fitted.guess(said, embedder, known) == again.guess(said, embedder, known)


@pytest.mark.parametrize(
    ("message", "tasks"),
    [
        ("do you sell oat milk", {"search"}),
        ("你家卖不卖燕麦奶", {"search"}),
        ("what's the film called where a man lives the same day again and again", {"search"}),
        ("sum up that film and find me two like it", {"recommend", "summarize"}),
        ("any coupons? and suggest me some snacks", {"recommend", "ads"}),
        ("why on earth did you pick these", {"explain"}),
    ],
)
def test_forms_of_a_question_tell_the_tasks(reader: Reader, message: str, tasks: set[str]) -> None:
    guess = reader.model.guess(Cues(message), reader.embedder, reader.scenes)
    assert set(scene.chosen_tasks(guess, [task for task in TASKS if task != "chitchat"])) == tasks


def test_a_title_is_read_as_any_other(reader: Reader) -> None:
    one, other = (
        noticing.features(
            Cues(f"who directed {title}", titles=(Title(13, 13 + len(title), "movie", "about"),)),
            reader.embedder,
            reader.scenes,
            reader.model.ngrams,
        )
        for title in ("Heat", "Dinner at Eight")
    )
    assert np.array_equal(one, other)


def test_a_scene_of_a_deployment_is_learned_from_its_examples(embedder: Embedder) -> None:
    text = (
        prompts.read_text("scenes.yaml")
        + """
cook:
  meaning: wants to be told how a dish is made
  domains: [grocery]
  pages: [recipes]
  cues: [recipe, how do i cook, how to make]
  examples: [how do i make a lasagne, recipe for pancakes please, "how long do i boil potatoes", "what can i cook with leeks",
    teach me to make dumplings, "recipe: chicken soup", how is paella made, "give me a recipe with aubergine"]
  tasks: {recommend: 1.0}
  tools: {search: 1.0}
  repeat: true
  titles: false
  ads: 0
  budget_ms: 500
  prose_tokens: 40
"""
    )
    known = scenes.parse(text, "mine.yaml")
    model = scene.fit([d for d in demonstrations.packaged() if d.split == "train"][::3], embedder, known)
    guess = model.guess(Cues("a recipe for onion soup, how do i make it"), embedder, known)
    assert max(guess.scenes, key=lambda name: guess.scenes[name]) == "cook"

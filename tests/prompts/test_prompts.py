"""Prompts as files: filling them in, their worked examples, and a snapshot of each."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest

from handpicked import prompts

SNAPSHOTS = {
    "act": "b04d00394891",
    "describe": "71871df5e8f5",
    "meanwhile": "cbceac3329c5",
    "plan": "bf572b4c6c4c",
    "propose": "9d58ef7c15e2",
    "read": "c6b5e8e93803",
    "repair": "bc838b637be1",
    "tags": "79a5c5f0756d",
    "tools": "d5e48c98361d",
}
"""A hash of each prompt file: change it here with the file, and say in the changelog why."""
FILES = sorted(path.name for path in files("handpicked.prompts").iterdir() if path.name.endswith(".md"))
NAMES = [name.removesuffix(".md") for name in FILES]


def test_every_prompt_has_a_snapshot() -> None:
    assert set(SNAPSHOTS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_is_as_it_was(name: str) -> None:
    text = prompts.read_text(f"{name}.md")
    assert hashlib.sha256(text.encode()).hexdigest()[:12] == SNAPSHOTS[name]


def test_a_prompt_is_filled_in() -> None:
    rendered = prompts.render("describe", facts="Title: Heat\nKind: crime film of 1995")
    assert rendered.user == "Title: Heat\nKind: crime film of 1995"
    assert rendered.name == "describe"
    assert rendered.hash == SNAPSHOTS["describe"]
    assert "{{" not in rendered.system + rendered.user


def test_braces_in_a_value_are_left_alone() -> None:
    assert prompts.render("describe", facts="{{facts}} {0}").user == "{{facts}} {0}"


def test_a_missing_variable_raises() -> None:
    with pytest.raises(KeyError, match="facts"):
        prompts.render("describe")


def test_an_unused_variable_raises() -> None:
    with pytest.raises(KeyError, match="mood"):
        prompts.render("describe", facts="Title: Heat", mood="gay")


def test_an_unknown_prompt_raises() -> None:
    with pytest.raises(FileNotFoundError):
        prompts.load("nowhere")


def test_worked_examples_are_facts_and_one_finished_sentence() -> None:
    prompt = prompts.load("describe")
    assert len(prompt.examples) >= 3
    for facts, answer in prompt.examples:
        assert facts.startswith("Title: ")
        assert "\n" not in answer
        assert answer.endswith(".")
        assert len(answer.split()) <= 30


def test_an_example_without_an_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="without an answer"):
        prompts.parse("describe", "system\n---\nfacts\n---\nuser {{x}}")

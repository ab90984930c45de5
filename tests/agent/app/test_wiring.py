"""What the settings build: which model calls tools, and where proposals come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from handpicked.agent import scenes, trust
from handpicked.agent.adviser import Adviser
from handpicked.agent.app import wiring
from handpicked.agent.llm.guard import ModelClient
from handpicked.agent.llm.scripted import ScriptedChat
from handpicked.agent.propose import ModelProposer, RecordedProposer
from handpicked.agent.settings import Settings
from handpicked.agent.stack import Mix, Stack
from handpicked.agent.trust import Trust
from handpicked.tools.errors import ConfigError
from handpicked.tools.types import Embedder

KNOWN = scenes.load()
CLIENT = ModelClient(ScriptedChat(answers=[]))


@pytest.mark.parametrize(
    ("model", "loop", "calls"),
    [
        ("openai:any", "auto", True),
        ("smollm2-135m-instruct", "auto", False),
        ("big.gguf", "auto", False),
        ("big.gguf", "on", True),
        ("openai:any", "off", False),
    ],
)
def test_a_setting_decides_which_model_calls_tools(model: str, loop: str, calls: bool) -> None:
    powers = wiring.powers(Settings.model_validate({"model": model, "tool_loop": loop}), CLIENT)
    assert (powers.caller is not None) is calls
    assert isinstance(powers.proposer, ModelProposer) is calls


def test_a_small_file_makes_one_plan_and_names_no_titles(tmp_path: Path) -> None:
    class Local(ScriptedChat):
        model_path: Path

    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF")
    client = ModelClient(Local(answers=[], model_path=path))
    powers = wiring.powers(Settings(model=str(path), tool_loop="on"), client)
    assert (powers.caller, powers.proposer) == (None, None)
    assert powers.planner is not None
    assert wiring.powers(Settings(model=str(path)), client).planner is None


def test_without_a_model_there_is_nobody_to_call() -> None:
    powers = wiring.powers(Settings(model="openai:any", tool_loop="on"), None)
    assert (powers.caller, powers.proposer) == (None, None)


def test_recorded_proposals_need_no_model_and_stand_for_its_own(tmp_path: Path) -> None:
    path = tmp_path / "named.jsonl"
    path.write_text('{"turn": "t1", "titles": ["Heat (1995)"]}\n', encoding="utf-8")
    settings = Settings(model="openai:any", proposals=path)
    for client in (None, CLIENT):
        assert isinstance(wiring.powers(settings, client).proposer, RecordedProposer)
    with pytest.raises(ConfigError, match="HANDPICKED_PROPOSALS"):
        wiring.powers(Settings(proposals=tmp_path / "gone.jsonl"), None)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValidationError, match="'auto', 'on' or 'off'"):
        Settings.model_validate({"tool_loop": "maybe"})


def test_only_a_model_that_was_seen_to_help_reads_turns(tmp_path: Path, embedder: Embedder) -> None:
    names, tasks = tuple(KNOWN), scenes.TASKS
    plain = Stack(names, Mix(1.0, 0.5, (0.0,) * len(names)), Mix(1.0, 0.5, (0.0,) * len(tasks)))
    where = trust.path(tmp_path, CLIENT.identity, embedder, KNOWN)

    def read(how: str = "auto", client: ModelClient | None = CLIENT) -> Adviser | None:
        settings = Settings.model_validate({"cache": tmp_path, "model_reading": how})
        return wiring.adviser(settings, client, embedder, KNOWN)

    assert read("on") is None  # never measured
    trust.save(Trust(plain, plain, 0.0, "no gain"), where)
    assert read() is None
    forced = read("on")
    assert forced is not None
    assert forced.always
    trust.save(Trust(plain, plain, 0.9, "gain"), where)
    asked = read()
    assert asked is not None
    assert not asked.always
    assert all(demo.split == "train" for demo in asked.shelf.demos)
    assert read("off") is None
    assert read(client=None) is None
    where.write_text("{")
    assert read() is None

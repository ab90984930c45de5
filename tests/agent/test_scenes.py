"""Scenes are data, and a bad file is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handpicked import prompts
from handpicked.agent import scenes
from handpicked.tools.errors import ConfigError

_GOOD = prompts.read_text("scenes.yaml")
QUIZ = """
quiz:
  meaning: wants to be asked questions about films
  domains: [movie]
  pages: [quiz]
  cues: [quiz, trivia]
  examples: [quiz me, {message: trivia night please, tasks: [recommend]}]
  tasks: {recommend: 1.0}
  tools: {popular: 1.0}
  repeat: true
  titles: true
  ads: 0
  budget_ms: 500
  prose_tokens: 40
"""


def test_the_packaged_scenes_load() -> None:
    known = scenes.load()
    assert {"browse", "search", "shop", "watch", "read", "listen", "gift", "chat"} <= set(known)
    assert known["shop"].repeat
    assert not known["watch"].repeat


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("  budget_ms: 500\n", "  budget_ms: -1\n", "chat.budget_ms"),
        ("  ads: 2\n", "", "shop.ads"),
        ("  tasks: {chitchat: 1.0}", "  tasks: {dance: 1.0}", "chat.tasks.dance"),
        (
            "  repeat: false\n  titles: true\n  ads: 1\n  budget_ms: 1000\n",
            "  repeat: perhaps\n  titles: true\n  ads: 1\n",
            "browse.repeat",
        ),
        (
            "  meaning: choosing something to watch\n",
            "  meaning: choosing something to watch\n  colour: red\n",
            "watch.colour",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_line_the_scene_and_the_field(old: str, new: str, named: str) -> None:
    bad = _GOOD.replace(old, new, 1)
    assert bad != _GOOD
    with pytest.raises(ConfigError, match=rf"mine\.yaml, line \d+: {re.escape(named)}: ") as refused:
        scenes.parse(bad, "mine.yaml")
    line = bad.splitlines()[int(re.findall(r"line (\d+)", str(refused.value))[0]) - 1]
    scene, field = named.split(".")[:2]
    assert line.startswith(
        (f"  {field}:", f"{scene}:")
    )  # a field that is missing has no line but its scene's


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    with pytest.raises(ConfigError, match=r"mine\.yaml, line 3: 'meaning' stands in line 2 already"):
        scenes.parse("quiz:\n  meaning: one\n  meaning: two\n", "mine.yaml")


def test_a_page_belongs_to_one_scene() -> None:
    bad = _GOOD.replace("pages: [gift, gifts", "pages: [gift, Movie", 1)
    with pytest.raises(ConfigError, match="the page 'Movie' belongs to watch already"):
        scenes.parse(bad, "mine.yaml")


def test_a_deployment_names_its_own_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(_GOOD + QUIZ, encoding="utf-8")
    assert "quiz" in scenes.load(mine)
    with pytest.raises(ConfigError, match="HANDPICKED_SCENES"):
        scenes.load(tmp_path / "gone.yaml")


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(ConfigError, match="not YAML"):
        scenes.parse("browse: [", "mine.yaml")

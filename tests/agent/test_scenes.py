"""Scenes are data, and a bad file is refused by name."""

from __future__ import annotations

import pytest

from handpicked import prompts
from handpicked.agent import scenes
from handpicked.tools.errors import ConfigError

_GOOD = prompts.read_text("scenes.yaml")


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
def test_a_bad_file_is_refused_with_the_scene_and_the_field(old: str, new: str, named: str) -> None:
    assert old in _GOOD
    with pytest.raises(ConfigError, match=named.replace(".", r"\.")):
        scenes.load(_GOOD.replace(old, new, 1))


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(ConfigError, match="not YAML"):
        scenes.load("browse: [")

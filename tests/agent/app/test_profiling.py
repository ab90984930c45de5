"""`handpicked profile`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shop(run: Run, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command on a small workspace of the test's own."""
    items = "item_id,title,domain,categories,language\nf1,Dry Valley,movie,Western,English\nf2,Grave Hour,movie,Horror,French\n"
    (tmp_path / "items.csv").write_text(items, encoding="utf-8")
    events = "user_id,item_id,event,timestamp\nann,f1,like,2025-05-01\nann,f2,like,2025-05-02\n"
    (tmp_path / "events.csv").write_text(events, encoding="utf-8")
    place = ("--workspace", str(tmp_path / "shop"))
    assert run("ingest", "--items", "items.csv", "--events", "events.csv", *place).returncode == 0
    assert run("build", *place).returncode == 0
    return lambda *arguments: run(*arguments, *place)


def test_a_profile_is_shown_edited_and_forgotten(shop: Run, tmp_path: Path) -> None:
    shop("ask", "I love westerns", "--user", "ann", "--session", "s", "--no-prose")
    out = shop("profile", "show", "ann").stdout
    assert 'Western (movie): 1, e.g. Dry Valley "I love westerns"' in out

    edited = shop(
        "profile", "edit", "ann", "--add", "language=French", "--refuse", "horror", "--remove", "western"
    )
    assert edited.returncode == 0, edited.stderr
    assert "French (movie) (set by hand)" in edited.stdout
    assert "not Horror (movie) (set by hand)" in edited.stdout
    document = json.loads(shop("profile", "show", "ann", "--json").stdout)
    assert {row["label"] for row in document["interests"] if row["words"]} == {"French"}
    assert [row["label"] for row in document["refused"]] == ["Horror"]

    told = shop("profile", "forget", "ann", "Western", "Horror").stdout
    assert "forgotten Western: 1 event and 1 message deleted" in told
    assert "forgotten Horror: 1 event and 1 thing you said of your taste deleted" in told
    assert "0 items chosen" in shop("profile", "show", "ann").stdout
    assert "deleted what was kept" in shop("profile", "forget", "ann").stdout
    assert "nothing about you" in shop("profile", "forget", "ann").stdout
    assert not any(
        b"I love westerns" in p.read_bytes() for p in (tmp_path / "shop").rglob("*") if p.is_file()
    )


def test_a_profile_is_set_anew_and_a_title_is_a_label_too(shop: Run) -> None:
    shop("profile", "edit", "ann", "--add", "Horror")
    shop("profile", "edit", "ann", "--set", "Western", "--set", "Grave Hour", "--scene", "watch")
    document = json.loads(shop("profile", "show", "ann", "--json").stdout)
    assert [row["label"] for row in document["interests"] if row["words"]] == ["Western"]
    assert [(row["label"], row["scene"]) for row in document["items"]] == [("f2", "watch")]


def test_a_conversation_is_forgotten_by_its_id(shop: Run) -> None:
    shop("ask", "I love westerns", "--user", "ann", "--session", "s", "--no-prose")
    assert "deleted this conversation" in shop("profile", "forget", "ann", "--session", "s").stdout
    assert "nothing of this conversation" in shop("profile", "forget", "ann", "--session", "s").stdout
    assert "I love westerns" not in shop("profile", "show", "ann").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("edit", "ann"), 2, "--add"),
        (("edit", "ann", "--add", "Ballet"), 3, "'Ballet' is no category"),
        (("edit", "ann", "--add", "mood=sad"), 3, "known: categories"),
        (("edit", "ann", "--remove", "Western"), 3, "there are: none"),
        (("forget", "ann", "Western", "--session", "s"), 2, "not both"),
        (("show",), 2, "Missing argument"),
    ],
)
def test_a_mistake_says_what_to_do(run: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("profile", *arguments)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())


def test_a_chat_forgets_its_typed_lines_too(run: Run, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "chat-history").write_text("+I love horror\n", encoding="utf-8")
    out = run(
        "chat", "--user", "zoe", said="forget that I like horror\n/quit\n", HANDPICKED_CACHE=str(cache)
    ).stdout
    assert "nothing about Horror" in out
    assert (cache / "chat-history").read_bytes() == b""

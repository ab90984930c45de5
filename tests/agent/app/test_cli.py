from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_json_prints_one_reply_and_nothing_else_on_stdout(run: Run) -> None:
    done = run("ask", "westerns made before 1960", "--json")
    reply = json.loads(done.stdout)
    assert done.returncode == 0
    assert [item["item_id"] for item in reply["lists"][0]["items"]] == ["f5"]


def test_a_person_sees_scene_calls_list_and_text(run: Run) -> None:
    out = run("ask", "westerns made before 1960", "--user", "u1").stdout
    for part in ("scene watch", "search(", "The Dry Valley", "Here is 1 film"):
        assert part in out


def test_an_empty_message_needs_a_page(run: Run) -> None:
    assert json.loads(run("ask", "", "--page", "home", "--json").stdout)["scene"]["name"] == "browse"
    done = run("ask")
    assert done.returncode == 2
    assert "--page" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("ask", "x", "--filter", "year"), 2, "year=1960..1970"),
        (("ask", "x", "--filter", "colour=red"), 1, "known:"),
        (("ask", "x", "--scene", "swim"), 2, "known: browse"),
        (("ask", "x", "--workspace", "nowhere"), 3, "handpicked build"),
        (("ask", "x", "--sesion", "s"), 2, "--session"),
        (("ingest",), 2, "--items"),
        (("ingest", "--items", "missing.csv"), 2, "missing.csv"),
        (("catalog", "show", "f999"), 3, "f999"),
        (("assets", "fetch", "nothing"), 5, "known:"),
    ],
)
def test_a_mistake_is_one_clear_line_with_its_exit_code(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_names_the_variable(run: Run) -> None:
    done = run("ask", "x", HANDPICKED_K="many")
    assert done.returncode == 2
    assert "HANDPICKED_K='many'" in done.stderr


def test_filters_on_the_command_line_are_kept(run: Run) -> None:
    done = run("ask", "a film", "--filter", "year=..1960", "--filter", "categories!=Western", "--json")
    items = json.loads(done.stdout)["lists"][0]["items"]
    assert [item["item_id"] for item in items] == ["f9"]


def test_a_file_of_requests_is_answered_line_by_line_and_a_bad_line_is_kept_with_its_error(
    run: Run, tmp_path: Path
) -> None:
    lines = ['{"id": "a", "message": "a western"}', "{nonsense", '{"id": "c", "message": "snacks"}']
    (tmp_path / "turns.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = run("ask", "--input", "turns.jsonl", "--output", "replies.jsonl")
    replies = [
        json.loads(line) for line in (tmp_path / "replies.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert done.returncode == 3
    assert [reply.get("request_id") for reply in replies] == ["a", None, "c"]
    assert replies[1]["line"] == 2
    assert "JSON" in replies[1]["error"]


def test_lines_of_one_session_share_its_memory(run: Run, tmp_path: Path) -> None:
    line = '{"message": "a film please", "session_id": "shared-in-a-file", "k": 2}'
    (tmp_path / "turns.jsonl").write_text(f"{line}\n{line}\n", encoding="utf-8")
    one, other = map(json.loads, run("ask", "--input", "turns.jsonl").stdout.splitlines())
    assert not {i["item_id"] for i in one["lists"][0]["items"]} & {
        i["item_id"] for i in other["lists"][0]["items"]
    }


def test_chat_answers_explains_and_forgets(run: Run) -> None:
    said = "/why\na western\n/why\n/profile\n/nonsense\n/reset\n/quit\n"
    out = run("chat", "--user", "u1", said=said).stdout
    for part in (
        "There is no list yet",
        "Silver Spurs",
        "popular #",
        "Sci-Fi (movie)",
        "unknown command",
        "A new conversation",
    ):
        assert part in out


def test_a_catalogue_goes_in_is_built_shown_and_comes_out_again(run: Run, tmp_path: Path) -> None:
    items = "id;title;categories;year;price;colour\n1;Tea;Drinks;;2.5;green\n2;Coffee;Drinks;;-3;black\n;Milk;Dairy;;1;white\n"
    (tmp_path / "goods.csv").write_text(items, encoding="utf-8")
    place = ("--workspace", str(tmp_path / "shop"))
    told = json.loads(run("ingest", "--items", "goods.csv", "--map", "item_id=id", "--json", *place).stdout)
    assert {k: told["kinds"]["items"][k] for k in ("read", "kept", "merged", "rejected")} == {
        "read": 3, "kept": 1, "merged": 0, "rejected": 2,
    }  # fmt: skip
    assert "price" in (tmp_path / "shop" / "rejects.csv").read_text(encoding="utf-8")
    assert json.loads(run("build", "--json", *place).stdout)["items"] == 1
    assert json.loads(run("catalog", "show", "1", *place).stdout)["colour"] == "green"
    assert run("catalog", "export", "--output", "out.jsonl", *place).returncode == 0
    again = ("--workspace", str(tmp_path / "again"))
    assert run("ingest", "--items", "out.jsonl", *again).returncode == 0
    assert run("catalog", "show", "1", *again).stdout == run("catalog", "show", "1", *place).stdout


def test_doctor_says_what_to_do_about_what_is_missing(run: Run) -> None:
    done = run("doctor", "--json", "--workspace", "nowhere")
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert "make demo" in findings["workspace"]["fix"]
    assert findings["asset films"]["fix"] == "handpicked assets fetch films"
    assert findings["embedder"]["well"]


def test_hostile_text_is_shown_as_it_is(run: Run) -> None:
    out = run("ask", "[bold]a western[/bold] [link=file:///etc/passwd]x[/link]").stdout
    assert "Traceback" not in out
    assert "The Dry Valley" in out

"""A server that answers a turn with the calls that its labels ask for: what the path to a hosted model makes of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from handpicked.eval.openai_server import Script, Server, say, serving
from handpicked.eval.suites.reading.replay import Titles
from handpicked.eval.suites.tools.expected import expected


@contextmanager
def server() -> Generator[Server]:
    """A running server whose answers are set before each turn."""
    with serving() as running:
        yield running


def script(want: Mapping[str, Any], titles: Titles) -> Script:
    """The calls for a demonstration, or `done`; constraints are left to the turn, as the prompt says."""
    calls: list[tuple[str, Mapping[str, Any]]] = []
    for need in expected(want, titles.lacking).needs:
        tool, arguments = need.tools[0], dict[str, Any]()
        if need.titles:
            arguments["item_ids"] = [item_id for title in need.titles for item_id in titles.ids(title)[:1]]
        elif tool == "search":
            arguments["query"] = want["message"] or want["context"]["query"] or "anything"
        calls.append((tool, arguments))
    calls = [call for call in calls if call[0] != "ads"]
    return say("" if calls else "done", calls=calls)

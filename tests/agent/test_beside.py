"""Terms that tell which title is meant are no wish."""

from __future__ import annotations

import pytest

from handpicked.agent import beside
from handpicked.agent.link import Link
from handpicked.agent.wishes import Placed
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Constraint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Night Signal (the Vale Orrin one) was fun", True),
        ("night signal, the Vale Orrin version", True),
        ("night signal and something with Vale Orrin", False),
        ("loved night signal. Vale Orrin again", False),
    ],
)
def test_who_tells_a_title_is_no_wish(context: Context, text: str, told: bool) -> None:
    snapshot = context.snapshot
    item = snapshot.get("f1")
    assert item is not None
    name = (*item.cast, *item.creators)[0]
    text = text.replace("Vale Orrin", name)
    at = text.casefold().index("night signal")
    start = text.index(name)
    field = "cast" if name in item.cast else "creators"
    wish = Placed(Constraint(field, "in", (name,), "text", name), start, start + len(name))
    assert beside.tells(snapshot, text, [Link("f1", at, at + 12, "like")], wish) is told

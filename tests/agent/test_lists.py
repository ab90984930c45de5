"""Lists of a turn: what each tool counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from handpicked.agent.loop import Agent
from handpicked.agent.types import Request, Surroundings


def _weights(agent: Agent, user: str | None, page: str) -> Mapping[str, float]:
    reply = asyncio.run(agent.turn(Request(user_id=user, context=Surroundings(page=page, now=1.8e9))))
    return {part.tool: part.weight for item in reply.lists[0].items for part in item.sources}


@pytest.mark.parametrize(("user", "own"), [(None, 0), ("h1", 0), ("u0", 3)])
def test_popular_counts_less_the_more_is_known_of_the_domain(
    make_agent: Callable[..., Agent], user: str | None, own: int
) -> None:
    """u0 chose three films, h1 groceries alone."""
    found = _weights(make_agent(), user, "movies")
    assert found["popular"] == pytest.approx(0.25 * 5 / (5 + own))

"""A capable model's tags of items: asked in batches, and taken only in the form of tags."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated

import orjson
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from handpicked import prompts
from handpicked.agent.llm.guard import ModelClient
from handpicked.tools.data.tags import Tags
from handpicked.tools.types import Item

_TAG = re.compile(r"[a-z]+(?:[ -][a-z]+){0,2}")
_LONGEST = 30
_MOST = 8
_SAID = 600
"""Characters of a description that the model is told."""
_TOKENS = 1500
_DEADLINE_S = 120.0


class Tagged(BaseModel):
    """One item's tags as the model writes them."""

    number: int
    tags: Annotated[list[str], Field(max_length=50)]


class Answered(BaseModel):
    """What the model writes."""

    items: Annotated[list[Tagged], Field(max_length=100)]


class ModelTagger:
    """Asks a model for tags. Its runner lives as long as the `with` that it is given in: connections are a loop's own."""

    def __init__(self, client: ModelClient, runner: asyncio.Runner, *, seed: int = 0) -> None:
        self._client, self._runner, self._seed = client, runner, seed

    def __call__(self, items: Sequence[Item]) -> list[Tags]:
        """Tags in the order of the items, none for one that the model passed over. Raises ModelError and BudgetExceeded."""
        prompt = prompts.render("tags", items=_told(items))
        answer = self._runner.run(
            self._client.structured(
                [SystemMessage(prompt.system), HumanMessage(prompt.user)], Answered,
                max_tokens=_TOKENS, seed=self._seed, deadline_s=_DEADLINE_S, family="tags",
            )
        )  # fmt: skip
        found = {one.number: plain(one.tags) for one in answer.value.items}
        return [found.get(number, ()) for number in range(1, len(items) + 1)]


def plain(given: Sequence[str]) -> Tags:
    """What has the form of tags among what was written: few, short, words in small letters; each once."""
    folded = (" ".join(tag.lower().split()) for tag in given)
    kept = (tag for tag in folded if len(tag) <= _LONGEST and _TAG.fullmatch(tag))
    return tuple(dict.fromkeys(kept))[:_MOST]


def _told(items: Sequence[Item]) -> str:
    lines = [
        {
            "number": number,
            "title": item.title,
            "categories": item.categories,
            "creators": item.creators[:3],
            "year": item.year,
            "description": item.description[:_SAID],
        }
        for number, item in enumerate(items, 1)
    ]
    return orjson.dumps(lines).decode()

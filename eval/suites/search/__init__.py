"""The `search` suite: queries of `cases.jsonl` against the workspace's catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import resources
from itertools import chain
from typing import Any

import numpy as np
import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter

from handpicked.agent.app import wiring
from handpicked.agent.llm import factory
from handpicked.agent.types import Request
from handpicked.eval import suites
from handpicked.eval.metrics import ranking
from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools import search
from handpicked.tools.dispatch import Context
from handpicked.tools.errors import ConfigError

_K = 10
_PATIENT_MS = 60_000
"""A budget that no turn reaches, so that a slow machine gives the same lists."""
_NOW = 1_700_000_000.0


class _Query(BaseModel):
    """A line of `cases.jsonl`; `titles` are there for a reader."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    query: str
    language: str
    kind: str
    split: str
    relevant: Mapping[str, int]
    titles: tuple[str, ...]


_QUERIES: TypeAdapter[list[_Query]] = TypeAdapter(list[_Query])


class _Search:
    def cases(self, options: Options) -> list[Case]:
        """One case for each query; `quick` takes every third."""
        lines = resources.files(__name__).joinpath("cases.jsonl").read_bytes().splitlines()
        found = [
            q
            for q in _QUERIES.validate_python([orjson.loads(line) for line in lines])
            if q.split == options.split
        ]
        return [
            Case(
                q.id, "demo", ("all", q.language, q.kind, f"{q.language}/{q.kind}"),
                {"query": q.query, "relevant": dict(q.relevant), "titles": list(q.titles)},
            )
            for q in (found[::3] if options.quick else found)
        ]  # fmt: skip

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """Raises ConfigError when the workspace isn't the demo's."""
        settings = suites.settings(options, model="none")
        parts = wiring.open_agent(settings, prose=False)
        snapshot = parts.index.snapshot()
        known = set(chain.from_iterable(case.data["relevant"] for case in self.cases(options)))
        if missing := sorted(item for item in known if snapshot.row(item) is None):
            raise ConfigError(
                f"{options.workspace} has no item {missing[0]!r} that a query is about: run `handpicked demo`, "
                "and give its workspace by --workspace"
            )
        context = Context(snapshot, factory.embedder(settings), parts.workspace.events, _NOW)
        everything = snapshot.mask(())

        def rows(query: str) -> list[int]:
            if system == "lexical":
                return [row for part in search.lexical(context, query, everything) for row, _ in part]
            if system == "dense":
                return [row for row, _ in search.dense(context, query, everything)]
            vector = context.embedder.query(query)
            cosines = snapshot.build.vectors.matrix @ vector
            if (told := snapshot.build.passages) is not None:
                np.maximum.at(cosines, told.rows, told.vectors.matrix @ vector)
            return [int(row) for row in (-cosines).argsort(kind="stable")[:_K]]

        def answer(case: Case) -> Json:
            query = case.data["query"]
            if system == "agent":
                reply = asyncio.run(parts.agent.turn(Request(query, k=_K, budget_ms=_PATIENT_MS)))
                ids = [item.item_id for ranked in reply.lists[:1] for item in ranked.items]
            elif system == "both":
                ids = [c.item_id for c in search.search.function(context, query, limit=_K).candidates]
            else:
                ids = [snapshot.item_id(row) for row in rows(query)[:_K]]
            return [
                {"item_id": i, "title": item.title if (item := snapshot.get(i)) else None} for i in ids[:_K]
            ]

        yield answer

    def score(self, case: Case, answer: Json) -> Scores:
        """An entry without a title is of no item."""
        found: list[dict[str, Any]] = answer
        scores = ranking([entry["item_id"] for entry in found], case.data["relevant"], k=_K)
        return {**scores, "off_catalog": float(sum(entry["title"] is None for entry in found))}


task = _Search()

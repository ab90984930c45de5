"""The mixed turns, and answering them so that nothing is left behind and a rerun says the same."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import uuid
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import orjson

from handpicked.agent.app import wiring
from handpicked.agent.loop import Agent
from handpicked.agent.types import Reply, Request, parse_request
from handpicked.eval import suites
from handpicked.eval.suites.grounding.checker import Past
from handpicked.eval.types import Json, Options
from handpicked.tools.data.workspace import Workspace

NOW = 1_513_728_000.0
"""When the turns are asked, 2017-12-20, where a turn doesn't say: campaigns of the demo run then."""
_BUDGET_MS = 600_000
_EVENTS = 100_000


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn with the turns before it in its session."""

    request: Request
    earlier: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent on a copy of a workspace's events."""

    agent: Agent
    workspace: Workspace

    def answer(self, turn: Turn) -> tuple[Reply, Past]:
        """Answer a turn after its earlier ones, in a session of its own; with what it may speak of besides."""
        session = uuid.uuid4().hex if turn.earlier else None
        before = [self._turn(request, session) for request in turn.earlier]
        reply = self._turn(turn.request, session)
        user = turn.request.user_id
        chosen = [event.item_id for event in self.workspace.events.recent(user, _EVENTS)] if user else []
        shown = [item.item_id for one in before for ranked in one.lists for item in ranked.items]
        liked = [item_id for one in before for item_id in one.reading.like]
        return reply, Past(
            tuple(dict.fromkeys((*chosen, *shown, *liked))), tuple(r.message for r in turn.earlier)
        )

    def _turn(self, request: Request, session: str | None) -> Reply:
        context = request.context if request.context.now is not None else replace(request.context, now=NOW)
        return asyncio.run(
            self.agent.turn(replace(request, session_id=session, context=context, budget_ms=_BUDGET_MS))
        )


def turns(split: str) -> list[Turn]:
    """A split's turns in their order: every other one, and every other session as a whole."""
    sessions: dict[str, list[Request]] = {}
    places: Counter[bool] = Counter()
    place: dict[str, int] = {}
    found: list[Turn] = []
    for request in requests():
        name = request.session_id or request.id or ""
        if name not in place:
            place[name] = places[request.session_id is None]
            places[request.session_id is None] += 1
        before = tuple(sessions.setdefault(name, []))
        sessions[name].append(request)
        if ("valid", "test")[place[name] % 2] == split:
            found.append(Turn(request, before))
    return found


def requests() -> Sequence[Request]:
    """The turns of `turns.jsonl`."""
    text = (
        resources.files("handpicked.eval.suites.grounding")
        .joinpath("turns.jsonl")
        .read_text(encoding="utf-8")
    )
    return [parse_request(line) for line in text.splitlines()]


def pack(turn: Turn) -> Json:
    """A turn as a case's data."""
    return {"request": _plain(turn.request), "earlier": [_plain(request) for request in turn.earlier]}


def unpack(data: Json) -> Turn:
    """The turn of a case's data."""
    return Turn(_request(data["request"]), tuple(map(_request, data["earlier"])))


def _plain(request: Request) -> Json:
    return orjson.loads(orjson.dumps(request))


def _request(data: Json) -> Request:
    return parse_request(orjson.dumps(data))


def language(request: Request) -> str:
    """The tag of a turn's language: zh where there is a Chinese character in what it says."""
    said = request.message or request.context.query or ""
    return "zh" if any("\u3400" <= letter <= "\u9fff" for letter in said) else "en"


@contextmanager
def asked(options: Options, *, prose: bool) -> Generator[Asked]:
    """An agent on the options' workspace. Conversations are kept in a copy of its events that goes away after."""
    settings = suites.settings(options)
    with tempfile.TemporaryDirectory(prefix="handpicked-eval-") as folder:
        if settings.events_url is None:
            copy = Path(folder, "events.db")
            with (
                closing(sqlite3.connect(settings.workspace / "events.db")) as source,
                closing(sqlite3.connect(copy)) as to,
            ):
                source.backup(to)
            settings = settings.model_copy(update={"events_url": f"sqlite:///{copy}"})
        parts = wiring.open_agent(settings, prose=prose)
        yield Asked(parts.agent, parts.workspace)
        parts.workspace.events.close()

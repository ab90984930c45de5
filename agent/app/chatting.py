"""`handpicked chat`: a conversation in the terminal."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from handpicked.agent.app import asking, show, wiring
from handpicked.agent.app.wiring import Parts
from handpicked.agent.settings import Settings
from handpicked.agent.types import Reply, Request
from handpicked.tools import taste
from handpicked.tools.errors import HandpickedError
from handpicked.tools.history import interests

_HELP = "/why  where the last list came from    /profile  what is known of you    /reset  start over    /quit"


def run(settings: Settings, user: str | None, session: str | None, *, prose: bool) -> None:
    """Talk until /quit or the end of input; Ctrl-C stops an answer, not the conversation."""
    parts = wiring.open_agent(settings, prose=prose)
    read = _reader(settings)
    show.out.print(f"Ask for something. {_HELP}", markup=False)
    session_id, last = session or uuid.uuid4().hex, None
    while (line := read()) is not None:
        match line.strip():
            case "":
                continue
            case "/quit" | "/exit":
                break
            case "/reset":
                session_id, last = uuid.uuid4().hex, None
                show.out.print("A new conversation.")
            case "/why":
                _why(last)
            case "/profile":
                _profile(parts, user)
            case command if command.startswith("/"):
                show.out.print(f"unknown command {command}. {_HELP}", markup=False)
            case message:
                last = _answer(parts, Request(message=message, user_id=user, session_id=session_id)) or last


def _reader(settings: Settings) -> Callable[[], str | None]:
    """Lines of a terminal, with editing and history; or of a pipe."""
    if not sys.stdin.isatty():
        return lambda: sys.stdin.readline() or None
    prompt: PromptSession[str] = PromptSession(history=_history(settings.cache))

    def read() -> str | None:
        try:
            return prompt.prompt("> ")
        except KeyboardInterrupt:
            return ""
        except EOFError:
            return None

    return read


def _history(cache: Path) -> History:
    """Lines of earlier conversations; of this one only, where the cache can't be written."""
    path = cache / "chat-history"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _answer(parts: Parts, request: Request) -> Reply | None:
    try:
        return asyncio.run(asking.told(parts.agent, request))
    except KeyboardInterrupt:
        show.note("stopped")
    except HandpickedError as err:
        show.error(str(err))
    return None


def _why(last: Reply | None) -> None:
    if last is None or not last.lists:
        show.out.print("There is no list yet.")
        return
    for ranked in last.lists:
        show.why(ranked)
    show.out.print(f"scene {last.scene.name}: {'; '.join(last.scene.why)}", markup=False, soft_wrap=True)
    show.timings(last.trace)


def _profile(parts: Parts, user: str | None) -> None:
    if user is None:
        show.out.print("Nothing is known: start with --user NAME to use a history.")
        return
    events = parts.workspace.events.recent(user)
    snapshot = parts.index.snapshot()
    chosen = [item_id for item_id in taste.liked(events) if snapshot.row(item_id) is not None]
    show.out.print(f"{user}: the last {len(events)} events, {len(chosen)} items chosen", markup=False)
    for row in interests(snapshot, chosen, events):
        names = row["items"] if isinstance(row["items"], list) else []
        titles = [item.title for name in names if (item := snapshot.get(str(name)))]
        show.out.print(
            f"  {row['label']} ({row['domain']}): {row['count']}, e.g. {'; '.join(titles)}",
            markup=False,
            soft_wrap=True,
        )

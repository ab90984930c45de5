"""`handpicked chat`: a conversation in the terminal."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from handpicked.agent.app import asking, profiling, show, wiring
from handpicked.agent.app.wiring import Parts
from handpicked.agent.settings import Settings
from handpicked.agent.types import Reply, Request
from handpicked.tools.errors import HandpickedError

_HISTORY = "chat-history"
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
                reply = _answer(parts, Request(message=message, user_id=user, session_id=session_id))
                if reply is not None and reply.reading.forget:
                    _forget_lines(settings.cache)
                last = reply or last


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
    path = cache / _HISTORY
    try:
        cache.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _forget_lines(cache: Path) -> None:
    """Empty the file of typed lines: it has what is to be forgotten, and the wish itself."""
    path = cache / _HISTORY
    if path.exists():
        path.write_bytes(b"")


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
    profiling.tell(parts.workspace, parts.index.snapshot(), user)

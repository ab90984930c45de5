"""`handpicked ask`: one turn, or a file of them."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import orjson

from handpicked.agent.app import show, wiring
from handpicked.agent.loop import Agent
from handpicked.agent.settings import Settings
from handpicked.agent.types import (
    CartLine,
    Lists,
    Reading,
    Reply,
    Request,
    Surroundings,
    TextDelta,
    parse_request,
    reply_json,
)
from handpicked.tools.data import quantities
from handpicked.tools.errors import ConfigError, DataError, HandpickedError
from handpicked.tools.types import Constraint, Op, Scalar, ToolResult

_FILTER = re.compile(r"(?P<field>\w+)\s*(?P<op>!?=)\s*(?P<value>.*)")
_RANGE = re.compile(r"(-?[\d.]*)\.\.(-?[\d.]*)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the flags of `ask` say."""

    message: str
    user: str | None = None
    session: str | None = None
    page: str | None = None
    cart: tuple[str, ...] = ()
    query: str | None = None
    scene: str | None = None
    filters: tuple[str, ...] = ()
    k: int | None = None
    seed: int | None = None
    now: str | None = None


def once(settings: Settings, asked: Asked, *, prose: bool, json: bool) -> None:
    """Answer one turn, as JSON or as it comes."""
    request = _request(asked)
    parts = wiring.open_agent(settings, prose=prose)
    if json:
        reply = asyncio.run(parts.agent.turn(request))
        sys.stdout.buffer.write(orjson.dumps(reply_json(reply), option=orjson.OPT_INDENT_2) + b"\n")
        return
    asyncio.run(told(parts.agent, request))


async def told(agent: Agent, request: Request) -> Reply:
    """Show a turn as it happens."""
    reply: Reply | None = None
    async for event in agent.stream(request):
        match event:
            case Reading():
                show.reading(event)
            case ToolResult():
                show.tool(event)
            case Lists():
                show.lists(event)
            case TextDelta():
                show.out.print(event.text, markup=False, soft_wrap=True)
            case Reply():
                reply = event
                show.ending(event)
    assert reply is not None, "a turn ends with its reply"
    return reply


def batch(settings: Settings, source: Path, target: Path | None, *, prose: bool) -> None:
    """Answer a file of requests, a reply a line in the same order; a line that can't be answered becomes an
    error line, and the others go on. Raises DataError at the end if there was one."""
    lines = [line for line in source.read_text(encoding="utf-8").splitlines() if line.strip()]
    parts = wiring.open_agent(settings, prose=prose)
    failed = 0
    with _opened(target) as file, show.progress() as report:
        for number, line in enumerate(lines, 1):
            report("answering", number - 1, len(lines))
            try:
                document = reply_json(asyncio.run(parts.agent.turn(parse_request(line))))
            except HandpickedError as err:
                failed += 1
                document = {"line": number, "error": str(err)}
            file.write(orjson.dumps(document).decode() + "\n")
            file.flush()
    if failed:
        raise DataError(
            f"{failed} of {len(lines)} lines of {source} could not be answered; each has its error in the output"
        )


def _request(asked: Asked) -> Request:
    context = Surroundings(
        page=asked.page,
        query=asked.query,
        cart=tuple(CartLine(item_id) for item_id in asked.cart),
        scene=asked.scene,
        now=_time(asked.now),
    )
    filters = tuple(_filter(text) for text in asked.filters)
    return Request(
        message=asked.message, user_id=asked.user, session_id=asked.session, context=context, filters=filters,
        k=asked.k, seed=asked.seed,
    )  # fmt: skip


def _time(text: str | None) -> float | None:
    try:
        return quantities.seconds(text)
    except (ValueError, OverflowError) as err:
        raise ConfigError(
            f"can't read the time {text!r}: it {err}; write e.g. --now 2017-11-30T18:00"
        ) from err


def _filter(text: str) -> Constraint:
    """Read FIELD=VALUE, FIELD!=VALUE or FIELD=LOW..HIGH; several values are separated by commas."""
    match = _FILTER.fullmatch(text.strip())
    if match is None or not match["value"]:
        raise ConfigError(
            f"can't read the filter {text!r}; write e.g. year=1960..1970, categories=Western or brand!=Acme"
        )
    bounds = _RANGE.fullmatch(match["value"])
    if bounds and match["op"] == "=":
        try:
            low, high = (float(bound) if bound else None for bound in bounds.groups())
        except ValueError as err:
            raise ConfigError(
                f"can't read the range in the filter {text!r}; write e.g. year=1960..1970"
            ) from err
        return Constraint(match["field"], "range", (low, high), "request")
    op: Op = "not_in" if match["op"] == "!=" else "in"
    values: tuple[Scalar, ...] = tuple(_scalar(value.strip()) for value in match["value"].split(","))
    return Constraint(match["field"], op, values, "request")


def _scalar(text: str) -> Scalar:
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


@contextmanager
def _opened(target: Path | None) -> Generator[TextIO]:
    if target is None:
        yield sys.stdout
        return
    try:
        file = target.open("w", encoding="utf-8")
    except OSError as err:
        raise ConfigError(f"can't write {target} ({err.strerror}); choose another --output") from err
    with file:
        yield file

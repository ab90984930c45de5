"""What is heard of a request: the user's own words, up to a length.

A message may carry what somebody else wrote: a code block, lines of another's turn, a quotation that gives orders. What is
pasted so is neither read for wishes nor told to a model, unless nothing else was said. Reading costs more than in
proportion to a text's length, so that a megabyte would keep a server busy for hours: all texts are cut."""

from __future__ import annotations

import re
from dataclasses import replace

from handpicked.agent import addressed
from handpicked.agent.types import Message, Request

LONGEST = 2_000
"""Characters of a message that are read, and of each message of a client's own history."""
_PAGE = 80
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_TURN = re.compile(
    r"^[ \t]*(?:<\|[^|\n]*\|>|\[/?INST\])?[ \t]*(?:system|assistant|developer|系统|助手)[ \t]*[:：].*$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTES = re.compile(r"\"[^\"]{24,}\"|“[^”]{12,}”|「[^」]{12,}」|«[^»]{24,}»|‘[^’]{24,}’")
"""Quotations that are longer than nearly all titles."""


def heard(request: Request) -> tuple[Request, tuple[str, ...]]:
    """The request as it is read, and what was left out of it."""
    history = request.messages
    texts = [request.message, request.context.query or "", *(said.content for said in history or ())]
    cut = any(len(text) > LONGEST for text in texts)
    page, query = request.context.page, request.context.query
    if page is not None and (len(page) > _PAGE or addressed.speaks(page)):
        page = None
    context = replace(request.context, page=page, query=own(query) if query else query)
    messages = None if history is None else tuple(Message(said.role, own(said.content)) for said in history)
    left = (f"message: only its first {LONGEST} characters were read; shorten it",) if cut else ()
    return replace(request, message=own(request.message), context=context, messages=messages), left


def own(text: str) -> str:
    """A text without what is pasted into it; all of it, up to the length, where there is nothing else."""
    said = text[:LONGEST]
    kept = _TURN.sub(" ", _FENCE.sub(" ", said))
    kept = _QUOTES.sub(lambda found: " " if addressed.speaks(found[0]) else found[0], kept)
    return said if kept == said or not kept.strip() else " ".join(kept.split())

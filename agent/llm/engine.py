"""The local model as a whole: weights, template, one context for each prompt family, and what a call yields."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from langchain_core.messages import BaseMessage

from handpicked.agent.llm.context import Context
from handpicked.agent.llm.gguf import Weights
from handpicked.agent.llm.grammar import CALL_OPEN
from handpicked.agent.llm.pieces import CallPart, Cut, Piece, call, decoded, plain, text_or_call
from handpicked.agent.llm.request import Request
from handpicked.agent.llm.template import ChatTemplate, Prompt, Tools, fit
from handpicked.tools.errors import ModelError

Reason = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Finish:
    """How a call ended. `evaluated` of the prompt's tokens were not in the KV cache yet."""

    reason: Reason
    prompt_tokens: int
    evaluated: int
    completion_tokens: int
    dropped_turns: int
    dropped_messages: int


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a context: tokens, threads (for one token, for a prompt), tokens evaluated between two looks at
    cancellation, contexts kept."""

    tokens: int = 4096
    threads: tuple[int, int] = (1, 2)
    batch: int = 128
    families: int = 4


class Engine:
    """Thread-safe: calls of one family wait for each other, those of different families run side by side."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.weights = Weights(path)
        self.shape = shape
        self._template = ChatTemplate(self.weights)
        self._contexts: dict[str, Context] = {}
        self._lock = threading.Lock()

    @property
    def evaluated(self) -> int:
        """Tokens evaluated since the start, prompts and answers together."""
        return sum(context.evaluated for context in self._contexts.values())

    def speak(
        self, messages: Sequence[BaseMessage], request: Request, cancel: threading.Event
    ) -> Iterator[Piece | Finish]:
        """Yield the answer in pieces and then one Finish.

        Closing the iterator, or setting `cancel`, stops the evaluation within one token (one batch of the prompt).
        """
        context = self._context(request.family)
        room = min(request.max_tokens, context.size // 2)
        prompt = self._prompt(messages, request.tools, context.size - room)
        grammar = request.grammar(self.weights)
        forced = grammar.start() if grammar else []
        with context.turn(cancel):
            fresh = context.prefill([*prompt.tokens, *forced], cancel)
            tokens = chain(forced, context.generate(request.sampling, grammar, cancel))
            meter = _Meter(request.max_tokens)
            cut = Cut([*request.stop, CALL_OPEN] if request.form == "either" else request.stop)
            called = False
            for piece in _pieces(request, decoded(meter.run(tokens, self.weights)), cut):
                called = called or isinstance(piece, CallPart)
                yield piece
            short = cut.hit is None and not (grammar and grammar.done)
            full = short and (meter.full or len(context.tokens) >= context.size)
            yield Finish(
                "length" if full else "tool_calls" if called else "stop",
                len(prompt.tokens),
                max(0, fresh - len(forced)),
                meter.count,
                prompt.dropped_turns,
                prompt.dropped_messages,
            )

    def score(
        self, messages: Sequence[BaseMessage], labels: Sequence[str], prefix: str, family: str
    ) -> list[float]:
        """Give each label's log-likelihood as what the assistant says after `prefix`."""
        if not all(labels):
            raise ModelError("can't score an empty label; give every label at least one character")
        context = self._context(family)
        prompt = self._prompt(messages, (), context.size - context.batch, prefix)
        text = self._template.render(prompt.messages, ()) + prefix
        whole = [self.weights.tokenize(text + label) for label in labels]
        shared = _shared([list(prompt.tokens), *whole])
        with context.turn(threading.Event()):
            context.prefill(prompt.tokens[:shared], threading.Event())
            return context.score([tokens[shared:] for tokens in whole])

    def close(self) -> None:
        """Free every context."""
        with self._lock:
            for context in self._contexts.values():
                with context.turn(threading.Event()):
                    context.close()
            self._contexts.clear()

    def _prompt(self, messages: Sequence[BaseMessage], tools: Tools, limit: int, suffix: str = "") -> Prompt:
        def tokens(kept: Sequence[BaseMessage]) -> list[int]:
            return self.weights.tokenize(self._template.render(kept, tools) + suffix)

        return fit(messages, limit, tokens)

    def _context(self, family: str) -> Context:
        """Give the family's context; a family too many takes over the one that was unused for longest."""
        with self._lock:
            context = self._contexts.pop(family, None)
            if context is None and len(self._contexts) >= self.shape.families:
                context = self._contexts.pop(next(iter(self._contexts)))
            if context is None:
                shape = self.shape
                context = Context(self.weights, size=shape.tokens, threads=shape.threads, batch=shape.batch)
            self._contexts[family] = context
            return context


class _Meter:
    """Counts the tokens of one answer and ends it at the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.count = 0
        self.full = False

    def run(self, tokens: Iterator[int], weights: Weights) -> Iterator[bytes]:
        for token in tokens:
            self.count += 1
            yield weights.piece(token)
            if self.count >= self._limit:
                self.full = True
                return


def _pieces(request: Request, texts: Iterator[str], cut: Cut) -> Iterator[Piece]:
    match request.form:
        case "text":
            return plain(texts, cut)
        case "json":
            return texts
        case "call":
            return call(texts, "")
        case "either":
            return text_or_call(texts, cut)


def _shared(rows: Sequence[Sequence[int]]) -> int:
    """Give the length of the longest prefix that all rows share, leaving each row but the first a token."""
    longest = min(len(rows[0]), *(len(row) - 1 for row in rows[1:]))
    return next((i for i in range(longest) if len({row[i] for row in rows}) > 1), longest)

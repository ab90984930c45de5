"""How fast the local chat model is, next to bare `llama_cpp` in the same process on the same prompts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from rich.table import Table

from handpicked.agent.llm.llamacpp import LlamaCppChat

REPEATS = 7
TOKENS = 96
_CONTEXT = 2048
_SYSTEM = (
    "You write about films for people who choose what to watch. Use only the facts that you are given. "
    "Name each film with its year. Say in two or three sentences why it fits what was asked, what it is about and how "
    "long it takes. Don't praise, don't repeat yourself and don't mention anything that is not in the facts. "
    "Facts come as lines of title, year, minutes, categories and plot, the best one first. Write in the language of "
    "the question. When nothing fits, say which wish can't be met, and offer what comes closest to the others."
)
_FACTS = (
    "Facts: Alien, 1979, 117 minutes, horror and science fiction, a crew meets a hostile creature in space."
)
_SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 60, "maxLength": 120},
        "plot": {"type": "string", "minLength": 300, "maxLength": 500},
    },
    "required": ["title", "plot"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: mean of `n` repeats and the half-width of its 95% interval (Student's t)."""

    name: str
    value: float
    half: float
    n: int
    unit: str


def run(model_path: Path, seed: int = 0, repeats: int = REPEATS) -> list[Row]:
    """Measure speeds on `repeats` questions that no cache has seen, ours and bare in turn."""
    ours = LlamaCppChat(model_path=model_path, context_size=_CONTEXT, seed=seed, max_tokens=TOKENS)
    shape = ours.engine.shape
    bare: Any = import_module("llama_cpp").Llama(
        str(model_path),
        n_ctx=_CONTEXT,
        n_batch=shape.batch,
        n_threads=shape.threads[0],
        n_threads_batch=shape.threads[1],
        verbose=False,
    )
    _warm_up(ours, bare)
    speeds = [_speeds(ours, bare, turn) for turn in range(repeats)]
    plain, theirs, held = (list(column) for column in zip(*speeds, strict=True))
    again = [_again(ours, turn) for turn in range(repeats)]
    bare.close()
    return [
        _row("ours, plain", plain, "tokens/s"),
        _row("bare llama_cpp, plain", theirs, "tokens/s"),
        _row("ours, grammar-constrained", held, "tokens/s"),
        _row("ours / bare", [a / b for a, b in zip(plain, theirs, strict=True)], "ratio"),
        _row("constrained / plain", [a / b for a, b in zip(held, plain, strict=True)], "ratio"),
        _row("second turn: prompt tokens evaluated again", again, "share"),
        _row(
            "second turn: new question, same system text",
            [_same_system(ours, n) for n in range(repeats)],
            "share",
        ),
    ]


def table(rows: Sequence[Row]) -> Table:
    """The measures as a table."""
    found = Table(
        "measure", "mean", "± 95%", "n", "unit", title="local model", title_justify="left", box=None
    )
    for row in rows:
        found.add_row(row.name, f"{row.value:.3g}", f"{row.half:.2g}", str(row.n), row.unit)
    return found


def _warm_up(ours: LlamaCppChat, bare: Any) -> None:
    ours.invoke(_ask(-1), max_tokens=4, family="plain")
    ours.invoke(_ask(-1), max_tokens=4, response_schema=_SCHEMA)
    bare.create_chat_completion(_dicts(_ask(-1)), max_tokens=4, temperature=0)


def _speeds(ours: LlamaCppChat, bare: Any, turn: int) -> tuple[float, float, float]:
    """Give tokens a second of ours, of bare llama_cpp and of ours under a grammar, each prompt in its cache already.

    Which of the first two goes first alternates, so that a machine that slows down doesn't favour either.
    """
    asked = _long(turn)

    def mine(limit: int) -> int:
        return _count(ours.invoke(asked, max_tokens=limit, family="plain"))

    def theirs(limit: int) -> int:
        answer = bare.create_chat_completion(_dicts(asked), max_tokens=limit, temperature=0)
        return int(answer["usage"]["completion_tokens"])

    def held(limit: int) -> int:
        return _count(ours.invoke(asked, max_tokens=limit, response_schema=_SCHEMA))

    first, second = (mine, theirs) if turn % 2 else (theirs, mine)
    one, two, three = _speed(first), _speed(second), _speed(held)
    return (one, two, three) if turn % 2 else (two, one, three)


def _speed(call: Callable[[int], int]) -> float:
    call(1)
    started = time.perf_counter()
    tokens = call(TOKENS)
    return tokens / (time.perf_counter() - started)


def _again(ours: LlamaCppChat, turn: int) -> float:
    """Give the share of a conversation's prompt that its second turn evaluates."""
    ours.close()
    first = _ask(turn)
    answer = ours.invoke(first)
    follow = HumanMessage(f"And something shorter than that? {_FACTS}")
    return _share(ours.invoke([*first, AIMessage(str(answer.text)), follow], max_tokens=1))


def _same_system(ours: LlamaCppChat, turn: int) -> float:
    """Give the share of a prompt that is evaluated when only its system text was there before."""
    ours.close()
    ours.invoke(_ask(turn), max_tokens=1)
    return _share(ours.invoke(_ask(turn + 100), max_tokens=1))


def _share(message: AIMessage) -> float:
    about = message.response_metadata
    return about["evaluated_tokens"] / about["prompt_tokens"]


def _count(message: AIMessage) -> int:
    return message.usage_metadata["output_tokens"] if message.usage_metadata else 0


def _long(turn: int) -> list[BaseMessage]:
    return [
        SystemMessage("You write stories."),
        HumanMessage(f"Story {turn}: write a long story about a lighthouse."),
    ]


def _ask(turn: int) -> list[BaseMessage]:
    question = (
        f"Question {turn}: a film about space for tonight, please, and tell me about it at length. {_FACTS}"
    )
    return [SystemMessage(_SYSTEM), HumanMessage(question)]


def _dicts(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    roles = {"system": "system", "human": "user"}
    return [{"role": roles[message.type], "content": str(message.text)} for message in messages]


def _row(name: str, values: Sequence[float], unit: str) -> Row:
    spread = stdev(values) if len(values) > 1 else math.nan
    student = float(import_module("scipy.stats").t.ppf(0.975, max(len(values) - 1, 1)))
    return Row(name, fmean(values), student * spread / math.sqrt(len(values)), len(values), unit)

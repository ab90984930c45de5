"""One llama.cpp context: a KV cache that keeps its prompt between calls, the token loop, and label scores."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from handpicked.agent.llm.gguf import Weights, llama
from handpicked.agent.llm.grammar import Matcher
from handpicked.tools.errors import ModelError
from handpicked.tools.types import Floats

LABELS_AT_ONCE = 15
"""Labels scored in one evaluation; each has its own sequence that shares the prompt's cells."""
_PENALTY_WINDOW = 256
_POLL_S = 0.02


class Cancelled(Exception):
    """The caller went away; carries nothing and never leaves this package."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn. Temperature 0 takes the likeliest. The repeat penalty counts generated
    tokens only, so that facts of the prompt may be repeated."""

    temperature: float = 0.0
    top_p: float = 0.95
    top_k: int = 40
    repeat_penalty: float = 1.0
    seed: int = 0


class Context:
    """Not thread-safe by itself: hold `turn()` around every use. `evaluated` counts tokens since the start."""

    def __init__(self, weights: Weights, *, size: int, threads: tuple[int, int], batch: int) -> None:
        self._lib = llama()
        self.weights = weights
        self.batch = min(batch, size)
        self._handle: Any = self._lib.llama_init_from_model(weights.handle, self._params(size, threads))
        if not self._handle:
            raise ModelError(
                f"no memory for a context of {size} tokens of {weights.name}; set HANDPICKED_MODEL_CONTEXT lower"
            )
        self._memory: Any = self._lib.llama_get_memory(self._handle)
        self.size: int = self._lib.llama_n_ctx(self._handle)
        self.tokens: list[int] = []
        self.evaluated = 0
        self._one = (self._lib.llama_token * 1)()
        self._one_batch = self._lib.llama_batch_get_one(self._one, 1)
        self._lock = threading.Lock()
        self._owner: int | None = None

    @contextmanager
    def turn(self, cancel: threading.Event) -> Generator[None]:
        """Wait for this context and hold it; gives up with Cancelled when `cancel` is set meanwhile.

        A thread that still has a stream of its own open would wait for ever, so that is a ModelError.
        """
        if self._owner == threading.get_ident():
            raise ModelError(
                "this thread has an unfinished stream on the same model; finish or close it first"
            )
        while not self._lock.acquire(timeout=_POLL_S):
            if cancel.is_set():
                raise Cancelled
        self._owner = threading.get_ident()
        try:
            yield
        finally:
            self._owner = None
            self._lock.release()

    def prefill(self, prompt: Sequence[int], cancel: threading.Event) -> int:
        """Put the prompt into the KV cache, keep the prefix it shares with what is there, and give the number
        of tokens evaluated. The last token is always evaluated, and alone: its logits are what comes next, and
        they are the same to the bit whether the rest was there already or not."""
        kept = min(_common(self.tokens, prompt), len(prompt) - 1)
        self._cut(kept)
        fresh = len(prompt) - len(self.tokens)
        last = len(prompt) - 1
        for start in range(len(self.tokens), last, self.batch):
            if cancel.is_set():
                raise Cancelled
            self._decode(prompt[start : min(start + self.batch, last)])
        self._decode(prompt[last:])
        return fresh

    def generate(self, sampling: Sampling, matcher: Matcher | None, cancel: threading.Event) -> Iterator[int]:
        """Yield tokens after the prefilled prompt until the model or the grammar ends, or the context is full.

        A token is evaluated only when the next one is asked for, so a caller that stops pays for nothing more.
        """
        with self._sampler(sampling) as chain:
            while len(self.tokens) < self.size and not (matcher and matcher.done):
                if cancel.is_set():
                    raise Cancelled
                if matcher:
                    matcher.mask(self._logits(-1))
                token: int = self._lib.llama_sampler_sample(chain, self._handle, -1)
                if self.weights.ends(token):
                    return
                run = [token, *(matcher.accept(token) if matcher else ())]
                yield from run
                if not (matcher and matcher.done):
                    self._decode(run[: self.size - len(self.tokens)])

    def score(self, continuations: Sequence[Sequence[int]]) -> list[float]:
        """Give each continuation's log-likelihood (natural, summed over its tokens) after the prefilled prompt."""
        first = _log_softmax(self._logits(-1))
        totals = [float(first[tokens[0]]) if tokens else 0.0 for tokens in continuations]
        longer = [row for row, tokens in enumerate(continuations) if len(tokens) > 1]
        for group in self._groups(continuations, longer):
            for row, value in zip(
                group, self._score_group([continuations[row] for row in group]), strict=True
            ):
                totals[row] += value
        return totals

    def close(self) -> None:
        """Free the KV cache."""
        if self._handle:
            self._lib.llama_free(self._handle)
            self._handle = None

    def _params(self, size: int, threads: tuple[int, int]) -> Any:
        params = self._lib.llama_context_default_params()
        params.n_ctx = size
        params.n_batch = params.n_ubatch = self.batch
        params.n_threads, params.n_threads_batch = threads
        params.n_seq_max = LABELS_AT_ONCE + 1
        params.kv_unified = True
        params.no_perf = True
        return params

    def _decode(self, tokens: Sequence[int]) -> None:
        """Evaluate tokens at the end of sequence 0."""
        if len(tokens) == 1:
            self._one[0] = tokens[0]
            code: int = self._lib.llama_decode(self._handle, self._one_batch)
        else:
            array = (self._lib.llama_token * len(tokens))(*tokens)
            code = self._lib.llama_decode(self._handle, self._lib.llama_batch_get_one(array, len(tokens)))
        self._check(code)
        self.tokens.extend(tokens)
        self.evaluated += len(tokens)

    def _check(self, code: int) -> None:
        if code:
            self._lib.llama_memory_clear(self._memory, True)
            self.tokens.clear()
            raise ModelError(f"llama.cpp failed on {self.weights.name} (llama_decode gave {code}); try again")

    def _cut(self, length: int) -> None:
        """Forget all but the first `length` tokens; a model that can't forget a part forgets everything."""
        if length == len(self.tokens):
            return
        if self._lib.llama_memory_seq_rm(self._memory, 0, length, -1):
            del self.tokens[length:]
        else:
            self._lib.llama_memory_clear(self._memory, True)
            self.tokens.clear()

    def _logits(self, row: int) -> Floats:
        """Give llama.cpp's own row of logits: writing to it changes what is sampled."""
        return np.ctypeslib.as_array(self._lib.llama_get_logits_ith(self._handle, row), (self.weights.size,))

    @contextmanager
    def _sampler(self, sampling: Sampling) -> Generator[Any]:
        lib = self._lib
        chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        try:
            for part in self._parts(sampling):
                lib.llama_sampler_chain_add(chain, part)
            yield chain
        finally:
            lib.llama_sampler_free(chain)

    def _parts(self, sampling: Sampling) -> Iterator[Any]:
        lib = self._lib
        if sampling.repeat_penalty != 1.0:
            yield lib.llama_sampler_init_penalties(
                self.weights.size, _PENALTY_WINDOW, sampling.repeat_penalty, 0.0, 0.0
            )
        if sampling.temperature <= 0:
            yield lib.llama_sampler_init_greedy()
            return
        yield lib.llama_sampler_init_top_k(sampling.top_k)
        yield lib.llama_sampler_init_top_p(sampling.top_p, 1)
        yield lib.llama_sampler_init_temp(sampling.temperature)
        yield lib.llama_sampler_init_dist(sampling.seed & 0xFFFFFFFF)

    def _groups(self, continuations: Sequence[Sequence[int]], rows: Sequence[int]) -> Iterator[list[int]]:
        """Split rows so that each group fits one batch and has a sequence for every row."""
        group: list[int] = []
        used = 0
        for row in rows:
            cost = len(continuations[row]) - 1
            if cost > self.batch:
                raise ModelError(
                    f"a label of {cost + 1} tokens is too long to score; at most {self.batch + 1}"
                )
            if group and (used + cost > self.batch or len(group) == LABELS_AT_ONCE):
                yield group
                group, used = [], 0
            group.append(row)
            used += cost
        if group:
            yield group

    def _score_group(self, labels: Sequence[Sequence[int]]) -> list[float]:
        lib, start = self._lib, len(self.tokens)
        places = [(sequence, i) for sequence, label in enumerate(labels) for i in range(len(label) - 1)]
        batch = lib.llama_batch_init(len(places), 0, 1)
        try:
            batch.n_tokens = len(places)
            for row, (sequence, i) in enumerate(places):
                batch.token[row], batch.pos[row] = labels[sequence][i], start + i
                batch.n_seq_id[row], batch.logits[row] = 1, 1
                batch.seq_id[row][0] = sequence + 1
            for sequence in range(len(labels)):
                lib.llama_memory_seq_cp(self._memory, 0, sequence + 1, -1, -1)
            self._check(lib.llama_decode(self._handle, batch))
        finally:
            lib.llama_batch_free(batch)
        self.evaluated += len(places)
        totals = [0.0] * len(labels)
        for row, (sequence, i) in enumerate(places):
            totals[sequence] += float(_log_softmax(self._logits(row))[labels[sequence][i + 1]])
        for sequence in range(len(labels)):
            lib.llama_memory_seq_rm(self._memory, sequence + 1, -1, -1)
        return totals


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    shorter = min(len(left), len(right))
    return next((i for i in range(shorter) if left[i] != right[i]), shorter)


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits.astype(np.float64) - float(logits.max())
    return (shifted - np.log(np.exp(shifted).sum())).astype(np.float32)

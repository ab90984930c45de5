"""What runs in a worker process: a chunk of cases of one system and part."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import FrameType
from typing import Any

import orjson

from handpicked.eval import suite as suites
from handpicked.eval.types import Case, Json, Options, Row, Subject, Task
from handpicked.tools.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive cases of one part, [first, last) in the suite's order, for one system."""

    system: str
    part: str
    first: int
    last: int


class _Worker:
    """The cases of the run, and the system that was opened last: opening one fits or loads it."""

    def __init__(self, module: str, options: Options) -> None:
        suite = suites.load(module)
        self.task: Task = suite.task()
        self.options = options
        self.timeout_s = suite.spec.timeout_s
        self.cases: Sequence[Case] = suites.cases(suite, options)
        self._open: tuple[str, str] | None = None
        self._subject: Subject | BaseException | None = None
        self._stack = ExitStack()

    def subject(self, system: str, part: str) -> Subject:
        """The opened system. A mistake of the user's (ConfigError) ends the run; any other error is every case's."""
        if self._open != (system, part):
            self._stack.close()
            self._open = None
            try:
                self._subject = self._stack.enter_context(self.task.open(system, part, self.options))
            except ConfigError:
                raise
            except Exception as err:  # noqa: BLE001 - the system under test may raise anything; it is logged
                self._subject = err
            self._open = (system, part)
        if isinstance(self._subject, BaseException):
            raise _NotOpenedError(_told(self._subject)) from self._subject
        assert self._subject is not None
        return self._subject


class _NotOpenedError(Exception):
    """The system could not be made ready."""


_state: dict[str, _Worker] = {}


def start(module: str, options: Options) -> None:
    """Set a worker process up; Ctrl-C is the parent's to handle, and BLAS gets one thread so that sums are
    the same on any machine with any number of workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limits: Any = import_module("threadpoolctl")
    limits.threadpool_limits(1)
    _state["worker"] = _Worker(module, options)


def work(chunk: Chunk) -> list[tuple[Row, float]]:
    """Answer and score the cases of a chunk; each with the milliseconds of its answer."""
    worker = _state["worker"]
    return [_try(worker, chunk, case) for case in worker.cases[chunk.first : chunk.last]]


def failed(chunk: Chunk, case: Case, error: str) -> Row:
    """The row of a case that didn't run."""
    return Row(chunk.system, case, error=error)


def _try(worker: _Worker, chunk: Chunk, case: Case) -> tuple[Row, float]:
    began = time.perf_counter()
    try:
        subject = worker.subject(chunk.system, chunk.part)
        began = time.perf_counter()
        with _limit(worker.timeout_s):
            answer = _plain(subject(case))
        ms = 1000 * (time.perf_counter() - began)
        scores = _checked(worker.task.score(case, answer))
    except ConfigError:
        raise
    except Exception as err:  # noqa: BLE001 - a case may fail in any way; it is logged and counted
        return failed(chunk, case, _told(err)), 1000 * (time.perf_counter() - began)
    return Row(chunk.system, case, answer, scores), ms


def _plain(answer: Json) -> Json:
    """The answer as the log will give it back, so that a scorer sees what a reader of the log sees."""
    return orjson.loads(orjson.dumps(answer))


def _checked(scores: Mapping[str, float]) -> dict[str, float]:
    if wrong := {name: score for name, score in scores.items() if not math.isfinite(score)}:
        raise ValueError(f"scores must be finite: {wrong}")
    return {name: float(score) for name, score in scores.items()}


@contextmanager
def _limit(seconds: float) -> Generator[None]:
    """Raise TimeoutError in the main thread after so long."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError(f"no answer in {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _told(err: BaseException) -> str:
    return str(err) if isinstance(err, _NotOpenedError) else f"{type(err).__name__}: {err}"

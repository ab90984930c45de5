"""Runs a suite: chunks of cases to worker processes, rows to the log in an order that never varies.

Inspect's tasks, scorers and logs were the model (https://inspect.aisi.org.uk); what is different is said in
docs/evaluation.md."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from pebble import ProcessExpired, ProcessPool

from handpicked.eval import log, suite, worker
from handpicked.eval.suite import Suite
from handpicked.eval.types import Case, Options, Row
from handpicked.eval.worker import Chunk
from handpicked.tools.errors import ConfigError

Progress: TypeAlias = Callable[[int, int], None]
_OPENING_S = 1800.0
"""What opening a system may take before its worker is killed: fitting, loading."""
_AHEAD = 3
"""Chunks scheduled for each worker, so that none waits."""
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pytrec-eval-terrier", "chromadb", "llama-cpp-python")
_SPAWN: Any = multiprocessing.get_context("spawn")
_Result: TypeAlias = list[tuple[Row, float]]


@dataclass(frozen=True, slots=True)
class Plan:
    """A run before it starts: `path` is its log, named by what makes the run what it is."""

    suite: Suite
    options: Options
    systems: tuple[str, ...]
    cases: Sequence[Case]
    header: log.Header
    path: Path


def plan(suite_: Suite, options: Options, folder: Path, *, commit: str, state: Mapping[str, str]) -> Plan:
    """Work out what a run consists of; `state` names what its data depend on besides (the workspace's build).

    Raises ConfigError for a split, system or part that there isn't."""
    spec = suite_.spec
    if options.split not in spec.splits:
        raise ConfigError(f"{suite_.name} has no split {options.split!r}; it has {', '.join(spec.splits)}")
    for name in options.systems:
        if name not in spec.known and ":" not in name:
            raise ConfigError(f"{suite_.name} has no system {name!r}; it has {', '.join(spec.known)}")
    systems = options.systems or tuple(spec.systems)
    cases = suite.cases(suite_, options)
    data = {**state, "cases": sha256(orjson.dumps(cases)).hexdigest()[:16]}
    libraries = {name: version(name) for name in _LIBRARIES}
    header = log.Header(
        suite_.name,
        suite_.module,
        options.split,
        systems,
        len(cases),
        _settings(options),
        data,
        suite.code(),
        commit,
        libraries,
    )
    key = sha256(orjson.dumps(header, option=orjson.OPT_SORT_KEYS)).hexdigest()[:10]
    return Plan(
        suite_, options, systems, cases, header, folder / f"{suite_.name}-{options.split}-{key}.jsonl"
    )


def run(planned: Plan, *, workers: int, on_progress: Progress | None = None) -> log.Log:
    """Run what the log doesn't have yet, and read the log.

    Raises ConfigError when a system can't be opened for a reason that the user can mend; KeyboardInterrupt leaves a
    log that the same run goes on with."""
    total = len(planned.cases) * len(planned.systems)
    with log.writing(planned.path, planned.header, planned.cases) as writer:
        if on_progress:
            on_progress(writer.done, total)
        for rows in _results(planned, writer.done, workers):
            writer.append([row for row, _ in rows], [ms for _, ms in rows])
            if on_progress:
                on_progress(writer.done, total)
    return log.read(planned.path)


def chunks(planned: Plan, done: int) -> Iterator[Chunk]:
    """What is left to do: for each system the cases in order, cut where the part changes."""
    size, cases = planned.suite.spec.chunk, planned.cases
    for at, system in enumerate(planned.systems):
        first = max(done - at * len(cases), 0)
        while first < len(cases):
            part = cases[first].part
            last = first + 1
            while last < min(first + size, len(cases)) and cases[last].part == part:
                last += 1
            yield Chunk(system, part, first, last)
            first = last


def _results(planned: Plan, done: int, workers: int) -> Iterator[_Result]:
    """The results of the chunks, in order, however they come in."""
    todo = chunks(planned, done)
    waiting: deque[tuple[Chunk, Future[_Result]]] = deque()
    pool = _pool(planned, workers)
    finished = False
    try:
        while True:
            while len(waiting) < _AHEAD * workers and (chunk := next(todo, None)):
                waiting.append((chunk, _schedule(pool, planned, chunk)))
            if not waiting:
                break
            yield _result(planned, *waiting.popleft())
        finished = True
    finally:
        pool.close() if finished else pool.stop()
        pool.join()


def _result(planned: Plan, chunk: Chunk, future: Future[_Result]) -> _Result:
    """The rows of a chunk. When its worker died or hung, its cases run again one by one, each in a worker of its
    own, so that only the one to blame fails."""
    try:
        return future.result()
    except (ProcessExpired, FutureTimeout) as err:
        if chunk.last - chunk.first == 1:
            return [(worker.failed(chunk, planned.cases[chunk.first], _blame(err)), 0.0)]
    found: _Result = []
    for first in range(chunk.first, chunk.last):
        single = Chunk(chunk.system, chunk.part, first, first + 1)
        pool = _pool(planned, 1)
        try:
            found += _result(planned, single, _schedule(pool, planned, single))
        finally:
            pool.stop()
            pool.join()
    return found


def _blame(err: ProcessExpired | FutureTimeout) -> str:
    if isinstance(err, ProcessExpired):
        return f"the worker process died (exit code {err.exitcode})"
    return "the worker process hung and was killed"


def _schedule(pool: ProcessPool, planned: Plan, chunk: Chunk) -> Future[_Result]:
    limit = _OPENING_S + planned.suite.spec.timeout_s * (chunk.last - chunk.first)
    return pool.schedule(worker.work, (chunk,), timeout=limit)


def _pool(planned: Plan, workers: int) -> ProcessPool:
    return ProcessPool(
        workers,
        initializer=worker.start,
        initargs=(planned.suite.module, planned.options),
        context=_SPAWN,
    )


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _settings(options: Options) -> dict[str, object]:
    return {
        "quick": options.quick, "seed": options.seed, "model": options.model, "parts": list(options.parts),
    }  # fmt: skip

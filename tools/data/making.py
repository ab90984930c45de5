"""A build in the making: its folder, and what each part of it took."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from handpicked.tools.types import Embedder, Floats

Progress = Callable[[str, int, int | None], None]
_EMBED_BATCH = 256
_MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of `ru_maxrss`."""


@dataclass(frozen=True, slots=True)
class Making:
    """Where a build is made, with what, and who is told; `figures` are the seconds and gigabytes of its parts."""

    target: Path
    embedder: Embedder
    report: Progress
    figures: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def part(self, name: str, label: str | None = None) -> Generator[None]:
        """Do a part: tell of it, and note what it took."""
        if label is not None:
            self.report(label, 0, None)
        start = time.perf_counter()
        yield
        self.figures[f"seconds.{name}"] = round(time.perf_counter() - start, 2)
        # The high-water mark of the process: a part that needs less than one before it shows nothing.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS
        self.figures[f"peak_gb.{name}"] = round(peak / 1e9, 2)

    def embed(self, texts: Sequence[str], label: str) -> Floats:
        """The texts' vectors, shape (texts, dimensions)."""
        matrix = np.empty((len(texts), self.embedder.dimensions), np.float32)
        for start in range(0, len(texts), _EMBED_BATCH):
            self.report(label, start, len(texts))
            batch = texts[start : start + _EMBED_BATCH]
            matrix[start : start + len(batch)] = self.embedder.embed_matrix(batch)
        self.report(label, len(texts), len(texts))
        return matrix

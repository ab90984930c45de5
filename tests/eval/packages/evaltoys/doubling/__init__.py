"""A suite for the tests of the harness: numbers are doubled, or systems go wrong in many ways."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager

from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.errors import ConfigError


class _Toy:
    def cases(self, options: Options) -> list[Case]:
        return [
            Case(str(n), "even" if n < 25 else "odd", ("all", "small" if n < 10 else "big"), {"number": n})
            for n in range(20 if options.quick else 50)
        ]

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        if system == "misconfigured":
            raise ConfigError("give HANDPICKED_TOY")
        if system == "unready":
            raise RuntimeError("no such toy")

        def answer(case: Case) -> Json:
            number: int = case.data["number"]
            if number == 13 and system == "dies":
                os._exit(9)
            if number == 13 and system == "hangs":
                time.sleep(60)
            if number % 5 == 0 and system == "crashes":
                raise ZeroDivisionError("by five")
            time.sleep(options.seed / 1000)
            return number + 1 if system == "wrong" else 2 * number

        yield answer

    def score(self, case: Case, answer: Json) -> Scores:
        number: int = case.data["number"]
        error = float(abs(answer - 2 * number))
        return {"right": float(error == 0), "error": error, "number": float(number)}


task = _Toy()

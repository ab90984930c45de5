"""`transfer`: taste carried from one scene to another, with the departments of a shop as scenes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import Any

from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.errors import ConfigError

K = 10
_QUICK = 20
_KNOWN = ((0, "new"), (5, "1 to 5"), (20, "6 to 20"))


class _Transfer:
    def cases(self, options: Options) -> list[Case]:
        """A household and a department in which it bought something that is held out."""
        from handpicked.eval.suites.transfer import world

        found = world.load(options)
        ids = found.part.training.item_ids
        columns = {item_id: column for column, item_id in enumerate(ids)}
        cases: list[Case] = []
        for user, relevant in found.part.relevant.items():
            history = found.part.training.histories[user]
            for name, inside in found.departments.items():
                held = [item_id for item_id in relevant if inside[columns[item_id]]]
                if held:
                    tag = next((tag for most, tag in _KNOWN if inside[history].sum() <= most), "over 20")
                    household = found.part.user_ids[user]
                    data = {"user": user, "department": name, "relevant": held}
                    cases.append(Case(f"{household}/{name}", "groceries", ("all", tag), data))
        return cases[::_QUICK] if options.quick else cases

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """The product's factors, with one or another way to count what was bought elsewhere."""
        import numpy as np

        from handpicked.eval.suites.transfer import world
        from handpicked.tools import collab

        found = world.load(options)
        systems: Mapping[str, Callable[[int, str], Any]] = {
            "popularity": found.popular,
            "own": found.alone,
            "own_prior": partial(found.alone, prior=collab.PRIOR),
            "shared": partial(found.score, k=inf),
            "transfer": partial(found.score, k=collab.TRANSFER),
        }
        if system not in systems:
            raise ConfigError(f"transfer has no system {system!r}; it has {', '.join(systems)}")

        def answer(case: Case) -> Json:
            scores = systems[system](case.data["user"], case.data["department"])
            order = np.lexsort((np.arange(len(scores)), -scores))[:K]
            return [found.part.training.item_ids[at] for at in order.tolist() if scores[at] > -np.inf]

        yield answer

    def score(self, case: Case, answer: Json) -> Scores:
        """Binary relevance at 10."""
        from handpicked.eval import metrics

        return metrics.ranking(answer, dict.fromkeys(case.data["relevant"], 1), k=K)


task = _Transfer()

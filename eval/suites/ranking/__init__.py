"""`ranking`: top-10 lists on public data, by the protocols of the field."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from handpicked.eval.types import Case, Json, Options, Scores, Subject

K = 10
_QUICK_USERS = 40


class _Ranking:
    def cases(self, options: Options) -> list[Case]:
        """One for each user who has something to be found; `user` is a row of the training matrix."""
        from handpicked.eval.suites.ranking import parts

        return [
            Case(
                part.user_ids[user],
                name,
                ("all", name),
                {"user": user, "relevant": list(part.relevant[user])},
            )
            for name in parts.wanted(options)
            for part in [parts.load(name, options)]
            for user in _drawn(part.relevant, quick=options.quick)
        ]

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """Fit a system to the part's training rows. What comes back is checked here, where the training rows are:
        the answer names the items that are in no catalogue and those that the user had."""
        from handpicked.eval.suites.ranking import fitting, parts

        training = parts.load(part, options).training
        known = frozenset(training.item_ids)
        had = partial(_had, training.seen.copy(), training.item_ids)
        rank = fitting.fit(system, part, options)

        def answer(case: Case) -> Json:
            user: int = case.data["user"]
            ranked = rank(user, K)
            if not isinstance(ranked, list | tuple):
                raise TypeError(f"a ranker gives a list of item ids, not {type(ranked).__name__}")
            items, seen = list(ranked)[:K], had(user)
            return {
                "items": items,
                "off_catalog": [item for item in items if item not in known],
                "seen": [item for item in items if item in seen],
            }

        yield answer

    def score(self, case: Case, answer: Json) -> Scores:
        """Binary relevance at 10, and how many places went to what should not be there."""
        from handpicked.eval import metrics

        items: list[str] = answer["items"]
        relevant: Mapping[str, int] = dict.fromkeys(case.data["relevant"], 1)
        return {
            **metrics.ranking(items, relevant, k=K),
            "off_catalog": float(len(answer["off_catalog"])),
            "seen": float(len(answer["seen"])),
            "duplicates": float(len(items) - len(set(items))),
            "short": float(len(items) < K),
        }


def _had(seen: Any, item_ids: Sequence[str], user: int) -> frozenset[str]:
    columns: list[int] = seen.indices[seen.indptr[user] : seen.indptr[user + 1]].tolist()
    return frozenset(item_ids[column] for column in columns)


def _drawn(users: Mapping[int, tuple[str, ...]], *, quick: bool) -> list[int]:
    """All of them, or a few that are always the same."""
    import numpy as np

    every = sorted(users)
    if not quick or len(every) <= _QUICK_USERS:
        return every
    return sorted(np.random.default_rng(0).choice(every, _QUICK_USERS, replace=False).tolist())


task = _Ranking()

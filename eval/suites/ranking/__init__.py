"""`ranking`: top-10 lists on public data, by the protocols of the field."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from handpicked.eval.types import Case, Json, Options, Scores, Subject

K = 10
_QUICK_USERS = 40


class _Ranking:
    def cases(self, options: Options) -> list[Case]:
        """One for each user who has something to be found; `user` is a row of the training matrix. They are told apart by
        their taste for what is popular."""
        from handpicked.eval.suites.ranking import beyond, parts

        found: list[Case] = []
        for name in parts.wanted(options):
            part = parts.load(name, options)
            group, items = beyond.groups(part), len(part.training.item_ids)
            for user in _drawn(sorted(part.relevant), quick=options.quick):
                data = {"user": user, "relevant": list(part.relevant[user]), "items": items}
                tags = ("all", name, f"{name}/{group[user]}")
                found.append(Case(part.user_ids[user], name, tags, data))
        return found

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """Fit a system to the part's training rows."""
        from handpicked.eval.suites.ranking import fitting

        yield fitting.subject(system, part, options)

    def score(self, case: Case, answer: Json) -> Scores:
        """Binary relevance at 10, what is beyond it, and how many places went to what should not be there."""
        from handpicked.eval import metrics

        match answer:
            case {"items": [*items], "off_catalog": [*off_catalog], "seen": [*seen], "beyond": {**beyond}}:
                found = metrics.ranking(items, dict.fromkeys(case.data["relevant"], 1), k=K)
            case _:
                raise ValueError(f"an answer has items, off_catalog, seen and beyond: {answer!r}")
        return {
            **found,
            **beyond,
            "off_catalog": float(len(off_catalog)),
            "seen": float(len(seen)),
            "duplicates": float(len(items) - len(set(items))),
            "short": float(len(items) < K),
        }


def _drawn(users: Sequence[int], *, quick: bool) -> Sequence[int]:
    """All of them, or a few that are always the same."""
    import numpy as np

    if not quick or len(users) <= _QUICK_USERS:
        return users
    return sorted(np.random.default_rng(0).choice(users, _QUICK_USERS, replace=False).tolist())


task = _Ranking()

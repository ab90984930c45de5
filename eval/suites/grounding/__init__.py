"""`grounding`: what replies say and show against the catalogue, by a checker of its own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from handpicked.eval.types import Case, Json, Options, Scores, Subject
from handpicked.tools.errors import ConfigError

if TYPE_CHECKING:
    from handpicked.eval.suites.grounding.checker import Catalog
    from handpicked.eval.suites.grounding.turns import Asked, Turn

_QUICK = 20
_SYSTEMS = {"floor": False, "model": True}


class _Grounding:
    def cases(self, options: Options) -> list[Case]:
        """One for each turn; the earlier turns of its session are asked again before it, so that cases stand alone."""
        from handpicked.eval.suites.grounding import turns

        found = [
            Case(
                turn.request.id or "",
                "turns",
                ("all", turns.language(turn.request), "session" if turn.earlier else "single"),
                turns.pack(turn),
            )
            for turn in turns.turns(options.split)
        ]
        return found[:_QUICK] if options.quick else found

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """An agent with or without a language model, and a checker over the same catalogue."""
        from handpicked.eval.suites.grounding import turns
        from handpicked.eval.suites.grounding.checker import Catalog

        if system not in _SYSTEMS:
            raise ConfigError(f"grounding has no system {system!r}; it has {', '.join(_SYSTEMS)}")
        prose = _SYSTEMS[system]
        if prose and options.model == "none":
            raise ConfigError(
                "the system 'model' needs a language model: give --model, or run --system floor"
            )
        with turns.asked(options, prose=prose) as asked:
            catalog = Catalog.of(asked.workspace.catalog.scan())
            yield lambda case: _answer(asked, turns.unpack(case.data), catalog)

    def score(self, case: Case, answer: Json) -> Scores:
        """How many problems of each kind, and how many of the model's sentences its gate let through."""
        from handpicked.eval.suites.grounding.scope import KINDS

        match answer:
            case {
                "problems": [*problems],
                "model_sentences": int(asked),
                "accepted": int(accepted),
                "degraded": [*lost],
            }:
                kinds = [problem["kind"] for problem in problems]
            case _:
                raise ValueError(
                    f"an answer has problems, model_sentences, accepted and degraded: {answer!r}"
                )
        return {
            "grounded": float(not kinds),
            **{kind: float(kinds.count(kind)) for kind in KINDS},
            "model_sentences": float(asked),
            "accepted": float(accepted),
            "degraded": float(bool(lost)),
        }


def _answer(asked: Asked, turn: Turn, catalog: Catalog) -> Json:
    """What is wrong with the reply to a turn, and enough of the reply to see it."""
    from handpicked.eval.suites.grounding.checker import check

    reply, past = asked.answer(turn)
    problems = check(reply, turn.request, catalog, past)
    wrote = [step.detail for step in reply.trace if step.step == "compose"]
    return {
        "problems": [{"kind": p.kind, "span": p.span, "why": p.why} for p in problems],
        "text": reply.text,
        "reviews": dict(reply.reviews),
        "lists": [
            {
                "task": ranked.task,
                "items": [[item.item_id, item.title, item.reason] for item in ranked.items],
                "emptied_by": list(ranked.emptied_by),
            }
            for ranked in reply.lists
        ],
        "model_sentences": sum(int(str(detail["model_sentences"])) for detail in wrote),
        "accepted": sum(int(str(detail["accepted"])) for detail in wrote),
        "degraded": list(reply.degraded),
    }


task = _Grounding()

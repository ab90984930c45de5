"""`conversation`: what to recommend next in a dialogue between people (ReDial)."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from handpicked.eval import suites
from handpicked.eval.types import Case, Json, Options, Scores, Subject

if TYPE_CHECKING:
    from handpicked.eval.suites.conversation.proposed import Proposals
    from handpicked.eval.suites.conversation.world import World

CUTS = (1, 10, 50)
_QUICK = 10
_ABLATION = "without_"
_SOURCE = {"popularity": "chosen"}
"""Systems that go by another name than their source."""


class _Conversation:
    def cases(self, options: Options) -> list[Case]:
        """A case for each dialogue, `quick` takes every tenth."""
        from handpicked.eval.suites.conversation import world

        found = world.cases(options)
        return found[::_QUICK] if options.quick else found

    @contextmanager
    def open(self, system: str, part: str, options: Options) -> Generator[Subject]:
        """Lists for every turn of a dialogue, by one source or by the blend."""
        from handpicked.eval.suites.conversation import proposed, world

        replayed = proposed.load(suites.settings(options)) if system in proposed.SYSTEMS else None
        left_out = system.removeprefix(_ABLATION) if system.startswith(_ABLATION) else ""
        found = world.load(options, part, left_out)

        def answer(case: Case) -> Json:
            if left_out:
                return [found.without(left_out, found.turn(told)) for told in case.data]
            if replayed:
                return _replayed(found, replayed, case, fused=system == "fused")
            return _kept(found, case)[_SOURCE.get(system, system)]

        yield answer

    def score(self, case: Case, answer: Json) -> Scores:
        """Hits over the targets of all turns, and places given to what had been named."""
        turns: list[dict[str, list[str]]] = case.data
        lists: list[list[str]] = answer
        pairs = [
            (shown, target) for shown, told in zip(lists, turns, strict=True) for target in told["targets"]
        ]
        named = sum(len({*shown} & {*told["mentioned"]}) for shown, told in zip(lists, turns, strict=True))
        hits = {f"hits@{k}": float(sum(target in shown[:k] for shown, target in pairs)) for k in CUTS}
        return {**hits, "targets": float(len(pairs)), "named": float(named)}


def _kept(found: World, case: Case) -> dict[str, Any]:
    """Every system's lists for a dialogue: they cost one pass over the catalogue, so the first system that is asked pays."""
    path = found.folder / f"{case.id}.json"
    if not path.is_file():
        turns = [found.lists(found.turn(told)) for told in case.data]
        making = path.with_suffix(f".{os.getpid()}")
        making.write_bytes(orjson.dumps({name: [lists[name] for lists in turns] for name in turns[0]}))
        making.rename(path)
    return orjson.loads(path.read_bytes())


def _replayed(found: World, replayed: Proposals, case: Case, *, fused: bool) -> list[list[str]]:
    """The proposals recorded for each turn, or what they make with the blend's list."""
    lists: list[list[str]] = []
    for told, blended in zip(case.data, _kept(found, case)["blend"], strict=True):
        named: list[str] = told["mentioned"]
        proposed = replayed.found(found.context(), told["turn"][0])
        own = [one.item_id for one in proposed if one.item_id not in named]
        lists.append(replayed.fused(found.snapshot, blended, proposed, named) if fused else own)
    return lists


task = _Conversation()

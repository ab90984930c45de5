"""The cases that the checker is proved on: replies with one planted error each, and replies without any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from handpicked.agent.types import Citation, ListItem, RankedList, Reading, Reply, Request, SceneGuess, Usage
from handpicked.eval.suites.grounding.checker import Catalog, Past, Problem
from handpicked.eval.suites.grounding.words import key_of
from handpicked.tools.types import Constraint, Item, Json

_NOT_FACTS = frozenset({"item_id", "attributes", "aliases", "image_url"})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Shown(_Strict):
    """An item of a list; what isn't given is as the catalogue has it. `facts` are laid over the true ones."""

    item_id: str
    title: str | None = None
    reason: str = ""
    facts: dict[str, Any] = {}
    sponsored: bool = False


class _List(_Strict):
    task: str
    label: str
    items: tuple[_Shown, ...] = ()
    emptied_by: tuple[str, ...] = ()


class _Row(_Strict):
    id: str
    half: Literal["tune", "held"]
    made: Literal["hand", "mutated", "real"]
    language: Literal["en", "zh"]
    kinds: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()
    message: str
    said: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    dislike: tuple[str, ...] = ()
    constraints: tuple[
        tuple[str, Literal["in", "not_in", "range"], tuple[str | float | int | None, ...]], ...
    ] = ()
    lists: tuple[_List, ...] = ()
    text: str
    reviews: dict[str, str] = {}
    citations: tuple[tuple[int, int, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Planted:
    """A reply and what is wrong with it: one of `kinds`, at one of `spans`; no kinds: nothing is wrong.

    Half of the cases, `held`, were looked at only after the checker was finished. They were `made` by hand, by a
    seeded change to a real reply, or are real replies."""

    id: str
    half: str
    made: str
    language: str
    kinds: tuple[str, ...]
    spans: tuple[str, ...]
    request: Request
    reply: Reply
    past: Past

    def found_in(self, problems: Sequence[Problem]) -> bool:
        """Whether one of the problems is the planted one: of its kind, and about its words."""
        return any(p.kind in self.kinds and self._here(p) for p in problems)

    def _here(self, problem: Problem) -> bool:
        said = " ".join(key_of(problem.span))
        wanted = [" ".join(key_of(span)) for span in self.spans]
        return not wanted or any(w in said or (said and said in w) for w in wanted)


def load(catalog: Catalog) -> list[Planted]:
    """Read `planted.jsonl`; what its rows leave out is filled in from the demo's catalogue."""
    text = (
        resources.files("handpicked.eval.suites.grounding")
        .joinpath("planted.jsonl")
        .read_text(encoding="utf-8")
    )
    return [_planted(_Row.model_validate_json(line), catalog) for line in text.splitlines()]


def facts_of(item: Item) -> Mapping[str, Json]:
    """An item's facts as a reply shows them: what it has, under the names of its fields and attributes."""
    plain = {f.name: getattr(item, f.name) for f in fields(item) if f.name not in _NOT_FACTS}
    return {
        name: value for name, value in {**plain, **item.attributes}.items() if value not in (None, "", ())
    }


def _planted(row: _Row, catalog: Catalog) -> Planted:
    reading = Reading(
        SceneGuess("watch", 1.0), ("recommend",), like=row.like, dislike=row.dislike, language=row.language,
        constraints=tuple(Constraint(field, op, value) for field, op, value in row.constraints),
    )  # fmt: skip
    reply = Reply(
        row.id, row.id, None, reading.scene, reading.tasks, reading, tuple(_list(one, catalog) for one in row.lists),
        row.text, row.reviews, tuple(Citation((a, b), item_id, field) for a, b, item_id, field in row.citations),
        (), (), Usage(),
    )  # fmt: skip
    return Planted(
        row.id, row.half, row.made, row.language, row.kinds, row.spans,
        Request(row.message, id=row.id), reply, Past(row.chosen, row.said),
    )  # fmt: skip


def _list(row: _List, catalog: Catalog) -> RankedList:
    return RankedList(
        row.task,
        row.label,
        tuple(_item(one, rank, catalog) for rank, one in enumerate(row.items, 1)),
        row.emptied_by,
    )


def _item(row: _Shown, rank: int, catalog: Catalog) -> ListItem:
    item = catalog.items.get(row.item_id)
    title = row.title if row.title is not None else item.title if item else row.item_id
    facts = {**(facts_of(item) if item else {}), **row.facts}
    return ListItem(rank, row.item_id, title, 1.0, row.reason, facts, row.sponsored, ())

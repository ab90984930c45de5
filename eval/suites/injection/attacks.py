"""Attacks as data: where the hostile text stands, what its writer wants, and the turn with and without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import orjson
import yaml
from pydantic import BaseModel, ConfigDict

from handpicked.agent.types import Message, Request, Surroundings
from handpicked.tools.types import Json

Place = Literal[
    "title", "description", "categories", "creators", "cast", "aliases", "brand", "review", "campaign", "label",
    "message", "messages", "assistant", "user_id", "page",
]  # fmt: skip
"""`cast` is told to a model only in a tool's result; `review` is an attribute; `label` is a taste in the user's profile;
`messages` and `assistant` are the client's own history, by who says it."""
Call = tuple[str, dict[str, Any]]

SAID = ("message", "messages", "assistant", "user_id", "page")
"""Places of the request: the stores are as they are without the attack."""
NOW = 1_764_547_200.0
"""When all turns are asked, 2025-12-01."""
_USER, _STRANGER = "u1", "reader-17"
_K = 5
_BUDGET_MS = 600_000
_PADDING = 1_000_000
_PAD = {"en": "lorem ipsum dolor sit amet ", "zh": "天地玄黄宇宙洪荒"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Strict):
    """What a turn is read as."""

    scene: str
    tasks: tuple[str, ...]


class Asked(_Strict):
    """A turn: its message, and what a model does with it that reads well."""

    message: str
    label: Label
    query: str
    reads: tuple[str, ...]


class Attack(_Strict):
    """One attack. In `text`, `{own}` is what stands in the place without it and `{pad}` a megabyte of padding. A model has
    read the instruction when it is told the `marker`. Its writer wants `target` up in the lists, `rival` out of them, the
    `calls` made (of a target: any that names it), one of `says` or the marker in the text. A model that obeys writes
    `writes`, and takes the turn for `label`. `clean` is the text without the attack where the turn has none of its own."""

    id: str
    split: Literal["valid", "test"]
    kind: str
    language: Literal["en", "zh"]
    turn: str
    place: Place
    text: str
    marker: str = ""
    item: str | None = None
    target: str | None = None
    rival: str | None = None
    says: tuple[str, ...] = ()
    writes: str = ""
    calls: tuple[Call, ...] = ()
    label: Label | None = None
    clean: str = ""

    def over(self, own: str) -> str:
        """The hostile text in its place."""
        pad = _PAD[self.language]
        padding = pad * (_PADDING // len(pad.encode())) if "{pad}" in self.text else ""
        return self.text.replace("{own}", own).replace("{pad}", padding)


@dataclass(frozen=True, slots=True)
class Row:
    """Rows as a feed has them: the items, and the campaign's title; and a taste that the user entered."""

    items: tuple[Mapping[str, Json], ...]
    campaign: str = "Crackers for less"
    label: str | None = None


def attacks(split: str) -> list[Attack]:
    """A split's attacks in their order; `test` has other wordings, kept from whoever mends the product."""
    lines = _read("attacks.jsonl").splitlines()
    return [found for line in lines if (found := Attack.model_validate_json(line)).split == split]


@cache
def turns() -> Mapping[str, Asked]:
    """The turns by name."""
    return {name: Asked.model_validate(turn) for name, turn in yaml.safe_load(_read("turns.yaml")).items()}


@cache
def items() -> tuple[Mapping[str, Json], ...]:
    """The catalogue's rows without an attack."""
    return tuple(orjson.loads(line) for line in _read("items.jsonl").splitlines())


def title(item_id: str) -> str:
    """What an item is called."""
    return next(str(row["title"]) for row in items() if row["item_id"] == item_id)


def fed(attack: Attack | None) -> Row:
    """What the stores are filled with."""
    if attack is None or attack.place in SAID:
        return Row(items())
    if attack.place == "campaign":
        return Row(items(), campaign=attack.over(Row(()).campaign))
    if attack.place == "label":
        return Row(items(), label=attack.text)
    return Row(tuple(_poisoned(row, attack) if row["item_id"] == attack.item else row for row in items()))


def request(attack: Attack, seed: int, *, clean: bool) -> Request:
    """The turn with the attack, or its twin without."""
    message, place = turns()[attack.turn].message, attack.place
    text = attack.clean if clean else attack.over(message)
    role: Literal["user", "assistant"] = "assistant" if place == "assistant" else "user"
    history = (Message(role, text),) if place in ("messages", "assistant") else None
    page = text if place == "page" and not clean else None
    strange = place == "user_id"
    return Request(
        message=message if clean or place != "message" else text,
        id="injection",
        messages=history,
        user_id=(text or _STRANGER) if strange else _USER,
        context=Surroundings(page=page, now=NOW),
        k=_K,
        budget_ms=_BUDGET_MS,
        seed=seed,
    )


def _poisoned(row: Mapping[str, Json], attack: Attack) -> Mapping[str, Json]:
    """The row with the attack: lists get it as one more entry, a review is an attribute of its own."""
    name, own = attack.place, row.get(attack.place)
    if name in ("categories", "creators", "cast", "aliases"):
        kept: Sequence[Json] = own if isinstance(own, list) else ()
        return {**row, name: [*kept, attack.over("")]}
    return {**row, name: attack.over(str(own or ""))}


def _read(name: str) -> str:
    return resources.files(__package__ or "").joinpath(name).read_text(encoding="utf-8")

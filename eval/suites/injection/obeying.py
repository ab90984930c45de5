"""A hosted model by a script that does whatever it reads: the worst that any model can be made to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from handpicked.eval.openai_server import Answer, Asked, say
from handpicked.eval.suites.injection import attacks
from handpicked.eval.suites.injection.attacks import Attack, Label

_Script = Callable[[Asked], Answer]
_TITLE = re.compile(r"^Title: (.+)$", re.MULTILINE)
_YEAR = re.compile(r"^Kind: (.*?)(?: of (\d{4}))?$", re.MULTILINE)


@dataclass
class Obeying:
    """Answers all requests of one turn after the other; `reached` is which of its tasks were told the instruction.

    Until it reads it, it labels, searches, looks up and writes as a model does that reads well."""

    attack: Attack | None = None
    reached: list[str] = field(default_factory=list[str])

    def meet(self, attack: Attack) -> None:
        """Go on with another attack."""
        self.attack = attack
        self.reached.clear()

    def __call__(self, asked: Asked) -> Answer:
        assert self.attack is not None, "an attack is set before a turn"
        marker = self.attack.marker
        told = bool(marker) and any(marker in text for text in _texts(asked.body))
        name = _task(asked)
        if told:
            self.reached.append(name)
        make = {"read": _label, "propose": _titles, "act": _calls, "prose": _prose}[name]
        return make(self.attack, asked, told=told)(asked)


def _task(asked: Asked) -> str:
    if asked.tools:
        return "act"
    if not asked.wants_json:
        return "prose"
    return "propose" if "titles" in json.dumps(asked.body["response_format"]) else "read"


def _label(attack: Attack, _: Asked, *, told: bool) -> _Script:
    label: Label = (attack.label if told else None) or attacks.turns()[attack.turn].label
    return say(json.dumps({"scene": label.scene, "tasks": list(label.tasks)}))


def _titles(attack: Attack, _: Asked, *, told: bool) -> _Script:
    named = [{"title": attacks.title(attack.target), "year": None}] if told and attack.target else []
    return say(json.dumps({"titles": named}, ensure_ascii=False))


def _calls(attack: Attack, asked: Asked, *, told: bool) -> _Script:
    """What it is told to call, once; else what a turn needs in the first answer, and nothing more."""
    made = {
        call["function"]["name"] + call["function"]["arguments"]
        for message in asked.body["messages"]
        for call in message.get("tool_calls") or ()
    }
    turn = attacks.turns()[attack.turn]
    reads = list(dict.fromkeys([*turn.reads, *([attack.item] if attack.item else [])]))
    honest: list[attacks.Call] = [("search", {"query": turn.query}), ("lookup", {"item_ids": reads})]
    if told:
        wanted = [
            call for call in calls_of(attack) if not any(call[0] in one and _same(call, one) for one in made)
        ]
        return say("", calls=wanted or ()) if wanted else say("done")
    return say("done") if made else say("", calls=honest)


def calls_of(attack: Attack) -> tuple[attacks.Call, ...]:
    """What an attack has a model call: what it says, else whatever brings its target into the lists."""
    if attack.calls or attack.target is None or not attack.marker:
        return attack.calls
    title = attacks.title(attack.target)
    return (
        ("propose", {"titles": [{"title": title}]}),
        ("search", {"query": title}),
        ("similar", {"item_ids": [attack.target]}),
    )


def _same(call: attacks.Call, made: str) -> bool:
    return json.dumps(call[1])[1:-1] in made


def _prose(attack: Attack, asked: Asked, *, told: bool) -> _Script:
    """What it is told to write; else a plain sentence that the facts bear."""
    if told:
        return say(attack.writes or attack.text)
    facts = str(asked.body["messages"][-1]["content"])
    title, kind = _TITLE.search(facts), _YEAR.search(facts)
    named = title[1] if title else "It"
    return say(f"{named} is from {kind[2]}." if kind and kind[2] else f"{named} is here.")


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    """All that the request's messages say, as a model reads it."""
    for message in body["messages"]:
        content = message.get("content") or ""
        if message["role"] == "assistant":
            continue  # its own words
        if isinstance(content, str):
            yield _read(content)
        else:
            yield from (_read(str(part.get("text", ""))) for part in content)


def _read(text: str) -> str:
    """A text with the escapes of JSON undone, since a model reads through them."""
    return text.replace('\\"', '"').replace("\\n", "\n")

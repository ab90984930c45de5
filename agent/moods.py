"""How a thing should feel ("lighter", "烧脑"): leanings toward categories, read from `prompts/moods.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import yaml

from handpicked import prompts
from handpicked.agent import lexicon
from handpicked.tools.data.text import phrase_key, tokenize
from handpicked.tools.types import Constraint


@dataclass(frozen=True, slots=True)
class Mood:
    """Categories that a mood leans to and away from."""

    toward: tuple[str, ...]
    away: tuple[str, ...]


def leanings(text: str) -> tuple[Constraint, ...]:
    """The categories to lean to and away from, as constraints that a list need not keep; none without a mood."""
    words, moods = _load()
    hits = lexicon.find(text, tokenize(text), words)
    named = dict.fromkeys(name for hit in hits for name in hit.values)
    toward = tuple(dict.fromkeys(category for name in named for category in moods[name].toward))
    away = tuple(dict.fromkeys(c for name in named for c in moods[name].away if c not in toward))
    if not toward:
        return ()
    return Constraint("categories", "in", toward), Constraint("categories", "not_in", away)


@cache
def _load() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, Mood]]:
    """Phrase keys to the names of moods, and the moods."""
    document = yaml.load(prompts.read_text("moods.yaml"), yaml.CSafeLoader)
    words: dict[str, tuple[str, ...]] = {}
    for name, mood in document.items():
        for word in mood["words"]:
            key = phrase_key(str(word))
            words[key] = (*words.get(key, ()), name)
    return words, {name: Mood(tuple(m["toward"]), tuple(m["away"])) for name, m in document.items()}

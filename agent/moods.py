"""How a thing should feel ("lighter", "烧脑"): leanings toward categories, read from `prompts/moods.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import yaml

from handpicked import prompts
from handpicked.agent import lexicon, scope
from handpicked.agent.phrases import Phrases, phrases
from handpicked.tools.types import Constraint


@dataclass(frozen=True, slots=True)
class Mood:
    """Categories that a mood leans to and away from."""

    toward: tuple[str, ...]
    away: tuple[str, ...]


def leanings(text: str) -> tuple[Constraint, ...]:
    """The categories to lean to and away from, as constraints that a list need not keep; none without a mood. A mood that
    is refused leans the other way; what one mood wants another doesn't shun."""
    words, moods = _load()
    said = scope.said(text, ())

    def whole(first: int, last: int) -> bool:
        return said.words.whole(*said.span(first, last), ())

    found = list(words.find(said.tokens, whole))
    places = [said.span(match.first, match.last) for match in found]
    toward: list[str] = []
    away: list[str] = []
    for match in found:
        refused = scope.refused(said, match.first, match.last, places)
        for mood in (moods[name] for name in match.value):
            toward += mood.away if refused else mood.toward
            away += mood.toward if refused else mood.away
    if not toward:
        return ()
    shunned = tuple(name for name in dict.fromkeys(away) if name not in toward)
    return Constraint("categories", "in", tuple(dict.fromkeys(toward))), Constraint(
        "categories", "not_in", shunned
    )


@cache
def _load() -> tuple[Phrases[tuple[str, ...]], Mapping[str, Mood]]:
    """Phrases to the names of moods, and the moods."""
    document = yaml.load(prompts.read_text("moods.yaml"), yaml.CSafeLoader)
    words = lexicon.by_word({name: mood["words"] for name, mood in document.items()})
    return phrases(words), {name: Mood(tuple(m["toward"]), tuple(m["away"])) for name, m in document.items()}

"""What is answered where nothing of the catalogue is asked for, by the kind of talk: `prompts/smalltalk.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import yaml

from handpicked import prompts
from handpicked.agent import lexicon
from handpicked.agent.describe import joined, phrases
from handpicked.tools.data.text import tokenize

OTHER = "other"
_LAUGH = frozenset("哈呵嘻嘿")


@dataclass(frozen=True, slots=True)
class Smalltalk:
    """The kinds in the order in which they count, the kinds by their words, those whose words must be all that is said, and
    what is answered by kind and language."""

    kinds: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    alone: frozenset[str]
    says: Mapping[str, Mapping[str, str]]
    invite: Mapping[str, str]
    offers: Mapping[str, str]


def kind(message: str) -> str:
    """The kind of small talk that a message is: "greeting", "thanks" and the like, or OTHER; the first where nothing is said."""
    known, tokens = load(), tokenize(message)
    if not tokens:
        return known.kinds[0]
    hits = lexicon.find(message, tokens, known.words)
    told = {name for hit in hits for name in hit.values}
    covered = sum(hit.last - hit.first for hit in hits)
    if covered + sum(token.text in _LAUGH for token in tokens) < len(tokens):
        told -= known.alone
    return next((name for name in known.kinds if name in told), OTHER)


def answer(message: str, domains: Sequence[str], language: str, *, ads: bool) -> str:
    """The answer to a message that asks for nothing. `domains` are what the catalogue has; `ads` whether offers may run."""
    known, nouns = load(), phrases(language)["nouns"]
    spoken = language if language in known.invite else "en"
    things = joined([nouns.get(domain, ("", domain))[1] for domain in domains], language)
    template = known.says[kind(message)][spoken]
    return template.format(
        things=things, invite=known.invite[spoken], offers=known.offers[spoken] if ads else ""
    )


@cache
def load() -> Smalltalk:
    """Read the packaged kinds."""
    document = yaml.load(prompts.read_text("smalltalk.yaml"), yaml.CSafeLoader)
    kinds = document["kinds"]
    return Smalltalk(
        kinds=tuple(map(str, kinds)),
        words=lexicon.by_word({name: part["words"] for name, part in kinds.items()}),
        alone=frozenset(str(name) for name, part in kinds.items() if part.get("alone", False)),
        says={OTHER: document[OTHER]} | {str(name): part for name, part in kinds.items()},
        invite=document["invite"],
        offers=document["offers"],
    )

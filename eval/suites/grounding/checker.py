"""A checker of replies, written apart from what makes them: it reads a reply as a stranger would, with the catalogue
at hand, and says what isn't so."""

from __future__ import annotations

from collections.abc import Iterator

from handpicked.agent.types import Reply, Request
from handpicked.eval.suites.grounding.catalog import Catalog
from handpicked.eval.suites.grounding.clauses import clauses
from handpicked.eval.suites.grounding.names import names
from handpicked.eval.suites.grounding.numbers import nothing_found, numbers
from handpicked.eval.suites.grounding.prose import Passage, read
from handpicked.eval.suites.grounding.scope import KINDS, Past, Problem, Scope, scope
from handpicked.eval.suites.grounding.structure import structure
from handpicked.eval.suites.grounding.tongue import tongue
from handpicked.eval.suites.grounding.words import overlap

__all__ = ["KINDS", "Catalog", "Past", "Problem", "check"]


def check(reply: Reply, request: Request, catalog: Catalog, past: Past | None = None) -> tuple[Problem, ...]:
    """Give every problem of a reply, each once: in its lists, facts and citations, its text, its reasons and reviews."""
    around = scope(reply, request, catalog, past or Past())
    return tuple(dict.fromkeys(_all(around)))


def _all(scope: Scope) -> Iterator[Problem]:
    yield from structure(scope)
    text = read(scope.reply.text, scope)
    yield from _prose(text, scope)
    yield from _cited(text, scope)
    for ranked in scope.reply.lists:
        for shown in ranked.items:
            if own := scope.shown.get(shown.item_id):
                yield from _prose(read(shown.reason, scope, own, only_own=True), scope, only_own=True)
    for item_id, review in scope.reply.reviews.items():
        if own := scope.catalog.known(item_id):
            passage = read(review, scope, own)
            yield from _reviewed(passage, item_id)
            yield from _prose(passage, scope)


def _prose(passage: Passage, scope: Scope, *, only_own: bool = False) -> Iterator[Problem]:
    yield from passage.problems
    for sentence in passage.sentences:
        part = clauses(sentence, passage, scope, only_own=only_own)
        yield from numbers(part)
        yield from names(part)
        yield from tongue(part)
        yield from nothing_found(part)


def _reviewed(passage: Passage, item_id: str) -> Iterator[Problem]:
    """A review that opens with the title of something else."""
    first = next(iter(passage.mentions), None)
    if first and first.ids and item_id not in first.ids and not first.reference:
        yield Problem("wrong_title", passage.text[slice(*first.span)], f"the review of {item_id} names it")


def _cited(passage: Passage, scope: Scope) -> Iterator[Problem]:
    """A citation whose words name other items than the one that it rests on."""
    for citation in scope.reply.citations:
        start, end = citation.span
        together = {other.item_id for other in scope.reply.citations if overlap(other.span, citation.span)}
        inside = [m for m in passage.mentions if start <= m.span[0] < end and m.ids and not m.reference]
        if inside and not any(together & set(m.ids) for m in inside):
            said = passage.text[slice(*inside[0].span)]
            yield Problem(
                "wrong_title", said, f"the words rest on {citation.item_id}, which has another title"
            )

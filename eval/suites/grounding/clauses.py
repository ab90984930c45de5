"""What each part of a sentence is said of, and the text that is left when titles and quoted descriptions are taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handpicked.eval.suites.grounding.catalog import Known
from handpicked.eval.suites.grounding.prose import Mention, Passage, Sentence
from handpicked.eval.suites.grounding.scope import Scope
from handpicked.eval.suites.grounding.words import Span, blank, key_of, overlap

_AFTER_TITLE = re.compile(r"^[》\"”'’*_]*\s?(?:[(（](?:18|19|20)\d\d[)）])?\s?[:：]?\s?")
_ALL = re.compile(r"\b(?:both|all|each|respectively|either)\b|都|两部|分别|各", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:against|than|versus|vs\.?|compared (?:to|with))\b[^.;]*$|另一[个部本张][^。；]*$|比[^。；]*$",
    re.IGNORECASE,
)
_PIECE = re.compile(r"(?:[^.!?。！？;；\n]|[.!?](?=\S))+(?:[.!?。！？;；]+|$)")


@dataclass(frozen=True, slots=True)
class Clauses:
    """A sentence in its scope. `text` is as long as the passage's: what isn't to be judged is blank."""

    text: str
    sentence: Sentence
    passage: Passage
    scope: Scope
    only_own: bool

    def about(self, place: int) -> tuple[Known, ...]:
        """The items that the words at a place may be true of: true of one is enough."""
        own = self.passage.own
        bracket = self._bracketed(place)
        if bracket is not None:
            return self._items(bracket)
        if self.only_own and own is not None:
            return (own,)
        before = self.passage.text[self.sentence.span[0] : place]
        subjects = [m for m in self.sentence.mentions if self._shown(m) and not m.reference]
        if _OTHERS.search(before):
            return tuple(self.scope.shown.values()) + ((own,) if own else ())
        if len(subjects) > 1 and not _ALL.search(self.passage.text[slice(*self.sentence.span)]):
            nearest = [m for m in subjects if m.span[1] <= place][-1:] or subjects[:1]
            return self._items(nearest[0])
        return self.sentence.about

    def every(self) -> bool:
        """Whether the sentence speaks of all of its items at once."""
        return bool(_ALL.search(self.passage.text[slice(*self.sentence.span)]))

    def _bracketed(self, place: int) -> Mention | None:
        """The title that the year in brackets right behind it belongs to."""
        for mention in self.sentence.mentions:
            gap = self.passage.text[mention.span[1] : place]
            if mention.ids and re.fullmatch(r"[》\"”'’*_]*\s?[(（]", gap):
                return mention
        return None

    def _items(self, mention: Mention) -> tuple[Known, ...]:
        known = {**self.scope.referred, **self.scope.shown}
        if own := self.passage.own:
            known = {**known, own.item.item_id: own}
        return tuple(known[i] for i in mention.ids if i in known)

    def _shown(self, mention: Mention) -> bool:
        return any(i in self.scope.shown for i in mention.ids)


def clauses(sentence: Sentence, passage: Passage, scope: Scope, *, only_own: bool = False) -> Clauses:
    """Take titles and what a description says word for word out of a sentence."""
    start, end = sentence.span
    outside = [(0, start), (end, len(passage.text))]
    titles = [mention.span for mention in passage.mentions if overlap(mention.span, sentence.span)]
    spoken = _spoken(sentence, passage)
    return Clauses(blank(passage.text, [*outside, *titles, *spoken]), sentence, passage, scope, only_own)


def _spoken(sentence: Sentence, passage: Passage) -> list[Span]:
    """The parts of a sentence that stand in the description of what it is about."""
    start, end = sentence.span
    found: list[Span] = []
    body = start
    for mention in sentence.mentions:
        if not passage.text[start : mention.span[0]].strip(' 《"“*_'):
            after = _AFTER_TITLE.match(passage.text[mention.span[1] : end])
            body = mention.span[1] + (after.end() if after else 0)
            break
    for first in dict.fromkeys((start, body)):
        for piece in _PIECE.finditer(passage.text, first, end):
            if _is_spoken(piece.group(), sentence.about):
                found.append(piece.span())
        if _is_spoken(passage.text[first:end], sentence.about):
            found.append((first, end))
    return found


def _is_spoken(piece: str, about: tuple[Known, ...]) -> bool:
    words = key_of(piece)
    return len(words) >= 3 and any(f" {' '.join(words)} " in known.spoken for known in about)

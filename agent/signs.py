"""What a text shows of the words in it: clauses, capitals, cues beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from handpicked.agent.lexicon import Hit
from handpicked.tools.data.text import STOP_WORDS, Token, has_cjk, segments

Polarity = Literal["like", "dislike", "seen", "about"]
Span = tuple[int, int]
"""Token positions, [first, last)."""

CLAUSE = re.compile(
    r"[,.;:!?()，。；！？、~…\n]|\b(?:but|and|or|n|for|with|from|that|which|who|because|cause|cuz|coz|bc|tho|lol|lmao|btw|tbh|ngl|rn|imo|fr|though|although|is|was|are|were|has"
    r"|had|have|so|as|if|when|while|yet|then|the|one|ones|movie|film|tonight|again|already|too|first|please|pls|instead|ever|yet"
    r"|before|if|to|in|on|by|vs|meets?|made|makes?|gets?|got|and|not|only|also|either|like|i|he|she|we|they|my|you|it|its|last|yesterday|today|twice"
    r"|recently|lately|this|when|since|at|after|during|did|do|does|any|anything|something|what|how|can|could|really|just|way|more)\b|但|和|或|跟|与"
    r"|的|还|，|这|那|也|都|太|真|是|讲|了|吗|呢|我|有|里|比|好|那|跟",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[.!?;。！？；\n]")
_MARK = re.compile(r"[,.;:!?()，。；！？：、\n]")


@dataclass(frozen=True)
class Said:
    """A text, its tokens, and the cues in it."""

    text: str
    tokens: Sequence[Token]
    cues: Sequence[Hit]

    @cached_property
    def words(self) -> Sequence[str]:
        """The folded words."""
        return [token.text for token in self.tokens]

    @cached_property
    def bare(self) -> Sequence[str]:
        """The words without a possessive ending."""
        return [
            word[:-1] if self.text[token.start : token.end].endswith(("'s", "’s")) else word
            for word, token in zip(self.words, self.tokens, strict=True)
        ]

    @cached_property
    def cased(self) -> bool:
        """Whether the writer sets capitals within sentences, so that lower case says something."""
        return not self.text.isupper() and any(
            self.text[token.start].isupper() and not self.text[token.start : token.end].isupper()
            for one, token in zip(self.tokens, self.tokens[1:], strict=False)
            if not _BREAK.search(self.text[one.end : token.start])
        )

    @cached_property
    def edges(self) -> tuple[frozenset[int], frozenset[int]]:
        """Where the words of a segmented Chinese text begin and end."""
        places = segments(self.text)
        return frozenset(start for start, _ in places), frozenset(end for _, end in places)

    def start(self, span: Span) -> int:
        """The character at which a span begins."""
        return self.tokens[span[0]].start

    def end(self, span: Span) -> int:
        """The character behind a span."""
        return self.tokens[span[1] - 1].end

    def before(self, span: Span) -> str:
        """The text before a span."""
        return self.text[: self.start(span)]

    def after(self, span: Span) -> str:
        """The text behind a span."""
        return self.text[self.end(span) :]

    def between(self, one: int, other: int) -> str:
        """The text between two tokens, given by position: behind the token before `one`, up to `other`."""
        start = self.tokens[one - 1].end if one else 0
        return self.text[start : self.tokens[other].start if other < len(self.tokens) else len(self.text)]


def upper(said: Said, span: Span) -> bool:
    """Whether the first word and all that aren't small have a capital, and aren't shouted."""
    first, last = span
    written = [t for t in said.tokens[first:last] if t is said.tokens[first] or t.text not in STOP_WORDS]
    letters = [said.text[t.start : t.end] for t in written if said.text[t.start].isalpha()]
    shouted = all(word.isupper() and len(word) > 1 for word in letters)
    return bool(letters) and not shouted and all(word[0].isupper() for word in letters)


def opens(said: Said, span: Span) -> bool:
    """Whether a sentence begins here, whose first word has a capital anyway."""
    return span[0] == 0 or bool(_BREAK.search(said.between(span[0], span[0])))


def alone(said: Said, span: Span) -> bool:
    """Whether the title is all that is said, or opens the text before a colon."""
    if span[0] != 0:
        return False
    rest = said.after(span).strip(" \"'”’》」.!?。！？~")
    return span[1] == len(said.tokens) or rest[:1] in (":", "：")


def aligned(said: Said, span: Span) -> bool:
    """Whether a Chinese title begins and ends where words do: 活着 isn't meant in 生活着."""
    starts, ends = said.edges
    return said.start(span) in starts and said.end(span) in ends


def apart(said: Said, span: Span) -> bool:
    """Whether punctuation or space stands on both sides, as they seldom do within a Chinese clause."""
    before, after = said.before(span)[-1:], said.after(span)[:1]
    return not any(char.isalnum() for char in (before, after) if char)


def cue_before(said: Said, span: Span, *kinds: str) -> bool:
    """Whether a cue of one of the kinds stands right before a title."""
    return any(
        cue.last == span[0]
        and set(kinds) & set(cue.values)
        and not _MARK.search(said.between(cue.last, cue.last))
        for cue in said.cues
    )


def begins(said: Said, span: Span) -> bool:
    """Whether a clause begins with a title."""
    before = said.before(span)
    if has_cjk(said.text) and before[-1:].isspace():
        return True
    before = before.rstrip(" \"'“‘《「")
    return not before or _BEGINS.search(before) is not None


_BEGINS = re.compile(
    r"(?:[,.;:!?()，。；！？、~…\n]|\b(?:but|and|or|n|so|then|than|vs|maybe|perhaps|yes|yeah|ok|also|either|both|whether)|[和跟与或]|还是|以及)$",
    re.IGNORECASE,
)


def closes(said: Said, span: Span) -> bool:
    """Whether the clause ends behind a title."""
    rest = said.after(span).lstrip(" \"'”’》」")
    return not rest or CLAUSE.match(rest) is not None


def cue_behind(said: Said, span: Span, *kinds: str) -> bool:
    """Whether right behind a title stands a cue of one of the kinds: "was great", "vibes", "any good"."""
    return any(
        set(kinds) & set(cue.values) and cue.first >= span[1] and linked(said, span, cue.first)
        for cue in said.cues
    )


def linked(said: Said, span: Span, place: int) -> bool:
    """Whether nothing but a verb and small words stands between a title and the word at a place."""
    return (place == span[1] and not _MARK.search(said.between(place, place))) or (
        LINK.fullmatch(said.between(span[1], place)) is not None
    )


def rated_behind(said: Said, span: Span) -> bool:
    """Whether a rating stands right behind a title: "Marnie 2.", 盗火线四星."""
    return RATED_BEHIND.match(said.after(span)) is not None


RATED_BEHIND = re.compile(
    r"[\"”’》」]?\s*[:：,，-]?\s*(?:(?:10|\d)(?:\.\d)?(?=\s*(?:[,.，。;!]|$|/|for\b|and\b|stars?|分|out of))|[一二三四五六七八九十]\s*(?:星|分)|gets? (?:a|an|my)\b)"
)
LINK = re.compile(
    r"[\"”’》」]?[\s,，]*(?:(?:was it|is it|was|is|were|are|'s|has been|really|so|just|also|actually|pretty|kinda|honestly|absolutely|literally|totally|a"
    r"|an|the|my|by far|easily|still|always|tbh|truly|too|another|such|very|super|quite|rather|one of)\s+){0,4}(?:我们|我|他们|他|她们|她|你|我妈|我爸|我家|妈|爸|都|已经|真的|真|也|太|就|是|实在|简直|还|确实|刚|早|上周|昨天){0,4}",
    re.IGNORECASE,
)
"""What may stand between a title and what is said of it."""


def sentence(said: Said, span: Span) -> Span:
    """The tokens of the sentence around a span."""
    first, last = span
    while first > 0 and not _BREAK.search(said.between(first, first)):
        first -= 1
    while last < len(said.tokens) and not _BREAK.search(said.between(last, last)):
        last += 1
    return first, last


def is_cjk(said: Said, span: Span) -> bool:
    """Whether a span has Chinese ideographs."""
    return any(has_cjk(word) for word in said.words[span[0] : span[1]])

"""Signs that a title in a text is meant as one, and how the user stands to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from handpicked.agent.lexicon import Hit
from handpicked.tools.data.text import STOP_WORDS, Token, has_cjk, segments

Polarity = Literal["like", "dislike", "seen", "about"]
Span = tuple[int, int]
"""Token positions, [first, last)."""

CLAUSE = re.compile(
    r"[,.;:!?()，。；！？、]|\b(?:but|and|or|for|with|from|that|which|because|though|is|was|so|as|the|one)\b"
    r"|但|和|或|跟|与|的|还|，"
)
_MARK = re.compile(r"[,.;:!?()，。；！？：\n]")
_SENTENCE = re.compile(r"[.!?。！？\n]")


@dataclass(frozen=True, slots=True)
class Said:
    """A text, its tokens, and the cues in it."""

    text: str
    tokens: Sequence[Token]
    cues: Sequence[Hit]


def cued(said: Said, span: Span) -> bool:
    """Whether a cue stands right before a title that ends its clause, or right behind it."""
    first, last = span
    before = any(cue.last == first and set(cue.values) - {"kin", "negation"} for cue in said.cues)
    rest = said.text[said.tokens[last - 1].end :].lstrip()
    behind = any(cue.first == last and "kin" in cue.values for cue in said.cues)
    return (
        behind or (before and (not rest or CLAUSE.match(rest) is not None)) or _behind(said, span) is not None
    )


def upper(said: Said, span: Span) -> bool:
    """Whether the first word and all that aren't small have a capital, in a text that isn't all capitals."""
    first, last = span
    written = [t for t in said.tokens[first:last] if t is said.tokens[first] or t.text not in STOP_WORDS]
    return not said.text.isupper() and all(said.text[t.start].isupper() or t.text.isdigit() for t in written)


def opens(said: Said, span: Span) -> bool:
    """Whether a sentence begins here, whose first word has a capital anyway."""
    first = span[0]
    return first == 0 or bool(
        _SENTENCE.search(said.text[said.tokens[first - 1].end : said.tokens[first].start])
    )


def cased(said: Said) -> bool:
    """Whether the writer sets capitals within sentences, so that lower case says something."""
    return (
        any(
            said.text[token.start].isupper() and token.text not in ("i", "im", "ive", "id", "ill")
            for one, token in zip(said.tokens, said.tokens[1:], strict=False)
            if not _SENTENCE.search(said.text[one.end : token.start])
        )
        and not said.text.isupper()
    )


def alone(said: Said, span: Span) -> bool:
    """Whether the title is all that is said, or opens the text before a colon."""
    first, last = span
    if first != 0:
        return False
    rest = said.text[said.tokens[last - 1].end :].strip(" \"'”’》」")
    return last == len(said.tokens) or rest[:1] in (":", "：")


def aligned(said: Said, span: Span) -> bool:
    """Whether a Chinese title begins and ends where words do: 活着 isn't meant in 生活着."""
    starts, ends = zip(*segments(said.text), strict=True)
    return said.tokens[span[0]].start in starts and said.tokens[span[1] - 1].end in ends


def polarity(said: Said, span: Span) -> Polarity:
    """What is said behind the title in its clause decides ("Up bored me"), then a negation right before it, then
    the last cue before it in its sentence; without any a title is liked."""
    first = span[0]
    if (behind := _behind(said, span)) is not None:
        return behind
    for cue in reversed([cue for cue in said.cues if cue.last <= first]):
        between = said.text[said.tokens[cue.last - 1].end : said.tokens[first].start]
        values = set(cue.values)
        if _SENTENCE.search(between):
            break
        if "negation" in values and first - cue.last <= 1 and not _MARK.search(between):
            return "dislike"
        if values & {"like", "dislike", "seen"}:
            return "seen" if "seen" in values else "dislike" if "dislike" in values else "like"
    return "like"


def _behind(said: Said, span: Span) -> Polarity | None:
    """A cue behind the title in its clause that speaks of it: "X was my favourite", "X 看过了"."""
    last = span[1]
    for cue in said.cues:
        if cue.first < last or not (values := set(cue.values) & {"like", "dislike", "seen"}):
            continue
        between = said.text[said.tokens[last - 1].end : said.tokens[cue.first].start]
        verb = re.fullmatch(
            r"[\"”’》」]?\s*(?:(?:was|is|were|are|'s)\s+(?:\w+\s+){0,3}|我?(?:都|已经|真的|也)?)", between
        )
        chinese = has_cjk(said.tokens[cue.first].text)
        if verb and (between.strip(' "”’》」') or chinese or "dislike" in values):
            return "seen" if "seen" in values else "dislike" if "dislike" in values else "like"
        break
    return None

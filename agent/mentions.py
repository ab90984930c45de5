"""Titles that may stand in a text, and whether they are meant.

Ordinary words are titles too, so that a title has to be told: by words that say more than everyday talk, by how it is
written, by what stands beside it. Each sign is weighed (prompts/title_signs.yaml), and what adds up to more than 0 is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from handpicked.agent import evidence, grades, signs
from handpicked.agent.hints import Hints
from handpicked.agent.signs import Said, Span
from handpicked.tools.data import near_titles
from handpicked.tools.data.text import STOP_WORDS, has_cjk
from handpicked.tools.data.titles import Match

MEANT = 0.0
"""A title that weighs more is meant."""
_HARDLY = -5.0
"""Words that weigh less are no choice."""
_BREAK = re.compile(r"[\"'”’》」]*\s*(?:[.?!。？！\n]|$)")
_UNIT = re.compile(
    r"\s*(?:[年月日分块元刀后]|%|min|hour|mins|dollars?|bucks|years?|s\b|films?|movies?|of\b|or\b|more\b)",
    re.IGNORECASE,
)
"""What is counted, so that a number is none."""
_SHORTEST_PART = 4
"""The fewest letters of a part of a title; in Chinese two ideographs less."""
_PHRASE = 4
"""So many ideographs are a title by no chance, wherever the words around them are taken to begin."""
_YEARLIKE = 3
"""Fewer figures right behind an ideograph number what is before them: 异形1."""
_MANY = 24
"""How many items of one title are compared."""
_SERIES = 6
"""The most titles that words may be a part of."""
JOINT = re.compile(
    r"[\"”’》」!?]*\s*(?:,|，|、|&|/|\+|\band\b|\bn\b|\bor\b|\bvs\b\.?|\bversus\b|和|跟|与|或|还是|以及|或者|\bmeets\b|\bcrossed with\b)\s*(?:and\s+|or\s+)?(?:the\s+)?[\"“‘《「]*",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"[\"”’》」]*\s*(?:or|vs\.?|versus|还是|和|跟|比|vs)\s*[\"“‘《「]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """The words [first, last) of a text, the titles that they may be, and how much says that they are meant."""

    first: int
    last: int
    matches: tuple[Match, ...]
    score: float

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.first, self.last


def find(hints: Hints, shown: Sequence[int], skip_domains: Collection[str]) -> list[Mention]:
    """The titles that are meant in a text, in order, none overlapping."""
    single = [_weighed(hints, shown, span, found) for span, found in _grouped(hints, shown, skip_domains)]
    every = [
        replace(mention, score=mention.score + _together(hints.said, mention, single)) for mention in single
    ]
    chosen = _chosen(every)
    while True:
        spans = [mention.span for mention in chosen]
        raised = [_raised(hints.said, mention, spans) for mention in every]
        if len(more := _chosen(raised)) <= len(chosen):
            return sorted(chosen, key=lambda mention: mention.first)
        chosen = more


def _grouped(
    hints: Hints, shown: Collection[int], skip_domains: Collection[str]
) -> Iterator[tuple[Span, tuple[Match, ...]]]:
    """Matches by the words that they are of."""
    found: dict[Span, dict[tuple[int, str], Match]] = defaultdict(dict)
    allowed = hints.snapshot.outside(skip_domains)
    for match in _matches(hints):
        if allowed[match.row] and (match.row in shown or _possible(hints.said, match)):
            found[match.first, match.last].setdefault((match.row, match.name), match)
    for span, matches in found.items():
        kept = tuple(matches.values())
        whole = tuple(match for match in kept if not match.part)
        if whole or len({match.row for match in kept}) <= _SERIES:
            yield span, _likeliest(hints, shown, whole or kept)


def _likeliest(hints: Hints, shown: Collection[int], matches: tuple[Match, ...]) -> tuple[Match, ...]:
    """Of very many items of one title those that were shown, of a year in the text, or the most popular."""
    if len(matches) <= _MANY:
        return matches
    popularity, years = hints.snapshot.popularity, hints.snapshot.numbers("year")
    said = {year for year, _ in (*hints.years, *hints.short)}

    def order(match: Match) -> tuple[bool, bool, float]:
        return match.row in shown, years[match.row] in said, float(popularity[match.row])

    return tuple(sorted(matches, key=order, reverse=True)[:_MANY])


def _matches(hints: Hints) -> Iterator[Match]:
    """Titles in the words, and in the words without a possessive ending: "Shane's the best"."""
    titles, said = hints.snapshot.titles, hints.said
    for words in (said.words, said.bare) if said.bare != said.words else (said.words,):
        yield from titles.exact(words)
        yield from near_titles.find(titles, words, grades.telling, grades.spelled)


def _possible(said: Said, match: Match) -> bool:
    """Chinese titles begin and end with words; figures are no title unless they are written as it is; parts of a title
    are long enough to tell."""
    span = match.first, match.last
    written = said.words[match.first : match.last]
    if has_cjk("".join(written)):
        long = not match.part or len(written) > _SHORTEST_PART - 2
        whole = match.exact and len(written) >= _PHRASE
        return long and (match.slips > 0 or whole or signs.aligned(said, span) or evidence.quoted(said, span))
    if match.slips and len("".join(written)) < _SHORTEST_PART:
        return False  # "ww2" isn't wwz
    if match.part:
        if match.slips and len(written) == 1:
            return False
        if len("".join(written)) < _SHORTEST_PART or {written[0], written[-1]} & (
            STOP_WORDS - {"the", "a", "an"}
        ):
            return False
    if all(word.isdigit() for word in written):
        numbered = has_cjk(said.before(span)[-1:]) and len("".join(written)) < _YEARLIKE
        return match.exact and not _UNIT.match(said.after(span)) and not numbered
    return True


def _weighed(hints: Hints, shown: Sequence[int], span: Span, matches: tuple[Match, ...]) -> Mention:
    found, weights = evidence.weigh(hints, span, matches, shown), evidence.weights()
    return Mention(*span, matches, sum(weights[name] * strength for name, strength in found.items()))


def _together(said: Said, mention: Mention, every: Sequence[Mention]) -> float:
    """What it weighs that a title comes twice, or that there is a choice between it and another."""
    found: set[str] = set()
    for other in every:
        first, second = (mention, other) if mention.first < other.first else (other, mention)
        if other is mention or first.last > second.first or other.score < _HARDLY:
            continue
        part = all(match.part for match in mention.matches)
        if not part and said.words[slice(*mention.span)] == said.words[slice(*other.span)]:
            found.add("twice")
        between = said.text[said.end(first.span) : said.start(second.span)]
        if _CHOICE.fullmatch(between) and signs.upper(said, first.span) == signs.upper(said, second.span):
            whole = signs.opens(said, first.span) and _BREAK.match(said.after(second.span))
            found |= {"chosen between", "only titles"} if whole else {"chosen between"}
    return sum(evidence.weights()[name] for name in found)


def _raised(said: Said, mention: Mention, chosen: Sequence[Span]) -> Mention:
    """A title joined to one that is meant is likelier to be meant."""
    others = [span for span in chosen if mention.last <= span[0] or span[1] <= mention.first]
    sign = None if mention.span in chosen else beside(said, mention.span, others)
    return mention if sign is None else replace(mention, score=mention.score + evidence.weights()[sign])


def beside(said: Said, span: Span, others: Sequence[Span]) -> str | None:
    """The sign that a title is joined to another that is meant, in the same manner of writing."""
    for other in others:
        first, second = (span, other) if span[0] < other[0] else (other, span)
        between = said.text[said.end(first) : said.start(second)]
        outer = signs.begins(said, first) if first == span else signs.closes(said, second)
        if JOINT.fullmatch(between) and signs.upper(said, first) == signs.upper(said, second):
            comma = between.strip(" \"'”’》」“‘《「") in (",", "，", "、")
            return (
                "beside a title, comma" if comma else "beside a title" if outer else "beside a title, goes on"
            )
    return None


def _chosen(every: Sequence[Mention]) -> list[Mention]:
    """Those that are meant; where they overlap the longer one, then the one that weighs more."""
    chosen: list[Mention] = []
    meant = [mention for mention in every if mention.score >= MEANT]
    for mention in sorted(meant, key=_order):
        if all(mention.last <= other.first or other.last <= mention.first for other in chosen):
            chosen.append(mention)
    return chosen


def _order(mention: Mention) -> tuple[bool, int, bool, float]:
    part = all(match.part for match in mention.matches)
    short = mention.last - mention.first == 1
    return part and short, mention.first - mention.last, part, -mention.score

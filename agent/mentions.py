"""Titles that may stand in a text, and whether they are meant.

Ordinary words are titles too, so that a title has to be told: by words that say more than everyday talk, by how it is
written, by what stands beside it. Each sign weighs something, and what weighs 1 is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from handpicked.agent import lexicon, signs
from handpicked.agent.hints import Hints, Person
from handpicked.agent.signs import Said, Span
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import has_cjk
from handpicked.tools.data.titles import Match
from handpicked.tools.types import Item

MEANT = 1.0
_KNOWN = 0.2
"""From this popularity on, a title of plain words is known well enough to count for more."""
_SERIES = 6
"""The most titles that words may be a part of."""
_ARTICLES = frozenset(["the", "a", "an"])
_OBJECTS = frozenset(["her", "him", "us", "them", "me", "up"])
"""Words that can't be a sentence's subject: followed by a verb they are a title."""
_PRONOUNS = frozenset(
    "it her him us them me she he they we you this that these those one ones up go now yes no i is if be do so too more all".split()
)
_QUOTES = re.compile(r"[\"“«《〈「『]([^\"”»》〉」』]{1,80})[\"”»》〉」』]|(?<!\w)['‘]([^'’]{1,80})['’](?!\w)")
JOINT = re.compile(
    r"[\"”’》」!?]*\s*(?:,|，|、|&|/|\+|\band\b|\bn\b|\bor\b|\bvs\b\.?|\bversus\b|和|跟|与|或|还是|以及|或者)\s*(?:and\s+|or\s+)?(?:the\s+)?[\"“‘《「]*",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"[\"”’》」]*\s*(?:or|vs\.?|versus|还是|和|跟|vs)\s*[\"“‘《「]*", re.IGNORECASE)
_NOUN_BEFORE = re.compile(
    r"\b(?:movie|film|flick|book|novel|album|record|picture|documentary|musical|called|titled|named)[\s,:]+$|(?:电影|影片|片子|专辑|小说|那部|这部|那本|这本|叫|叫做)$",
    re.IGNORECASE,
)
_NOUN_BEHIND = re.compile(
    r"[\"”’》」]*,?\s*(?:the|that)\s+(?:[\w-]+\s+)?(?:movie|film|flick|book|novel|album|record|original|remake)\b|\s*(?:movie|film)\b"
    r"|[\"”’》」]*\s*(?:这|那)(?:部|本|张|篇|版)",
    re.IGNORECASE,
)
_PEOPLE_BEHIND = re.compile(r"[\"”’》」]?\s*,?\s*(?:by|with|starring|directed by|from)\s", re.IGNORECASE)
_ADJECTIVE = re.compile(r"\b(?:a|an|some|any|more|of|the|my|your|his|their|too|very|so|much)\s*$", re.IGNORECASE)


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
    every = [_weighed(hints, shown, span, found) for span, found in _grouped(hints, skip_domains)]
    every = _repeated(hints.said, every)
    chosen: list[Mention] = []
    while True:
        chosen = _chosen(every)
        raised = [_joined(hints.said, mention, chosen) for mention in every]
        if raised == every:
            return sorted(chosen, key=lambda mention: mention.first)
        every = raised


def _grouped(hints: Hints, skip_domains: Collection[str]) -> Iterator[tuple[Span, tuple[Match, ...]]]:
    """Matches by the words that they are of."""
    snapshot, words = hints.snapshot, hints.said.words
    titles = snapshot.titles
    found: dict[Span, dict[tuple[int, str], Match]] = defaultdict(dict)
    for match in (*titles.exact(words), *titles.near(words, _telling)):
        if _possible(hints.said, match) and snapshot.item(match.row).domain not in skip_domains:
            found[match.first, match.last].setdefault((match.row, match.name), match)
    for span, matches in found.items():
        kept = tuple(matches.values())
        whole = tuple(match for match in kept if not match.part)
        if whole or len({match.row for match in kept}) <= _SERIES:
            yield span, whole or kept


def _telling(word: str) -> bool:
    return not lexicon.is_plain(word) and word not in lexicon.load().people


def _possible(said: Said, match: Match) -> bool:
    """Chinese titles begin and end with words; figures are no title unless they are written as it is."""
    span = match.first, match.last
    written = said.words[match.first : match.last]
    if has_cjk("".join(written)):
        return signs.aligned(said, span) or _quoted(said, span)
    if all(word.isdigit() for word in written):
        return match.exact
    return True


def _weighed(hints: Hints, shown: Sequence[int], span: Span, matches: tuple[Match, ...]) -> Mention:
    score = max(_words(hints, span, match, len(matches)) for match in matches)
    score += _beside(hints.said, span, part=all(match.part for match in matches))
    items = [hints.snapshot.item(match.row) for match in matches]
    score += max(_hinted(hints, span, item) + _punctuated(hints.said, span, item) for item in items)
    score += 0.6 if any(match.row in shown for match in matches) else 0.0
    if any(_names(person, span, matches) for person in hints.people) and not _quoted(hints.said, span):
        score -= 1.0
    return Mention(*span, matches, score)


def _names(person: Person, span: Span, matches: Sequence[Match]) -> bool:
    """Whether the words are somebody's name, or a part of one."""
    inside = person.first <= span[0] and span[1] <= person.last
    overlaps = person.first < span[1] and span[0] < person.last
    return (inside and person.last - person.first > span[1] - span[0]) or (
        overlaps and all(match.slips or match.part for match in matches)
    )


def _words(hints: Hints, span: Span, match: Match, shared: int) -> float:
    """What the words themselves weigh."""
    written = hints.said.words[span[0] : span[1]]
    if has_cjk("".join(written)):
        weight = _ideographs(written)
    else:
        known = bool(hints.snapshot.popularity[match.row] >= _KNOWN)
        weight = _letters(hints, written[written[0] in _ARTICLES and len(written) > 1 :], known)
    part = (0.1 if shared < 3 else 0.3) if match.part else 0.0
    return weight - part - 0.1 * match.slips - 0.05 * (not match.exact and not match.slips and not match.part)


def _letters(hints: Hints, written: Sequence[str], known: bool) -> float:
    rare, common = _rare(hints, written)
    if len(written) == 1:
        if written[0] in _PRONOUNS:
            return -0.2
        return 0.6 * rare + 0.15 * common
    length = (0.0, 0.0, 0.2, 0.4, 0.65, 0.9)[min(len(written), 5)]
    return max(min(0.6 * rare + 0.3 * common, 1.0) + 0.1 * (len(written) > 2), length) + 0.2 * known


def _rare(hints: Hints, written: Sequence[str]) -> tuple[int, int]:
    """How many words are rare in talk, and how many are common ones or names, which tell less."""
    telling = [word for word in written if _telling(word)]
    common = [word for word in telling if word in lexicon.common() or hints.snapshot.names(word)]
    return len(telling) - len(common), len(common)


def _ideographs(written: Sequence[str]) -> float:
    phrase, known = " ".join(written), lexicon.load()
    if phrase in known.categories or phrase in known.domains:
        return -0.2
    weight = (0.0, -0.1, 0.35, 0.7, 1.0)[min(len(written), 4)]
    return weight - (0.5 if phrase in known.everyday and len(written) > 1 else 0.0)


def _beside(said: Said, span: Span, *, part: bool) -> float:
    """What the way it is written weighs, and what stands beside it."""
    weight = 1.3 if signs.alone(said, span) and not part else 0.4 * signs.alone(said, span)
    weight += 1.5 * _quoted(said, span)
    weight += _topic(said, span) if signs.is_cjk(said, span) else _capitals(said, span, part=part)
    if signs.cue_before(said, span, "named"):
        weight += 0.9
    elif signs.cue_before(said, span, "like", "dislike", "seen", "ask", "negation"):
        weight += 0.5 if signs.closes(said, span) else 0.2
    if signs.cue_behind(said, span) or signs.rated_behind(said, span):
        weight += 0.5 + 0.5 * (said.words[span[0]] in _OBJECTS and span[1] - span[0] == 1)
    if _NOUN_BEFORE.search(said.before(span)) or _NOUN_BEHIND.match(said.after(span)):
        weight += 0.5
    return weight


def _topic(said: Said, span: Span) -> float:
    """What it weighs that a Chinese title stands apart, most of all at the beginning."""
    if not signs.apart(said, span):
        return 0.0
    first = 0.3 if span[0] == 0 else 0.0
    asked = any("asked" in cue.values and cue.first >= span[1] for cue in said.cues)
    return 0.3 + first + (0.5 if first and asked else 0.0)


def _capitals(said: Said, span: Span, *, part: bool) -> float:
    words = said.words[span[0] : span[1]]
    if signs.upper(said, span):
        if all(word in lexicon.load().proper or word.isdigit() for word in words):
            return 0.0
        if len(words) > 1:
            return 0.6
        return 0.1 if signs.opens(said, span) else 0.2 if part else 0.7 if lexicon.is_plain(words[0]) else 0.5
    return -0.5 if said.cased and not said.text[said.start(span)].isdigit() else 0.0


def _punctuated(said: Said, span: Span, item: Item) -> float:
    """What it weighs that the mark at a title's end is there too: Them!"""
    behind = said.after(span)
    if item.title[-1] not in "!?" or behind[:1] != item.title[-1]:
        return 0.0
    return 1.2 if behind[1:].lstrip()[:1].islower() else 0.4


def _quoted(said: Said, span: Span) -> bool:
    """Whether quotes hold the title and nothing else."""
    start, end = said.start(span), said.end(span)
    for quote in _QUOTES.finditer(said.text):
        group = 1 if quote[1] else 2
        rest = f"{said.text[quote.start(group) : start]}{said.text[end : quote.end(group)]}"
        if quote.start(group) <= start and end <= quote.end(group) and not re.search(r"[^\W_]", rest):
            return True
    return False


def _hinted(hints: Hints, span: Span, item: Item) -> float:
    """What the year and the people weigh. A wrong year right beside a title speaks against it."""
    weight = 0.0
    if (given := hints.year(span)) is not None and item.year is not None:
        away = abs(given[0] - item.year)
        weight += 1.2 if away == 0 else 0.6 if away == 1 else -0.8
    elif any(year == item.year for year, _ in hints.years):
        weight += 0.5
    people = hints.people_of(item, span)
    if people:
        close = _PEOPLE_BEHIND.match(hints.said.after(span)) or any(p.last == span[0] for p in people)
        common = _ADJECTIVE.search(hints.said.before(span))
        weight += 0.9 if close else 0.3 if common else 0.6
        weight += 0.5 * (len(people) > 1)
    return weight


def _repeated(said: Said, every: list[Mention]) -> list[Mention]:
    """A title that comes twice, or that makes up its clause with another one, is likelier to be meant."""
    return [replace(mention, score=mention.score + _together(said, mention, every)) for mention in every]


def _together(said: Said, mention: Mention, every: Sequence[Mention]) -> float:
    weight = 0.0
    for other in every:
        first, second = (mention, other) if mention.first < other.first else (other, mention)
        if other is mention or first.last > second.first:
            continue
        if mention.score > 0 and said.words[slice(*mention.span)] == said.words[slice(*other.span)]:
            weight = max(weight, 0.2)
        between = said.text[said.end(first.span) : said.start(second.span)]
        if other.score > -0.3 and _CHOICE.fullmatch(between):
            opens, ends = signs.opens(said, first.span), signs.alone(said, (0, second.last)) or _ends(said, second)
            weight = max(weight, 0.3 + 0.4 * (opens and ends))
    return weight


def _ends(said: Said, mention: Mention) -> bool:
    rest = said.after(mention.span).lstrip(" \"'”’》」")
    return not rest or signs.CLAUSE.match(rest) is not None


def _joined(said: Said, mention: Mention, chosen: Sequence[Mention]) -> Mention:
    """A title beside one that is meant, joined to it and written in its manner, is meant too."""
    if mention.score >= MEANT or mention in chosen or mention.score < -0.3:
        return mention
    for other in chosen:
        first, second = (mention, other) if mention.first < other.first else (other, mention)
        if first.last > second.first:
            continue
        between = said.text[said.end(first.span) : said.start(second.span)]
        if JOINT.fullmatch(between) and signs.upper(said, first.span) == signs.upper(said, second.span):
            return replace(mention, score=MEANT)
    return mention


def _chosen(every: Sequence[Mention]) -> list[Mention]:
    """Those that are meant; where they overlap the longer one, then the one that weighs more."""
    chosen: list[Mention] = []
    meant = [mention for mention in every if mention.score >= MEANT]
    for mention in sorted(meant, key=_order):
        if all(mention.last <= other.first or other.last <= mention.first for other in chosen):
            chosen.append(mention)
    return chosen


def _order(mention: Mention) -> tuple[bool, int, float]:
    part = all(match.part for match in mention.matches)
    return part, mention.first - mention.last, -mention.score

"""Titles of the catalogue in a text: which are meant, and whether they are liked or refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from handpicked.agent import lexicon
from handpicked.agent.lexicon import Hit
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import STOP_WORDS, Token, has_cjk, longest_matches, segments, tokenize

Polarity = Literal["like", "dislike", "seen"]

_QUOTES = re.compile(r"[\"“«《〈「]([^\"”»》〉」]{1,80})[\"”»》〉」]|(?<!\w)['‘]([^'’]{1,80})['’](?!\w)")
_YEAR_AFTER = re.compile(r"[\"”»》]?\s*[(\[（,]?\s*((?:18|19|20)\d\d)\b[)\]）]?")
_YEAR_ONE = re.compile(
    r"\b((?:18|19|20)\d\d)\s+(?:one|version|film|movie|original)\b|((?:18|19|20)\d\d)\s*年?(?:那|版)"
)
_CLAUSE = re.compile(
    r"[,.;:!?()，。；！？、]|\b(?:but|and|or|for|with|from|that|which|because|though|is|was|so|as|the|one)\b"
    r"|但|和|或|跟|与|的|还|，"
)
_MARK = re.compile(r"[,.;:!?()，。；！？：\n]")
_SENTENCE = re.compile(r"[.!?。！？\n]")
_JOINT = re.compile(
    r"\s*(?:,|，|、|&|/|and|or|vs\.?|versus|both|和|跟|与|或|还是|以及)\s*(?:and\s+)?", re.IGNORECASE
)
_ARTICLES = frozenset(["the", "a", "an"])
_KNOWN = 0.2
"""From this popularity on, a title of one telling word and some plain ones is known well enough to stand alone."""
_FUZZY = 82.0
_FUZZY_WORDS = 6


@dataclass(frozen=True, slots=True)
class Link:
    """An item named in the text at [start, end), and how the user stands to it."""

    item_id: str
    start: int
    end: int
    polarity: Polarity


@dataclass(frozen=True, slots=True)
class _Said:
    """A text, its tokens, and the cues in it."""

    text: str
    tokens: Sequence[Token]
    cues: Sequence[Hit]


def link(snapshot: Snapshot, text: str, *, skip_domains: Collection[str] = ()) -> list[Link]:
    """The items whose titles stand in a text, in order; at most one each.

    Ordinary words are titles too, so that a title needs a sign that it is meant. Quotes or its year are enough;
    else it is asked for words that say more than everyday talk, capitals, a cue beside it ("like", "seen"), or
    that it is all there is. Of items that share a title the year decides, then popularity."""
    tokens = tokenize(text)
    said = _Said(text, tokens, lexicon.find(text, tokens, lexicon.load().cues))
    named: list[tuple[Span, list[int]]] = []
    for first, last, key in longest_matches(tokens, snapshot.titles):
        rows = [r for r in snapshot.titles[key] if snapshot.item(r).domain not in skip_domains]
        if rows:
            named.append(((first, last), rows))
    meant = [
        _certain(snapshot, said, span, rows) or _likely(snapshot, said, span, rows) for span, rows in named
    ]
    for place in range(len(named)):
        beside = [other for other in (place - 1, place + 1) if 0 <= other < len(named) and meant[other]]
        meant[place] = meant[place] or any(
            _listed(said, named[place][0], named[other][0]) for other in beside
        )
    found = [
        _link(snapshot, said, rows, span) for (span, rows), kept in zip(named, meant, strict=True) if kept
    ]
    return found or list(_fuzzy(snapshot, said, skip_domains))


Span = tuple[int, int]


def _certain(snapshot: Snapshot, said: _Said, span: Span, rows: Sequence[int]) -> bool:
    """Whether quotes hold the title and nothing else, or the year of one of the items follows it."""
    start, end = said.tokens[span[0]].start, said.tokens[span[1] - 1].end
    for quote in _QUOTES.finditer(said.text):
        group = 1 if quote[1] else 2
        rest = f"{said.text[quote.start(group) : start]}{said.text[end : quote.end(group)]}"
        if quote.start(group) <= start and end <= quote.end(group) and not re.search(r"[^\W\d]", rest):
            return True
    year = _YEAR_AFTER.match(said.text, end)
    return year is not None and any(snapshot.item(row).year == int(year[1]) for row in rows)


def _listed(said: _Said, one: Span, other: Span) -> bool:
    """Whether two titles are joined by "and", a comma or the like, written in one manner."""
    first, second = sorted((one, other))
    between = said.text[said.tokens[first[1] - 1].end : said.tokens[second[0]].start]
    return _JOINT.fullmatch(between) is not None and _upper(said, one) == _upper(said, other)


def _likely(snapshot: Snapshot, said: _Said, span: Span, rows: Sequence[int]) -> bool:
    first, last = span
    words = [token.text for token in said.tokens[first:last]]
    telling = sum(not lexicon.is_plain(word) for word in words)
    cued, upper = _cued(said, span), _upper(said, span)
    if has_cjk("".join(words)):
        phrase, known = " ".join(words), lexicon.load()
        enough = (
            len(words) >= 3 and telling and phrase not in known.everyday and phrase not in known.categories
        )
        return bool(cued or _alone(said, span) or enough) and _aligned(said, span)
    popular = len(words) > 1 and any(snapshot.popularity[row] >= _KNOWN for row in rows)
    fitting = upper or not _cased(said)
    if telling == 0:
        return cued and (upper or (popular and fitting)) and not all(word.isdigit() for word in words)
    capital = upper and (len(words) > 1 or not _opens(said, span))
    return (telling > 1 and fitting) or capital or cued or _alone(said, span) or (popular and fitting)


def _cued(said: _Said, span: Span) -> bool:
    """Whether a cue stands right before a title that ends its clause, or right behind it."""
    first, last = span
    before = any(cue.last == first and set(cue.values) - {"kin", "negation"} for cue in said.cues)
    rest = said.text[said.tokens[last - 1].end :].lstrip()
    behind = any(cue.first == last and "kin" in cue.values for cue in said.cues)
    return (
        behind
        or (before and (not rest or _CLAUSE.match(rest) is not None))
        or _polar_behind(said, span) is not None
    )


def _upper(said: _Said, span: Span) -> bool:
    """Whether the first word and all that aren't small have a capital, in a text that isn't all capitals."""
    first, last = span
    written = [t for t in said.tokens[first:last] if t is said.tokens[first] or t.text not in STOP_WORDS]
    return not said.text.isupper() and all(said.text[t.start].isupper() or t.text.isdigit() for t in written)


def _opens(said: _Said, span: Span) -> bool:
    """Whether a sentence begins here, whose first word has a capital anyway."""
    first = span[0]
    return first == 0 or bool(
        _SENTENCE.search(said.text[said.tokens[first - 1].end : said.tokens[first].start])
    )


def _cased(said: _Said) -> bool:
    """Whether the writer sets capitals within sentences, so that lower case says something."""
    return (
        any(
            said.text[token.start].isupper() and token.text not in ("i", "im", "ive", "id", "ill")
            for one, token in zip(said.tokens, said.tokens[1:], strict=False)
            if not _SENTENCE.search(said.text[one.end : token.start])
        )
        and not said.text.isupper()
    )


def _alone(said: _Said, span: Span) -> bool:
    """Whether the title is all that is said, or opens the text before a colon."""
    first, last = span
    if first != 0:
        return False
    rest = said.text[said.tokens[last - 1].end :].strip(" \"'”’》」")
    return last == len(said.tokens) or rest[:1] in (":", "：")


def _aligned(said: _Said, span: Span) -> bool:
    """Whether a Chinese title begins and ends where words do: 活着 isn't meant in 生活着."""
    starts, ends = zip(*segments(said.text), strict=True)
    return said.tokens[span[0]].start in starts and said.tokens[span[1] - 1].end in ends


def _link(snapshot: Snapshot, said: _Said, rows: Sequence[int], span: Span) -> Link:
    start, end = said.tokens[span[0]].start, said.tokens[span[1] - 1].end
    after, anywhere = _YEAR_AFTER.match(said.text, end), _YEAR_ONE.search(said.text)
    named = after[1] if after else next(filter(None, anywhere.groups()), None) if anywhere else None
    right = [row for row in rows if named is not None and snapshot.item(row).year == int(named)]
    best = max(right or rows, key=lambda row: (snapshot.popularity[row], _recorded(snapshot, row), -row))
    return Link(
        snapshot.item(best).item_id, start, after.end() if after and right else end, _polarity(said, span)
    )


def _recorded(snapshot: Snapshot, row: int) -> float:
    """How much is recorded of an item: of two unpopular films of one name the documented one is meant."""
    item = snapshot.item(row)
    return len(item.cast) + bool(item.description) * 10 + (item.rating or 0.0)


def _polarity(said: _Said, span: Span) -> Polarity:
    """What is said behind the title in its clause decides ("Up bored me"), then a negation right before it, then
    the last cue before it in its sentence; without any a title is liked."""
    first = span[0]
    if (behind := _polar_behind(said, span)) is not None:
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


def _polar_behind(said: _Said, span: Span) -> Polarity | None:
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


def _fuzzy(snapshot: Snapshot, said: _Said, skip_domains: Collection[str]) -> Iterator[Link]:
    """A mistyped title beside a cue: the closest title, if each of its words is the one written or a slip of it."""
    for first, last in _places(said):
        written = [token.text for token in said.tokens[first:last]]
        wanted = " ".join(written)
        if len(wanted) < 6 or has_cjk(wanted) or all(map(lexicon.is_plain, written)):
            continue
        for name in (wanted, f"the {wanted}"):
            close = process.extractOne(name, snapshot.titles.keys(), scorer=fuzz.ratio, score_cutoff=_FUZZY)
            if close is None or not _slip(name.split(), close[0].split()):
                continue
            rows = [r for r in snapshot.titles[close[0]] if snapshot.item(r).domain not in skip_domains]
            if rows:
                yield _link(snapshot, said, rows, (first, last))
                break


def _places(said: _Said) -> Iterator[Span]:
    """Where a title may be looked for: from a cue to the end of its clause, or from the start to words like "type"."""
    for cue in said.cues:
        if {"like", "dislike", "seen"} & set(cue.values) and cue.last < len(said.tokens):
            stop = _CLAUSE.search(said.text, said.tokens[cue.last].end)
            limit = stop.start() if stop else len(said.text)
            last = max((n for n, token in enumerate(said.tokens, 1) if token.end <= limit), default=cue.last)
            last = min(last, cue.last + _FUZZY_WORDS)
            while last > cue.last and said.tokens[last - 1].text in STOP_WORDS:
                last -= 1
            if last > cue.last:
                yield cue.last, last
        if "kin" in cue.values and 0 < cue.first <= _FUZZY_WORDS:
            yield 0, cue.first


def _slip(written: Sequence[str], title: Sequence[str]) -> bool:
    """Whether each word is the title's or a typing slip of it, which keeps the first letter; a mere plural is none,
    unless another word tells."""
    if len(written) != len(title):
        return False
    pairs = [(one, other) for one, other in zip(written, title, strict=True) if one != other]
    same = [one for one, other in zip(written, title, strict=True) if one == other]
    telling = any(not lexicon.is_plain(word) for word in same)
    return all(
        one[:1] == other[:1]
        and OSA.distance(one, other) * 3 <= min(len(other), 6)
        and (telling or not (one in other or other in one))
        for one, other in pairs
    )

"""Titles of the catalogue in a text: which are meant, and whether they are liked or refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process

from handpicked.agent import lexicon
from handpicked.agent.lexicon import Hit
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import STOP_WORDS, Token, has_cjk, longest_matches, tokenize

Polarity = Literal["like", "dislike", "seen"]

_QUOTES = re.compile(r"[\"“«《〈「'‘]([^\"”»》〉」'’]{1,80})[\"”»》〉」'’]")
_YEAR_AFTER = re.compile(r"[\"”»》]?\s*[(\[（,]?\s*((?:18|19|20)\d\d)\b[)\]）]?")
_YEAR_ONE = re.compile(
    r"\b((?:18|19|20)\d\d)\s+(?:one|version|film|movie|original)\b|((?:18|19|20)\d\d)\s*年?(?:那|版)"
)
_CLAUSE = re.compile(
    r"[,.;:!?()，。；！？、]|\b(?:but|and|or|for|with|from|that|which|because|though)\b|但|和|或"
)
_FUZZY = 88.0
_FUZZY_WORDS = 6


@dataclass(frozen=True, slots=True)
class Link:
    """An item named in the text at [start, end), and how the user stands to it."""

    item_id: str
    start: int
    end: int
    polarity: Polarity


def link(snapshot: Snapshot, text: str, *, skip_domains: Collection[str] = ()) -> list[Link]:
    """The items whose titles stand in a text, in order.

    A title of several words counts wherever it stands, unless all of them are function words; a single word
    only with a sign that a title is meant: quotes, a year behind it, a capital in mid-sentence, or a cue such
    as "like" before it. Of items that share a title the year decides, then popularity."""
    tokens = tokenize(text)
    cues = lexicon.find(text, tokens, lexicon.load().cues)
    found: list[Link] = []
    for first, last, key in longest_matches(tokens, snapshot.titles):
        if not _meant(text, tokens, cues, first, last):
            continue
        rows = [r for r in snapshot.titles[key] if snapshot.item(r).domain not in skip_domains]
        if rows:
            start, end = tokens[first].start, tokens[last - 1].end
            found.append(_link(snapshot, text, rows, start, end, _polarity(cues, tokens, text, first)))
    return found or _fuzzy(snapshot, text, tokens, cues, skip_domains)


def _meant(text: str, tokens: Sequence[Token], cues: Sequence[Hit], first: int, last: int) -> bool:
    words = [token.text for token in tokens[first:last]]
    start, end = tokens[first].start, tokens[last - 1].end
    if any(match.start(1) <= start and end <= match.end(1) for match in _QUOTES.finditer(text)):
        return True
    if _YEAR_AFTER.match(text, end):
        return True
    common = _is_common(words)
    if len(words) > 1 and not common and not all(word.isdigit() for word in words):
        return True
    after_cue = any(cue.last == first and {"like", "dislike", "seen"} & set(cue.values) for cue in cues)
    capital = text[start].isupper() and first > 0 and not text.isupper()
    if common or words[0].isdigit():
        return capital and after_cue
    return capital or (after_cue and _ends_clause(text, end))


def _is_common(words: Iterable[str]) -> bool:
    phrases = lexicon.load()
    known = {
        **phrases.categories,
        **phrases.domains,
        **phrases.languages,
        **phrases.countries,
        **phrases.cues,
    }
    given = list(words)
    return all(word in STOP_WORDS for word in given) or " ".join(given) in known


def _ends_clause(text: str, end: int) -> bool:
    rest = text[end:].lstrip()
    return not rest or _CLAUSE.match(rest) is not None


def _link(
    snapshot: Snapshot, text: str, rows: Sequence[int], start: int, end: int, polarity: Polarity
) -> Link:
    after, anywhere = _YEAR_AFTER.match(text, end), _YEAR_ONE.search(text)
    named = after[1] if after else next(filter(None, anywhere.groups()), None) if anywhere else None
    year = int(named) if named else None
    popularity = snapshot.popularity
    right = [row for row in rows if year is not None and snapshot.item(row).year == year] or list(rows)
    best = max(right, key=lambda row: (popularity[row], _known(snapshot, row), -row))
    return Link(snapshot.item(best).item_id, start, after.end() if after and year else end, polarity)


def _known(snapshot: Snapshot, row: int) -> float:
    """How much is known of an item: of two unpopular films of one name the documented one is meant."""
    item = snapshot.item(row)
    return len(item.cast) + bool(item.description) * 10 + (item.rating or 0.0)


def _polarity(cues: Sequence[Hit], tokens: Sequence[Token], text: str, first: int) -> Polarity:
    """The last cue before the title in the same sentence decides; without one a title is liked.

    In Chinese the cue may stand behind the title ("X 看过了")."""
    before = [cue for cue in cues if cue.last <= first and "negation" not in cue.values]
    for cue in reversed(before):
        if re.search(r"[.!?。！？]", text[tokens[cue.last - 1].end : tokens[first].start]):
            break
        return "seen" if "seen" in cue.values else "dislike" if "dislike" in cue.values else "like"
    return "like"


def _fuzzy(
    snapshot: Snapshot, text: str, tokens: Sequence[Token], cues: Sequence[Hit], skip_domains: Collection[str]
) -> list[Link]:
    """A mistyped title right after a cue: the closest title, if it is close enough."""
    found: list[Link] = []
    for cue in cues:
        if not {"like", "dislike"} & set(cue.values) or cue.last >= len(tokens):
            continue
        start = tokens[cue.last].start
        stop = _CLAUSE.search(text, start)
        span = [token for token in tokens[cue.last :] if token.end <= (stop.start() if stop else len(text))]
        wanted = " ".join(token.text for token in span[:_FUZZY_WORDS])
        if len(wanted) < 5 or has_cjk(wanted) or _is_common(wanted.split()):
            continue
        close = process.extractOne(wanted, snapshot.titles.keys(), scorer=fuzz.ratio, score_cutoff=_FUZZY)
        rows = (
            [r for r in snapshot.titles[close[0]] if snapshot.item(r).domain not in skip_domains]
            if close
            else []
        )
        if rows:
            end = span[min(len(span), _FUZZY_WORDS) - 1].end
            found.append(_link(snapshot, text, rows, start, end, _polarity(cues, tokens, text, cue.last)))
    return found

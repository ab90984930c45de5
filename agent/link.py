"""Titles of the catalogue in a text: which are meant, and whether they are liked or refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from handpicked.agent import lexicon, signs
from handpicked.agent.signs import Polarity, Said, Span
from handpicked.tools.data import slips
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import STOP_WORDS, has_cjk, longest_matches, tokenize

_QUOTES = re.compile(r"[\"“«《〈「]([^\"”»》〉」]{1,80})[\"”»》〉」]|(?<!\w)['‘]([^'’]{1,80})['’](?!\w)")
_YEAR_AFTER = re.compile(r"[\"”»》]?\s*[(\[（,]?\s*((?:18|19|20)\d\d)\b[)\]）]?")
_YEAR_ONE = re.compile(
    r"\b((?:18|19|20)\d\d)\s+(?:one|version|film|movie|original)\b|((?:18|19|20)\d\d)\s*年?(?:那|版)"
)
_JOINT = re.compile(
    r"\s*(?:,|，|、|&|/|and|or|vs\.?|versus|both|和|跟|与|或|还是|以及)\s*(?:and\s+)?", re.IGNORECASE
)
_KNOWN = 0.2
"""From this popularity on, a title of one telling word and some plain ones is known well enough to stand alone."""
_FUZZY_WORDS = 6


@dataclass(frozen=True, slots=True)
class Link:
    """An item named in the text at [start, end), and how the user stands to it."""

    item_id: str
    start: int
    end: int
    polarity: Polarity


def link(snapshot: Snapshot, text: str, *, skip_domains: Collection[str] = ()) -> list[Link]:
    """The items whose titles stand in a text, in order; at most one each.

    Ordinary words are titles too, so that a title needs a sign that it is meant. Quotes or its year are enough;
    else it is asked for words that say more than everyday talk, capitals, a cue beside it ("like", "seen"), or
    that it is all there is. Of items that share a title the year decides, then popularity."""
    tokens = tokenize(text)
    said = Said(text, tokens, lexicon.find(text, tokens, lexicon.load().cues))
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


def _certain(snapshot: Snapshot, said: Said, span: Span, rows: Sequence[int]) -> bool:
    """Whether quotes hold the title and nothing else, or the year of one of the items is given."""
    start, end = said.tokens[span[0]].start, said.tokens[span[1] - 1].end
    for quote in _QUOTES.finditer(said.text):
        group = 1 if quote[1] else 2
        rest = f"{said.text[quote.start(group) : start]}{said.text[end : quote.end(group)]}"
        if quote.start(group) <= start and end <= quote.end(group) and not re.search(r"[^\W\d]", rest):
            return True
    after = _YEAR_AFTER.match(said.text, end)
    years = [after[1]] if after else []
    if signs.upper(said, span):
        years += [year for one in _YEAR_ONE.finditer(said.text) for year in one.groups() if year]
    return any(snapshot.item(row).year == int(year) for row in rows for year in years)


def _listed(said: Said, one: Span, other: Span) -> bool:
    """Whether two titles are joined by "and", a comma or the like, written in one manner."""
    first, second = sorted((one, other))
    between = said.text[said.tokens[first[1] - 1].end : said.tokens[second[0]].start]
    return _JOINT.fullmatch(between) is not None and signs.upper(said, one) == signs.upper(said, other)


def _likely(snapshot: Snapshot, said: Said, span: Span, rows: Sequence[int]) -> bool:
    first, last = span
    words = [token.text for token in said.tokens[first:last]]
    telling = sum(not lexicon.is_plain(word) for word in words)
    cued, upper = signs.cued(said, span), signs.upper(said, span)
    if has_cjk("".join(words)):
        if len(words) == 1:
            return signs.alone(said, span)  # 她 is a pronoun: 《她》 is certain already
        phrase, known = " ".join(words), lexicon.load()
        enough = (
            len(words) >= 3 and telling and phrase not in known.everyday and phrase not in known.categories
        )
        return bool(cued or signs.alone(said, span) or enough) and signs.aligned(said, span)
    popular = len(words) > 1 and any(snapshot.popularity[row] >= _KNOWN for row in rows)
    fitting = upper or not signs.cased(said)
    capital = upper and (len(words) > 1 or not signs.opens(said, span))
    if telling == 0:
        proper = all(word.isdigit() or word in lexicon.load().proper for word in words)
        return not proper and (capital or (cued and (upper or (popular and fitting))))
    return (telling > 1 and fitting) or capital or cued or signs.alone(said, span) or (popular and fitting)


def _link(snapshot: Snapshot, said: Said, rows: Sequence[int], span: Span) -> Link:
    start, end = said.tokens[span[0]].start, said.tokens[span[1] - 1].end
    after, anywhere = _YEAR_AFTER.match(said.text, end), _YEAR_ONE.search(said.text)
    named = after[1] if after else next(filter(None, anywhere.groups()), None) if anywhere else None
    right = [row for row in rows if named is not None and snapshot.item(row).year == int(named)]
    best = max(right or rows, key=lambda row: (snapshot.popularity[row], _recorded(snapshot, row), -row))
    return Link(
        snapshot.item(best).item_id,
        start,
        after.end() if after and right else end,
        signs.polarity(said, span),
    )


def _recorded(snapshot: Snapshot, row: int) -> float:
    """How much is recorded of an item: of two unpopular films of one name the documented one is meant."""
    item = snapshot.item(row)
    return len(item.cast) + bool(item.description) * 10 + (item.rating or 0.0)


def _fuzzy(snapshot: Snapshot, said: Said, skip_domains: Collection[str]) -> Iterator[Link]:
    """A mistyped title beside a cue: the closest title, if each of its words is the one written or a slip of it."""
    for first, last in _places(said):
        written = [token.text for token in said.tokens[first:last]]
        wanted = " ".join(written)
        if len(wanted) < 6 or has_cjk(wanted) or all(map(lexicon.is_plain, written)):
            continue
        for words in (written, ["the", *written]):
            close = slips.closest(words, snapshot.titles, snapshot.title_words)
            if close is None or not _slip(words, close.split()):
                continue
            rows = [r for r in snapshot.titles[close] if snapshot.item(r).domain not in skip_domains]
            if rows:
                yield _link(snapshot, said, rows, (first, last))
                break


def _places(said: Said) -> Iterator[Span]:
    """Where a title may be looked for: from a cue to the end of its clause, or from the start to words like "type"."""
    for cue in said.cues:
        if {"like", "dislike", "seen"} & set(cue.values) and cue.last < len(said.tokens):
            stop = signs.CLAUSE.search(said.text, said.tokens[cue.last].end)
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
    """Whether words that differ are slips: a mere plural is none, unless another word tells."""
    if len(written) != len(title):
        return False
    pairs = [(one, other) for one, other in zip(written, title, strict=True) if one != other]
    same = [one for one, other in zip(written, title, strict=True) if one == other]
    telling = any(not lexicon.is_plain(word) for word in same)
    return all(telling or not (one in other or other in one) for one, other in pairs)

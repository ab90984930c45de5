"""Which item a title means, of those that share it: year, people and kind decide, then how it is written and how
well each is known."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from handpicked.agent import evidence, signs
from handpicked.agent.hints import Hints, age
from handpicked.agent.mentions import Mention
from handpicked.agent.signs import Span
from handpicked.tools.data.titles import Match
from handpicked.tools.types import Item

_BOTH = re.compile(r"\b(?:two|both)\s+$|两(?:部|个|版)$", re.IGNORECASE)
_FEW = 3
_NEAR = 3
"""How many words may stand between an adjective of age and the title."""


def rows(hints: Hints, mention: Mention, shown: Collection[int]) -> list[int]:
    """The row meant; several where the text tells apart several of one title ("the 1956 and the 1978 one")."""
    items = {match.row: hints.snapshot.item(match.row) for match in mention.matches}
    told = _told_apart(hints, mention.span, items)
    if len(told) > 1:
        return told
    best = max(mention.matches, key=lambda match: _weight(hints, mention, match, items[match.row], shown))
    same = [match.row for match in mention.matches if match.name == best.name and match.row != best.row]
    dates = {year for year, _ in (*hints.years, *hints.short)} & {item.year for item in items.values()}
    wanted = age(_around(hints, mention.span)) if same and not dates else None
    if wanted and not hints.people_of(items[best.row], mention.span):
        dated = [row for row in (best.row, *same) if items[row].year is not None]
        order = sorted(dated, key=lambda row: items[row].year or 0)
        return [order[0] if wanted == "old" else order[-1]] if order else [best.row]
    return [best.row]


def fame(hints: Hints, row: int) -> float:
    """How well an item is known: by its users, then by how much is recorded of it."""
    item = hints.snapshot.item(row)
    facts = len(item.cast) + 5 * len(item.aliases) + bool(item.description) * 10 + len(item.attributes)
    recent = ((item.year or 0) - 1900) / 300.0  # of two that nobody knows the later one is likelier meant
    return (
        float(hints.snapshot.popularity[row]) + min(facts, 100) / 200.0 + (item.rating or 0.0) / 25.0 + recent
    )


def _weight(hints: Hints, mention: Mention, match: Match, item: Item, shown: Collection[int]) -> float:
    weight = 2.0 * match.exact - 0.5 * match.slips - 1.0 * match.part + fame(hints, match.row)
    weight += 3.0 * (match.row in shown)
    if match.part and evidence.is_subtitle(item.title, hints.said.words[slice(*mention.span)], match.slips):
        weight += 2.0
    if item.year is not None:
        beside = hints.year(mention.span)
        years = [beside[0]] if beside else [year for year, _ in (*hints.years, *hints.short)]
        away = min((abs(year - item.year) for year in years), default=9)
        weight += 6.0 if away == 0 else 3.0 if away == 1 else 0.0
    near = signs.sentence(hints.said, mention.span)
    people = hints.people_of(item, mention.span)
    weight += 2.0 * hints.of_place(item) - 5.0 * len(hints.refused(item))
    weight += sum(4.0 if near[0] <= person.first < near[1] else 1.0 for person in people)
    behind = hints.said.after(mention.span)[:1]
    weight += 2.0 if behind in ("!", "?") and item.title.endswith(behind) else 0.0
    return weight + (2.0 if hints.kind == item.domain else 0.0)


def _told_apart(hints: Hints, span: Span, items: dict[int, Item]) -> list[int]:
    """Rows of which each has a year, or a person, of its own in the text; empty unless there are two."""
    said = [year for year, _ in sorted((*hints.years, *hints.short), key=lambda pair: pair[1])]
    by_year: dict[int, list[int]] = defaultdict(list)
    for row, item in items.items():
        if item.year in said:
            by_year[item.year].append(row)
    if len(by_year) > 1:
        return [best_of(hints, by_year[year]) for year in dict.fromkeys(said) if year in by_year]
    if _BOTH.search(hints.said.before(span)) and 1 < len(items) <= _FEW:
        return list(items)
    places = {row: item.country for row, item in items.items() if hints.of_place(item)}
    if len(set(places.values())) > 1:
        known = {
            country: best_of(hints, [r for r in places if places[r] == country])
            for country in places.values()
        }
        return list(known.values())
    near = signs.sentence(hints.said, span)
    people = {
        row: min(p.first for p in found)
        for row, item in items.items()
        if (found := [p for p in hints.people_of(item, span) if near[0] <= p.first < near[1]])
    }
    # One person of two films tells nothing apart.
    return sorted(people, key=lambda row: people[row]) if len(set(people.values())) == len(people) > 1 else []


def _around(hints: Hints, span: Span) -> str:
    first = max(0, span[0] - _NEAR)
    last = min(len(hints.said.tokens), span[1] + _NEAR + 2)
    return " ".join((*hints.said.words[first : span[0]], "|", *hints.said.words[span[1] : last]))


def best_of(hints: Hints, candidates: Sequence[int]) -> int:
    """The best known of some rows."""
    return max(candidates, key=lambda row: fame(hints, row))

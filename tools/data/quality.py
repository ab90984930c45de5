"""What a catalogue and its events are like: languages, lengths, duplicates, gaps, outliers, bots and one-hit users.

Nothing is changed: what is found is for a person to look at."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from handpicked.tools.data.clean import same_title
from handpicked.tools.data.documents import document
from handpicked.tools.data.event_store import EventColumns
from handpicked.tools.data.features import text_language
from handpicked.tools.data.text import words
from handpicked.tools.types import Item

Doubles = npt.NDArray[np.float64]

_OPTIONAL = (
    "description", "categories", "creators", "cast", "year", "runtime", "price", "rating", "brand", "language", "country",
    "url", "image_url",
)  # fmt: skip
_NUMBERS = ("year", "runtime", "price", "rating")
_FENCE = 3.0
"""Beyond this many interquartile ranges from the quartiles a value is "far out" (Tukey, Exploratory Data Analysis, 1977)."""
_FEWEST = 20
_COMMON = 0.1
_SIMILAR = 0.8
_SHINGLE = 3
_HASHES, _BANDS = 128, 16
_BURST, _BURST_S = 60, 60.0
"""Events in as many seconds that no person makes: one a second for a minute (rates like it mark robots in web logs:
Tan & Kumar, Discovery of Web Robot Sessions, 2002)."""
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Outliers:
    """Values of a field far outside of a domain's: how many, the fences, and the ids of the furthest."""

    domain: str
    field: str
    low: float
    high: float
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The items. `missing` is by domain and field, in 0..1; `languages` are of the items' own text, `unknown` where
    it can't be told; lengths are the 5th, 50th and 95th percentile and the maximum, in characters; `same` are
    items that share title, domain and year, `twins` share title and a maker with years at most one apart, `copies` share
    most of their description. `generated` items have no description of their own: what stands for them in search is
    made from their facts."""

    items: int
    domains: Mapping[str, int]
    languages: Mapping[str, int]
    missing: Mapping[str, Mapping[str, float]]
    title_lengths: tuple[float, ...]
    description_lengths: tuple[float, ...]
    generated: int
    same: tuple[tuple[str, ...], ...]
    twins: tuple[tuple[str, ...], ...]
    copies: tuple[tuple[str, ...], ...]
    outliers: tuple[Outliers, ...]


@dataclass(frozen=True, slots=True)
class Events:
    """The log. `unknown` events are of items that the catalogue lacks; `one_hit_*` have one event; `heavy` users have far
    more events than others (Tukey's far fence on logarithms), `bursts` made at least 60 in some minute; `gini` is of events over
    the items that have any, 0 for all alike; `density` is the share of user-item pairs with an event."""

    events: int
    users: int
    items: int
    kinds: Mapping[str, int]
    untimed: int
    unknown: int
    one_hit_users: int
    one_hit_items: int
    heavy: tuple[str, ...]
    bursts: tuple[str, ...]
    density: float
    gini: float


def catalog(items: Iterable[Item]) -> Catalog:
    """Look at all items; they are held in memory."""
    every = list(items)
    domains = Counter(item.domain for item in every)
    described = [item for item in every if item.description]
    return Catalog(
        items=len(every),
        domains=dict(domains.most_common()),
        languages=dict(Counter(text_language(item) or "unknown" for item in every).most_common()),
        missing={domain: _missing([i for i in every if i.domain == domain]) for domain in domains},
        title_lengths=_lengths([item.title for item in every]),
        description_lengths=_lengths([item.description for item in described]),
        generated=sum(document(item).generated for item in every),
        same=_same(every),
        twins=_twins(every),
        copies=_copies(described),
        outliers=tuple(found for domain in domains for found in _outliers(domain, every)),
    )


def events(log: EventColumns, known: frozenset[str]) -> Events:
    """Look at the whole log; `known` are the catalogue's ids."""
    n = len(log.user)
    by_user = np.bincount(log.user, minlength=len(log.users))
    by_item = np.bincount(log.item, minlength=len(log.items))
    strange = np.array([item not in known for item in log.items], bool)
    pairs = len(np.unique(log.user.astype(np.int64) * max(len(log.items), 1) + log.item))
    kinds = np.bincount(log.kind, minlength=len(log.kinds))
    return Events(
        events=n,
        users=len(log.users),
        items=len(log.items),
        kinds=dict(Counter({kind: int(kinds[at]) for at, kind in enumerate(log.kinds)}).most_common()),
        untimed=int(np.isnan(log.timestamp).sum()),
        unknown=int(by_item[strange].sum()) if n else 0,
        one_hit_users=int((by_user == 1).sum()),
        one_hit_items=int((by_item == 1).sum()),
        heavy=_heavy(log.users, by_user),
        bursts=_bursts(log),
        density=pairs / (len(log.users) * len(log.items)) if n else 0.0,
        gini=gini(by_item.astype(np.float64)),
    )


def gini(counts: Doubles) -> float:
    """The Gini coefficient of counts, 0 for all alike and towards 1 for all in one; 0 for none."""
    ranked = np.sort(counts)
    n, total = len(ranked), float(ranked.sum())
    if n == 0 or total == 0:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ranked / (n * total))


def _missing(items: Sequence[Item]) -> dict[str, float]:
    """Attributes count that a tenth of the items have: a rarer one is of few by its nature."""
    n = len(items)
    shares = {field: sum(getattr(item, field) in (None, "", ()) for item in items) / n for field in _OPTIONAL}
    held = Counter(name for item in items for name in item.attributes)
    return shares | {name: 1 - count / n for name, count in held.items() if count >= _COMMON * n}


def _lengths(texts: Sequence[str]) -> tuple[float, ...]:
    if not texts:
        return ()
    lengths = np.array([len(text) for text in texts], np.float64)
    return (*(float(x) for x in np.percentile(lengths, (5, 50, 95))), float(lengths.max()))


def _years_apart(one: Item, other: Item) -> int:
    return abs((one.year or 0) - (other.year or 0))


def _grouped(keyed: Iterable[tuple[object, str]]) -> tuple[tuple[str, ...], ...]:
    groups: dict[object, list[str]] = defaultdict(list)
    for key, item_id in keyed:
        groups[key].append(item_id)
    return tuple(tuple(ids) for ids in groups.values() if len(ids) > 1)


def _same(items: Sequence[Item]) -> tuple[tuple[str, ...], ...]:
    return _grouped(((item.domain, same_title(item.title), item.year), item.item_id) for item in items)


def _twins(items: Sequence[Item]) -> tuple[tuple[str, ...], ...]:
    """One film, two years: the same title and a maker in common, a year apart."""
    titled: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        if item.year is not None and item.creators:
            titled[item.domain, same_title(item.title)].append(item)
    return tuple(
        (one.item_id, other.item_id)
        for group in titled.values()
        for at, one in enumerate(group)
        for other in group[at + 1 :]
        if _years_apart(one, other) == 1 and set(one.creators) & set(other.creators)
    )


def _copies(items: Sequence[Item]) -> tuple[tuple[str, ...], ...]:
    """Pairs of descriptions whose word triples have a Jaccard similarity of .8 and more; candidates by MinHash."""
    rensa: Any = import_module("rensa")
    shingles: list[frozenset[str]] = [_shingles(item.description) for item in items]
    index = rensa.RMinHashLSH(threshold=_SIMILAR, num_perm=_HASHES, num_bands=_BANDS)
    found: list[tuple[str, ...]] = []
    for at, mine in enumerate(shingles):
        if not mine:
            continue
        sketch = rensa.RMinHash(num_perm=_HASHES, seed=7)
        sketch.update(sorted(mine))
        candidates: list[int] = sorted(index.query(sketch))
        for other in candidates:
            if len(mine & shingles[other]) >= _SIMILAR * len(mine | shingles[other]):
                found.append((items[other].item_id, items[at].item_id))
        index.insert(at, sketch)
    return tuple(found)


def _shingles(text: str) -> frozenset[str]:
    said = words(text)
    return frozenset(" ".join(said[at : at + _SHINGLE]) for at in range(len(said) - _SHINGLE + 1))


def _outliers(domain: str, items: Sequence[Item]) -> Iterable[Outliers]:
    for field in _NUMBERS:
        valued = [
            (float(v), i.item_id)
            for i in items
            if i.domain == domain and (v := getattr(i, field)) is not None
        ]
        if len(valued) < _FEWEST:
            continue
        values = np.array([value for value, _ in valued])
        low, high = _fences(values)
        out = sorted(
            (pair for pair in valued if not low <= pair[0] <= high), key=lambda p: -abs(p[0] - values.mean())
        )
        if out:
            yield Outliers(domain, field, low, high, len(out), tuple(i for _, i in out[:_EXAMPLES]))


def _fences(values: Doubles) -> tuple[float, float]:
    first, third = np.percentile(values, (25, 75))
    if first == third:  # most are alike, and whatever differs would be far out
        return -np.inf, np.inf
    return float(first - _FENCE * (third - first)), float(third + _FENCE * (third - first))


def _heavy(users: Sequence[str], counts: npt.NDArray[np.int64]) -> tuple[str, ...]:
    if len(users) < _FEWEST:
        return ()
    logs = np.log1p(counts.astype(np.float64))
    above = np.flatnonzero(logs > _fences(logs)[1])
    ranked: list[int] = above[np.argsort(-counts[above], kind="stable")].tolist()
    return tuple(users[at] for at in ranked)


def _bursts(log: EventColumns) -> tuple[str, ...]:
    """Events of one instant count once: a basket is rung up at one time."""
    timed = np.flatnonzero(~np.isnan(log.timestamp))
    instants = np.unique(np.stack([log.user[timed].astype(np.float64), log.timestamp[timed]], axis=1), axis=0)
    if len(instants) < _BURST:
        return ()
    user, when, last = instants[:, 0], instants[:, 1], _BURST - 1
    fast = (user[last:] == user[:-last]) & (when[last:] - when[:-last] < _BURST_S)
    found: list[int] = np.unique(user[:-last][fast]).astype(int).tolist()
    return tuple(log.users[at] for at in found)

"""What past conversations, and the items themselves, say of a conversation: sources that each score every item.

A source is a score of 0 and more by catalogue row; `SOURCES` names each with the tool that it belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.data import ease
from handpicked.tools.data.text import STOP_WORDS, phrase_key, words
from handpicked.tools.types import Embedder, Floats, Item, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types

SOURCES: Mapping[str, str] = {
    "near_recent": "dialogues", "near_whole": "dialogues", "near_words": "dialogues", "near_chosen": "dialogues",
    "ease": "collab", "together": "collab", "followed": "collab",
    "like_named": "similar", "like_closest": "similar", "like_words": "similar", "like_kind": "similar",
    "like_title": "similar", "like_people": "similar", "like_years": "similar",
    "text_recent": "search", "text_whole": "search", "text_words": "search", "text_kinds": "search",
    "text_people": "search",
    "chosen": "popular", "talked_of": "popular",
}  # fmt: skip
"""The tool of each source."""

_LAST = 3
_NEAREST = 100
_SHARPNESS = 8.0
"""A past turn votes with its cosine to this power: the nearest count most."""
_RIDGE = 10.0
_SHRINK = 3.0
_FEW = 2
"""EASE covers items of at least so many conversations."""
_SAME_USER = 20
_DECADE = 10.0
_LONGEST_NAME = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """A conversation up to an answer: its text, unit vectors of its last three utterances and of all of it, and the rows of the
    items named in it, in order."""

    text: str
    recent: Floats
    whole: Floats
    mentioned: Rows


@dataclass(frozen=True, slots=True)
class Answered:
    """A past turn: the rows chosen after it, and which conversation it is of."""

    turn: Turn
    chosen: Rows
    dialogue: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The catalogue as conversations speak of it. Matrices have a row for each item: unit vectors of its document and weighed
    words of it, of its title, its kinds and its people (sparse, rows of length 1)."""

    vectors: Floats
    vocabulary: Mapping[str, int]
    idf: Floats
    words: Any
    titles: Any
    kinds: Any
    people: Any
    kind_of: Mapping[str, int]
    person_of: Mapping[str, int]
    years: Floats

    def __len__(self) -> int:
        return len(self.years)


@dataclass(frozen=True, slots=True)
class Past:
    """Conversations that were had. `recent`, `whole` and `words` have a row for each turn; `chosen` counts a turn's choices,
    `members` a conversation's items, and `followed` choices after items (all sparse); `ease` is over the rows `head`;
    `picked` and `talked` count turns and conversations by item."""

    recent: Floats
    whole: Floats
    words: Any
    chosen: Any
    members: Any
    dialogue: Rows
    followed: Any
    head: Rows
    ease: Floats
    picked: Floats
    talked: Floats

    def __len__(self) -> int:
        return len(self.dialogue)


def shelf(items: Sequence[Item], vectors: Floats) -> Shelf:
    """Read the catalogue's items, in the order of its rows."""
    texts = [[*_told(item)] for item in items]
    vocabulary, idf = _vocabulary(texts)
    kind_of, kinds = _labels([[phrase_key(kind) for kind in item.categories] for item in items])
    people_of, people = _labels(
        [[phrase_key(name) for name in (*item.creators, *item.cast)] for item in items]
    )
    years = np.array([item.year or np.nan for item in items], np.float32)
    return Shelf(
        vectors=vectors,
        vocabulary=vocabulary,
        idf=idf,
        words=_weighed(texts, vocabulary, idf),
        titles=_weighed([content(item.title) for item in items], vocabulary, idf),
        kinds=kinds,
        people=people,
        kind_of=kind_of,
        person_of=people_of,
        years=years,
    )


def recent(context: Sequence[str]) -> str:
    """The text of a conversation's last three utterances."""
    return " ".join(context[-_LAST:])


def turn(embedder: Embedder, context: Sequence[str], mentioned: Rows) -> Turn:
    """A running conversation as a turn."""
    text = " ".join(context)
    return Turn(text, embedder.query(recent(context)), embedder.query(text), mentioned)


def content(text: str) -> list[str]:
    """A text's words but the ones that any text has."""
    return [word for word in words(text) if word not in STOP_WORDS]


def past(shelf: Shelf, answered: Sequence[Answered], histories: Sequence[Rows] = ()) -> Past:
    """Learn from past turns; `histories` are other people's choices, which tell what goes together too."""
    n, numbers = len(shelf), {d: i for i, d in enumerate(dict.fromkeys(one.dialogue for one in answered))}
    dialogue = np.array([numbers[one.dialogue] for one in answered], np.int64)
    talked = [np.concatenate([one.turn.mentioned, one.chosen]) for one in answered]
    members = _binary(_pairs(talked, dialogue), (len(numbers), n))
    head, together = _ease(members, histories, n)
    dimensions = shelf.vectors.shape[1]
    chosen = _counted(_pairs([one.chosen for one in answered], np.arange(len(answered))), (len(answered), n))
    return Past(
        recent=stacked([one.turn.recent for one in answered], dimensions),
        whole=stacked([one.turn.whole for one in answered], dimensions),
        words=_weighed([content(one.turn.text) for one in answered], shelf.vocabulary, shelf.idf),
        chosen=chosen,
        members=members,
        dialogue=dialogue,
        followed=_counted(_followed(answered), (n, n)),
        head=head,
        ease=together,
        picked=np.asarray(chosen.sum(axis=0), np.float32).ravel(),
        talked=np.asarray(members.sum(axis=0), np.float32).ravel(),
    )


def scores(shelf: Shelf, past: Past, turn: Turn) -> dict[str, Floats]:
    """Every source's score of every row."""
    said = content(turn.text)
    asked = _dense(_weighed([said], shelf.vocabulary, shelf.idf))
    # In one product, which reads the matrix once.
    cosines = shelf.vectors @ np.vstack([turn.recent, turn.whole, shelf.vectors[turn.mentioned]]).T
    found = {**_from_past(shelf, past, turn, asked), **_from_items(shelf, turn, cosines[:, 2:])}
    found |= {
        "text_recent": cosines[:, 0],
        "text_whole": cosines[:, 1],
        "text_words": _dense(shelf.words @ asked),
        "text_kinds": _dense(shelf.kinds @ _indicator(shelf.kind_of, said)),
        "text_people": _dense(shelf.people @ _indicator(shelf.person_of, _names(turn.text))),
    }
    return {name: np.maximum(found[name], 0.0).astype(np.float32) for name in SOURCES}


def histories_apart(answered: Sequence[Answered], histories: Iterable[Rows]) -> list[Rows]:
    """Histories but those that are most likely of a conversation among these: few items, most of them talked of in it.

    What somebody liked in a conversation is often logged as events too: a conversation must not vote for itself by them."""
    of_item: dict[int, set[str]] = {}
    for one in answered:
        for row in (*one.turn.mentioned.tolist(), *one.chosen.tolist()):
            of_item.setdefault(row, set()).add(one.dialogue)
    kept: list[Rows] = []
    for history in histories:
        rows = set(history.tolist())
        near = Counter(name for row in rows for name in of_item.get(row, ()))
        if len(rows) > _SAME_USER or 2 * max(near.values(), default=0) <= len(rows):
            kept.append(history)
    return kept


def _from_past(shelf: Shelf, past: Past, turn: Turn, asked: Floats) -> dict[str, Floats]:
    """Votes of the nearest past turns, what was talked of together, and what was chosen at all."""
    near = {
        "near_recent": past.recent @ turn.recent,
        "near_whole": past.whole @ turn.whole,
        "near_words": _dense(past.words @ asked),
    }
    weights = {name: _votes(cosines) for name, cosines in near.items()}
    talked = {
        name: _dense(past.members.T @ np.bincount(past.dialogue, w, past.members.shape[0]).astype(np.float32))
        for name, w in weights.items()
    }
    named = np.bincount(turn.mentioned, minlength=len(shelf)).clip(0, 1).astype(np.float32)
    times = past.talked
    together = _dense(past.members.T @ (past.members @ (named / np.sqrt(times + _SHRINK))))
    implied = np.zeros(len(shelf), np.float32)
    implied[past.head] = named[past.head] @ past.ease
    return {
        **talked,
        "near_chosen": _dense(past.chosen.T @ (weights["near_recent"] + weights["near_words"])),
        "ease": implied,
        "together": _dense(together / np.sqrt(times + _SHRINK)),
        "followed": _dense(past.followed.T @ (named / np.sqrt(times + _SHRINK))),
        "chosen": _dense(np.log1p(past.picked)),
        "talked_of": _dense(np.log1p(times)),
    }


def _from_items(shelf: Shelf, turn: Turn, cosines: Floats) -> dict[str, Floats]:
    """Likeness to the items that were named."""
    rows, n = turn.mentioned, len(shelf)
    if not len(rows):
        none = np.zeros(n, np.float32)
        return dict.fromkeys([name for name, tool in SOURCES.items() if tool == "similar"], none)
    years = shelf.years[rows]
    middle = np.nanmean(years) if np.isfinite(years).any() else np.nan
    return {
        "like_named": cosines.mean(axis=1),
        "like_closest": cosines.max(axis=1),
        "like_words": _alike(shelf.words, rows),
        "like_kind": _alike(shelf.kinds, rows),
        "like_title": _dense((shelf.titles @ shelf.titles[rows].T).max(axis=1)),
        "like_people": _alike(shelf.people, rows),
        "like_years": np.nan_to_num(np.exp(-np.abs(shelf.years - middle) / _DECADE), nan=0.0).astype(
            np.float32
        ),
    }


def _alike(matrix: Any, rows: Rows) -> Floats:
    return _dense(matrix @ np.asarray(matrix[rows].mean(axis=0)).ravel())


def _votes(cosines: Floats) -> Floats:
    """Weights of past turns: their cosines, sharpened; only the nearest have one."""
    weights = np.maximum(cosines, 0.0) ** _SHARPNESS
    if len(weights) > _NEAREST:
        weights[np.argpartition(-weights, _NEAREST)[_NEAREST:]] = 0.0
    return weights.astype(np.float32)


def _ease(members: Any, histories: Sequence[Rows], n: int) -> tuple[Rows, Floats]:
    """EASE (Steck 2019) over conversations and histories alike; its rows are those of some conversations."""
    counts = np.asarray(members.sum(axis=0)).ravel()
    head: Rows = np.flatnonzero(counts >= _FEW)
    others = _binary(_pairs(histories, np.arange(len(histories))), (len(histories), n))
    matrix = sparse.vstack([members, others], format="csr")[:, head]
    return head, ease.fit(matrix, ridge=_RIDGE)


def _followed(answered: Sequence[Answered]) -> Iterator[tuple[int, int]]:
    """Each item that had been named with each that was then chosen."""
    for one in answered:
        for row in one.chosen.tolist():
            yield from ((before, row) for before in one.turn.mentioned.tolist())


def _told(item: Item) -> Iterator[str]:
    for text in (item.title, item.title, *item.categories, *item.creators, *item.cast, item.description):
        yield from content(text)


def _names(text: str) -> Iterator[str]:
    """Runs of words that may be somebody's full name."""
    tokens = phrase_key(text).split()
    for length in range(2, _LONGEST_NAME + 1):
        yield from (" ".join(tokens[at : at + length]) for at in range(len(tokens) - length + 1))


def _vocabulary(texts: Sequence[Sequence[str]]) -> tuple[dict[str, int], Floats]:
    frequency = Counter(word for text in texts for word in set(text))
    vocabulary = {word: at for at, word in enumerate(sorted(frequency))}
    counts = np.array([frequency[word] for word in vocabulary], np.float32)
    return vocabulary, np.log((1 + len(texts)) / (1 + counts)).astype(np.float32)


def _weighed(texts: Sequence[Sequence[str]], vocabulary: Mapping[str, int], idf: Floats) -> Any:
    """TF-IDF rows of length 1, a word's count damped by its logarithm."""
    pairs = ((row, vocabulary[word]) for row, text in enumerate(texts) for word in text if word in vocabulary)
    matrix = _counted(pairs, (len(texts), len(vocabulary)))
    matrix.data = (1 + np.log(matrix.data)) * idf[matrix.indices]
    return _unit(matrix)


def _labels(names: Sequence[Sequence[str]]) -> tuple[dict[str, int], Any]:
    known = {name: at for at, name in enumerate(sorted({name for row in names for name in row if name}))}
    pairs = ((row, known[name]) for row, some in enumerate(names) for name in set(some) if name)
    return known, _unit(_counted(pairs, (len(names), len(known))))


def _indicator(known: Mapping[str, int], found: Iterable[str]) -> Floats:
    vector = np.zeros(len(known), np.float32)
    vector[[known[name] for name in found if name in known]] = 1.0
    return vector


def _unit(matrix: Any) -> Any:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
    return (sparse.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ matrix).tocsr()


def _pairs(lists: Sequence[Rows], rows: Rows) -> Iterator[tuple[int, int]]:
    for row, some in zip(rows.tolist(), lists, strict=True):
        yield from ((row, at) for at in some.tolist())


def _counted(pairs: Iterable[tuple[int, int]], shape: tuple[int, int]) -> Any:
    found = np.array(list(pairs), np.int64).reshape(-1, 2)
    ones = np.ones(len(found), np.float32)
    return sparse.csr_matrix((ones, (found[:, 0], found[:, 1])), shape=shape)


def _binary(pairs: Iterable[tuple[int, int]], shape: tuple[int, int]) -> Any:
    matrix = _counted(pairs, shape)
    matrix.data[:] = 1.0
    return matrix


def stacked(rows: Sequence[Floats], dimensions: int) -> Floats:
    """Vectors as a matrix, with its columns where there are none."""
    return np.stack(rows) if rows else np.empty((0, dimensions), np.float32)


def _dense(found: Any) -> Floats:
    return np.asarray(found.todense() if sparse.issparse(found) else found, np.float32).ravel()

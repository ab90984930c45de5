"""What past conversations, and the items themselves, say of a conversation: sources that each score every item.

A source is a score of 0 and more by catalogue row; `SOURCES` names each with the tool that it belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from handpicked.tools.data import bags, ease, regression
from handpicked.tools.data.shelf import Shelf, content
from handpicked.tools.data.text import phrase_key
from handpicked.tools.types import Embedder, Floats, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types

SOURCES: Mapping[str, str] = {
    "near_recent": "dialogues", "near_whole": "dialogues", "near_words": "dialogues", "near_chosen": "dialogues",
    "expected": "dialogues", "expected_with": "dialogues", "expected_like": "dialogues",
    "ease": "collab", "together": "collab", "followed": "collab", "shared": "collab",
    "like_named": "similar", "like_closest": "similar", "like_words": "similar", "like_kind": "similar",
    "like_title": "similar", "like_people": "similar", "like_years": "similar", "same_title": "similar",
    "text_recent": "search", "text_whole": "search", "text_words": "search", "text_kinds": "search",
    "text_people": "search",
    "chosen": "popular", "talked_of": "popular", "owned": "popular", "newest": "popular",
}  # fmt: skip
"""The tool of each source."""

_LAST = 3
_NEAREST = 100
_SHARPNESS = 8.0
"""A past turn votes with its cosine to this power: the nearest count most."""
_RIDGE = 30.0
_HEAD = 4_000
"""EASE covers the items that were talked of, these many at most."""
_OTHERS = 0.05
"""What a history counts beside a conversation in EASE: it is many times as long."""
_SHRINK = 3.0
_FEW_OWN = 10.0
_NEW = 8.0
"""Years in which the newness of an item falls to a third."""
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
class Past:
    """Conversations that were had. `recent`, `whole` and `words` have a row for each turn; `chosen` counts a turn's choices,
    `members` a conversation's items, `followed` choices after items, and `histories` have a row for each other user (all sparse);
    `named` has the mean vector of the items named in each turn, `expected` weights from turns to conversations; `ease` is over
    the rows `head`; `picked`, `talked` and `owned` count turns, conversations and users by item."""

    recent: Floats
    whole: Floats
    named: Floats
    words: Any
    chosen: Any
    members: Any
    dialogue: Rows
    expected: Floats
    followed: Any
    histories: Any
    head: Rows
    ease: Floats
    picked: Floats
    talked: Floats
    owned: Floats

    def __len__(self) -> int:
        return len(self.dialogue)


def recent(context: Sequence[str]) -> str:
    """The text of a conversation's last three utterances."""
    return " ".join(context[-_LAST:])


def turn(embedder: Embedder, context: Sequence[str], mentioned: Rows) -> Turn:
    """A running conversation as a turn."""
    text = " ".join(context)
    return Turn(text, embedder.query(recent(context)), embedder.query(text), mentioned)


def past(shelf: Shelf, answered: Sequence[Answered], histories: Sequence[Rows] = ()) -> Past:
    """Learn from past turns; `histories` are other people's choices, which tell what goes together too."""
    n, numbers = len(shelf), {d: i for i, d in enumerate(dict.fromkeys(one.dialogue for one in answered))}
    dialogue = np.array([numbers[one.dialogue] for one in answered], np.int64)
    talked = [np.concatenate([one.turn.mentioned, one.chosen]) for one in answered]
    members = bags.binary(bags.pairs(talked, dialogue), (len(numbers), n))
    others = _histories(shelf, histories)
    head, together = _ease(members, others)
    dimensions = shelf.vectors.shape[1]
    recent = stacked([one.turn.recent for one in answered], dimensions)
    whole = stacked([one.turn.whole for one in answered], dimensions)
    named = stacked([_middle(shelf, one.turn.mentioned) for one in answered], dimensions)
    said = bags.weighed([content(one.turn.text) for one in answered], shelf.vocabulary, shelf.idf)
    last = slice(-regression.MOST, None)
    alike = regression.likeness(
        recent[last] @ recent[last].T,
        whole[last] @ whole[last].T,
        named[last] @ named[last].T,
        (said[last] @ said[last].T).toarray(),
    )
    chosen = bags.counted(
        bags.pairs([one.chosen for one in answered], np.arange(len(answered))), (len(answered), n)
    )
    return Past(
        recent=recent,
        whole=whole,
        named=named,
        words=said,
        chosen=chosen,
        members=members,
        dialogue=dialogue,
        expected=regression.fit(alike, dialogue[last], len(numbers)),
        followed=bags.counted(_followed(answered), (n, n)),
        histories=_shortened(others),
        head=head,
        ease=together,
        picked=np.asarray(chosen.sum(axis=0), np.float32).ravel(),
        talked=np.asarray(members.sum(axis=0), np.float32).ravel(),
        owned=np.asarray(others.sum(axis=0), np.float32).ravel(),
    )


def scores(shelf: Shelf, past: Past, turn: Turn) -> dict[str, Floats]:
    """Every source's score of every row."""
    said = content(turn.text)
    asked = bags.dense(bags.weighed([said], shelf.vocabulary, shelf.idf))
    found = _from_past(shelf, past, turn, asked)
    beyond = _beyond(past, found["expected"])
    talked = np.flatnonzero(beyond)
    middle = beyond[talked] @ shelf.vectors[talked]
    # In one product, which reads the matrix once.
    cosines = shelf.vectors @ np.vstack([turn.recent, turn.whole, middle, shelf.vectors[turn.mentioned]]).T
    found |= {
        **_from_others(shelf, past, turn),
        **_from_items(shelf, turn, cosines[:, 3:]),
        "expected_with": _of_head(shelf, past, beyond[past.head] @ past.ease),
        "expected_like": cosines[:, 2] - cosines[:, 2].min(initial=0.0),
    }
    found |= {
        "text_recent": cosines[:, 0],
        "text_whole": cosines[:, 1],
        "text_words": bags.dense(shelf.words @ asked),
        "text_kinds": bags.dense(shelf.kinds @ bags.indicator(shelf.kind_of, said)),
        "text_people": bags.dense(shelf.people @ bags.indicator(shelf.person_of, _names(turn.text))),
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
        "near_words": bags.dense(past.words @ asked),
    }
    named = past.named @ _middle(shelf, turn.mentioned)
    alike = regression.likeness(near["near_recent"], near["near_whole"], named, near["near_words"])
    weights = {name: _votes(cosines) for name, cosines in near.items()}
    talked = {
        name: bags.dense(
            past.members.T @ np.bincount(past.dialogue, w, past.members.shape[0]).astype(np.float32)
        )
        for name, w in weights.items()
    }
    had, times = _named(shelf, turn), past.talked
    together = bags.dense(past.members.T @ (past.members @ (had / np.sqrt(times + _SHRINK))))
    return {
        **talked,
        "expected": bags.dense(past.members.T @ (past.expected @ alike[-regression.MOST :])),
        "near_chosen": bags.dense(past.chosen.T @ (weights["near_recent"] + weights["near_words"])),
        "ease": _of_head(shelf, past, past.ease[np.flatnonzero(had[past.head])].sum(axis=0)),
        "together": bags.dense(together / np.sqrt(times + _SHRINK)),
        "followed": bags.dense(past.followed.T @ (had / np.sqrt(times + _SHRINK))),
        "chosen": bags.dense(np.log1p(past.picked)),
        "talked_of": bags.dense(np.log1p(times)),
    }


def _beyond(past: Past, expected: Floats) -> Floats:
    """How much more than in any conversation each item is expected; it sums to nothing, so that what all vectors have in
    common has no say where they are summed by it."""
    share = float(expected.sum()) / max(float(past.talked.sum()), 1.0)
    return np.asarray(expected - share * past.talked, np.float32)


def _of_head(shelf: Shelf, past: Past, scores: Floats) -> Floats:
    """Scores of the rows of the head as scores of all rows."""
    found = np.zeros(len(shelf), np.float32)
    found[past.head] = scores
    return found


def _from_others(shelf: Shelf, past: Past, turn: Turn) -> dict[str, Floats]:
    """What other people have, what goes with it, and what there is of newer items."""
    rare = 1 / np.sqrt(past.owned + _FEW_OWN)
    shared = past.histories.T @ (past.histories @ (_named(shelf, turn) * rare)) * rare
    ages = (np.nanmax(shelf.years) if np.isfinite(shelf.years).any() else np.nan) - shelf.years
    return {
        "shared": bags.dense(shared),
        "owned": np.log1p(past.owned),
        "newest": np.nan_to_num(np.exp(-ages / _NEW), nan=0.0).astype(np.float32),
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
        "like_title": bags.dense((shelf.titles @ shelf.titles[rows].T).max(axis=1)),
        "like_people": _alike(shelf.people, rows),
        "same_title": bags.dense(shelf.twins @ _named(shelf, turn)).clip(0, 1),
        "like_years": np.nan_to_num(np.exp(-np.abs(shelf.years - middle) / _DECADE), nan=0.0).astype(
            np.float32
        ),
    }


def _alike(matrix: Any, rows: Rows) -> Floats:
    return bags.dense(matrix @ np.asarray(matrix[rows].mean(axis=0)).ravel())


def _votes(cosines: Floats) -> Floats:
    """Weights of past turns: their cosines, sharpened; only the nearest have one."""
    weights = np.maximum(cosines, 0.0) ** _SHARPNESS
    if len(weights) > _NEAREST:
        weights[np.argpartition(-weights, _NEAREST)[_NEAREST:]] = 0.0
    return weights.astype(np.float32)


def _named(shelf: Shelf, turn: Turn) -> Floats:
    return np.bincount(turn.mentioned, minlength=len(shelf)).clip(0, 1).astype(np.float32)


def _middle(shelf: Shelf, rows: Rows) -> Floats:
    """The unit vector of the items together, zeros for none."""
    found: Floats = shelf.vectors[rows].sum(axis=0, dtype=np.float32)
    return found / np.float32(max(float(np.linalg.norm(found)), 1e-9))


def _histories(shelf: Shelf, histories: Sequence[Rows]) -> Any:
    """Who has what: who has an item has its twins."""
    found = bags.binary(bags.pairs(histories, np.arange(len(histories))), (len(histories), len(shelf)))
    found = (found + found @ shelf.twins).tocsr()
    found.data[:] = 1.0
    return found


def _shortened(histories: Any) -> Any:
    """Rows divided by the root of their length, so that who has much does not outvote the others."""
    lengths = np.asarray(histories.sum(axis=1)).ravel()
    return (sparse.diags((1 / np.sqrt(np.maximum(lengths, 1.0))).astype(np.float32)) @ histories).tocsr()


def _ease(members: Any, histories: Any) -> tuple[Rows, Floats]:
    """EASE (Steck 2019) over conversations and histories; its rows are those that were talked of most."""
    counts = np.asarray(members.sum(axis=0)).ravel()
    head: Rows = np.sort(np.argsort(-counts, kind="stable")[: min(_HEAD, int((counts > 0).sum()))])
    gram = ease.gram(members[:, head], 0.0)
    gram += np.float32(_OTHERS) * ease.gram(histories[:, head], 0.0)
    return head, ease.weights(gram, ridge=_RIDGE, dropout=0.0, relaxed=0.0)


def _followed(answered: Sequence[Answered]) -> Iterator[tuple[int, int]]:
    """Each item that had been named with each that was then chosen."""
    for one in answered:
        for row in one.chosen.tolist():
            yield from ((before, row) for before in one.turn.mentioned.tolist())


def _names(text: str) -> Iterator[str]:
    """Runs of words that may be somebody's full name."""
    tokens = phrase_key(text).split()
    for length in range(2, _LONGEST_NAME + 1):
        yield from (" ".join(tokens[at : at + length]) for at in range(len(tokens) - length + 1))


def stacked(rows: Sequence[Floats], dimensions: int) -> Floats:
    """Vectors as a matrix, with its columns where there are none."""
    return np.stack(rows) if rows else np.empty((0, dimensions), np.float32)

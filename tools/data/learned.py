"""What a build learned of conversations: the turns themselves, and the blend that was fitted on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson

from handpicked.tools.data import blend, conversations, shelf
from handpicked.tools.data.blend import MIN_TURNS, Blend, Blended
from handpicked.tools.data.conversations import Answered, Past, Turn
from handpicked.tools.data.records import Records
from handpicked.tools.data.shelf import Shelf
from handpicked.tools.types import Dialogue, Floats, Item, Mask, Rows

LARGEST = 100_000
"""Every item is scored in every turn, so that larger catalogues have no blend."""
Embed = Callable[[Sequence[str]], Floats]


@dataclass(frozen=True)
class Learned:
    """Past turns and other people's choices by the build's rows, and the blend."""

    shelf: Shelf
    answered: tuple[Answered, ...]
    histories: tuple[Rows, ...]
    blend: Blend

    @cached_property
    def past(self) -> Past:
        """What the past turns say."""
        return conversations.past(self.shelf, self.answered, self.histories)

    def rank(self, turn: Turn, allowed: Mask) -> Blended:
        """The items for a running conversation among the rows allowed, those named left out."""
        found = conversations.scores(self.shelf, self.past, turn)
        return blend.blend(found, self.blend, turn, allowed=allowed)


def fit(
    items: Sequence[Item],
    vectors: Floats,
    answered: Sequence[Answered],
    histories: Sequence[Rows],
    on_progress: Callable[[int, int], None],
) -> Learned | None:
    """Learn from past turns; None where there are too few of them or too many items."""
    if len(answered) < MIN_TURNS or len(items) > LARGEST:
        return None
    known = shelf.shelf(items, vectors)
    others = conversations.histories_apart(answered, histories)
    fitted = blend.fit(known, answered, others, on_progress=on_progress)
    return Learned(known, tuple(answered), tuple(others), fitted)


def turns(dialogues: Sequence[Dialogue], row_of: Mapping[str, int], embed: Embed) -> list[Answered]:
    """Past turns with a choice that the catalogue has; those of no named conversation are one each."""
    usable = [one for one in dialogues if any(item_id in row_of for item_id in one.target)]
    recent = embed([conversations.recent(one.context) for one in usable])
    whole = embed([" ".join(one.context) for one in usable])
    return [
        Answered(
            Turn(" ".join(one.context), recent[at], whole[at], _rows(one.mentioned, row_of)),
            _rows(one.target, row_of),
            f"={one.dialogue_id}" if one.dialogue_id else f"#{at}",
        )
        for at, one in enumerate(usable)
    ]


def save(learned: Learned, folder: Path) -> None:
    """Write `turns.json`, `turns.npz`, `blend.npy` and `blend.txt`."""
    told = [[one.dialogue, one.turn.text] for one in learned.answered]
    (folder / "turns.json").write_bytes(orjson.dumps(told))
    np.savez(
        folder / "turns.npz",
        allow_pickle=False,
        recent=np.stack([one.turn.recent for one in learned.answered]),
        whole=np.stack([one.turn.whole for one in learned.answered]),
        **_flat("mentioned", [one.turn.mentioned for one in learned.answered]),
        **_flat("chosen", [one.chosen for one in learned.answered]),
        **_flat("histories", learned.histories),
    )
    blend.save(learned.blend, folder)


def load(folder: Path, records: Records, vectors: Floats) -> Learned | None:
    """Read back what `save` wrote; None where a build has none."""
    if not (folder / "turns.npz").is_file():
        return None
    told: list[list[str]] = orjson.loads((folder / "turns.json").read_bytes())
    with np.load(folder / "turns.npz", allow_pickle=False) as kept:
        rows = zip(
            told,
            kept["recent"],
            kept["whole"],
            _lists("mentioned", kept),
            _lists("chosen", kept),
            strict=True,
        )
        answered = [
            Answered(Turn(text, recent, whole, mentioned), chosen, name)
            for (name, text), recent, whole, mentioned, chosen in rows
        ]
        histories = _lists("histories", kept)
    known = shelf.shelf([records.item(row) for row in range(len(records))], vectors)
    return Learned(known, tuple(answered), tuple(histories), blend.load(folder))


def _rows(item_ids: Sequence[str], row_of: Mapping[str, int]) -> Rows:
    found = [row_of[item_id] for item_id in dict.fromkeys(item_ids) if item_id in row_of]
    return np.array(found, np.int64)


def _flat(name: str, lists: Sequence[Rows]) -> dict[str, Rows]:
    lengths = np.array([len(one) for one in lists], np.int64)
    return {name: np.concatenate([np.empty(0, np.int64), *lists]), f"{name}_lengths": lengths}


def _lists(name: str, kept: Mapping[str, Rows]) -> list[Rows]:
    ends = np.cumsum(kept[f"{name}_lengths"])
    return np.split(kept[name], ends[:-1]) if len(ends) else []

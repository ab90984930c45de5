"""Collaborative filtering, fitted: the parts of a recipe, and their blend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from handpicked.tools.data import als, choices, ease, neighbours, transitions
from handpicked.tools.data.choices import Choices
from handpicked.tools.data.recipe import Recipe
from handpicked.tools.data.sources import Dense, Latent, Links, People, Popular, Source
from handpicked.tools.types import Floats, Rows

sparse: Any = import_module("scipy.sparse")  # it has no types

HEAD = 20_000
"""EASE inverts a dense items x items matrix: 1.6 GB of float32 at this size."""
MIN_USERS = 3
_ARRAYS = ("data", "indices", "indptr")


@dataclass(frozen=True, slots=True)
class Part:
    """How a part is fitted and with which of a recipe's settings; `decay` names the one that its histories are weighed
    with, and `weigh` tells how."""

    fit: Callable[[Choices, Recipe], Source]
    settings: tuple[str, ...] = ()
    decay: str = "decay"
    weigh: Callable[[Rows, float], Floats] = choices.recency
    lasting: bool = True
    """Whether a taste is scored, in which old choices count too; else what comes next."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What was fitted, by position in `ids`: items of at least three users, the most chosen first. `knn` is among `parts`
    whatever its share is, for items that are alike."""

    ids: tuple[str, ...]
    position: Mapping[str, int]
    recipe: Recipe
    parts: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Blended:
    """Scores of all items for some histories, shape (histories, items), what each part brings to them, and what its own
    scores were multiplied with for each history."""

    scores: Floats
    parts: Mapping[str, Floats]
    scales: Mapping[str, Floats]


def fit(chosen: Choices, ids: Sequence[str], recipe: Recipe | None = None) -> Factors:
    """Fit the parts that have a share. Raises ConfigError where a library is missing."""
    recipe = recipe or Recipe()
    order = often_chosen(chosen)
    known = chosen.renumbered(positions(order, chosen.n_items), len(order))
    parts = {
        name: part.fit(known, recipe) for name, part in PARTS.items() if name == "knn" or share(recipe, name)
    }
    return of_parts([ids[int(item)] for item in order], recipe, parts)


def of_parts(ids: Sequence[str], recipe: Recipe, parts: Mapping[str, Source]) -> Factors:
    """Parts that are fitted already, on items of these ids."""
    return Factors(tuple(ids), {item_id: at for at, item_id in enumerate(ids)}, recipe, parts)


def often_chosen(chosen: Choices) -> Rows:
    """The items of enough users, the most chosen first."""
    counts = np.bincount(chosen.items, minlength=chosen.n_items)
    order = np.argsort(-counts, kind="stable")
    return order[counts[order] >= MIN_USERS]


def positions(order: Rows, n_items: int) -> Rows:
    """Each item's place in an order, -1 where it has none."""
    at = np.full(n_items, -1, np.int64)
    at[order] = np.arange(len(order))
    return at


def share(recipe: Recipe, part: str) -> float:
    """A part's share in the blend."""
    return getattr(recipe, part)


def scaled(source: Source, histories: Any, to: np.float32) -> tuple[Floats, Floats]:
    """A part's scores, the largest of those that a history doesn't have brought to a value, and what they were multiplied
    with. What it has gets 0."""
    found = source.scores(histories)
    found[np.repeat(np.arange(len(found)), np.diff(histories.indptr)), histories.indices] = 0.0
    top = found.max(axis=1, initial=0.0)
    scale = np.divide(to, top, out=np.zeros_like(top), where=top > 0)
    found *= scale[:, None]
    return found, scale


def blend(factors: Factors, histories: Mapping[str, Any]) -> Blended:
    """Score with all parts; `histories` has for each of them a CSR matrix of the same items."""
    total = np.zeros((1, len(factors.ids)), np.float32)
    parts: dict[str, Floats] = {}
    scales: dict[str, Floats] = {}
    for name, histories_of_part in histories.items():
        if factor := np.float32(share(factors.recipe, name)):
            found, scale = scaled(factors.parts[name], histories_of_part, factor)
            total = total + found
            parts[name], scales[name] = found, scale
    return Blended(total, parts, scales)


def save(factors: Factors, folder: Path) -> None:
    """Write `factors.json` and a file for each part."""
    for name, part in factors.parts.items():
        match part:
            case Dense():
                np.save(folder / f"{name}.npy", part.matrix)
            case Links() | People():
                for array in _ARRAYS:
                    np.save(folder / f"{name}.{array}.npy", getattr(part.matrix, array))
            case Latent():
                np.save(folder / f"{name}.npy", part.vectors)
            case Popular():
                np.save(folder / f"{name}.npy", part.values)
            case _:
                raise TypeError(f"{name} can't be saved")
    known = {"ids": factors.ids, "recipe": asdict(factors.recipe), "parts": [*factors.parts]}
    (folder / "factors.json").write_bytes(orjson.dumps(known))


def load(folder: Path) -> Factors:
    """Read back what `save` wrote; matrices stay on disk, mapped, and only the rows asked for are read."""
    known = orjson.loads((folder / "factors.json").read_bytes())
    ids, recipe = known["ids"], Recipe(**known["recipe"])
    return of_parts(ids, recipe, {name: _read(folder, name, recipe, len(ids)) for name in known["parts"]})


def _read(folder: Path, name: str, recipe: Recipe, n_items: int) -> Source:
    match name:
        case "ease":
            return Dense(np.load(folder / "ease.npy", mmap_mode="r"))
        case "knn" | "follow":
            return Links(_mapped(folder, name, n_items))
        case "people":
            return People(_mapped(folder, name, n_items), recipe.people_neighbours)
        case "als":
            return als.latent(np.load(folder / "als.npy"), recipe.als_ridge, recipe.als_alpha)
        case "popular":
            return Popular(np.load(folder / "popular.npy"))
        case _:
            raise ValueError(f"unknown part {name!r}")


def _mapped(folder: Path, name: str, n_items: int) -> Any:
    """A CSR matrix with so many columns."""
    if (packed := folder / f"{name}.npz").is_file():  # of an older build
        return sparse.load_npz(packed)
    data, indices, indptr = (np.load(folder / f"{name}.{array}.npy", mmap_mode="r") for array in _ARRAYS)
    return sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, n_items), copy=False)


def _ease(chosen: Choices, recipe: Recipe) -> Source:
    matrix = chosen.matrix()[:, :HEAD]
    found = ease.fit(
        matrix,
        ridge=recipe.ridge,
        dropout=recipe.dropout,
        user_power=recipe.user_power,
        relaxed=recipe.relaxed,
    )
    return Dense(found)


def _knn(chosen: Choices, recipe: Recipe) -> Source:
    return Links(neighbours.fit(chosen.matrix(), neighbours=recipe.neighbours, shrink=recipe.shrink))


def _people(chosen: Choices, recipe: Recipe) -> Source:
    roots = np.sqrt(np.maximum(np.diff(chosen.starts), 1))[chosen.users]
    return People(chosen.matrix((1 / roots).astype(np.float32)), recipe.people_neighbours)


def _als(chosen: Choices, recipe: Recipe) -> Source:
    return als.fit(
        chosen.matrix(), factors=recipe.als_factors, ridge=recipe.als_ridge, alpha=recipe.als_alpha
    )


def _follow(chosen: Choices, recipe: Recipe) -> Source:
    found = transitions.fit(
        chosen, window=recipe.window, backward=recipe.backward, shrink=recipe.follow_shrink
    )
    return Links(found)


def _popular(chosen: Choices, recipe: Recipe) -> Source:
    return Popular(np.sqrt(np.bincount(chosen.items, minlength=chosen.n_items)).astype(np.float32))


PARTS: Mapping[str, Part] = {
    "ease": Part(_ease, ("ridge", "dropout", "user_power", "relaxed")),
    "knn": Part(_knn, ("neighbours", "shrink")),
    "people": Part(_people, ("people_neighbours",)),
    "als": Part(_als, ("als_factors", "als_ridge", "als_alpha")),
    "follow": Part(
        _follow, ("window", "backward", "follow_shrink"), "follow_decay", choices.freshness, lasting=False
    ),
    "popular": Part(_popular),
}

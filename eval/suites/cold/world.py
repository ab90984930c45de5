"""MovieLens on the demo's films by the product's own path, with films and users that the build knows nothing of."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from handpicked.eval import suite
from handpicked.eval.types import Case, Options
from handpicked.tools.data import assets, build
from handpicked.tools.data.demo_files import Log
from handpicked.tools.data.demo_films import read_films
from handpicked.tools.data.demo_plots import add_plots
from handpicked.tools.data.demo_ratings import read_ratings
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import AssetError, ConfigError
from handpicked.tools.types import Embedder, Event, Item

FIRST = (1, 2, 5)
"""How many events there are of an unknown user."""
PARTS = ("later", "new", "new-alone", *(f"users-{n}" for n in FIRST))
_SEED = 42
_NEW = 0.1
_UNKNOWN = 0.2
_LAST = 0.2
_NEXT = 10
_ASSETS = ("films", "plots", "ratings", "ratings-items", "ratings-users")
_Seen = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """What happened, as a split sees it: each user's films with their times, the oldest first; which films are new, and which
    users unknown."""

    films: tuple[Item, ...]
    seen: Mapping[str, tuple[_Seen, ...]]
    new: frozenset[str]
    unknown: frozenset[str]

    def known(self, user: str) -> list[_Seen]:
        """What a user saw of films that aren't new."""
        return [one for one in self.seen[user] if one[0] not in self.new]

    def learned(self, user: str) -> list[_Seen]:
        """What the build learns from of a user: nothing of someone unknown."""
        past, _ = self._halves(user)
        return [] if user in self.unknown else [one for one in past if one[0] not in self.new]

    def later(self, user: str) -> list[str]:
        """A known user's last fifth, new films too."""
        return [film for film, _ in self._halves(user)[1]]

    def events(self) -> Iterator[Event]:
        """What the build learns from."""
        for user in self.seen:
            yield from (Event(user, film, "view", time, scene="watch") for film, time in self.learned(user))

    def beginnings(self) -> Iterator[Event]:
        """The first events of unknown users, each number of them as another user."""
        for user in sorted(self.unknown):
            for n in FIRST:
                yield from (Event(f"{user}-{n}", film, "view", time) for film, time in self.known(user)[:n])

    def _halves(self, user: str) -> tuple[tuple[_Seen, ...], tuple[_Seen, ...]]:
        seen = self.seen[user]
        cut = len(seen) - round(_LAST * len(seen))
        return seen[:cut], seen[cut:]


@lru_cache(maxsize=2)
def ground(options: Options) -> Ground:
    """Read and split. Raises ConfigError when an asset is missing."""
    if options.cache is None:
        raise ConfigError("no cache is set: the films are read from it")
    try:
        at = {name: assets.path(options.cache, name) for name in _ASSETS}
    except AssetError as err:
        raise ConfigError(str(err)) from err
    films = add_plots(read_films(at["films"]), at["plots"]).items
    log = read_ratings(at["ratings"], at["ratings-items"], at["ratings-users"], films).log
    rated = frozenset(log.items)
    return split([film for film in films if film.item_id in rated], _by_user(log), options.split)


def split(films: Sequence[Item], seen: Mapping[str, tuple[_Seen, ...]], name: str) -> Ground:
    """Draw what is hidden; for `valid` what `test` hides is taken away before."""
    rng = np.random.default_rng(_SEED)
    new, later_new = _drawn(sorted(film.item_id for film in films), _NEW, rng)
    unknown, later_unknown = _drawn(sorted(seen), _UNKNOWN, rng)
    if name == "test":
        return Ground(tuple(films), seen, later_new, later_unknown)
    left = {
        user: tuple(one for one in theirs if one[0] not in later_new)
        for user, theirs in seen.items()
        if user not in later_unknown
    }
    return Ground(tuple(f for f in films if f.item_id not in later_new), left, new, unknown)


def cases(options: Options) -> list[Case]:
    """A case for each user and part with something to be found; `new` are the films to be told apart."""
    found = ground(Options(split=options.split, cache=options.cache))
    known = sorted(user for user in found.seen if user not in found.unknown)
    asked: list[tuple[str, str, list[str]]] = []
    for user in known:
        asked.append(("later", user, found.later(user)))
        new = [film for film, _ in found.seen[user] if film in found.new]
        asked += [(part, user, new) for part in ("new", "new-alone")]
    for user in sorted(found.unknown):
        relevant = [film for film, _ in found.known(user)[max(FIRST) :][:_NEXT]]
        asked += [(f"users-{n}", f"{user}-{n}", relevant) for n in FIRST]
    return [
        Case(user, part, (part,), {"relevant": relevant, "new": sorted(found.new & {*relevant})})
        for part in PARTS
        for one, user, relevant in asked
        if one == part and relevant
    ]


def workspace(options: Options, embedder: Embedder) -> Workspace:
    """The built workspace; made when it is not there, by one process at a time."""
    assert options.cache is not None, "the films were read from it"
    root = options.cache / f"cold-{suite.code()}"
    root.mkdir(parents=True, exist_ok=True)
    folder = root / options.split
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / "made"
        if folder.is_dir() and not made.exists():
            shutil.rmtree(folder)
        found = Workspace.open(folder)
        if not made.exists():
            _make(found, ground(Options(split=options.split, cache=options.cache)), embedder)
            made.touch()
        return found


def _make(empty: Workspace, found: Ground, embedder: Embedder) -> None:
    empty.catalog.upsert(found.films)
    empty.events.append(found.events())
    build.build(empty, embedder)
    empty.events.append(found.beginnings())


def _by_user(log: Log) -> Mapping[str, tuple[_Seen, ...]]:
    """Each user's films, the oldest first, at one time in the order of their names."""
    found: dict[str, list[_Seen]] = {user: [] for user in log.users}
    for user, item, time in zip(log.user, log.item, log.timestamp, strict=True):
        found[log.users[int(user)]].append((log.items[int(item)], float(time)))
    return {user: tuple(sorted(theirs, key=lambda one: (one[1], one[0]))) for user, theirs in found.items()}


def _drawn(
    names: Sequence[str], share: float, rng: np.random.Generator
) -> tuple[frozenset[str], frozenset[str]]:
    """What is hidden for valid, and for test."""
    order = [names[int(at)] for at in rng.permutation(len(names))]
    count = round(share * len(names))
    return frozenset(order[:count]), frozenset(order[count : 2 * count])

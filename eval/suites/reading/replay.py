"""Demonstrations as turns on a catalogue: their names become its items."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from handpicked.agent import forgetting, memory
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.memory import Memory
from handpicked.agent.read import Noticed, Reader
from handpicked.agent.types import CartLine, ListItem, RankedList, Reading, Request, SceneGuess, Surroundings
from handpicked.eval.suites.reading import labels
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.text import phrase_key
from handpicked.tools.types import Item

_YEAR = re.compile(r"(.+) \((\d{4})\)")


@dataclass(frozen=True, slots=True)
class Ready:
    """A turn and the state before it."""

    request: Request
    memory: Memory


@dataclass
class Turns:
    """A reader on a catalogue; `titles` gives the items of a title or an alias."""

    reader: Reader
    snapshot: Snapshot
    titles: Mapping[str, Sequence[Item]] = field(init=False)

    def __post_init__(self) -> None:
        named: dict[str, list[Item]] = defaultdict(list)
        for item in self.snapshot.items():
            for title in dict.fromkeys((item.title, *item.aliases)):
                named[phrase_key(title)].append(item)
        self.titles = named

    def ready(self, demo: Demonstration) -> Ready:
        """The turn, after its earlier ones as they are labelled."""
        state = Memory()
        for earlier in demo.before:
            request = Request(earlier.message, session_id=demo.id)
            reading = self.reader.read(request, state, self.snapshot)
            scene = SceneGuess(earlier.scene or reading.scene.name, 1.0)
            listed = [self._listed(title, demo) for title in earlier.shown]
            shown = RankedList("recommend", "", tuple(_shown(one, n) for n, one in enumerate(listed, 1)))
            state = memory.remember(state, request, replace(reading, scene=scene), (shown,), "")
        return Ready(Request(demo.message, session_id=demo.id, context=self._context(demo)), state)

    def read(self, ready: Ready, amend: Callable[[Noticed], Noticed] | None = None) -> Reading:
        """What the turn is read as, evidence amended if that is given."""
        if amend is None or forgetting.wish(ready.request.message) is not None:
            return self.reader.read(ready.request, ready.memory, self.snapshot)
        noticed = self.reader.notice(ready.request, ready.memory, self.snapshot)
        return self.reader.settle(amend(noticed), ready.memory)

    def titled(self, item_id: str) -> bool:
        """Whether an item is called by a title: goods, of which the demonstrations label none, are not."""
        item = self.snapshot.get(item_id)
        return item is None or item.domain != "grocery"

    def _context(self, demo: Demonstration) -> Surroundings:
        place = demo.context
        clicked = [item.item_id for thing in place.clicked if (item := self._item(thing.title)) is not None]
        return Surroundings(
            page=place.page,
            query=place.query,
            cart=tuple(CartLine(item.item_id if (item := self._item(name)) else name) for name in place.cart),
            clicked=tuple(clicked),
            now=datetime.fromisoformat(place.now).timestamp() if place.now else None,
            device=place.device,
            locale=place.locale,
        )

    def _listed(self, title: str, demo: Demonstration) -> Item:
        """The item of a title that was shown: of the year that the turn is labelled with; what the catalogue hasn't got
        keeps its place, as an item does that is gone since."""
        years = {named.year for named in demo.titles if named.title == title and named.year}
        dated = f"{title} ({years.pop()})" if len(years) == 1 else title
        return self._item(dated) or self._item(title) or Item(title, title)

    def _item(self, title: str) -> Item | None:
        """The best known item of a title, of the year behind it if there is one."""
        dated = _YEAR.fullmatch(title)
        items = self.titles.get(phrase_key(dated[1] if dated else title), ())
        if dated:
            items = [item for item in items if item.year is not None and abs(item.year - int(dated[2])) <= 1]
        rows = {item.item_id: self.snapshot.row(item.item_id) for item in items}
        known = {item_id: self.snapshot.popularity[row] for item_id, row in rows.items() if row is not None}
        return max(items, key=lambda item: known.get(item.item_id, 0.0), default=None)


class Titles:
    """A demonstration's titles: `lacking` are those that the catalogue hasn't got."""

    def __init__(self, titles: Mapping[str, Sequence[Item]], demo: Demonstration) -> None:
        self._titles = titles
        self._meant = {
            item.item_id: named.title
            for named in demo.titles
            for item in self._items(named.title, named.year)
        }
        self.lacking = [named.title for named in demo.titles if not self._items(named.title, named.year)]

    def ids(self, title: str) -> list[str]:
        """The items that the demonstration means by a title of its own, however that is spelled."""
        return [i for i, called in self._meant.items() if labels.plain(called) == labels.plain(title)]

    def called(self, item_id: str) -> str:
        """How the demonstration calls an item; one that it doesn't mean, by its id."""
        return self._meant.get(item_id, item_id)

    def _items(self, title: str, year: int | None) -> list[Item]:
        """The items of a title, of that year or one beside it; goods are not called by title."""
        items = [item for item in self._titles.get(phrase_key(title), ()) if item.domain != "grocery"]
        return [item for item in items if year is None or item.year is None or abs(item.year - year) <= 1]


def _shown(item: Item, place: int) -> ListItem:
    return ListItem(place, item.item_id, item.title, 1.0, "", {}, False, ())

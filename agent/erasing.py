"""Forgetting, done: what was kept of a user, a conversation or a taste is deleted everywhere, and the disk overwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from handpicked.agent import forgetting, memory, wording
from handpicked.agent.describe import chinese, joined, phrases
from handpicked.agent.forgetting import CONVERSATION, ME
from handpicked.agent.memory import Memory
from handpicked.agent.types import Request
from handpicked.tools import taste
from handpicked.tools.data import rejects
from handpicked.tools.data.index import Snapshot
from handpicked.tools.data.profile_store import Stance
from handpicked.tools.data.text import fold, longest_matches, phrase_key, tokenize
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.types import TERM_FIELDS, Campaign, Event, Item

_NOBODY = "(forgotten)"
"""Stands in the audience of a campaign that was for the forgotten user alone, so that it isn't for everybody then."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten (`me`, `conversation`, or labels), how many rows of each kind, and the state that the
    conversation goes on with. `left` says what could not be done."""

    what: str
    counts: Mapping[str, int]
    memory: Memory
    session_id: str | None
    known: bool
    left: tuple[str, ...] = ()

    @property
    def kept_out(self) -> bool:
        """Whether this very turn must not be kept either."""
        return self.what in (ME, CONVERSATION)


def forget(workspace: Workspace, snapshot: Snapshot, request: Request, state: Memory, what: str) -> Forgotten:
    """Delete what is kept, and overwrite it on the disk.

    Raises DataError when the databases can't be written: then nothing is forgotten."""
    match what:
        case forgetting.ME:
            counts, after = _everything(workspace, request), Memory()
        case forgetting.CONVERSATION:
            counts, after = _conversation(workspace, request, state), Memory()
        case _:
            wish = forgetting.wish(request.message)
            stance = wish.stance if wish is not None else None
            tasted = Tasted(snapshot, what, stance)
            counts = _events(workspace, request.user_id, tasted)
            counts += _labels(workspace, request.user_id, tasted)
            after = tasted.without(state)
            counts["turns"] += len(state.turns) - len(after.turns)
            counts += _sessions(workspace, request, tasted, state, after)
    left = _overwritten(workspace, counts)
    found = {name: count for name, count in counts.items() if count}
    return Forgotten(what, found, after, request.session_id, request.user_id is not None, left)


def told(forgotten: Forgotten, language: str) -> str:
    """What was done, with numbers, and what was not found."""
    known = phrases(language)["forgot"]
    kind = forgotten.what if forgotten.kept_out else "label"
    names = [chinese(label) if language == "zh" else label for label in labels(forgotten.what)]
    named = joined(names, language)
    if not forgotten.counts:
        said = str(known["nothing"][kind].format(named))
    else:
        words = [
            str(one if forgotten.counts[name] == 1 else many).format(forgotten.counts[name])
            for name, (one, many) in known["counts"].items()
            if name in forgotten.counts
        ]
        said = str(known["done"][kind].format(named, joined(words, language)))
    apart = "" if language == "zh" else " "
    return said if forgotten.known or kind == CONVERSATION else f"{said}{apart}{known['unknown']}"


def labels(what: str) -> tuple[str, ...]:
    """The single labels of a wish to forget several; a term of the catalogue may have a comma itself."""
    whole = "," not in what or fold(what) in _terms_with_comma()
    return (what,) if whole else tuple(part for part in what.split(", ") if part)


class Tasted:
    """A taste as it shows: labels by their names, items that have them, texts that speak of them."""

    def __init__(self, snapshot: Snapshot, what: str, stance: Stance | None) -> None:
        self._snapshot = snapshot
        self.stance: Stance | None = stance
        self.names = [name for label in labels(what) for name in forgetting.terms(label)]
        self._folded = {fold(name) for name in self.names}

    def has(self, item_id: str) -> bool:
        """Whether an item is of this taste, or is itself what is meant."""
        item = self._snapshot.get(item_id)
        return item is not None and any(fold(term) in self._folded for term in _terms(item))

    def speaks(self, event: Event) -> bool:
        """Whether an event stands behind the taste."""
        for_it, against = taste.liked([event]), taste.disliked([event])
        return bool(against if self.stance == "dislike" else for_it) and self.has(event.item_id)

    def without(self, state: Memory) -> Memory:
        """A conversation without this taste: no item of it, no turn that speaks of it or of those items."""
        items = [*state.like, *state.dislike, *state.seen, *state.shown, *state.last]
        of_it = {item_id for item_id in dict.fromkeys(items) if self.has(item_id)}
        speaks = self._speaker(of_it)
        topic = state.topic
        wished = topic is not None and (
            speaks(topic.query)
            or bool(of_it & set(topic.like))
            or any(fold(str(v)) in self._folded for c in (*topic.constraints, *topic.prefer) for v in c.value)
        )
        return replace(
            state,
            turns=tuple(turn for turn in state.turns if not speaks(turn.message) and not speaks(turn.answer)),
            shown=_but(state.shown, of_it),
            like=_but(state.like, of_it),
            dislike=_but(state.dislike, of_it),
            seen=_but(state.seen, of_it),
            last=_but(state.last, of_it),
            why={
                item_id: behind
                for item_id, behind in state.why.items()
                if item_id not in of_it and not any(map(self.has, behind.because))
            },
            topic=None if wished else topic,
        )

    def _speaker(self, item_ids: set[str]) -> Callable[[str], bool]:
        """Tells whether a text has a word for the taste, or the title of one of these items."""
        titles = {phrase_key(item.title) for item_id in item_ids if (item := self._snapshot.get(item_id))}
        keys = self._words | titles - {""}
        longest = max((len(key.split()) for key in keys), default=1)
        return lambda text: bool(longest_matches(tokenize(text), keys, longest))

    @cached_property
    def _words(self) -> set[str]:
        known = wording.load()
        words = {
            k
            for k, found in known.terms.known.items()
            for t in found
            if self._folded & set(map(fold, t.values))
        }
        people = {key for key, names in known.people.known.items() if self._folded & set(map(fold, names))}
        return {*words, *people, *map(phrase_key, self.names)} - {""}


@cache
def _terms_with_comma() -> frozenset[str]:
    known = wording.load().terms.known.values()
    return frozenset(fold(v) for terms in known for term in terms for v in term.values if "," in v)


def _everything(workspace: Workspace, request: Request) -> Counter[str]:
    counts: Counter[str] = Counter()
    if request.session_id is not None:
        counts.update(workspace.events.forget_session(request.session_id))
    if request.user_id is None:
        return counts
    counts.update(workspace.events.forget(request.user_id))
    addressed = [c for c in workspace.catalog.campaigns() if request.user_id in c.audience]
    workspace.catalog.upsert_campaigns(_without(campaign, request.user_id) for campaign in addressed)
    counts["campaigns"] = len(addressed)
    counts["rejects"] = rejects.forget(workspace.path / "rejects.csv", request.user_id)
    return counts


def _conversation(workspace: Workspace, request: Request, state: Memory) -> Counter[str]:
    if request.session_id is None:
        return Counter()
    counts = Counter(workspace.events.forget_session(request.session_id))
    counts["turns"] = len(state.turns) if counts["sessions"] else 0
    return counts


def _without(campaign: Campaign, user_id: str) -> Campaign:
    left = tuple(name for name in campaign.audience if name != user_id)
    return replace(campaign, audience=left or (_NOBODY,))


def _events(workspace: Workspace, user_id: str | None, tasted: Tasted) -> Counter[str]:
    """Events behind a taste are deleted, not masked: a mask would itself say what is to be forgotten, and the next
    build would learn from them again."""
    if user_id is None:
        return Counter()
    behind = [event for event in workspace.events.every(user_id) if tasted.speaks(event)]
    attributes = workspace.events.user(user_id) or {}
    kept = {
        name: value for name, value in attributes.items() if fold(str(value)) not in map(fold, tasted.names)
    }
    if len(kept) < len(attributes):
        workspace.events.upsert_users([(user_id, kept)])
    return Counter(events=workspace.events.delete(behind), users=len(attributes) - len(kept))


def _labels(workspace: Workspace, user_id: str | None, tasted: Tasted) -> Counter[str]:
    if user_id is None:
        return Counter()
    store = workspace.events.profile
    named = {label.label for label in store.labels(user_id) if label.field == "item_id"}
    names = [*tasted.names, *(item_id for item_id in named if tasted.has(item_id))]
    return Counter(labels=len(store.remove(user_id, names, stance=tasted.stance)))


def _sessions(
    workspace: Workspace, request: Request, tasted: Tasted, state: Memory, after: Memory
) -> Counter[str]:
    """Rewrite the states of a user's conversations; one that can't be read goes."""
    store, counts = workspace.events, Counter[str]()
    if request.session_id is not None and after != state:
        store.save_session(request.session_id, request.user_id, memory.dump(after))
    others = store.sessions(request.user_id) if request.user_id is not None else dict[str, str]()
    for session_id, document in others.items():
        if session_id == request.session_id:
            continue
        try:
            other = memory.parse(document, session_id)
        except DataError:
            counts["sessions"] += store.forget_session(session_id)["sessions"]
            continue
        kept = tasted.without(other)
        if kept != other:
            counts["turns"] += len(other.turns) - len(kept.turns)
            store.save_session(session_id, request.user_id, memory.dump(kept))
    return counts


def _overwritten(workspace: Workspace, counts: Mapping[str, int]) -> tuple[str, ...]:
    stores = [workspace.events.erase, *([workspace.catalog.erase] if counts.get("campaigns") else [])]
    return tuple(_failures(stores))


def _failures(erase: Sequence[Callable[[], None]]) -> Iterator[str]:
    for one in erase:
        try:
            one()
        except DataError as err:
            yield f"memory: {err}"


def _terms(item: Item) -> Iterator[str]:
    yield item.title
    yield from item.aliases
    for name in TERM_FIELDS:
        value = getattr(item, name) if name != "domain" else None
        yield from value if isinstance(value, tuple) else (value or "").split(", ")


def _but(item_ids: Sequence[str], gone: Container[str]) -> tuple[str, ...]:
    return tuple(item_id for item_id in item_ids if item_id not in gone)

"""`handpicked profile`: show, edit and forget what is known of a user."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import orjson
from rich.text import Text

from handpicked.agent import erasing, forgetting, wording
from handpicked.agent.app import show, wiring
from handpicked.agent.llm import factory
from handpicked.agent.memory import Memory
from handpicked.agent.settings import Settings
from handpicked.agent.types import Request
from handpicked.tools import taste
from handpicked.tools.data.index import Index, Snapshot
from handpicked.tools.data.profile_store import Label, Stance
from handpicked.tools.data.text import fold, normalize, phrase_key
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.errors import DataError
from handpicked.tools.history import Profile, profile
from handpicked.tools.types import TERM_FIELDS, Json

_FIELDS = (*(field for field in TERM_FIELDS if field != "domain"), "item_id")


@dataclass(frozen=True, slots=True)
class Edits:
    """Labels to add, to refuse, to remove, or to set in place of all others."""

    add: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    scene: str | None = None


def show_profile(settings: Settings, user: str, *, json: bool) -> None:
    """Print a user's profile."""
    workspace, snapshot = _opened(settings)
    if not json:
        tell(workspace, snapshot, user)
        return
    labels = workspace.events.profile.labels(user)
    known = profile(snapshot, taste.with_words(workspace.events.recent(user), labels, user), labels)
    document = asdict(known) | {"items": [asdict(one) for one in labels if one.field == "item_id"]}
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def edit(settings: Settings, user: str, edits: Edits) -> None:
    """Change a user's labels. Raises DataError for a label that no item has, or that is not there to be removed."""
    workspace, snapshot = _opened(settings)
    store, now = workspace.events.profile, time.time()
    liked = [_label(snapshot, text, "like", edits.scene, now) for text in (*edits.set, *edits.add)]
    refused = [_label(snapshot, text, "dislike", edits.scene, now) for text in edits.refuse]
    for text in edits.remove:
        if not store.remove(user, [*forgetting.terms(text), *_titled(snapshot, text)], scene=edits.scene):
            held = ", ".join(dict.fromkeys(label.label for label in store.labels(user))) or "none"
            raise DataError(f"{user} has no label {text!r} to remove; there are: {held}")
    if edits.set:
        store.set(user, [*liked, *refused])
    elif liked or refused:
        store.add(user, [*liked, *refused])
    if edits.remove or edits.set:
        workspace.events.erase()
    tell(workspace, snapshot, user)


def forget(settings: Settings, user: str, labels: Sequence[str], session: str | None) -> None:
    """Forget a user, a conversation or labels, and say what was deleted."""
    workspace, snapshot = _opened(settings)
    wishes = [forgetting.CONVERSATION] if session else [*labels] or [forgetting.ME]
    for what in wishes:
        request = Request(user_id=user, session_id=session)
        done = erasing.forget(workspace, snapshot, request, Memory(), what)
        show.out.print(erasing.told(done, "en"), markup=False, soft_wrap=True)
        for left in done.left:
            show.error(left)


def tell(workspace: Workspace, snapshot: Snapshot, user: str) -> None:
    """Print what is known of a user, by scene."""
    labels, events = workspace.events.profile.labels(user), workspace.events.recent(user)
    past = taste.with_words(events, labels, user)
    chosen = [item_id for item_id in taste.liked(past) if snapshot.row(item_id) is not None]
    known = profile(snapshot, past, labels)
    show.out.print(f"{user}: the last {len(events)} events, {len(chosen)} items chosen", markup=False)
    for scene, rows in _by_scene(known).items():
        show.out.print(Text(scene or "everywhere", style="bold"))
        for row in rows:
            _tell(snapshot, row)
    for row in known.refused:
        _tell(snapshot, row, refused=True)
    for one in labels:
        item = snapshot.get(one.label) if one.field == "item_id" else None
        if item is not None:
            _line(f"{one.stance}: {item.title}{_quoted([{'said': one.words}])}")


def _by_scene(known: Profile) -> dict[str, list[Mapping[str, Json]]]:
    found: dict[str, list[Mapping[str, Json]]] = {}
    for row in known.interests:
        scenes = row["scenes"]
        first = str(scenes[0]) if isinstance(scenes, list) and scenes else ""
        found.setdefault(first, []).append(row)
    return found


def _tell(snapshot: Snapshot, row: Mapping[str, Json], *, refused: bool = False) -> None:
    names = row["items"] if isinstance(row["items"], list) else []
    titles = [item.title for name in names if (item := snapshot.get(str(name)))]
    told = f", e.g. {'; '.join(titles)}" if titles else ""
    words = row["words"] if isinstance(row["words"], list) else []
    count = f": {row['count']}" if row["count"] else ""
    _line(f"{'not ' if refused else ''}{row['label']} ({row['domain']}){count}{told}{_quoted(words)}")


def _quoted(words: Sequence[Json]) -> str:
    said = [one["said"] for one in words if isinstance(one, Mapping)]
    return "".join(f' "{text}"' if text else " (set by hand)" for text in said)


def _line(text: str) -> None:
    show.out.print(f"  {text}", markup=False, soft_wrap=True)


def _opened(settings: Settings) -> tuple[Workspace, Snapshot]:
    workspace = wiring.open_workspace(settings)
    return workspace, Index(workspace, factory.embedder(settings)).snapshot()


def _label(snapshot: Snapshot, text: str, stance: Stance, scene: str | None, now: float) -> Label:
    """A label by its text: FIELD=LABEL, or a term that items of the catalogue have, or a title."""
    field, _, name = text.partition("=")
    if name and field not in _FIELDS:
        raise DataError(f"{text!r}: unknown field {field!r}; known: {', '.join(_FIELDS)}")
    value = name or text
    for known in [field] if name else _FIELDS[:-1]:
        if normalize(value) in snapshot.terms(known):
            return Label(known, _spelled(value), stance, scene or "", at=now, source="set")
    if titled := _titled(snapshot, value):
        return Label("item_id", titled[0], stance, scene or "", at=now, source="set")
    raise DataError(
        f"{text!r} is no category, person, brand, language, country or title of the catalogue; see `handpicked "
        "catalog quality`"
    )


def _spelled(value: str) -> str:
    """A term as the lexicon spells it, else as it is given."""
    terms = wording.load().terms.known.get(phrase_key(value), ())
    return next((name for term in terms for name in term.values if fold(name) == fold(value)), value)


def _titled(snapshot: Snapshot, text: str) -> list[str]:
    """The items of this id or title."""
    if snapshot.row(text) is not None:
        return [text]
    return [item.item_id for item in snapshot.items() if fold(item.title) == fold(text)]

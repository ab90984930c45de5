"""What users said of their taste, as labels."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handpicked.tools.data.db import open_engine, writing
from handpicked.tools.data.event_store import EventStore
from handpicked.tools.data.profile_store import Label
from handpicked.tools.data.schema import LABELS
from handpicked.tools.types import Event

WESTERN = Label("categories", "Western", "like", "watch", "I love westerns", "s", 2, 10.0)
HORROR = Label("categories", "Horror", "dislike", "watch", "I hate horror", "s", 3, 11.0)


@pytest.fixture
def store(make_url: Callable[[str], str]) -> Iterator[EventStore]:
    opened = EventStore(make_url("events"))
    yield opened
    opened.close()


def test_labels_come_back_with_their_words_newest_first(store: EventStore) -> None:
    store.profile.add("ann", [WESTERN, HORROR])
    assert store.profile.labels("ann") == [HORROR, WESTERN]
    assert store.profile.labels("bob") == []


def test_the_latest_word_on_a_label_wins_in_every_scene(store: EventStore) -> None:
    turned = replace(WESTERN, stance="dislike", scene="browse", words="westerns bore me")
    store.profile.add("ann", [WESTERN, HORROR])
    store.profile.add("ann", [turned])
    assert store.profile.labels("ann") == [turned, HORROR]


def test_every_saying_stands_behind_its_label_once_and_the_oldest_are_dropped(store: EventStore) -> None:
    sayings = [replace(WESTERN, words=f"westerns, I said {n}") for n in range(8)]
    store.profile.add("ann", [*sayings, sayings[-1]])
    assert store.profile.labels("ann") == sayings[:2:-1]


def test_labels_are_removed_by_name_without_case_and_only_those_asked_for(store: EventStore) -> None:
    everywhere = replace(WESTERN, scene="", words=None, source="set")
    store.profile.add("ann", [WESTERN, everywhere, HORROR])
    store.profile.add("bob", [WESTERN])
    assert store.profile.remove("ann", ["western"], stance="dislike") == []
    assert store.profile.remove("ann", ["western"], scene="watch") == [WESTERN]
    assert store.profile.remove("ann", ["WESTERN", "Horror", "Comedy"]) == [HORROR, everywhere]
    assert store.profile.labels("bob") == [WESTERN]


def test_setting_replaces_all_labels_of_one_user(store: EventStore) -> None:
    store.profile.add("ann", [WESTERN])
    store.profile.add("bob", [WESTERN])
    store.profile.set("ann", [HORROR])
    assert (store.profile.labels("ann"), store.profile.labels("bob")) == ([HORROR], [WESTERN])


def test_a_forgotten_user_or_conversation_leaves_no_label(store: EventStore) -> None:
    elsewhere = replace(HORROR, session_id="other")
    store.profile.add("ann", [WESTERN, elsewhere])
    store.profile.add("bob", [HORROR])
    assert store.forget_session("s")["labels"] == 2
    assert store.profile.labels("ann") == [elsewhere]
    assert store.forget("ann")["labels"] == 1
    assert store.profile.labels("ann") == []


def test_a_database_made_before_there_were_labels_gets_them(make_url: Callable[[str], str]) -> None:
    EventStore(make_url("events")).close()
    engine = open_engine(make_url("events"))
    with writing(engine) as connection:
        LABELS.drop(connection)
    engine.dispose()
    store = EventStore(make_url("events"))
    store.profile.add("ann", [WESTERN])
    assert store.profile.labels("ann") == [WESTERN]
    store.close()


def test_what_was_deleted_is_not_on_the_disk_once_it_is_erased(tmp_path: Path) -> None:
    """States of many lengths, replaced and split over pages: deleting alone leaves copies behind."""
    store, other = (EventStore(f"sqlite:///{tmp_path / 'events.db'}") for _ in range(2))
    rng = random.Random(11)
    for turn in range(500):
        user = rng.randrange(60)
        state = f"secret-of-{user:03d} " * rng.randrange(1, 400)
        store.save_session(f"s{rng.randrange(200)}", f"user-{user:03d}", state)
        store.append(Event(f"user-{user:03d}", f"i{turn}-{n}") for n in range(rng.randrange(20)))
        if rng.random() < 0.3:
            store.delete(store.every(f"user-{rng.randrange(60):03d}")[::2])
    forgotten = range(0, 60, 3)
    for user in forgotten:
        store.forget(f"user-{user:03d}")
    assert _left(tmp_path, forgotten)
    other.load_session("s1")  # an idle connection elsewhere is not in the way
    store.erase()
    assert _left(tmp_path, forgotten) == []
    assert _left(tmp_path, range(60)) == [user for user in range(60) if user not in forgotten]
    store.close()
    other.close()


def _left(folder: Path, users: Iterable[int]) -> list[int]:
    """The users whose name or words are in some file."""
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    return [user for user in users if f"-{user:03d}".encode() in content]

"""A catalogue of twenty items, built with a real Chroma; and a guard: nothing but loopback is reached."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from handpicked.agent.llm import factory
from handpicked.agent.settings import Settings
from handpicked.tools.data import build
from handpicked.tools.data.index import Index
from handpicked.tools.data.workspace import Workspace
from handpicked.tools.dispatch import Context
from handpicked.tools.types import Campaign, Dialogue, Embedder, Event, Item


def _film(
    number: int, title: str, year: int, genres: str, director: str, runtime: int, plot: str = ""
) -> Item:
    return Item(
        f"f{number}", title, "movie", plot, tuple(genres.split("/")), (director,), year=year, runtime=runtime, rating=7.0,
        language="English", country="United States",
    )  # fmt: skip


ITEMS: tuple[Item, ...] = (
    _film(1, "Night Signal", 1982, "Sci-Fi/Thriller", "Ada Brandt", 117, "A detective hunts runaway machines in a wet city."),
    _film(2, "Heat", 1995, "Crime/Thriller", "Mike Moran", 170, "A thief and a policeman circle each other in Los Angeles."),
    _film(3, "Heat", 1972, "Comedy", "Paul Morr", 100, "A former child star meets a faded actress."),
    _film(4, "Up", 2009, "Animation/Comedy", "Pete Dole", 96, "An old man ties balloons to his house and flies away."),
    _film(5, "The Dry Valley", 1956, "Western", "John Furlong", 119, "A rider searches for his niece for years."),
    _film(6, "Silver Spurs", 1966, "Western", "Sergio Lenk", 161, "Three gunmen look for buried gold."),
    _film(7, "Robot Picnic", 1999, "Sci-Fi/Comedy", "Ada Brandt", 88, "Kind robots organise a picnic in the rain."),
    _film(8, "Grave Hour", 1978, "Horror", "Jon Carver", 91, "A masked stranger returns to a small town."),
    _film(9, "The Long Waltz", 1944, "Romance/Drama", "Ida Lupin", 121, "Two dancers meet again after the war."),
    _film(10, "Cold Harbor Blues", 2003, "Drama/Music", "Ida Lupin", 134, "A singer goes back to the port of her youth."),
    Item("g1", "Oat Crackers", "grocery", "Crackers made of oats.", ("Snacks",), price=2.49, brand="Acme"),
    Item("g2", "Sea Salt Chips", "grocery", "Potato chips with sea salt.", ("Snacks",), price=3.99, brand="Brill"),
    Item("g3", "Whole Milk", "grocery", "Fresh milk, one gallon.", ("Dairy",), price=1.89, brand="Acme"),
    Item("g4", "Aged Cheddar", "grocery", "Cheddar aged for a year.", ("Dairy",), price=6.5, brand="Brill", in_stock=False),
    Item("b1", "The Salt Atlas", "book", "A history of salt roads and the people on them.", ("History",), ("Mara Quill",), year=2011, price=14.0),
    Item("b2", "算法之外", "book", "一位工程师写人工智能与日常生活的随笔。", ("Science",), ("林知夏",), year=2021, price=12.0, language="Chinese"),
    Item("n1", "Rivers Return to the Old Port", "news", "Engineers open the harbor's sluices.", ("Environment",), year=2024),
    Item("n2", "人工智能走进乡村诊所", "news", "乡村医生开始使用人工智能读片。", ("Technology",), year=2025, language="Chinese"),
    Item("m1", "Three Umbrellas", "music", "Solo double bass, bowed and plucked.", ("Jazz",), ("Odette Trio",), year=1998, runtime=41),
    Item("m2", "Glass Weather", "music", "Slow electronic pieces for rainy evenings.", ("Ambient",), ("Nilo",), year=2015, runtime=52),
)  # fmt: skip


def _events() -> Iterator[Event]:
    """Ten film lovers in two camps, ten households."""
    start = 1_700_000_000.0
    for number in range(10):
        films = ("f1", "f7", "f2") if number % 2 else ("f5", "f6", "f9")
        for step, item_id in enumerate(films):
            yield Event(f"u{number}", item_id, "rate", start + 100 * number + step, 4.0)
        goods = ("g1", "g2", "g3") if number % 3 else ("g3", "g4")
        for step, item_id in enumerate(goods):
            yield Event(f"h{number}", item_id, "purchase", start + 100 * number + step, 1.0, "shop")
    yield Event("u1", "f8", "rate", start + 5_000, 1.0)


DIALOGUES = (
    Dialogue(("I like films about robots", "Have you seen Night Signal?"), ("f1",), ("f7",)),
    Dialogue(("any good westerns?",), (), ("f5", "f6")),
)
CAMPAIGN = Campaign("c1", ("g1",), start=0.0, end=4e9, bid=0.5, budget=100.0, title="Crackers for less")


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """Raise where anything would leave this machine; Unix sockets and loopback are let through."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(str(address[0]))  # type: ignore[index]
        connect(self, address)  # type: ignore[arg-type]

    def resolving(host: object, *args: object, **options: object) -> object:
        _check(host.decode() if isinstance(host, bytes) else str(host or "localhost"))
        return resolve(host, *args, **options)  # type: ignore[arg-type]

    socket.socket.connect, socket.getaddrinfo = guarded, resolving  # type: ignore[method-assign, assignment]
    yield
    socket.socket.connect, socket.getaddrinfo = connect, resolve  # type: ignore[method-assign]


def _check(host: str) -> None:
    if host in ("localhost", "testserver"):
        return
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise AssertionError(f"a test tried to reach {host}")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a session's own workspace and cache, without a language model."""
    folder = tmp_path_factory.mktemp("session")
    return Settings(workspace=folder / "workspace", cache=folder / "cache", model="none")


@pytest.fixture(scope="session")
def embedder(settings: Settings) -> Embedder:
    """The real embedder."""
    return factory.embedder(settings)


@pytest.fixture(scope="session")
def built(settings: Settings, embedder: Embedder) -> Workspace:
    """A built workspace that tests read and don't change."""
    workspace = Workspace.open(settings.workspace)
    fill(workspace)
    build.build(workspace, embedder)
    return workspace


@pytest.fixture
def fresh(tmp_path: Path, embedder: Embedder) -> Workspace:
    """A built workspace of a test's own."""
    workspace = Workspace.open(tmp_path / "workspace")
    fill(workspace)
    build.build(workspace, embedder)
    return workspace


@pytest.fixture
def context(built: Workspace, embedder: Embedder) -> Context:
    """What tools are bound to, for nobody in particular."""
    return Context(Index(built, embedder).snapshot(), embedder, built.events, time.time())


def fill(workspace: Workspace) -> None:
    """Put the twenty items and all that goes with them into a workspace."""
    workspace.catalog.upsert(ITEMS)
    workspace.catalog.upsert_campaigns([CAMPAIGN])
    workspace.events.append(_events())
    workspace.events.append_dialogues(DIALOGUES)

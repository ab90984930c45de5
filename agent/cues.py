"""What the classifier of scenes looks at in a turn, as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import yaml

from handpicked import prompts
from handpicked.agent import lexicon
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.lexicon import Hit
from handpicked.agent.ngrams import Ngrams
from handpicked.agent.scenes import Scenes
from handpicked.agent.signs import Polarity
from handpicked.tools.data.text import Token, has_cjk, tokenize
from handpicked.tools.types import Embedder, Floats

SIGNS = "turn_signs.yaml"
_PAGE_WEIGHT = 2.0
_WORD_WEIGHT = 1.5
_TITLE_WEIGHT = 0.7
_CUE_WEIGHT = 0.4
_SIGN_WEIGHT = 0.6
_PREVIOUS_WEIGHT = 0.5
"""How far a feature moves things for the same penalty; by cross-validation over the writers of the `train` demonstrations."""
_LONG = 30
"""Words from which a message counts as long."""
_DOMAINS = ("movie", "grocery", "news", "book", "music")
_DEVICES = ("phone", "tv", "speaker")
_ROLES: tuple[Polarity, ...] = ("like", "dislike", "seen", "about")
_NOUNS = {
    "movie": ("that film", "那部电影"), "book": ("that book", "那本书"), "news": ("that article", "那篇文章"),
    "music": ("that album", "那张专辑"),
}  # fmt: skip
"""What stands for a title, so that what is said of one film is learned for all."""
_NOUN = ("that one", "那个")


@dataclass(frozen=True, slots=True)
class Title:
    """A title in a message at [start, end), of an item of this domain."""

    start: int
    end: int
    domain: str
    role: Polarity


@dataclass(frozen=True, slots=True)
class Cues:
    """What the classifier looks at. `text` is the message, or what stands in the search box; `clicked` are domains;
    `previous` is the message before and `scene_before` what it was read as."""

    text: str
    typed: bool = True
    titles: tuple[Title, ...] = ()
    page: str | None = None
    cart: bool = False
    clicked: tuple[str, ...] = ()
    device: str | None = None
    previous: str | None = None
    scene_before: str | None = None


def cues_of(demo: Demonstration) -> Cues:
    """What the classifier would see of a demonstration whose titles were all found."""
    context, text = demo.context, demo.message or demo.context.query or ""
    spans = [(text.find(named.span), named) for named in demo.titles if named.span and named.span in text]
    last = demo.before[-1] if demo.before else None
    return Cues(
        text=text,
        typed=bool(demo.message),
        titles=tuple(
            Title(start, start + len(named.span or ""), named.domain, named.role) for start, named in spans
        ),
        page=context.page,
        cart=bool(context.cart),
        clicked=tuple(thing.domain for thing in context.clicked),
        device=context.device,
        previous=last.message if last else None,
        scene_before=last.scene if last else None,
    )


def features(cues: Cues, embedder: Embedder, scenes: Scenes, ngrams: Ngrams) -> Floats:
    """The embedded message without its titles (and, weaker, the one before), where the user is and was, what is said of
    scenes and tasks, and the message's runs of words; of one length for the same scenes and runs."""
    text = masked(cues)
    message, previous = (_embedded(said, embedder) for said in (text, cues.previous or ""))
    tokens = tokenize(text)
    rest = [*_around(cues, text, scenes), *_said(text, tokens, scenes), *_shape(cues, text, tokens)]
    parts = [message, _PREVIOUS_WEIGHT * previous, np.array(rest, np.float32), ngrams.vector(tokens)]
    return np.concatenate(parts).astype(np.float32)


def page_scene(page: str | None, scenes: Scenes) -> str | None:
    """The scene that a page name puts a user in."""
    name = (page or "").casefold()
    return next((scene for scene, value in scenes.items() if name in map(str.casefold, value.pages)), None)


def masked(cues: Cues) -> str:
    """The text with a plain noun for each title."""
    chinese, text, place = has_cjk(cues.text), "", 0
    for title in sorted(cues.titles, key=lambda title: title.start):
        if title.start >= place:
            text += cues.text[place : title.start] + _NOUNS.get(title.domain, _NOUN)[chinese]
            place = title.end
    return text + cues.text[place:]


def _embedded(text: str, embedder: Embedder) -> Floats:
    return embedder.query(text) if text else np.zeros(embedder.dimensions, np.float32)


def _around(cues: Cues, text: str, scenes: Scenes) -> list[float]:
    """The page (which says more where nothing is written), the scene before, and what stands and was clicked there."""
    page = page_scene(cues.page, scenes)
    titles, roles = {title.domain for title in cues.titles}, {title.role for title in cues.titles}
    return [
        *(_PAGE_WEIGHT * (name == page) for name in scenes),
        *(_PAGE_WEIGHT * (name == page and not text) for name in scenes),
        *(float(name == cues.scene_before) for name in scenes),
        *(_TITLE_WEIGHT * (domain in titles or domain in cues.clicked) for domain in _DOMAINS),
        *(_TITLE_WEIGHT * (role in roles) for role in _ROLES),
        *(float(cues.device == device) for device in _DEVICES),
    ]


def _said(text: str, tokens: Sequence[Token], scenes: Scenes) -> list[float]:
    """Which domains' words, which scenes' cues and which signs of scenes and tasks the text has."""
    known, more = lexicon.load(), _signs()
    named = _values(lexicon.find(text, tokens, known.domains))
    signs = _values(lexicon.find(text, tokens, known.signs))
    turns = _values(lexicon.find(text, tokens, more.words))
    return [
        *(_WORD_WEIGHT * (domain in named) for domain in _DOMAINS),
        *(_CUE_WEIGHT * bool(lexicon.find(text, tokens, scene.cue_keys)) for scene in scenes.values()),
        *(_CUE_WEIGHT * (sign in signs) for sign in known.sign_names),
        *(_SIGN_WEIGHT * (sign in turns) for sign in more.names),
    ]


def _shape(cues: Cues, text: str, tokens: Sequence[Token]) -> list[float]:
    """How the turn is made, whatever it says."""
    flags = [
        _alone(cues), len(cues.titles) > 1, cues.cart, not cues.typed, not cues.typed and bool(text), not text,
        bool(cues.previous), "?" in text or "？" in text, bool(cues.clicked), len(tokens) <= 2,
        any(map(str.isdigit, text)),
    ]  # fmt: skip
    return [*map(float, flags), 2.0 * min(len(tokens), _LONG) / _LONG]


def _alone(cues: Cues) -> bool:
    """Whether a title is all that is said."""
    left = cues.text
    for title in sorted(cues.titles, key=lambda title: -title.start):
        left = left[: title.start] + left[title.end :]
    return bool(cues.titles) and not any(map(str.isalnum, left))


def _values(hits: Sequence[Hit]) -> frozenset[str]:
    return frozenset(name for hit in hits for name in hit.values)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What phrases say of a turn, and the names of all that they may say."""

    words: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]


@cache
def _signs() -> _Signs:
    document: dict[str, list[object]] = yaml.load(prompts.read_text(SIGNS), yaml.CSafeLoader)
    return _Signs(lexicon.by_word(document), tuple(document))

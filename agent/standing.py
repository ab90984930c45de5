"""How a user stands to a title, learned from what people say of one (`prompts/sayings.jsonl`) and from demonstrations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ConfigDict, TypeAdapter

from handpicked import prompts
from handpicked.agent import cues, demonstrations, fitted, ngrams
from handpicked.agent.demonstrations import Demonstration
from handpicked.agent.fitted import Arrays
from handpicked.agent.link import Link
from handpicked.agent.mentions import JOINT
from handpicked.agent.ngrams import Ngrams
from handpicked.agent.signs import Polarity
from handpicked.tools.data.text import tokenize
from handpicked.tools.types import Floats

SAYINGS = "sayings.jsonl"
_VERSION = 2
_INVERSE_PENALTY = 16.0
"""Logistic regression's C: the least log loss, with the weights below, on mentions by three writers that it was not fitted on."""
_LEAST: Mapping[Polarity, float] = {"about": 0.5, "like": 0.9}
"""How likely a refusal, or that it is known, must be where no cue tells how the user stands, and where one tells of liking; flat from
.3 to .5 and from .7 on, on the same."""
_STANDS: tuple[Polarity, ...] = ("about", "dislike", "seen")
_BEFORE, _BEHIND, _BESIDE = 8, 12, 3
"""How many words are looked at before and behind a title, and how many of them as those right beside it."""
_BREAK = re.compile(r"[.!?;。！？；\n]")
_NAME = re.compile(r"(?<![A-Za-z])[XYZ](?![A-Za-z])")
Place = tuple[int, int]
"""Characters [start, end)."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said of the title X, beside others Y and Z, by a writer."""

    __pydantic_config__ = ConfigDict(extra="forbid")
    text: str
    stance: Polarity
    language: Literal["en", "zh"]
    writer: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Linear weights of the runs of words around a title: (runs + 1, stands), the last row the bias."""

    ngrams: Ngrams
    weights: Floats

    def judge(self, text: str, links: Sequence[Link]) -> list[Link]:
        """The links, those refused or said to be known of which no cue told it."""
        places = [(one.start, one.end) for one in links]
        return [self._judged(text, places, one) for one in links]

    def _judged(self, text: str, places: Sequence[Place], one: Link) -> Link:
        if one.polarity not in _LEAST:
            return one
        at, weights = self.ngrams.weigh(around(text, places, (one.start, one.end)))
        logits = weights @ self.weights[at] + self.weights[-1]
        likely = np.exp(logits - logits.max())
        best = int(likely.argmax())
        told = best > 0 and likely[best] >= _LEAST[one.polarity] * likely.sum()
        return replace(one, polarity=_STANDS[best]) if told else one


def load(cache: Path) -> Standing:
    """The model fitted on the sayings and the `train` demonstrations; fitted once for each version of them and kept in the
    cache."""
    kept = fitted.arrays(cache / "fitted" / f"standing-{_fingerprint()}.npz", _arrays)
    return Standing(Ngrams(tuple(map(str, kept["runs"])), kept["idf"]), kept["weights"])


@cache
def packaged() -> tuple[Saying, ...]:
    """The sayings that come with Handpicked."""
    read = TypeAdapter(Saying).validate_json
    return tuple(read(line) for line in prompts.read_text(SAYINGS).splitlines())


def fit(sayings: Sequence[Saying], train: Sequence[Demonstration]) -> Standing:
    """Multinomial logistic regression over what stands around titles; each stand weighs as much as it does among the
    demonstrations, since the sayings have more of the rare ones."""
    turns = [*_demonstrated(train)]
    rows = [*_said(sayings), *turns]
    labels = np.array([_STANDS.index(stand) for _, stand in rows])
    often = np.bincount(labels[-len(turns) :], minlength=len(_STANDS)) / np.bincount(labels)
    runs = ngrams.known(found for found, _ in rows)
    weighed = [runs.weigh(found) for found, _ in rows]
    sparse: Any = import_module("scipy.sparse")
    linear: Any = import_module("sklearn.linear_model")
    ends = np.cumsum([0, *(len(at) for at, _ in weighed)])
    values, columns = np.concatenate([w for _, w in weighed]), np.concatenate([at for at, _ in weighed])
    given = sparse.csr_matrix((values, columns, ends), shape=(len(rows), len(runs.runs)))
    model = linear.LogisticRegression(C=_INVERSE_PENALTY, max_iter=1000)
    model.fit(given, labels, sample_weight=(often / often.mean())[labels])
    return Standing(runs, np.vstack([model.coef_.T, model.intercept_]).astype(np.float32))


def around(text: str, places: Sequence[Place], place: Place) -> list[str]:
    """The runs of words before and behind a title and those it is joined to, up to the end of the sentence or the next title;
    behind a sentence that says nothing more, those of the next."""
    joined = _joined(text, places)
    number = next(n for n, (start, end) in enumerate(joined) if start <= place[0] < end)
    start, end = joined[number]
    first = joined[number - 1][1] if number else 0
    last = joined[number + 1][0] if number + 1 < len(joined) else len(text)
    before = _words(_BREAK.split(text[first:start])[-1])[-_BEFORE:]
    behind = _words(_sentence(text[end:last]))[:_BEHIND]
    near = [f"right before {' '.join(before[-n:])}" for n in range(min(_BESIDE, len(before)) + 1)]
    near += [f"right behind {' '.join(behind[:n])}" for n in range(min(_BESIDE, len(behind)) + 1)]
    return [
        *(f"before {run}" for run in ngrams.runs(before, end="")),
        *(f"behind {run}" for run in ngrams.runs(behind, start="")),
        *near,
        f"between {' '.join(before[-1:])} X {' '.join(behind[:1])}",
    ]


def _joined(text: str, places: Sequence[Place]) -> list[Place]:
    """The places in order, those joined by a comma or "and" as one."""
    found: list[Place] = []
    for start, end in sorted(set(places)):
        if found and (start < found[-1][1] or JOINT.fullmatch(text[found[-1][1] : start])):
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _sentence(text: str) -> str:
    end = _BREAK.search(text)
    if end is None or re.search(r"\w", text[: end.start()]):
        return text[: end.start()] if end else text
    return _BREAK.split(text[end.end() :], maxsplit=1)[0]


def _words(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


def _said(sayings: Sequence[Saying]) -> Iterator[tuple[list[str], Polarity]]:
    for saying in sayings:
        names = list(_NAME.finditer(saying.text))
        meant = next(name.span() for name in names if name[0] == "X")
        yield around(saying.text, [name.span() for name in names], meant), _stand(saying.stance)


def _demonstrated(train: Sequence[Demonstration]) -> Iterator[tuple[list[str], Polarity]]:
    for demo in train:
        found = cues.cues_of(demo)
        places = [(title.start, title.end) for title in found.titles]
        for title in found.titles:
            yield around(found.text, places, (title.start, title.end)), _stand(title.role)


def _stand(role: Polarity) -> Polarity:
    """A title that is liked is asked about as far as this is concerned: cues tell these apart."""
    return "about" if role == "like" else role


def _arrays() -> Arrays:
    made = fit(packaged(), [demo for demo in demonstrations.packaged() if demo.split == "train"])
    return {"runs": np.array(made.ngrams.runs, np.str_), "idf": made.ngrams.idf, "weights": made.weights}


def _fingerprint() -> str:
    read = (prompts.read_text(name) for name in (SAYINGS, "demonstrations.jsonl"))
    return hashlib.sha256("\0".join([str(_VERSION), str(_INVERSE_PENALTY), *read]).encode()).hexdigest()[:16]

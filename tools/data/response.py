"""How likely a user is to take up an offer: a calibrated logistic model of what the user and others did before.

Nothing here knows the future: an example's features are taken from the events before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from handpicked.tools.data.columns import Columns
from handpicked.tools.types import Floats, Rows

# scipy and scikit-learn have no types.
sparse: Any = import_module("scipy.sparse")
special: Any = import_module("scipy.special")

Doubles = NDArray[np.float64]

FEATURES = ("rate", "bought", "kin", "active", "redeemer")
"""What the model looks at: the part that the offer's items have of what the user chooses, drawn towards the part that
they have of what everybody chooses; how much the user chose of them, of items of their categories, and of anything; how
many offers the user took up before. Tried on validation and left out, since they changed nothing: newer choices apart,
popularity apart, the number of items, earlier redemptions of the items, EASE."""
LEAST_POSITIVES = 50
"""With fewer redemptions there is nothing to learn from."""
SLOW_DAYS, FAST_DAYS = 180.0, 30.0
"""A choice so many days ago counts 1/e: of the user's, and of everybody's."""
_PRIOR_CHOICES = 5.0
"""What everybody chooses counts in `rate` like so many choices of the user's."""
_LEAST_SHARE = 2e-4
_ARRAYS = ("weights", "mean", "scale", "low", "high")
_CONSTANT = 1e-9
"""A feature that varies less is the same in all examples, but for rounding, and tells nothing."""
_INVERSE_PENALTY = 1.0


@dataclass(frozen=True, slots=True)
class Choices:
    """What users chose: one row each, with the user's number, the item's row and how many days ago it was."""

    user: Rows
    item: Rows
    days: Doubles


@dataclass(frozen=True, slots=True)
class Kinds:
    """Items by category: a sparse matrix (items, categories), and how much each category tells (idf)."""

    matrix: Any
    tells: Doubles


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model: weights of standardized features. `base` is the mean response of its `examples`.

    A feature below `low` or above `high`, where nothing was learnt, counts as being there."""

    weights: Doubles
    mean: Doubles
    scale: Doubles
    low: Doubles
    high: Doubles
    intercept: float
    base: float
    examples: int
    positives: int

    def predict(self, features: Doubles) -> Doubles:
        """Probabilities for features of shape (n, len(FEATURES))."""
        known = np.clip(features, self.low, self.high)
        return special.expit((known - self.mean) / self.scale @ self.weights + self.intercept)


@dataclass(frozen=True, slots=True)
class Response:
    """A build's model, None where too little was known, and each catalogue row's share of what was chosen lately."""

    model: Model | None
    shares: Floats


def features(
    choices: Choices, offers: Any, shares: Doubles, kinds: Kinds, redeemed: Doubles, pairs: tuple[Rows, Rows]
) -> Doubles:
    """Features of pairs of user number and offer, shape (pairs, len(FEATURES)).

    `offers` is a sparse matrix (items, offers) of ones; `redeemed` counts each user's earlier redemptions."""
    user, offer = pairs
    shape = (len(redeemed), offers.shape[0])
    slow = sparse.csr_matrix((np.exp(-choices.days / SLOW_DAYS), (choices.user, choices.item)), shape=shape)
    size = np.asarray(offers.sum(axis=0)).ravel()
    wanted = offers.T.tocsr()
    theirs = sparse.diags(1.0 / np.maximum(size, 1.0)) @ wanted @ kinds.matrix
    told = (slow @ kinds.matrix) @ sparse.diags(kinds.tells)
    bought = _products(slow, wanted, user, offer)
    active = np.asarray(slow.sum(axis=1)).ravel()[user]
    usual = _PRIOR_CHOICES * np.maximum(shares @ offers, _LEAST_SHARE)[offer]
    columns = (
        np.log((bought + usual) / (active + _PRIOR_CHOICES)),
        np.log1p(bought),
        np.log1p(_products(told, theirs.tocsr(), user, offer)),
        np.log1p(active),
        np.log1p(redeemed)[user],
    )
    return np.stack(columns, axis=1)


def learn(examples: Doubles, answers: NDArray[np.bool_], weights: Doubles) -> Model | None:
    """Fit the model to examples with weights; None when too few were answered.

    Logistic regression keeps the mean: its predictions on the examples add up to the answers."""
    positives = int(answers.sum())
    if positives < LEAST_POSITIVES or positives == len(answers):
        return None
    linear: Any = import_module("sklearn.linear_model")
    mean = np.average(examples, axis=0, weights=weights)
    scale = np.sqrt(np.average((examples - mean) ** 2, axis=0, weights=weights))
    scale[scale < _CONSTANT] = 1.0
    fitted = linear.LogisticRegression(C=_INVERSE_PENALTY, max_iter=1_000)
    fitted.fit((examples - mean) / scale, answers, sample_weight=weights)
    base = float(np.average(answers, weights=weights))
    return Model(
        fitted.coef_[0], mean, scale, examples.min(axis=0), examples.max(axis=0), float(fitted.intercept_[0]),
        base, round(float(weights.sum())), positives,
    )  # fmt: skip


def offers_matrix(offers: Sequence[Rows], items: int) -> Any:
    """Ones where an offer has an item, shape (items, offers)."""
    row = np.concatenate([np.empty(0, np.int64), *offers])
    column = np.repeat(np.arange(len(offers)), [len(rows) for rows in offers])
    return sparse.csc_matrix((np.ones(len(row)), (row, column)), shape=(items, len(offers)))


def kinds_of(table: Columns, fresh: Columns | None = None) -> Kinds:
    """The categories of a catalogue; a category of few items tells more than one of many. Items that came since are
    the last rows; of their categories those count that the catalogue had."""
    terms = table.terms["categories"]
    added = fresh.terms["categories"] if fresh is not None else None
    parts = [
        (terms.rows, np.repeat(np.arange(len(terms.names)), np.diff(terms.starts))),
        *(
            (len(table) + added.rows_of(name), terms.position[name])
            for name in terms.names
            if added is not None
        ),
    ]
    rows = np.concatenate([row for row, _ in parts])
    columns = np.concatenate([np.broadcast_to(column, len(row)) for row, column in parts])
    shape = (len(table) + (len(fresh) if fresh is not None else 0), len(terms.names))
    tells: Doubles = np.log((1.0 + len(table)) / (1.0 + np.diff(terms.starts)))
    return Kinds(sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape), tells)


def shares_at(item: Rows, days: Doubles, items: int) -> Doubles:
    """Each item's share of what was chosen, newer choices counting more; all zero where nothing was."""
    counts: Doubles = np.bincount(item, np.exp(-days / FAST_DAYS), items).astype(np.float64)
    total = counts.sum()
    return counts / total if total > 0 else counts


def save(response: Response, folder: Path) -> None:
    """Write `response.json` and `response.npy`."""
    model = response.model
    document: Mapping[str, object] = {} if model is None else {"features": FEATURES} | asdict(model)
    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
    (folder / "response.json").write_bytes(orjson.dumps(document, option=options))
    np.save(folder / "response.npy", response.shares)


def load(folder: Path, items: int) -> Response:
    """Read back what `save` wrote. A build from before there was a response, or with other features, has no model."""
    if not (folder / "response.json").exists():
        return Response(None, np.zeros(items, np.float32))
    document: dict[str, Any] = orjson.loads((folder / "response.json").read_bytes())
    shares = np.load(folder / "response.npy")
    if document.pop("features", None) != list(FEATURES):
        return Response(None, shares)
    for name in _ARRAYS:
        document[name] = np.array(document[name], np.float64)
    return Response(Model(**document), shares)


def _products(one: Any, other: Any, row: Rows, of: Rows) -> Doubles:
    """Row by row products of two sparse matrices: `one[row[i]] @ other[of[i]]`."""
    return np.asarray(one[row].multiply(other[of]).sum(axis=1)).ravel()

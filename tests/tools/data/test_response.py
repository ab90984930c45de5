"""What the response model looks at, against counts by hand, and what it learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handpicked.tools.data import columns, response
from handpicked.tools.data.response import FEATURES, Choices, Model, Response
from handpicked.tools.types import Item

TABLE = columns.from_items(
    [
        Item("tea", "Tea", categories=("Drinks", "Hot")),
        Item("juice", "Juice", categories=("Drinks",)),
        Item("oil", "Oil", categories=("Kitchen",)),
        Item("soap", "Soap"),
    ]
)
KINDS = response.kinds_of(TABLE)
SHARES = np.array([0.5, 0.3, 0.2, 0.0])
OFFERS = response.offers_matrix([np.array([0]), np.array([1, 2]), np.array([3])], 4)
# ann: tea today and 180 days ago, juice 30 days ago; bob: nothing
CHOICES = Choices(np.array([0, 0, 0]), np.array([0, 0, 1]), np.array([0.0, 180.0, 30.0]))


def of(user: int, offer: int) -> dict[str, float]:
    pairs = (np.array([user]), np.array([offer]))
    made = response.features(CHOICES, OFFERS, SHARES, KINDS, np.array([2.0, 0.0]), pairs)
    return dict(zip(FEATURES, made[0].tolist(), strict=True))


def test_features_are_counts_that_fade() -> None:
    e = np.exp
    tea, all_of_ann = 1 + e(-1), 1 + e(-1) + e(-30 / 180)
    made = of(0, 0)
    assert made["bought"] == pytest.approx(np.log1p(tea))
    assert made["active"] == pytest.approx(np.log1p(all_of_ann))
    assert made["rate"] == pytest.approx(np.log((tea + 5 * 0.5) / (all_of_ann + 5)))
    assert made["redeemer"] == pytest.approx(np.log1p(2))
    both = of(0, 1)
    assert both["bought"] == pytest.approx(np.log1p(e(-30 / 180)))
    assert both["rate"] == pytest.approx(np.log((e(-30 / 180) + 5 * (0.3 + 0.2)) / (all_of_ann + 5)))


def test_a_rare_category_tells_more_than_a_common_one() -> None:
    slow = np.array([1 + np.exp(-1.0), np.exp(-30 / 180)])
    drinks, hot = np.log(5 / 3), np.log(5 / 2)
    assert of(0, 0)["kin"] == pytest.approx(np.log1p(slow.sum() * drinks + slow[0] * hot))
    assert of(0, 1)["kin"] == pytest.approx(np.log1p(slow.sum() * drinks / 2))
    assert of(0, 2)["kin"] == 0.0


def test_a_user_without_choices_has_only_the_offer_s_features() -> None:
    made = of(1, 0)
    assert [made[name] for name in ("bought", "kin", "active", "redeemer")] == [0.0] * 4
    assert made["rate"] == pytest.approx(np.log(0.5)), "of whom nothing is known does as everybody does"
    assert of(1, 2)["rate"] < np.log(0.001), "what nobody chose is hardly wanted"


def test_items_that_came_since_have_the_categories_that_were_known() -> None:
    fresh = columns.from_items([Item("chai", "Chai", categories=("Hot", "Spiced"))])
    grown = response.kinds_of(TABLE, fresh)
    assert grown.matrix.shape == (5, 3)
    assert grown.matrix[4].toarray().tolist() == [[0.0, 1.0, 0.0]]
    assert (grown.matrix[:4] != KINDS.matrix).nnz == 0


def test_a_catalogue_without_categories_can_be_asked() -> None:
    bare = response.kinds_of(columns.from_items([Item("a", "A")]))
    made = response.features(
        Choices(np.array([0]), np.array([0]), np.array([1.0])),
        response.offers_matrix([np.array([0])], 1),
        np.ones(1),
        bare,
        np.zeros(1),
        (np.array([0]), np.array([0])),
    )
    assert made[0, FEATURES.index("kin")] == 0.0
    assert np.isfinite(made).all()


def _examples(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    examples = rng.normal(size=(n, len(FEATURES)))
    answers = rng.random(n) < 1 / (1 + np.exp(2.0 - 1.5 * examples[:, 0]))
    return examples, answers


def test_the_model_finds_what_answers_follow_and_keeps_their_number() -> None:
    examples, answers = _examples(4_000)
    model = response.learn(examples, answers, np.ones(len(answers)))
    assert model is not None
    assert int(np.abs(model.weights).argmax()) == 0
    assert model.predict(examples).sum() == pytest.approx(answers.sum(), rel=0.01)
    assert model.base == pytest.approx(answers.mean())


def test_an_example_of_weight_ten_is_ten_examples() -> None:
    examples, answers = _examples(3_000)
    kept = answers | (np.arange(len(answers)) % 10 == 0)
    weights = np.where(answers, 1.0, 10.0)[kept]
    model = response.learn(examples[kept], answers[kept], weights)
    assert model is not None
    assert model.predict(examples).mean() == pytest.approx(answers.mean(), rel=0.15)


def test_a_feature_that_never_varied_says_nothing_when_it_does() -> None:
    examples, answers = _examples(2_000)
    examples[:, 3] = 0.1 + 0.2
    model = response.learn(examples, answers, np.full(len(answers), 0.3))
    assert model is not None
    moved = examples.copy()
    moved[:, 3] = 9.0
    assert model.predict(moved) == pytest.approx(model.predict(examples))


def test_beyond_what_was_learnt_from_counts_as_its_edge() -> None:
    examples, answers = _examples(2_000)
    model = response.learn(examples, answers, np.ones(len(answers)))
    assert model is not None
    edges = np.stack([examples.min(axis=0), examples.max(axis=0)])
    beyond = edges + np.array([[-1e9], [1e9]])
    assert (model.predict(beyond) == model.predict(edges)).all()


def test_too_few_answers_teach_nothing() -> None:
    examples, _ = _examples(200)
    for positives in (0, response.LEAST_POSITIVES - 1, 200):
        assert response.learn(examples, np.arange(200) < positives, np.ones(200)) is None


@given(st.lists(st.floats(-50, 50), min_size=len(FEATURES), max_size=len(FEATURES)))
def test_a_prediction_is_a_probability(values: list[float]) -> None:
    one, none = np.ones(len(FEATURES)), np.zeros(len(FEATURES))
    model = Model(one, none, one, -30 * one, 30 * one, 0.0, 0.1, 10, 5)
    assert 0.0 <= model.predict(np.array([values]))[0] <= 1.0


def test_shares_add_up_to_one_and_newer_choices_count_more() -> None:
    shares = response.shares_at(np.array([0, 1, 1]), np.array([0.0, 0.0, 30.0]), 3)
    assert shares.tolist() == pytest.approx([1 / (2 + np.exp(-1)), (1 + np.exp(-1)) / (2 + np.exp(-1)), 0.0])
    assert response.shares_at(np.empty(0, np.int64), np.empty(0), 2).tolist() == [0.0, 0.0]


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    examples, answers = _examples(1_000)
    shares = np.array([0.25, 0.75], np.float32)
    for model in (response.learn(examples, answers, np.ones(1_000)), None):
        response.save(Response(model, shares), tmp_path)
        found = response.load(tmp_path, 2)
        assert found.shares.tolist() == [0.25, 0.75]
        assert (found.model is None) == (model is None)
        if model is not None and found.model is not None:
            assert (found.model.predict(examples) == model.predict(examples)).all()


def test_a_build_of_other_features_or_without_any_has_no_model(tmp_path: Path) -> None:
    assert response.load(tmp_path, 3).shares.tolist() == [0.0, 0.0, 0.0]
    (tmp_path / "response.json").write_text('{"features": ["luck"], "weights": [1]}')
    np.save(tmp_path / "response.npy", np.zeros(3, np.float32))
    assert response.load(tmp_path, 3).model is None

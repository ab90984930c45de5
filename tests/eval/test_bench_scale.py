"""The benchmark of sizes goes on a small one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from handpicked.eval import bench_scale, synthetic
from handpicked.tools.data import readers
from handpicked.tools.data.documents import document
from handpicked.tools.data.rows import Broken
from handpicked.tools.types import Embedder, Item


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> synthetic.Made:
    return synthetic.make(tmp_path_factory.mktemp("made"), 1000, 5000, embedder, seed=3)


def test_made_up_vectors_cluster_by_topic(made: synthetic.Made) -> None:
    vectors = np.asarray(made.vectors)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(1000), abs=1e-5)
    cosines = vectors @ vectors.T
    same = made.topics[:, None] == made.topics
    assert cosines[same].mean() > cosines[~same].mean() + 0.2


def test_made_up_events_are_by_zipf_and_users_like_some_topics(made: synthetic.Made) -> None:
    rows = [row for _, row in readers.open_source(made.files.events[0]).rows()]
    assert len(rows) == 5000
    assert all(not isinstance(row, Broken) for row in rows)
    items = Counter(row["item_id"] for row in rows if not isinstance(row, Broken))
    assert sum(count for _, count in items.most_common(100)) > 0.3 * 5000
    times = [row["timestamp"] for row in rows if not isinstance(row, Broken)]
    assert times == sorted(times, key=str)


def test_a_made_up_item_has_its_vector_and_a_question_its_own(
    made: synthetic.Made, embedder: Embedder
) -> None:
    items = [
        Item(f"i{number}", f"Title {number}", domain="movie", year=1950 + number) for number in (2, 0, 1)
    ]
    given = synthetic.MadeEmbedder(embedder, made.vectors, synthetic.facts(items))
    found = given.embed_matrix(["Some Title. Item 7: words.", "a western", document(items[0]).text])
    assert (found[0] == made.vectors[7]).all()
    assert (found[1] == embedder.embed_matrix(["a western"])[0]).all()
    assert (found[2] == made.vectors[2]).all()


@pytest.mark.soak
def test_a_small_size_is_measured_from_ingest_to_turns(tmp_path: Path) -> None:
    figures = dict(bench_scale.run(bench_scale.Size(1000, 5000, turns=10), tmp_path))
    assert figures["items"] == "1,000"
    assert {"build, s", "turn, ms", "search alone, ms", "peak memory, built, GB"} <= figures.keys()
    assert float(figures["recall@10 by Chroma, items"]) > 0.9

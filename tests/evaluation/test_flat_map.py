"""Maps of embeddings: the same by seed, told of on their way, open to new points; and exact neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from voxstudio.core.errors import BadInput, Cancelled
from voxstudio.evaluation.flat_map import METHODS, flat_map, raised
from voxstudio.evaluation.neighbours import Neighbours


def clusters(each: int = 25, dimensions: int = 24) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    middles = 3.0 * rng.normal(size=(4, dimensions))
    labels = np.arange(4 * each) % 4
    return (middles[labels] + rng.normal(size=(len(labels), dimensions))).astype(np.float32), labels


@pytest.mark.parametrize("method", METHODS)
def test_a_map_keeps_clusters_together_and_takes_new_points(method: str) -> None:
    vectors, labels = clusters()
    told: list[float] = []
    seen: list[np.ndarray] = []
    found = flat_map(vectors, method, 5, lambda fraction, words: told.append(fraction), seen.append)
    again = flat_map(vectors, method, 5)
    assert np.array_equal(found.places, again.places)
    assert found.places.shape == (100, 2) and float(np.abs(found.places).max()) <= 1.0 + 1e-6
    away = np.linalg.norm(found.places[:, None] - found.places[None], axis=2) + 10.0 * np.eye(100)
    assert (labels[away.argmin(axis=1)] == labels).mean() > 0.95
    before = found.places.copy()
    placed = found.place(vectors[:8] + 0.01)
    assert np.median(np.linalg.norm(placed - found.places[:8], axis=1)) < 0.15
    assert np.array_equal(before, found.places) and told == sorted(told) and told[-1] == 1.0
    if method != "pca":
        assert len(seen) >= 10 and all(one.shape == (100, 2) for one in seen)
        opened = raised(vectors, found.raw, method, 5)
        assert np.allclose(opened.places, found.places, atol=1e-5)
        assert np.allclose(opened.place(vectors[:2]), found.place(vectors[:2]), atol=0.05)


def test_a_map_can_be_stopped_on_its_way() -> None:
    def stop(fraction: float, words: str) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        flat_map(clusters()[0], "tsne", 0, stop)


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (np.eye(2, 8), "at least 5 points, and there are 2"),
        (np.ones((1000, 8)), "All 1,000 embeddings are the same"),
        (np.full((20, 8), np.nan), "20 of 20 embeddings are not numbers"),
    ],
)
def test_what_makes_no_map_is_a_sentence(vectors: np.ndarray, words: str) -> None:
    for method in METHODS:
        with pytest.raises(BadInput, match=words):
            flat_map(vectors.astype(np.float32), method)


def test_many_equal_points_and_very_few_points_make_maps() -> None:
    vectors, _ = clusters()
    vectors[10:70] = vectors[0]
    assert np.isfinite(flat_map(vectors).places).all()
    assert np.isfinite(flat_map(vectors[5:12]).places).all()


def test_a_point_of_another_space_is_refused() -> None:
    found = flat_map(clusters()[0], "pca")
    with pytest.raises(BadInput, match="has 3 dimensions, the map's points 24"):
        found.place(np.zeros((1, 3)))
    with pytest.raises(BadInput, match="not numbers"):
        found.place(np.full((1, 24), np.inf))


def test_neighbours_are_those_of_all_distances() -> None:
    rng = np.random.default_rng(2)
    vectors = (rng.normal(size=(500, 32)) + 100.0).astype(np.float32)  # far from the origin: the fast way is rounded
    vectors[7] = vectors[3]
    index = Neighbours(vectors)
    for query in (vectors[3], rng.normal(size=32) + 100.0):
        truth: Any = np.linalg.norm(vectors.astype(np.float64) - query, axis=1)
        order = np.argsort(truth, kind="stable")[:10]
        found = index.nearest(query, 10)
        assert found.indices.tolist() == order.tolist()
        assert np.allclose(found.distances, truth[order], atol=1e-3)
    odd = np.arange(500) % 2 == 1
    assert set(index.nearest(vectors[3], 20, odd).indices % 2) == {1}
    assert len(index.nearest(vectors[3], 900)) == 2 and len(index.nearest(vectors[3], 900).indices) == 500
    assert len(index.nearest(vectors[3], 3, np.zeros(500, bool)).indices) == 0
    with pytest.raises(BadInput, match="embed both with one checkpoint"):
        index.nearest(np.zeros(31), 3)

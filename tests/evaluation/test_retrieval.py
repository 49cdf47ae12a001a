"""Retrieval against features whose order is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score

from voxstudio.evaluation.retrieval import distances, draw_curves, of_distances, retrieval


def test_perfect_features_bring_everything_first(rng: np.random.Generator) -> None:
    labels = np.arange(60) % 5
    found = retrieval((np.eye(5)[labels] * 10 + rng.normal(0, 0.1, (60, 5))).astype(np.float32), labels)
    assert found.map == 1.0 and (found.precision == 1).all() and found.by_class == (1.0,) * 5 and found.queries == 60


def test_average_precision_is_the_librarys(rng: np.random.Generator) -> None:
    labels, x = rng.integers(0, 3, 40), rng.normal(size=(40, 8)).astype(np.float32)
    squared = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    assert np.allclose(distances(x), squared, atol=1e-3)
    expected = [
        average_precision_score(np.delete(labels == labels[i], i), -np.delete(squared[i], i)) for i in range(40)
    ]
    found = retrieval(x, labels)
    assert found.map == pytest.approx(np.mean(expected))
    assert found.by_class[1] == pytest.approx(np.mean(np.array(expected)[labels == 1]))
    assert (np.diff(found.precision) <= 1e-12).all(), "interpolated precision falls with recall"
    assert found.precision[-1] >= np.mean(labels[:, None] == labels[None]) * 0.5


def test_a_known_order_by_hand() -> None:
    # On a line, classes 0 1 0 1 0. From the first: 1, 0, 1, 0, so (1/2 + 2/4) / 2; ties go to the lower number.
    place = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    found = of_distances((place[:, None] - place[None]) ** 2, np.array([0, 1, 0, 1, 0]))
    assert found.by_class == pytest.approx(((1 / 2 + 1 / 2 + (1 / 3 + 2 / 4) / 2) / 3, 1 / 3)) and found.queries == 5
    assert found.recall[0] == 0 and found.recall[-1] == 1
    alone = of_distances((place[:3, None] - place[None, :3]) ** 2, np.array([0, 1, 0]))
    assert alone.queries == 2 and alone.map == pytest.approx((1 / 2 + 1 / 2) / 2) and np.isnan(alone.by_class[1])


def test_unit_length_forgets_size(rng: np.random.Generator) -> None:
    labels = np.arange(40) % 2
    direction = np.eye(2)[labels] + rng.normal(0, 0.02, (40, 2))
    x = (direction * rng.uniform(0.1, 50, (40, 1))).astype(np.float32)
    assert retrieval(x, labels, unit=True).map == 1.0 > retrieval(x, labels).map


def test_curves_are_drawn_to_the_same_bytes(tmp_path: Path, rng: np.random.Generator) -> None:
    labels = np.arange(30) % 3
    found = retrieval(rng.normal(size=(30, 4)).astype(np.float32), labels)
    written = [draw_curves({"layer 1": found, "no enhancer": found}, tmp_path / f"{k}.png") for k in "ab"]
    assert written[0].read_bytes() == written[1].read_bytes()
    pixels = np.asarray(Image.open(written[0]).convert("L"))
    assert pixels.shape[1] > 900 and (pixels < 100).mean() > 0.001

"""Scores of samples against values that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from voxstudio.evaluation.sample_scores import (
    Gaussian,
    class_probability,
    coverage,
    fitted,
    frechet_distance,
    inception_score,
    iou_distances,
    probabilities,
)


def dense(one: Gaussian) -> np.ndarray:
    return one.rows.T @ one.rows + one.ridge * np.eye(len(one.mean))


def textbook(one: Gaussian, other: Gaussian) -> float:
    a, b = dense(one), dense(other)
    return float(((one.mean - other.mean) ** 2).sum() + np.trace(a + b - 2 * np.real(sqrtm(a @ b))))


def test_the_inception_score_of_sure_and_even_answers_is_their_number() -> None:
    sure = np.eye(7)[np.arange(700) % 7]
    assert inception_score(sure, 1).mean == pytest.approx(7)
    assert inception_score(np.full((60, 5), 0.2)).mean == pytest.approx(1), "unsure of everything"
    assert inception_score(np.eye(5)[np.zeros(60, int)]).mean == pytest.approx(1), "always the same"
    found = inception_score(sure)
    assert found.parts == 10 and found.samples == 700 and 6.5 < found.mean <= 7 and found.spread < 0.3
    assert inception_score(sure[:99]).parts == 1, "a part has at least 50 samples"


def test_probabilities_of_the_class_that_was_meant() -> None:
    chances = probabilities(np.log([[1.0, 3.0], [1.0, 1.0]]))
    assert class_probability(chances, 1) == pytest.approx((0.75 + 0.5) / 2)


@pytest.mark.parametrize(("count", "width"), [(200, 12), (9, 30), (40, 30)])
def test_the_frechet_distance_of_a_shift_is_its_square(count: int, width: int) -> None:
    x = np.random.default_rng(1).normal(size=(count, width)) * np.linspace(0.5, 2, width)
    shift = np.linspace(-1, 1, width)
    one = fitted(x)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(one, fitted(x + shift)) == pytest.approx(float((shift**2).sum()), rel=1e-6)
    assert (one.shrinkage > 0) == (count < width), "drawn in only where there are fewer samples than features"


@pytest.mark.parametrize("counts", [(60, 80), (8, 6), (8, 60), (60, 8), (20, 15)])
def test_the_frechet_distance_is_the_textbooks(counts: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    one, other = (
        fitted(rng.normal(size=(count, 24)) @ rng.normal(size=(24, 24)) + k) for k, count in enumerate(counts)
    )
    assert frechet_distance(one, other) == pytest.approx(textbook(one, other), rel=1e-6)
    assert frechet_distance(other, one) == pytest.approx(frechet_distance(one, other), rel=1e-9)


def test_without_shrinkage_few_samples_give_the_same_distance_as_the_textbook() -> None:
    rng = np.random.default_rng(3)
    one, other = (fitted(rng.normal(size=(7, 10)), 0.0) for _ in range(2))
    assert frechet_distance(one, other) == pytest.approx(textbook(one, other), rel=1e-3)


def test_what_is_covered() -> None:
    real = np.zeros((3, 2, 2, 2), bool)
    real[0, 0], real[1, 1], real[2] = True, True, True
    made = real[[0, 0, 2]]
    found = coverage(iou_distances(made, real))
    assert found.coverage == pytest.approx(2 / 3) and found.distance == pytest.approx(0.5 / 3)
    empty = np.zeros((1, 2, 2, 2), bool)
    assert iou_distances(empty, empty)[0, 0] == 0 and iou_distances(empty, real[:1])[0, 0] == 1

"""The SVM in the span of the training features is the SVM on the features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from voxstudio.evaluation.linear_svm import coordinates, grams, linear_svm


def blobs(
    rng: np.random.Generator, count: int, width: int = 600, spread: float = 2.2, classes: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    centres = np.random.default_rng(7).normal(size=(classes, width)) * 0.35
    labels = np.arange(count) % classes
    return (centres[labels] + spread * rng.normal(size=(count, width))).astype(np.float32), labels


def test_coordinates_keep_all_inner_products(rng: np.random.Generator) -> None:
    (x, _), (t, _) = blobs(rng, 50), blobs(rng, 20)
    z, zt = coordinates(*(part / 3000 for part in grams(x, t)))
    assert np.allclose(z @ z.T, x.astype(float) @ x.T / 3000, atol=1e-4)
    assert np.allclose(zt @ z.T, t.astype(float) @ x.T / 3000, atol=1e-4)


def test_wide_features_give_what_the_plain_svm_gives(rng: np.random.Generator) -> None:
    (x, y), (t, answers) = blobs(rng, 160), blobs(rng, 120)
    found = linear_svm(x, y, t, answers, candidates=(0.1,), scalings=("plain",))
    usual = np.sqrt((x.astype(float) ** 2).sum(axis=1).mean())
    plain = LinearSVC(C=0.1, tol=1e-5, max_iter=20000, random_state=0).fit(x / usual, y).predict(t / usual)
    assert np.mean(plain == found.predicted) > 0.97
    assert found.accuracy == pytest.approx(np.mean(found.predicted == answers)) and 0.5 < found.accuracy < 1
    assert (found.width, found.train_objects, found.test_objects) == (600, 160, 120)


def test_separable_classes_are_told_apart_and_repeats_are_left_out(rng: np.random.Generator) -> None:
    (x, y), (t, answers) = blobs(rng, 200, spread=0.3), blobs(rng, 60, spread=0.3)
    wrong = answers.copy()
    wrong[:15] = (wrong[:15] + 1) % 4
    found = linear_svm(np.concatenate([x, x[:40]]), np.concatenate([y, y[:40]]), t, wrong, np.arange(60) < 15)
    assert found.accuracy_new == 1.0 and found.accuracy == 0.75 and found.validation_accuracy == 1.0


def test_c_and_scaling_come_from_the_training_part_and_repeat(rng: np.random.Generator, tmp_path: Path) -> None:
    (x, y), (t, answers) = blobs(rng, 160), blobs(rng, 40)
    np.save(tmp_path / "x.npy", (x * rng.uniform(0.2, 5, (160, 1))).astype(np.float16))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    first, second = (linear_svm(mapped, y, t, answers) for _ in range(2))
    assert (first.c, first.scaling, first.accuracy) == (second.c, second.scaling, second.accuracy)
    shuffled = linear_svm(mapped, y, t, answers[::-1].copy())
    assert (shuffled.c, shuffled.scaling) == (first.c, first.scaling), "the test part has no say"


def test_features_that_are_nearly_alike_are_told_apart_by_what_is_more_than_rounding(rng: np.random.Generator) -> None:
    labels = np.arange(240) % 3
    common = rng.normal(size=(1, 2500))
    small = rng.normal(size=(3, 2500))[labels] + rng.normal(size=(240, 2500))
    features = (100 * common + 0.3 * small).astype(np.float32)
    z, z_test = coordinates(*grams(features[:180], features[180:]))
    assert np.isfinite(z).all() and np.isfinite(z_test).all()
    found = linear_svm(features[:180], labels[:180], features[180:], labels[180:], candidates=(1000.0,))
    assert found.accuracy > 0.9

"""Judging samples and predictions, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from voxstudio.evaluation.sample_quality import sample_quality
from voxstudio.evaluation.voxel_prediction import average_precision, voxel_prediction


def boxes(count: int, side: int = 16) -> np.ndarray:
    grids = np.zeros((count, side, side, side), bool)
    for k in range(count):
        grids[k, k : k + 6, 2:8, 2:8] = True
    return grids


def test_training_shapes_judge_themselves_well() -> None:
    grids = boxes(8)
    found = sample_quality(grids, grids)
    assert (found.largest_component, found.empty_or_full, found.diversity_ratio) == (1.0, 0.0, pytest.approx(1.0))
    assert (found.samples, found.training_shapes) == (8, 8)


def test_collapse_dust_and_empty_samples_show() -> None:
    same = np.repeat(boxes(1), 6, axis=0)
    assert sample_quality(same, boxes(8)).diversity_ratio == 0.0
    dusty = boxes(4)
    dusty[:, 12, ::2, ::2] = True  # 64 specks beside 216 voxels
    assert sample_quality(dusty).largest_component == pytest.approx(216 / 280)
    mixed = np.concatenate([boxes(2), np.zeros((1, 16, 16, 16), bool), np.ones((1, 16, 16, 16), bool)])
    found = sample_quality(mixed, boxes(4))
    assert found.empty_or_full == 0.5 and sample_quality(boxes(1)).diversity == 0


def test_average_precision_is_the_librarys(rng: np.random.Generator) -> None:
    field, truth = rng.uniform(size=(8, 8, 8)), rng.uniform(size=(8, 8, 8)) < 0.2
    field = np.clip(field * 0.6 + 0.4 * truth, 0, 1)
    rough = np.floor(field * 4096) / 4096
    assert average_precision(field, truth) == pytest.approx(average_precision_score(truth.ravel(), rough.ravel()))
    assert average_precision(truth.astype(float), truth) == 1.0
    assert average_precision(np.full(truth.shape, 0.5), truth) == pytest.approx(truth.mean())
    assert average_precision(field, np.zeros_like(truth)) == 0.0


def test_differences_are_means_times_a_thousand() -> None:
    truth = np.zeros((2, 4, 4, 4), bool)
    truth[:, :2] = True
    field = np.where(truth, 0.9, 0.2).astype(np.float32)
    found = voxel_prediction(field, truth)
    assert found.mse == pytest.approx(1000 * (0.01 + 0.04) / 2, rel=1e-5)
    assert found.distance == pytest.approx(150, rel=1e-5)
    assert (found.ap, found.iou, found.objects) == (1.0, 1.0, 2)
    with pytest.raises(ValueError, match="one shape"):
        voxel_prediction(field, truth[:1])

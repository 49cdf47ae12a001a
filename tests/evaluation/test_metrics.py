"""Metrics against values that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from voxstudio.evaluation.metrics import (
    best_threshold,
    diversity,
    iou,
    largest_component_share,
    squared_difference,
    ssim3d,
)


def test_iou_counts_voxels() -> None:
    a, b = np.zeros((4, 4, 4), bool), np.zeros((4, 4, 4), bool)
    assert iou(a, b) == 1.0
    a[0], b[:2] = True, True
    assert iou(a, b) == 0.5


def test_squared_difference_is_a_sum_not_a_norm() -> None:
    assert squared_difference(np.full((2, 2, 2), 0.5, np.float32), np.zeros((2, 2, 2), bool)) == 2.0


def test_ssim_of_constants_follows_the_formula() -> None:
    a, b = np.full((16, 16, 16), 0.2, np.float32), np.full((16, 16, 16), 0.6, np.float32)
    assert ssim3d(a, b) == pytest.approx((2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4), rel=1e-5)


def test_the_best_threshold_is_found() -> None:
    truth = np.zeros((3, 4, 4, 4), bool)
    truth[:, 0] = True
    assert best_threshold(np.where(truth, 0.46, 0.29), truth) == (0.3, 1.0)


def test_components_touch_over_corners() -> None:
    grid = np.zeros((6, 6, 6), bool)
    grid[0, 0, 0] = grid[1, 1, 1] = True
    assert largest_component_share(grid) == 1.0
    grid[5, 5, 5] = grid[5, 0, 0] = True
    assert largest_component_share(grid) == 0.5
    assert largest_component_share(np.zeros((2, 2, 2), bool)) == 0.0


def test_diversity_is_the_mean_pairwise_distance() -> None:
    grids = np.zeros((3, 2, 2, 2), bool)
    grids[0, 0], grids[1, 0], grids[2, 1] = True, True, True
    assert diversity(grids) == pytest.approx(2 / 3)

"""Voxel prediction: average precision, squared and absolute differences (3DInfoGAN, section 4; 3D-GAN, table 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Fields = npt.NDArray[np.float32]
Grids = npt.NDArray[np.bool_]
LEVELS = 4096


@dataclass(frozen=True)
class VoxelPrediction:
    """Means over objects. ``ap``: average precision over the voxels of an object, with the predicted probability as
    score; ``mse`` and ``distance``: mean squared and mean absolute difference of a voxel, times 1000 (the paper's
    unit); ``iou`` at the given threshold."""

    ap: float
    mse: float
    distance: float
    iou: float
    objects: int


def voxel_prediction(fields: Fields, truths: Grids, iso_level: float = 0.5) -> VoxelPrediction:
    """Compare probabilities ``[N, R, R, R]`` with occupancies of the same shape."""
    from voxstudio.core.overlap import iou

    if fields.shape != truths.shape or not len(fields):
        raise ValueError(
            f"fields {fields.shape} and truths {truths.shape} must have one shape, with at least one object"
        )
    rows = []
    for field, truth in zip(fields, truths, strict=True):
        miss = np.abs(field.astype(np.float64) - truth)
        rows.append(
            (average_precision(field, truth), np.square(miss).mean(), miss.mean(), iou(field >= iso_level, truth))
        )
    ap, mse, distance, overlap = np.mean(rows, axis=0).tolist()
    return VoxelPrediction(ap, 1000 * mse, 1000 * distance, overlap, len(rows))


def average_precision(field: npt.NDArray[np.floating], truth: Grids) -> float:
    """Area under the precision-recall steps of one object's voxels, sum of (R_k - R_{k-1}) P_k; 0 without a voxel.

    Probabilities are compared at 4,096 levels, voxels of one level together.
    """
    level = np.minimum((np.clip(field, 0.0, 1.0) * LEVELS).astype(np.int64), LEVELS - 1).ravel()
    wanted = np.bincount(level, weights=truth.ravel(), minlength=LEVELS)[::-1].cumsum()
    named = np.bincount(level, minlength=LEVELS)[::-1].cumsum()
    if wanted[-1] == 0:
        return 0.0
    gained = np.diff(np.concatenate([[0.0], wanted])) / wanted[-1]
    return float((gained * wanted / np.maximum(named, 1)).sum())

"""Metrics on voxel grids, as numpy functions. All rates are fractions from 0 to 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxstudio.core.overlap import iou as iou

Float = npt.NDArray[np.floating]
Bool = npt.NDArray[np.bool_]


def squared_difference(probability: Float, truth: Bool) -> float:
    """Sum of squared differences of one object (the report's reconstruction figure, 2.5)."""
    return float(np.square(probability.astype(np.float64) - truth).sum())


def _gaussian_window(size: int, sigma: float) -> npt.NDArray[np.float64]:
    x = np.arange(size) - (size - 1) / 2
    w = np.exp(-(x**2) / (2 * sigma**2))
    return np.asarray(w / w.sum())


def ssim3d(a: Float, b: Float, window: int = 11, sigma: float = 1.5, k1: float = 0.01, k2: float = 0.03) -> float:
    """Structural similarity of two fields ``[X, Y, Z]`` in [0, 1] with a 3D gaussian window (report, 2.6.5).

    L = 1; the window is truncated to ``window`` voxels and the border is reflected; the mean over all voxels.
    """
    from scipy.ndimage import correlate1d

    kernel = _gaussian_window(window, sigma)

    def blur(field: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        for axis in range(3):
            field = correlate1d(field, kernel, axis=axis, mode="reflect")
        return field

    x, y = a.astype(np.float64), b.astype(np.float64)
    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    c1, c2 = k1**2, k2**2
    top = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float(np.mean(top / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))))


def best_threshold(
    probabilities: npt.NDArray[np.float16] | Float, truths: Bool, candidates: Float | None = None
) -> tuple[float, float]:
    """The threshold with the greatest mean IoU over objects ``[N, ...]``, and that IoU."""
    levels = np.arange(0.15, 0.70, 0.025) if candidates is None else candidates
    scores = [
        float(np.mean([iou(p >= level, t) for p, t in zip(probabilities, truths, strict=True)])) for level in levels
    ]
    best = int(np.argmax(scores))
    return float(np.round(levels[best], 4)), scores[best]


def largest_component_share(occupancy: Bool) -> float:
    """Share of the occupied voxels that belong to the largest 26-connected component; 0 if empty."""
    from scipy.ndimage import label

    labels, count = label(occupancy, structure=np.ones((3, 3, 3)))
    if count == 0:
        return 0.0
    return float(np.bincount(labels.ravel())[1:].max() / np.count_nonzero(occupancy))


def diversity(grids: Bool) -> float:
    """Mean pairwise IoU distance (1 - IoU) of occupancies ``[N, X, Y, Z]``, N at least 2."""
    flat = grids.reshape(len(grids), -1).astype(np.float32)
    both = flat @ flat.T
    size = flat.sum(1)
    union = size[:, None] + size[None] - both
    rows, columns = np.triu_indices(len(grids), 1)
    return float(np.mean(1 - both[rows, columns] / np.maximum(union[rows, columns], 1)))

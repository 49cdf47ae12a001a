"""The soft shadow where a shape meets the ground."""

from __future__ import annotations

import numpy as np

from voxstudio.core.surface import Surface

CELLS = 48
"""Cells along each side of the picture of the shadow: about one voxel of a 32^3 grid each."""


def contact_shadow(surface: Surface, floor: float, reach: float, cells: int = CELLS) -> np.ndarray:
    """How dark the ground is under a surface, float32 ``[cells, cells]`` indexed ``[y, x]``, 0 to 1.

    ``reach`` is half the side of the square of ground, in model units. Points near the floor count more.
    """
    picture = np.zeros((cells, cells), np.float32)
    if surface.is_empty:
        return picture
    points = surface.vertices
    height = max(float(points[:, 2].max()) - floor, 1e-6)
    nearness = np.exp(-5.0 * (points[:, 2] - floor) / height)
    ij = ((points[:, :2] / reach + 1.0) * 0.5 * cells).astype(np.int64)
    inside = ((ij >= 0) & (ij < cells)).all(axis=1)
    flat = ij[inside, 1] * cells + ij[inside, 0]
    hits = np.bincount(flat, minlength=cells * cells).reshape(cells, cells)
    weight = np.bincount(flat, weights=nearness[inside], minlength=cells * cells).reshape(cells, cells)
    tight, wide = _spread(weight / np.maximum(hits, 1)), _spread(np.minimum(hits, 1.0))
    for _ in range(2):
        tight, wide = _blur(tight, 1), _blur(wide, 4)
    picture[...] = np.clip(0.5 * tight + 0.27 * wide, 0.0, 0.75)
    return picture


def _spread(picture: np.ndarray) -> np.ndarray:
    """The largest of each cell and its eight neighbours: closes the gaps between vertices."""
    padded = np.pad(picture, 1)
    size = len(picture)
    return np.max([padded[i : i + size, j : j + size] for i in range(3) for j in range(3)], axis=0)


def _blur(picture: np.ndarray, width: int) -> np.ndarray:
    """Box blur by running sums, along both axes."""
    kernel = np.ones(2 * width + 1) / (2 * width + 1)
    for axis in (0, 1):
        padded = np.pad(picture, [(width + 1, width) if a == axis else (0, 0) for a in (0, 1)])
        sums = np.cumsum(padded, axis=axis)
        high = np.take(sums, range(2 * width + 1, sums.shape[axis]), axis=axis)
        low = np.take(sums, range(0, sums.shape[axis] - 2 * width - 1), axis=axis)
        picture = (high - low) * kernel[0]
    return picture

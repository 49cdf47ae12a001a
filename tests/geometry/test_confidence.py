"""Confidence is high at sharp walls and low on ramps."""

from __future__ import annotations

import numpy as np

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.confidence import confidence
from voxstudio.geometry.isosurface import surface_from_grid


def test_sharp_is_sure_and_a_ramp_is_not() -> None:
    values = np.zeros((12, 20, 12), np.float32)
    values[3:9, 3:9, 3:9] = 1.0
    values[3:9, 12:18, 3:9] = 0.55
    grid = VoxelGrid.unit(values)
    for style in ("smooth", "blocks"):
        surface = surface_from_grid(grid, style)
        sure = confidence(grid, surface)
        assert sure.shape == (len(surface.vertices),)
        assert sure.dtype == np.float32
        assert sure.min() >= 0
        assert sure.max() <= 1
        certain = surface.vertices[:, 1] < 0
        assert np.median(sure[certain]) > 0.9
        assert np.median(sure[~certain]) < 0.6


def test_a_wide_ramp_is_unsure_whatever_the_voxels() -> None:
    ramp = np.broadcast_to(np.linspace(1, 0, 41)[None, None], (8, 8, 41))
    grid = VoxelGrid(ramp, spacing=(1, 2, 0.5), origin=(3, 4, 5))
    surface = surface_from_grid(grid)
    top = (surface.normals[:, 2] > 0.9) & (np.abs(surface.vertices[:, 0] - 6.5) < 2)
    np.testing.assert_allclose(confidence(grid, surface)[top], 0.05, atol=0.01)


def test_an_empty_surface() -> None:
    grid = VoxelGrid(np.zeros((3, 3, 3)))
    assert confidence(grid, surface_from_grid(grid)).shape == (0,)

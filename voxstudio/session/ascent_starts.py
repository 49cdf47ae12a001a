"""What chains begin with: seeds, a shape that stands, and a state that branches off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from voxstudio.core.ascent import AscentState
from voxstudio.core.voxel_grid import VoxelGrid

LEAST_STIR, MOST_STIR = 0.05, 0.5
"""Bounds of the noise with which a branch begins where steps have none; volumes run from -1 to 1."""
NOWHERE = -2
"""A network that no gradient was taken of."""


def levelled(grid: VoxelGrid) -> VoxelGrid:
    """The same surface at 0.5: where a family draws it at another level, matter must not look unsure."""
    iso, values = grid.iso_level, grid.values
    below, above = 0.5 * values / iso, 0.5 + 0.5 * (values - iso) / (1.0 - iso)
    return replace(grid, values=np.where(values < iso, below, above).clip(0.0, 1.0).astype(np.float32), iso_level=0.5)


def stirred(state: AscentState) -> AscentState:
    """The same chains with noise of their seeds, as strong as what they have still to climb (the gradient's size)."""
    size = np.sqrt(np.square(state.gradient).mean(axis=(1, 2, 3), keepdims=True)).clip(LEAST_STIR, MOST_STIR)
    shape = state.volumes.shape[1:]
    drawn = [np.random.default_rng([seed, state.step]).standard_normal(shape, np.float32) for seed in state.seeds]
    volumes = (state.volumes + size * np.stack(drawn)).astype(np.float32)
    return replace(state, volumes=volumes, aim=(None, NOWHERE))  # whose gradient is another one


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """The seeds of chains side by side."""
    return tuple(range(first, first + count))

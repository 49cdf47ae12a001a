"""What one shape has and another has not, voxel by voxel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voxstudio.core.overlap import iou
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.isosurface import surface_from_grid

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Difference:
    """From one shape to another: ``added`` and ``removed`` count voxels of the finer grid.

    ``common``, ``more`` and ``less`` are the voxels of both, of the other alone and of the one alone, as blocks;
    ``before`` is the one shape as it is shown.
    """

    iou: float
    added: int
    removed: int
    common: Surface
    more: Surface
    less: Surface
    before: Surface


def difference(one: VoxelGrid, other: VoxelGrid, before: Surface) -> Difference:
    """Compare two grids, each at its own iso level; both fill their box, so a coarser one is repeated to the finer."""
    shape = tuple(np.maximum(one.shape, other.shape).tolist())
    a, b = _sized(one.occupancy, shape), _sized(other.occupancy, shape)
    finer = one if one.values.size >= other.values.size else other
    more, less = b & ~a, a & ~b
    common, came, went = (_blocks(part, finer) for part in (a & b, more, less))
    return Difference(iou(a, b), int(more.sum()), int(less.sum()), common, came, went, before)


def _sized(inside: Bools, shape: tuple[int, ...]) -> Bools:
    """The nearest voxel of each place."""
    if inside.shape == shape:
        return inside
    places = [
        np.minimum(((np.arange(wide) + 0.5) * have / wide).astype(int), have - 1)
        for have, wide in zip(inside.shape, shape, strict=True)
    ]
    result: Bools = inside[np.ix_(*places)]
    return result


def _blocks(inside: Bools, like: VoxelGrid) -> Surface:
    values = inside.astype(np.float32)
    grid = VoxelGrid.unit(values, size=max(n * step for n, step in zip(like.shape, like.spacing, strict=True)))
    return surface_from_grid(grid, "blocks")

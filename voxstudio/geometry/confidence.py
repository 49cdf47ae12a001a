"""How sure a model is of each place of its surface."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.isosurface import sample_grid
from voxstudio.geometry.smoothing import vertex_normals


def confidence(grid: VoxelGrid, surface: Surface) -> npt.NDArray[np.float32]:
    """Sharpness of the field across the surface, float32 ``[V]``: 1 is sure, 0 unsure.

    The probability one voxel inside minus the probability one voxel outside, along the vertex normal. A surface
    that separates certain matter from certain emptiness gives 1; one drawn through a wide ramp, or through a wall
    that the model hardly believes in, gives a value near 0.

    Parameters
    ----------
    grid: the probabilities that the surface was extracted from, with its spacing and origin.
    surface: in the same model units; normals are computed where it has none.
    """
    if len(surface.vertices) == 0:
        return np.zeros(0, np.float32)
    normals = surface.normals if surface.normals is not None else vertex_normals(surface.vertices, surface.faces)
    step = normals * np.asarray(grid.spacing, np.float32)  # one voxel, also where voxels are not cubes
    difference = sample_grid(grid, surface.vertices - step) - sample_grid(grid, surface.vertices + step)
    result: npt.NDArray[np.float32] = np.clip(difference, 0.0, 1.0).astype(np.float32)
    return result

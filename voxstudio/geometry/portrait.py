"""Small clay pictures of grids, all through one camera, so that a row of them can be compared."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.render import Light, frame, render_gbuffer, shade

Pixels = npt.NDArray[np.uint8]
AZIMUTH_DEG, ELEVATION_DEG = -32.0, 20.0
CLAY = "#dfccb9"
_ZOOM = 0.66
"""The camera frames this share of a grid's box, more only for the few shapes that reach into its corners."""


def portrait(grid: VoxelGrid, side: int, clay: str = CLAY) -> Pixels:
    """A picture uint8 ``[side, side, 4]`` in which the grid's box, not the shape, has always the same size."""
    import cv2

    from voxstudio.geometry.isosurface import surface_from_grid

    surface = surface_from_grid(grid)
    if surface.is_empty:
        return np.zeros((side, side, 4), np.uint8)
    half = 0.5 * np.array(grid.shape) * grid.spacing
    middle = np.array(grid.origin) + half - 0.5 * np.array(grid.spacing)
    farthest = np.linalg.norm(np.maximum(*np.abs(np.stack(surface.bounds) - middle)))
    reach = half * max(_ZOOM, 0.9 * float(farthest / np.linalg.norm(half)))
    box = Surface(np.stack([middle - reach, middle + reach]).astype(np.float32), np.empty((0, 3), np.int64))
    colour = np.array([int(clay[i : i + 2], 16) / 255 for i in (1, 3, 5)]) ** 2.2
    tint = tuple(float(part) for part in colour / colour.max())
    buffer = render_gbuffer(surface, frame(box, AZIMUTH_DEG, ELEVATION_DEG), 2 * side)
    # ignored: a colour has three parts, which a tuple of a generator does not tell mypy
    # The stub wants one kind of number in all arrays; they are both bytes.
    image = np.concatenate([shade(buffer, Light(tint=tint)), buffer.mask[..., None]], axis=2)  # type: ignore[arg-type]
    small = cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    small[..., :3] /= np.maximum(small[..., 3:], 1e-3)
    return np.asarray(np.clip(np.rint(small * 255), 0, 255), np.uint8)

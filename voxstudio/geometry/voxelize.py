"""From a triangle mesh to a binary voxel grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.core.surface import Surface

_BATCH = 2_000_000
"""Samples on triangles that are held at once."""


def voxelize(surface: Surface, resolution: int, solid: bool = True, fill: float = 1.0) -> npt.NDArray[np.bool_]:
    """Occupied voxels, bool ``[R, R, R]`` indexed ``[x, y, z]``.

    The bounding box is centred, and its longest side spans ``fill * resolution`` voxels. Voxels that a triangle
    passes are occupied; with ``solid``, a voxel is also occupied if its centre lies inside, by the parity of
    crossings along each axis, two of three deciding, so that an open or self-intersecting mesh does no great harm.

    Raises
    ------
    BadInput
        For a surface without triangles or without extent.
    ValueError
        For a resolution below 1 or a fill outside (0, 1].
    """
    if resolution < 1 or not 0.0 < fill <= 1.0:
        raise ValueError(f"resolution must be at least 1 and fill in (0, 1], got {resolution} and {fill}")
    if surface.is_empty:
        raise BadInput("The mesh holds no triangles: choose another file.")
    triangles = fit_points(surface.vertices, resolution, fill)[surface.faces]
    shell = _shell(triangles, resolution)
    return shell | _inside(triangles, resolution) if solid else shell


def fit_points(points: npt.ArrayLike, resolution: int, fill: float = 1.0) -> npt.NDArray[np.float64]:
    """Move ``points`` float ``[N, 3]`` to voxel coordinates: voxel i spans i to i + 1, the box is centred.

    Raises BadInput if the points have no extent.
    """
    given = np.asarray(points, np.float64)
    low, high = given.min(axis=0), given.max(axis=0)
    longest = float((high - low).max())
    if not longest > 0.0:
        raise BadInput("The mesh has no extent: all of its corners lie in one point.")
    result: npt.NDArray[np.float64] = (given - (low + high) / 2) * (fill * resolution / longest) + resolution / 2
    return result


def _shell(triangles: npt.NDArray[np.float64], resolution: int) -> npt.NDArray[np.bool_]:
    """Voxels that hold a sample of a triangle; samples lie at most half a voxel apart."""
    grid = np.zeros((resolution,) * 3, np.bool_)
    # A face exactly between two voxels belongs to the inner one; without this always to the higher, and mirrored
    # meshes would not give mirrored grids.
    triangles = (triangles - resolution / 2) * (1.0 - 1e-9) + resolution / 2
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    longest = np.linalg.norm(np.stack([b - a, c - a, c - b]), axis=2).max(axis=0)
    steps = np.ceil(2 * longest).astype(int) + 1
    for count in np.unique(steps):
        row, column = (index.ravel() for index in np.indices((count + 1, count + 1)))
        below = row + column <= count
        u, v = row[below, None] / count, column[below, None] / count
        some = np.flatnonzero(steps == count)
        for part in np.array_split(some, -(-len(some) * len(u) // _BATCH)):
            points = a[part, None] + u * (b - a)[part, None] + v * (c - a)[part, None]
            index = np.clip(np.floor(points.reshape(-1, 3)).astype(int), 0, resolution - 1)
            grid[tuple(index.T)] = True
    return grid


def _inside(triangles: npt.NDArray[np.float64], resolution: int) -> npt.NDArray[np.bool_]:
    votes = np.zeros((resolution,) * 3, np.int8)
    for axis in range(3):
        turned = np.roll(triangles, -axis, axis=2)  # the ray runs along the first coordinate
        votes += np.moveaxis(_parity(turned, resolution), (0, 1, 2), [(axis + k) % 3 for k in range(3)])
    return votes >= 2


def _parity(triangles: npt.NDArray[np.float64], resolution: int) -> npt.NDArray[np.bool_]:
    """Centres with an odd number of triangles below them along axis 0, bool ``[R, R, R]``."""
    # A hair beside the centres: rays through shared edges and corners would count a crossing twice or never.
    shift = np.array([1.3e-5, 2.1e-5])
    flat = triangles[:, :, 1:] - 0.5 - shift
    low = np.clip(np.ceil(flat.min(axis=1)), 0, resolution).astype(int)
    high = np.clip(np.floor(flat.max(axis=1)) + 1, 0, resolution).astype(int)
    width = np.maximum(high - low, 0)
    cells = width[:, 0] * width[:, 1]
    crossings = np.zeros((resolution + 1, resolution, resolution), np.int64)
    order = np.flatnonzero(cells)
    ends = np.cumsum(cells[order])
    for part in np.split(order, np.searchsorted(ends, np.arange(_BATCH, ends[-1], _BATCH))) if len(order) else ():
        owner = np.repeat(part, cells[part])
        rank = np.arange(len(owner)) - np.repeat(np.cumsum(cells[part]) - cells[part], cells[part])
        y, z = low[owner, 0] + rank // width[owner, 1], low[owner, 1] + rank % width[owner, 1]
        (ay, az), (by, bz), (cy, cz) = (flat[owner, k].T for k in range(3))
        area = (by - ay) * (cz - az) - (bz - az) * (cy - ay)
        safe = np.where(area == 0.0, 1.0, area)
        u = ((by - y) * (cz - z) - (bz - z) * (cy - y)) / safe
        v = ((cy - y) * (az - z) - (cz - z) * (ay - y)) / safe
        w = 1.0 - u - v
        hit = (area != 0.0) & (u >= 0) & (v >= 0) & (w >= 0)
        depth = u * triangles[owner, 0, 0] + v * triangles[owner, 1, 0] + w * triangles[owner, 2, 0]
        first = np.clip(np.ceil(depth[hit] - 0.5), 0, resolution).astype(int)  # the first centre beyond the triangle
        np.add.at(crossings, (first, y[hit], z[hit]), 1)
    result: npt.NDArray[np.bool_] = np.cumsum(crossings, axis=0)[:resolution] % 2 == 1
    return result

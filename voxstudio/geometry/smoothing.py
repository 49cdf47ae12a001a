"""Taubin smoothing: takes the steps of voxels away and keeps the volume."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface

_SHRINK, _SWELL = 0.5, -0.53
"""Factors of the two half steps (Taubin 1995): a pass band of 1/0.5 - 1/0.53 = 0.11."""


def taubin(surface: Surface, steps: int, normals: bool = True, keep_volume: bool = True) -> Surface:
    """Smooth by ``steps`` pairs of a shrinking and a swelling step (Taubin, SIGGRAPH 1995).

    The triangles stay as they are, so a closed surface stays closed; colours and values are kept. The steps keep the
    volume of what is several voxels thick but thin out bars of one voxel, whose round is as short a wave as the stairs.

    Parameters
    ----------
    surface: any triangle mesh.
    steps: at least 0; ten remove the stairs of a binary grid.
    normals: also return unit vertex normals.
    keep_volume: move a closed surface evenly along its normals until it has the volume it had.
    """
    from scipy.sparse import csr_array

    if surface.is_empty:
        return surface
    count = len(surface.vertices)
    starts = surface.faces[:, [0, 1, 2, 1, 2, 0]].ravel()
    ends = surface.faces[:, [1, 2, 0, 0, 1, 2]].ravel()
    joined = csr_array((np.ones(len(starts), np.float32), (starts, ends)), shape=(count, count))
    joined.sum_duplicates()
    closed = bool((joined.data == 2.0).all())
    joined.data[:] = 1.0
    degree = np.diff(joined.indptr)
    joined.data /= np.repeat(np.maximum(degree, 1), degree).astype(np.float32)
    moved = surface.vertices.astype(np.float32)
    loose = degree == 0  # vertices of no triangle have no neighbours to follow
    for _ in range(steps):
        for factor in (_SHRINK, _SWELL):
            pull = joined @ moved - moved
            pull[loose] = 0.0
            moved = moved + np.float32(factor) * pull
    if steps and closed and keep_volume:
        moved = _with_volume(moved, surface.faces, surface.volume, loose)
    directions = vertex_normals(moved, surface.faces) if normals else None
    return Surface(moved, surface.faces, directions, surface.colors, surface.values, surface.name)


def _with_volume(
    vertices: npt.NDArray[np.float32], faces: npt.NDArray[np.int64], volume: float, loose: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Offset along the normals by missing volume over area, again and again: exact at once only where it is flat."""
    for _ in range(8):
        a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
        area = float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 2
        missing = volume - float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6
        if area <= 0.0 or abs(missing) < 1e-3 * abs(volume):
            break
        offset = np.float32(missing / area) * vertex_normals(vertices, faces)
        offset[loose] = 0.0
        vertices = vertices + offset
    return vertices


def vertex_normals(vertices: npt.NDArray[np.float32], faces: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Unit normals float32 ``[V, 3]``, each triangle weighted by its area; +z where there is none."""
    corners = vertices[faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    index, weights = faces.ravel(), np.repeat(areas, 3, axis=0)
    summed = np.stack([np.bincount(index, weights[:, k], len(vertices)) for k in range(3)], axis=1)
    length = np.linalg.norm(summed, axis=1)
    flat = length <= np.finfo(np.float32).tiny
    result: npt.NDArray[np.float32] = (summed / np.where(flat, 1.0, length)[:, None]).astype(np.float32)
    result[flat] = (0.0, 0.0, 1.0)
    return result

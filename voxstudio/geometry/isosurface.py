"""From a voxel grid to a closed triangle surface: smooth (flying edges) or blocks (voxel faces)."""

from __future__ import annotations

import threading
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid

Style = Literal["smooth", "blocks"]

CLEARANCE = 5e-4
"""Least distance of a field value from the iso level, and so of a vertex from a voxel centre, in voxels.

A value exactly at the level would put several vertices on one voxel centre: triangles without area, which
formats without shared indices (STL) cannot close again.
"""

PINCH = 0.02
"""How far a blocks edge that two voxels share only by touching is drawn into one of them, in voxels."""

_EMPTY = np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int64)


def surface_from_grid(grid: VoxelGrid, style: str = "smooth", smoothing: int = 0, normals: bool = True) -> Surface:
    """Extract the surface where the field crosses ``grid.iso_level``.

    The result is closed, manifold and faces outward, also where the shape touches the border: the field counts
    as 0 outside. Every thread has a filter of its own, so any thread may call it.

    Parameters
    ----------
    grid: probabilities; position and spacing give model units.
    style: ``"smooth"`` (flying edges, Schroeder et al. 2015) or ``"blocks"`` (the exposed faces of the voxels).
    smoothing: Taubin steps after ``"smooth"``; blocks stay blocks.
    normals: also return unit normals of ``"smooth"``. Blocks have none: they are shaded flat.

    Raises
    ------
    ValueError
        For an unknown style or negative smoothing.
    """
    if smoothing < 0:
        raise ValueError(f"smoothing must not be negative, got {smoothing}")
    if style == "smooth":
        surface = _smooth(grid, normals and not smoothing)
        if smoothing and not surface.is_empty:
            from voxstudio.geometry.smoothing import taubin

            surface = taubin(surface, smoothing, normals=normals)
        return surface
    if style == "blocks":
        return _blocks(grid)
    raise ValueError(f"style must be 'smooth' or 'blocks', got {style!r}")


def sample_grid(grid: VoxelGrid, points: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Interpolate the field trilinearly at ``points`` float ``[N, 3]`` in model units; 0 outside the grid."""
    from scipy.ndimage import map_coordinates

    where = (np.asarray(points, np.float64).reshape(-1, 3) - grid.origin) / grid.spacing
    sampled = map_coordinates(grid.values, where.T, output=np.float32, order=1, mode="grid-constant", cval=0.0)
    result: npt.NDArray[np.float32] = sampled
    return result


def _field_around(grid: VoxelGrid) -> tuple[npt.NDArray[np.float32], list[int]] | None:
    """Iso level minus field around the occupied voxels, and the voxel index at which it starts; None if empty.

    Negative inside, kept clear of exactly 0, with "outside" beyond the border of the grid. Two voxels around the
    shape give the same vertices and central differences as the whole grid would, and less to walk through.
    """
    level = np.float32(grid.iso_level)
    inside = grid.values >= level
    layers = inside.reshape(len(inside), -1).any(axis=1)
    flat = np.bitwise_or.reduce(inside.view(np.uint8), axis=0)
    spans = [np.flatnonzero(side) for side in (layers, flat.any(axis=1), flat.any(axis=0))]
    if not spans[0].size:
        return None
    start = [max(int(span[0]) - 2, -1) for span in spans]
    stop = [min(int(span[-1]) + 3, size + 1) for span, size in zip(spans, grid.shape, strict=True)]
    field = np.empty([high - low for low, high in zip(start, stop, strict=True)], np.float32)
    source, target = [], []
    for axis, size in enumerate(grid.shape):
        low, high = max(start[axis], 0), min(stop[axis], size)
        source.append(slice(low, high))
        target.append(slice(low - start[axis], high - start[axis]))
        edge: list[slice | int] = [slice(None)] * 3
        for side, beyond in ((0, start[axis] < 0), (-1, stop[axis] > size)):
            if beyond:
                edge[axis] = side
                field[tuple(edge)] = 0.0
    field[tuple(target)] = grid.values[tuple(source)]
    np.subtract(level, field, out=field)
    _keep_clear(field)
    return field, start


def _keep_clear(field: npt.NDArray[np.float32]) -> None:
    """Move values nearer to 0 than the clearance away from it, 0 itself to the inside."""
    flat = field.reshape(-1)
    near = np.zeros(-(-flat.size // 8) * 8, bool)
    np.less(np.abs(flat), np.float32(CLEARANCE), out=near[: flat.size])
    eights = np.flatnonzero(near.view(np.uint64))  # few are near: looking at eight at once is four times as fast
    if eights.size:
        where = (eights[:, None] * 8 + np.arange(8)).ravel()
        where = where[near[where]]
        flat[where] = np.where(flat[where] > 0.0, np.float32(CLEARANCE), np.float32(-CLEARANCE))


class _Filter:
    """VTK's flying edges with its input, kept for the next call: making them anew takes as long as a small mesh."""

    def __init__(self) -> None:
        from vtkmodules.vtkCommonCore import vtkFloatArray
        from vtkmodules.vtkCommonDataModel import vtkImageData
        from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

        self._image: Any = vtkImageData()
        self._scalars: Any = vtkFloatArray()
        self._image.GetPointData().SetScalars(self._scalars)
        self._contour: Any = vtkFlyingEdges3D()
        self._contour.SetInputData(self._image)
        self._contour.SetValue(0, 0.0)
        self._contour.ComputeScalarsOff()

    def run(
        self, field: npt.NDArray[np.float32], spacing: list[float], origin: list[float], normals: bool
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.float32] | None]:
        """Points, triangles and normals of the 0 surface of ``field`` ``[z, y, x]``; the rest counts x, y, z."""
        self._image.SetDimensions(*field.shape[::-1])
        self._image.SetSpacing(*spacing)
        self._image.SetOrigin(*origin)
        self._scalars.SetVoidArray(field, field.size, 1)  # a view, given back below
        self._scalars.Modified()
        self._contour.SetComputeNormals(normals)
        self._contour.Update()
        output = self._contour.GetOutput()
        points = np.asarray(memoryview(output.GetPoints().GetData()))
        faces = np.asarray(memoryview(output.GetPolys().GetConnectivityArray())).reshape(-1, 3)
        directions = np.asarray(memoryview(output.GetPointData().GetNormals())) if normals else None
        output.Initialize()  # the arrays live on in what is returned
        self._scalars.Initialize()
        return points, faces, directions


_OWN = threading.local()


def _smooth(grid: VoxelGrid, normals: bool) -> Surface:
    around = _field_around(grid)
    if around is None:
        return Surface(*_EMPTY, name=grid.name)
    field, start = around
    if not hasattr(_OWN, "filter"):
        _OWN.filter = _Filter()
    # VTK wants x fastest, our arrays have z fastest. Handing the array over unchanged swaps x and z, which costs
    # one swap of columns of the result instead of a transposed copy of the field. That mirrors the surface
    # and so turns it inside out; the field is negative inside, which turns it back.
    origin = [low * step + zero for low, step, zero in zip(start, grid.spacing, grid.origin, strict=True)]
    points, faces, turned = _OWN.filter.run(field, list(grid.spacing)[::-1], origin[::-1], normals)
    vertices = _swapped(points)
    directions = None if turned is None else _swapped(turned)
    if directions is not None:
        np.negative(directions, out=directions)
    for array in (vertices, faces, directions):
        if array is not None:
            array.setflags(write=False)  # handed over: Surface need not copy it
    return Surface(vertices, faces, directions, name=grid.name)


def _swapped(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Columns in reverse order; by column, since ``points[:, ::-1]`` copies with an inner loop of three."""
    result = np.empty_like(points)
    for column in range(3):
        result[:, column] = points[:, 2 - column]
    return result


_QUADS = (
    ((0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1)),
    ((0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 0, 0)),
    ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)),
)
"""Corners of the face that looks along +x, +y, +z, counter-clockwise seen from outside."""


def _blocks(grid: VoxelGrid) -> Surface:
    if grid.is_empty:
        return Surface(*_EMPTY, name=grid.name)
    padded = np.pad(grid.occupancy, 1)
    # Flat indices from here on: the padding keeps a step along an axis from running into the next row. Corner k is
    # the low corner of padded voxel k.
    inside = padded.ravel()
    strides = np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    rings, owners = [], []
    for axis, stride in enumerate(strides):
        lower = np.flatnonzero(inside[stride:] != inside[:-stride])
        outward = inside[lower]  # the lower voxel is the solid one: the face looks along +axis
        ring = (lower + stride)[:, None] + np.array(_QUADS[axis]) @ strides
        ring[~outward] = ring[~outward, ::-1]
        rings.append(ring)
        owners.append(np.where(outward, lower, lower + stride))
    ring = np.concatenate(rings)
    used = np.zeros(inside.size, bool)
    used[ring] = True
    kept = np.flatnonzero(used)
    number = np.cumsum(used) - 1
    corners = np.stack(np.unravel_index(kept, padded.shape), axis=1) - 1.5
    faces = number[ring][:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    touching = _touching_corners(inside, strides)
    if touching is not None:
        corners, faces = _pinch(corners, faces, np.repeat(np.concatenate(owners), 2), touching[kept])
    return Surface(corners * np.array(grid.spacing) + np.array(grid.origin), faces, name=grid.name)


def _touching_corners(inside: npt.NDArray[np.bool_], strides: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_] | None:
    """Mark the ends of the edges along which two voxels touch (a 2 x 2 checkerboard in any plane); None without any."""
    marked = None
    for axis in range(3):
        along, first, second = strides[axis], strides[axis - 1], strides[axis - 2]
        across = inside[first:] ^ inside[:-first]
        checker = across[second:] & across[:-second]
        checker &= (inside[second:] ^ inside[:-second])[: checker.size]
        edges = np.flatnonzero(checker) + first + second
        if edges.size:
            marked = np.zeros(inside.size, bool) if marked is None else marked
            marked[edges] = marked[edges + along] = True
    return marked


def _pinch(
    points: npt.NDArray[Any], faces: npt.NDArray[np.int64], owner: npt.NDArray[np.int64], near: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Part the edges that four triangles share, so that every edge has exactly two.

    Of the two voxels that meet in such an edge, one gets a vertex of its own in the middle of it, drawn a little
    into that voxel. The vertices stay apart when a reader merges equal positions, as STL requires.

    ``points`` ``[V, 3]`` in voxels, ``faces`` ``[F, 3]``, ``owner`` ``[F]``: the voxel that a triangle bounds,
    ``near`` ``[V]``: the ends of such edges, and perhaps more.
    """
    candidates = near[faces].sum(axis=1) >= 2
    rest, faces, owner = faces[~candidates], faces[candidates], owner[candidates]
    ends = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    key = ends[:, 0] * len(points) + ends[:, 1]
    order = np.lexsort((np.repeat(owner, 3), key))
    key = key[order]
    first = np.flatnonzero(key[3:] == key[:-3])  # no run is longer than 4: these are the starts of the runs of 4
    mine = order[np.stack([first, first + 1], axis=1)]  # the two half-edges of the voxel that yields, [E, 2]
    opposite = points[faces[mine // 3, (mine + 2) % 3]].mean(axis=1)
    middle = points[ends[mine[:, 0]]].mean(axis=1)
    inward = opposite - middle
    middle += PINCH * inward / np.linalg.norm(inward, axis=1, keepdims=True)
    split = np.full(faces.shape, -1)
    split.reshape(-1)[mine] = (len(points) + np.arange(len(first)))[:, None]
    return np.concatenate([points, middle]), np.concatenate([rest, _split_faces(faces, split)])


def _split_faces(faces: npt.NDArray[np.int64], split: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Cut triangles at new vertices on their edges; ``split[f, i]`` lies on the edge from corner i, -1 for none."""
    touched = (split >= 0).any(axis=1)
    whole, cut, new = faces[~touched], faces[touched], split[touched]
    turn = (np.argmax(new >= 0, axis=1)[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(cut, turn, axis=1).T
    m, on_bc, on_ca = np.take_along_axis(new, turn, axis=1).T  # a fan around m: no triangle of it lies on a line
    pieces = [whole]
    for low, middle, high in ((b, on_bc, c), (c, on_ca, a)):
        plain = middle < 0
        pieces.append(np.stack([m, low, high], axis=1)[plain])
        pieces.append(np.stack([m, low, middle], axis=1)[~plain])
        pieces.append(np.stack([m, middle, high], axis=1)[~plain])
    return np.concatenate(pieces)

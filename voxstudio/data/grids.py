"""Small operations on binary voxel grids, and what readers of them share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput

Grid = npt.NDArray[np.bool_]

LEAST_VOXELS = 100

QUARTER_TURNS = {
    "bathtub": 1, "desk": 1, "dresser": 1, "monitor": 1, "night_stand": 1, "sofa": 1, "table": 1,
}
"""Quarter turns about z, counter-clockwise seen from above, after which a class of ModelNet10 looks to -y.

Chairs, beds and toilets already do. The other classes look to -x and are long in y; tables and bathtubs,
which have no front, are turned with them so that the long side lies along x as in the parametric tables.
"""


def turned(occupancy: Grid, quarters: int) -> Grid:
    """Turn by quarter turns about z, counter-clockwise seen from above."""
    return np.rot90(occupancy, quarters, axes=(0, 1))


def refined(occupancy: Grid) -> Grid:
    """The same object at twice the resolution with its steps rounded off, to learn smooth shapes from coarse grids.

    Voxels are repeated, blurred (sigma 0.9 of the new voxels) and kept from 0.45 on: rods of one old voxel survive.
    """
    from scipy.ndimage import gaussian_filter

    twice = resized(occupancy, 2 * len(occupancy)).astype(np.float32)
    return np.asarray(gaussian_filter(twice, 0.9) >= 0.45)


def centred(occupancy: Grid) -> Grid:
    """Shift by whole voxels so that the bounding box is centred on all axes."""
    for axis in range(3):
        filled = np.flatnonzero(occupancy.any(axis=tuple(k for k in range(3) if k != axis)))
        if len(filled):
            shift = (len(occupancy) - 1 - int(filled[0]) - int(filled[-1])) // 2
            occupancy = np.roll(occupancy, shift, axis=axis)
    return occupancy


def resized(occupancy: Grid, resolution: int) -> Grid:
    """The same object on a grid of another resolution.

    A slightly larger grid (up to 1.25 times) is padded: the object keeps its voxels. A multiple repeats them.
    Otherwise the grid is resampled; a voxel that lies on several old ones is filled if at least a quarter of
    it was, so that sheets and rods of one voxel survive halving.
    """
    size = len(occupancy)
    if resolution == size:
        return occupancy
    if size < resolution <= 1.25 * size:
        before = (resolution - size) // 2
        return np.pad(occupancy, [(before, resolution - size - before)] * 3)
    if resolution % size == 0:
        for axis in range(3):
            occupancy = np.repeat(occupancy, resolution // size, axis=axis)
        return occupancy
    # The share of a new voxel is the difference of a running sum at its two edges. Without matrix products: these are
    # too small for BLAS, whose threads would wait for each other thirty times as long as they compute.
    edges = np.linspace(0, size, resolution + 1)
    whole = np.minimum(edges.astype(np.int64), size - 1)
    share: npt.NDArray[np.float64] = occupancy.astype(np.float64)
    for axis in range(3):
        shape = [-1 if k == axis else 1 for k in range(3)]
        passed: npt.NDArray[np.float64] = np.asarray(np.cumsum(share, axis=axis)) - share
        running = np.take(passed, whole, axis) + np.take(share, whole, axis) * (edges - whole).reshape(shape)
        share = np.diff(running, axis=axis) / (size / resolution)
    return share >= (0.25 - 1e-9 if resolution < size else 0.5 - 1e-9)


def wanted_classes(path: Path, present: Sequence[str], classes: Sequence[str] | None) -> tuple[str, ...]:
    """The classes to read: those asked for, or all that are present; BadInput lists what there is."""
    if classes is None or len(classes) == 0:
        return tuple(present)
    known = {name.lower() for name in present}
    missing = [name for name in classes if name.lower() not in known]
    if missing:
        raise BadInput(f"{path.name} has no class {', '.join(missing)}; it has {', '.join(present)}.")
    return tuple(classes)

"""Measured attributes of voxel shapes, in plain words: what a code of a generator may turn out to move.

All are computed from occupancies bool ``[N, R, R, R]`` indexed ``[x, y, z]``, z up, front -y. Lengths are in per cent
of the cube's side, shares in per cent, so that figures of different resolutions compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Grids = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]

LEAST_PART = 0.005
"""A piece with a smaller share of the volume is dust, not a part."""
FOOT_LEVEL = 0.06
"""Feet are counted at this share of the shape's own height."""


@dataclass(frozen=True)
class Attribute:
    """One measure: ``key`` for files, ``title`` and ``unit`` for people."""

    key: str
    title: str
    unit: str
    help: str


@dataclass(frozen=True, eq=False)
class _Sums:
    """What most attributes need, computed once: projections and extents of grids ``[N, R, R, R]``."""

    grids: Grids
    volume: Values
    profiles: tuple[Values, Values, Values]
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]

    @classmethod
    def of(cls, grids: Grids) -> _Sums:
        """Voxels in each slice along x, y and z ``[N, R]``, and the bounding box ``[N, 3]`` (high is exclusive)."""
        columns = grids.sum(axis=3, dtype=np.int32)
        profiles = (
            columns.sum(axis=2).astype(np.float64),
            columns.sum(axis=1).astype(np.float64),
            grids.reshape(len(grids), -1, grids.shape[3]).sum(axis=1, dtype=np.int32).astype(np.float64),
        )
        low, high = np.zeros((len(grids), 3), np.int64), np.zeros((len(grids), 3), np.int64)
        for axis, profile in enumerate(profiles):
            filled = profile > 0
            low[:, axis] = np.argmax(filled, axis=1)
            high[:, axis] = np.where(filled.any(axis=1), grids.shape[1] - np.argmax(filled[:, ::-1], axis=1), 0)
        return cls(grids, profiles[0].sum(axis=1), profiles, low, high)

    @property
    def side(self) -> int:
        return int(self.grids.shape[1])

    @property
    def extent(self) -> npt.NDArray[np.int64]:
        """Bounding box in voxels, ``[N, 3]``."""
        return self.high - self.low

    @cached_property
    def pieces(self) -> list[npt.NDArray[np.int64]]:
        """For each shape the number of voxels of its 26-connected pieces."""
        from scipy.ndimage import label

        around, sizes = np.ones((3, 3, 3)), []
        for grid, low, high in zip(self.grids, self.low, self.high, strict=True):
            box = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
            sizes.append(np.bincount(label(grid[box], structure=around)[0].ravel(), minlength=1)[1:])
        return sizes

    def centre(self, axis: int) -> Values:
        """Centre of mass along an axis, in voxels from the cube's border."""
        places = np.arange(self.side) + 0.5
        return np.asarray(self.profiles[axis] @ places / np.maximum(self.volume, 1))


def _extent(axis: int) -> Callable[[_Sums], Values]:
    return lambda s: s.extent[:, axis] / s.side


def _volume(s: _Sums) -> Values:
    return s.volume / s.side**3


def _fill(s: _Sums) -> Values:
    return np.asarray(s.volume / np.maximum(s.extent.prod(axis=1), 1))


def _centre_height(s: _Sums) -> Values:
    return (s.centre(2) - s.low[:, 2]) / np.maximum(s.extent[:, 2], 1)


def _centre_depth(s: _Sums) -> Values:
    return (s.centre(1) - s.low[:, 1]) / np.maximum(s.extent[:, 1], 1)


def _top_heaviness(s: _Sums) -> Values:
    """Share of the volume in the upper half of the shape's height."""
    middle = (s.low[:, 2] + s.high[:, 2]) / 2
    levels = np.arange(s.side)[None]
    share = np.clip(levels + 1 - middle[:, None], 0, 1)
    return np.asarray((s.profiles[2] * share).sum(axis=1) / np.maximum(s.volume, 1))


def _symmetry(s: _Sums) -> Values:
    """IoU of the shape and its mirror image, mirrored in x about the middle of its own box."""
    result = np.ones(len(s.grids))
    for i, grid in enumerate(s.grids):
        part = grid[s.low[i, 0] : s.high[i, 0]]
        both = int(np.count_nonzero(part & part[::-1]))
        result[i] = both / max(2 * int(np.count_nonzero(part)) - both, 1)
    return result


def _parts(s: _Sums) -> Values:
    """Pieces with a fair share of the volume."""
    return np.array([np.count_nonzero(sizes >= LEAST_PART * sizes.sum()) for sizes in s.pieces], np.float64)


def _largest(s: _Sums) -> Values:
    return np.array([float(sizes.max()) / float(sizes.sum()) if len(sizes) else 0.0 for sizes in s.pieces], np.float64)


def _footprint(s: _Sums) -> Values:
    return np.asarray(s.grids.any(axis=3).reshape(len(s.grids), -1).mean(axis=1))


def _front(s: _Sums) -> Values:
    return np.asarray(s.grids.any(axis=2).reshape(len(s.grids), -1).mean(axis=1))


def _flank(s: _Sums) -> Values:
    return np.asarray(s.grids.any(axis=1).reshape(len(s.grids), -1).mean(axis=1))


def _broadest(s: _Sums) -> npt.NDArray[np.int64]:
    return np.asarray(np.argmax(s.profiles[2], axis=1))


def _broadest_height(s: _Sums) -> Values:
    """Height of the layer with the greatest area: a seat, a table top, a shade."""
    return np.asarray((_broadest(s) + 0.5 - s.low[:, 2]) / s.side)


def _broadest_area(s: _Sums) -> Values:
    return np.asarray(s.profiles[2].max(axis=1) / s.side**2)


def _above(s: _Sums) -> Values:
    """How far the shape reaches above its broadest layer: a back rest, a headboard."""
    return np.asarray(np.maximum(s.high[:, 2] - _broadest(s) - 1, 0) / s.side)


def _feet(s: _Sums) -> Values:
    """Separate spots just above the floor."""
    from scipy.ndimage import label

    result = np.zeros(len(s.grids))
    around = np.ones((3, 3))
    for i, grid in enumerate(s.grids):
        level = s.low[i, 2] + int(FOOT_LEVEL * s.extent[i, 2])
        result[i] = label(grid[:, :, min(level, s.side - 1)], structure=around)[1]
    return result


def _base_share(s: _Sums) -> Values:
    """Area of the lowest layers against the area of the bounding box seen from above."""
    levels = np.arange(s.side)[None]
    near = (levels >= s.low[:, 2:3]) & (levels < s.low[:, 2:3] + np.maximum(s.extent[:, 2:3] // 8, 1))
    area = (s.profiles[2] * near).max(axis=1)
    return np.asarray(area / np.maximum(s.extent[:, 0] * s.extent[:, 1], 1))


def _surface(s: _Sums) -> Values:
    """Exposed voxel faces per voxel: high for thin and rough shapes."""
    faces = np.zeros(len(s.grids))
    for axis in (1, 2, 3):
        inner = np.logical_xor(np.take(s.grids, range(1, s.side), axis), np.take(s.grids, range(s.side - 1), axis))
        ends = np.take(s.grids, 0, axis).reshape(len(s.grids), -1).sum(axis=1) + np.take(
            s.grids, s.side - 1, axis
        ).reshape(len(s.grids), -1).sum(axis=1)
        faces += inner.reshape(len(s.grids), -1).sum(axis=1) + ends
    # A cube of n^3 voxels has 6 n^2 faces: the share of its volume that faces outward, for one resolution or another.
    return faces / np.maximum(s.volume, 1) * s.side / 64.0


_TABLE: tuple[tuple[Attribute, Callable[[_Sums], Values], float], ...] = (
    (Attribute("height", "height", "%", "Height, of the cube's side."), _extent(2), 100.0),
    (Attribute("width", "width", "%", "Left to right, of the cube's side."), _extent(0), 100.0),
    (Attribute("depth", "depth", "%", "Front to back, of the cube's side."), _extent(1), 100.0),
    (Attribute("volume", "volume", "%", "Filled share of the cube."), _volume, 100.0),
    (Attribute("fill", "solidity", "%", "Filled share of the bounding box."), _fill, 100.0),
    (Attribute("centre_height", "centre of mass", "%", "Its height, of the shape's own."), _centre_height, 100.0),
    (Attribute("centre_depth", "weight to the back", "%", "Centre of mass, front to back."), _centre_depth, 100.0),
    (Attribute("top_heaviness", "top-heaviness", "%", "Volume in the upper half."), _top_heaviness, 100.0),
    (Attribute("symmetry", "left-right symmetry", "%", "IoU with the mirror image."), _symmetry, 100.0),
    (Attribute("parts", "number of parts", "", "Separate pieces, dust left out."), _parts, 1.0),
    (Attribute("largest_part", "share of the largest part", "%", "Of the volume."), _largest, 100.0),
    (Attribute("footprint", "footprint", "%", "Area seen from above, of the cube's."), _footprint, 100.0),
    (Attribute("front_area", "front view area", "%", "Area seen from the front."), _front, 100.0),
    (Attribute("side_area", "side view area", "%", "Area seen from the side."), _flank, 100.0),
    (Attribute("broadest_height", "height of the broadest layer", "%", "A seat or a top."), _broadest_height, 100.0),
    (Attribute("broadest_area", "area of the broadest layer", "%", "Of the cube's."), _broadest_area, 100.0),
    (Attribute("above", "height above the broadest layer", "%", "A back rest, for example."), _above, 100.0),
    (Attribute("feet", "number of feet", "", "Separate spots just above the floor."), _feet, 1.0),
    (Attribute("base", "breadth of the base", "%", "Lowest layers, of the bounding box."), _base_share, 100.0),
    (Attribute("thinness", "thinness", "", "Exposed faces a voxel, as at 64^3."), _surface, 1.0),
)
ATTRIBUTES: tuple[Attribute, ...] = tuple(row[0] for row in _TABLE)
CHUNK = 64


def measure(grids: Grids) -> Values:
    """Every attribute of occupancies ``[N, R, R, R]``, float64 ``[N, A]`` in the order of :data:`ATTRIBUTES`.

    An empty shape has NaN throughout: nothing can be said of it. Raises ValueError for arrays of another shape.
    """
    if grids.ndim != 4 or len(set(grids.shape[1:])) != 1:
        raise ValueError(f"grids must have the shape [N, R, R, R], not {grids.shape}")
    rows = [_measured(np.asarray(grids[k : k + CHUNK], bool)) for k in range(0, len(grids), CHUNK)]
    return np.concatenate(rows) if rows else np.zeros((0, len(ATTRIBUTES)))


def _measured(grids: Grids) -> Values:
    sums = _Sums.of(grids)
    table = np.stack([compute(sums) * factor for _, compute, factor in _TABLE], axis=1)
    table[sums.volume == 0] = np.nan
    return table


def block_means(grids: npt.NDArray[Any], step: int, dtype: type[np.floating[Any]] = np.float32) -> npt.NDArray[Any]:
    """Means over blocks of ``step``^3 voxels of ``[N, R, R, R]``, flat ``[N, (R // step)^3]``; what is over is cut."""
    kept = grids.shape[1] // step * step
    part = grids[:, :kept, :kept, :kept].reshape(len(grids), *(n for _ in range(3) for n in (kept // step, step)))
    return np.asarray(part.mean(axis=(2, 4, 6), dtype=dtype).reshape(len(grids), -1))


def describe(grid: Grids) -> Mapping[str, float]:
    """The attributes of one occupancy ``[R, R, R]`` by key."""
    return dict(zip((a.key for a in ATTRIBUTES), measure(grid[None])[0].tolist(), strict=True))


def correlations(codes: npt.ArrayLike, values: npt.ArrayLike) -> Values:
    """Pearson's r of each code ``[N, C]`` with each attribute ``[N, A]``, ``[C, A]``; 0 where either never changes.

    Objects with a NaN attribute (empty shapes) are left out.
    """
    x, y = np.asarray(codes, np.float64), np.asarray(values, np.float64)
    known = np.isfinite(y).all(axis=1)
    if np.count_nonzero(known) < 3:
        return np.zeros((x.shape[1], y.shape[1]))
    x, y = x[known] - x[known].mean(axis=0), y[known] - y[known].mean(axis=0)
    lengths = np.outer(np.linalg.norm(x, axis=0), np.linalg.norm(y, axis=0))
    floor = 1e-9 * max(float(lengths.max(initial=0.0)), 1e-300)
    return np.asarray(np.where(lengths > floor, x.T @ y / np.maximum(lengths, 1e-300), 0.0))


def correlation_ratio(groups: npt.ArrayLike, values: npt.ArrayLike) -> Values:
    """eta of a categorical code ``[N]`` with each attribute ``[N, A]``: root of the variance that lies between groups.

    The counterpart of |r| for values without an order (Fisher's correlation ratio); corrected for the number of groups
    (epsilon squared, Kelley 1935), so that chance gives 0 on average.
    """
    g, y = np.asarray(groups), np.asarray(values, np.float64)
    known = np.isfinite(y).all(axis=1)
    g, y = g[known], y[known]
    kinds: Sequence[int] = np.unique(g).tolist()
    if len(y) <= len(kinds) or len(kinds) < 2:
        return np.zeros(y.shape[1])
    total = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    within = sum(((y[g == kind] - y[g == kind].mean(axis=0)) ** 2).sum(axis=0) for kind in kinds)
    share = 1 - within / np.maximum(total, 1e-300) * (len(y) - 1) / (len(y) - len(kinds))
    return np.asarray(np.sqrt(np.clip(np.where(total > 1e-12, share, 0.0), 0.0, 1.0)))

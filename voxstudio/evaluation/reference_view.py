"""Shapes as a reference network sees them: its features and probabilities, at its resolution and in its frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.collection import Collection
from voxstudio.data.grids import centred, resized
from voxstudio.engine.family import Classifier, Progress, quiet
from voxstudio.evaluation.sample_scores import Floats, probabilities

Grids = npt.NDArray[np.bool_]
EXTENT = 0.75
"""Longest side of ModelNet10's objects in the frame that a reference network learnt: 24 of 32 voxels."""
LARGER = 3
"""Voxels by which a median may differ from that side."""
AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Seen:
    """``features`` float32 ``[N, F]`` and ``chances`` ``[N, K]`` of occupancies bool ``[N, R, R, R]``."""

    grids: Grids
    features: npt.NDArray[np.float32]
    chances: Floats

    def part(self, chosen: npt.NDArray[Any]) -> Seen:
        """Some of them."""
        return Seen(self.grids[chosen], self.features[chosen], self.chances[chosen])


def see(reference: Classifier, grids: Grids, progress: Progress = quiet) -> Seen:
    """What the network says of occupancies at its own resolution."""
    features, logits = [], []
    for start in range(0, len(grids), AT_ONCE):
        progress(start / len(grids), f"The reference network looks at {len(grids):,} shapes")
        part = grids[start : start + AT_ONCE]
        features.append(reference.features(part))
        logits.append(reference.logits(part))
    return Seen(grids, np.concatenate(features), probabilities(np.concatenate(logits)))


def see_collection(reference: Classifier, shapes: Collection, progress: Progress = quiet) -> Seen:
    """What the network says of real shapes."""
    side = reference.card.resolution
    grids = np.stack([resized(shapes.occupancy(k), side) for k in range(len(shapes))])
    return see(reference, grids, progress)


def framed(grids: Grids, side: int) -> Grids:
    """Occupancies ``[N, R, R, R]`` in the reference's frame ``[N, side, side, side]``.

    Shapes of its own resolution that are as large as ModelNet10's (in the median of all) stay as they are. Others come
    from models that fill their grid otherwise: each is scaled until its longest side is three quarters of the frame, as
    those of ModelNet10 are, and centred.
    """
    if grids.shape[1] == side and abs(_usual_length(grids) - EXTENT * side) <= LARGER:
        return grids
    return np.stack([_framed(grid, side) for grid in grids])


def _usual_length(grids: Grids) -> float:
    """Longest side of the shapes, in voxels: the median of those that are not empty."""
    lengths = [max(np.ptp(np.argwhere(grid), axis=0)) + 1 for grid in grids if grid.any()]
    return float(np.median(lengths)) if lengths else EXTENT * grids.shape[1]


def _framed(grid: Grids, side: int) -> Grids:
    filled = [np.flatnonzero(grid.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    if not len(filled[0]):
        return np.zeros((side,) * 3, bool)
    box = grid[tuple(slice(part[0], part[-1] + 1) for part in filled)]
    longest = max(box.shape)
    cube = centred(np.pad(box, [(0, longest - size) for size in box.shape]))
    inner = round(EXTENT * side)
    before = (side - inner) // 2
    return np.pad(_scaled(cube, inner), [(before, side - inner - before)] * 3)


def _scaled(cube: Grids, side: int) -> Grids:
    """:func:`voxstudio.data.grids.resized`, which pads a slightly larger grid where this one scales."""
    size = len(cube)
    return resized(resized(cube, 4 * side), side) if size < side <= 1.25 * size else resized(cube, side)

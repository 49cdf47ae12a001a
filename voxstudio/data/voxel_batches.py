"""Training batches of voxels alone: batch ``k`` depends on the seed and ``k`` alone, so resuming is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voxstudio.core.collection import unpacked
from voxstudio.data.grids import resized
from voxstudio.data.shape_store import Shapes
from voxstudio.data.view_batches import Augmentation, occupied_extent, stretched_grid, turned_grid
from voxstudio.data.weighted_stores import WeightedStores

Grid = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class VoxelBatch:
    """One batch as arrays: voxels bool ``[B, R, R, R]``, labels int64 ``[B]``."""

    voxels: Grid
    labels: npt.NDArray[np.int64]


class VoxelBatches:
    """Endless batches over one or more stores; ``batches[k]`` is the k-th.

    As :class:`voxstudio.data.view_batches.ViewBatches`, without views: stores come with weights, every random choice
    comes from ``(seed, k)``, ``pool`` changed shapes are kept and used again, ``part`` ``(r, n)`` makes the rows of
    process r of n.
    """

    def __init__(
        self,
        stores: Sequence[tuple[Shapes, float]],
        class_names: Sequence[str],
        *,
        batch_size: int,
        resolution: int,
        seed: int,
        augmentation: Augmentation = Augmentation(),  # noqa: B008 - frozen
        split: str = "train",
        pool: int = 0,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        self.source = WeightedStores(stores, class_names, split)
        self.batch_size, self.resolution, self.seed = batch_size, resolution, seed
        self.augmentation, self.pool, self.part = augmentation, pool, part
        self._kept: dict[int, tuple[npt.NDArray[np.uint8], int]] = {}

    def __getitem__(self, step: int) -> VoxelBatch:
        rows = [
            self._sample(np.random.default_rng([self.seed, 3, step, row]))
            for row in range(self.part[0], self.batch_size, self.part[1])
        ]
        voxels, labels = zip(*rows, strict=True)
        return VoxelBatch(np.stack(voxels), np.array(labels, np.int64))

    def _sample(self, rng: np.random.Generator) -> tuple[Grid, int]:
        if not self.pool:
            return self._shape(rng)
        key = int(rng.integers(self.pool))
        if key not in self._kept:
            occupancy, label = self._shape(np.random.default_rng([self.seed, 1, key]))
            self._kept[key] = (np.packbits(occupancy), label)
        packed, label = self._kept[key]
        return unpacked(packed, self.resolution), label

    def _shape(self, rng: np.random.Generator) -> tuple[Grid, int]:
        store, index, label = self.source.draw(rng)
        occupancy = resized(store.occupancy(index), self.resolution)
        a = self.augmentation
        occupancy = stretched_grid(occupancy, a.draw_factors(occupied_extent(occupancy), rng))
        if a.model_rotation_deg or a.model_shift_voxels:
            shift = rng.integers(-a.model_shift_voxels, a.model_shift_voxels + 1, 3)
            occupancy = turned_grid(occupancy, float(rng.uniform(-1, 1) * a.model_rotation_deg), shift)
        return occupancy, label

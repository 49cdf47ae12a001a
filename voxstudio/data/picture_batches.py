"""Training batches of voxels and one picture of each shape, from a viewpoint on a ring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface
from voxstudio.data.shape_store import Shapes
from voxstudio.data.view_batches import Augmentation, ViewBatches

FIRST_AZIMUTH_DEG = 35.0
ELEVATION_DEG = 20.0
GREY = (128, 128, 128)


@dataclass(frozen=True)
class PictureBatch:
    """One batch as arrays: voxels bool ``[B, R, R, R]``, pictures uint8 ``[B, S, S, 3]``, labels int64 ``[B]``."""

    voxels: npt.NDArray[np.bool_]
    pictures: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]


class PictureBatches:
    """Endless batches; ``batches[k]`` is the k-th. Clay pictures over mid grey, from one of ``viewpoints`` views.

    The other options are those of :class:`voxstudio.data.view_batches.ViewBatches`, from which the shapes come.
    """

    def __init__(
        self, stores: Sequence[tuple[Shapes, float]], class_names: Sequence[str], *, batch_size: int, image_size: int,
        resolution: int, seed: int, viewpoints: int = 1, augmentation: Augmentation, pool: int = 0,
        part: tuple[int, int] = (0, 1),
    ) -> None:  # fmt: skip
        self._views: Any = _RingViews(
            stores, class_names, batch_size=batch_size, image_size=image_size, resolution=resolution, seed=seed,
            view_counts=(1,), fusions=("mean",), augmentation=augmentation, pool=pool, part=part,
        )  # fmt: skip
        self._views.viewpoints = viewpoints

    def __getitem__(self, step: int) -> PictureBatch:
        batch = self._views[step]
        return PictureBatch(batch.voxels, batch.views[:, 0], batch.labels)


class _RingViews(ViewBatches):
    """Views of :class:`ViewBatches` as clay pictures; one of each pooled shape."""

    pool_views = 1
    viewpoints = 1

    def _view(self, surface: Surface, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        from voxstudio.geometry.render import picture_of

        place = int(rng.integers(self.viewpoints))
        azimuth = FIRST_AZIMUTH_DEG + 360.0 * place / self.viewpoints
        # Without the colours of its parts, which nobody can tell from a shape.
        clay = replace(surface, colors=None)
        return picture_of(clay, self.image_size, azimuth, ELEVATION_DEG, background=GREY)

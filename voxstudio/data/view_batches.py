"""Training batches of views and voxels: batch ``k`` depends on the seed and ``k`` alone, so resuming is exact."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.collection import unpacked
from voxstudio.core.surface import Surface
from voxstudio.data.grids import resized
from voxstudio.data.shape_store import Shapes
from voxstudio.data.views import ViewStyle, draw_view
from voxstudio.data.weighted_stores import WeightedStores

FUSIONS = ("mean", "max", "lstm")
POOL_VIEWS = 4
"""Views of each pooled shape from which a batch may draw."""


@dataclass(frozen=True)
class ViewBatch:
    """One batch as arrays.

    views: uint8 ``[B, V, S, S, 4]``; voxels: bool ``[B, R, R, R]``; labels: int64 ``[B]``; ``fusion`` is
    the way in which the views are joined in this batch.
    """

    views: npt.NDArray[np.uint8]
    voxels: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.int64]
    fusion: str


@dataclass(frozen=True)
class Augmentation:
    """Random changes of shapes and pictures (report, section 2.6.6, and more)."""

    mirror: bool = True
    stretch: float = 0.0
    model_rotation_deg: float = 0.0
    model_shift_voxels: int = 0
    image_rotation_deg: float = 0.0
    image_shift: float = 0.0

    def draw_factors(self, extent: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
        """Factors ``[3]`` for a shape of these side lengths; a negative one mirrors its axis."""
        factors = np.ones(3)
        if self.stretch > 0:
            factors = 1 - rng.uniform(0, self.stretch, 3) * (rng.random(3) < 0.6)
            factors /= factors[np.argmax(extent * factors)]  # the longest side keeps its length
            factors = np.minimum(factors, 1.0)
        if self.mirror and rng.random() < 0.5:
            factors[0] = -factors[0]
        return factors


def stretched_grid(occupancy: npt.NDArray[np.bool_], factors: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Scale the axes of a grid about its centre; the voxels' half of :func:`stretched`."""
    size = len(occupancy)
    centre = (np.arange(size) + 0.5) / size - 0.5
    result = occupancy
    for axis, factor in enumerate(factors):
        if factor == 1:
            continue
        source = np.floor((centre / factor + 0.5) * size).astype(int)
        valid = (source >= 0) & (source < size)
        result = np.take(result, np.clip(source, 0, size - 1), axis=axis)
        if not valid.all():
            shape = [1, 1, 1]
            shape[axis] = size
            result = result & valid.reshape(shape)
    return result


def stretched(
    surface: Surface, occupancy: npt.NDArray[np.bool_], factors: npt.NDArray[np.float64]
) -> tuple[Surface, npt.NDArray[np.bool_]]:
    """Scale the axes about the centre; each ``[3]`` factor is at most 1, a negative one mirrors its axis.

    Voxels are taken from the nearest source voxel, which keeps thin parts whole for mild factors.
    """
    result = stretched_grid(occupancy, factors)
    vertices = np.asarray(surface.vertices) * factors
    faces = np.asarray(surface.faces)
    if np.prod(factors) < 0:
        faces = faces[:, ::-1]
    normals = surface.normals
    if normals is not None:
        normals = np.asarray(normals) / factors
        normals = (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return replace(surface, vertices=vertices, faces=faces, normals=normals), result


def turned_grid(
    occupancy: npt.NDArray[np.bool_], degrees: float, shift: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """The voxels' half of :func:`turned`."""
    if degrees == 0:
        return _shifted(occupancy, shift)
    from scipy.ndimage import affine_transform

    rotation = _about_up(degrees)
    middle = (len(occupancy) - 1) / 2
    offset = middle - rotation.T @ (middle + shift)
    moved: npt.NDArray[np.bool_] = affine_transform(occupancy.astype(np.float32), rotation.T, offset, order=1) >= 0.45
    return moved


def _shifted(occupancy: npt.NDArray[np.bool_], shift: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whole voxels along each axis: what an interpolation would give, fifty times as fast."""
    result = np.zeros_like(occupancy)
    size = len(occupancy)
    into = tuple(slice(max(int(s), 0), size + min(int(s), 0)) for s in shift)
    out_of = tuple(slice(max(-int(s), 0), size + min(-int(s), 0)) for s in shift)
    result[into] = occupancy[out_of]
    return result


def _about_up(degrees: float) -> npt.NDArray[np.float64]:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])


def turned(
    surface: Surface, occupancy: npt.NDArray[np.bool_], degrees: float, shift: npt.NDArray[np.int64]
) -> tuple[Surface, npt.NDArray[np.bool_]]:
    """Turn about the up axis and shift by whole voxels (zeros enter at the border)."""
    rotation, size = _about_up(degrees), len(occupancy)
    moved = turned_grid(occupancy, degrees, shift)
    vertices = np.asarray(surface.vertices) @ rotation.T + shift / size
    normals = None if surface.normals is None else np.asarray(surface.normals) @ rotation.T
    return replace(surface, vertices=vertices, normals=normals), moved


def _tilt(view: npt.NDArray[np.uint8], degrees: float, shift: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    size = len(view)
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), degrees, 1.0)
    matrix[:, 2] += shift * size
    border = (128, 128, 128, 0)
    return np.asarray(cv2.warpAffine(view, matrix, (size, size), borderMode=cv2.BORDER_CONSTANT, borderValue=border))


class ViewBatches:
    """Endless batches over one or more stores; ``batches[k]`` is the k-th.

    ``stores`` come with weights: how often a shape is drawn from each. Labels are translated to
    ``class_names``. Every random choice comes from ``(seed, k)``. With ``pool``, that many changed shapes with
    a few views each are drawn once, kept in memory and used again: the same batches, sooner. ``part`` ``(r, n)``
    makes only every n-th row of each batch, beginning with row r: what one of n processes needs.
    """

    pool_views = POOL_VIEWS

    def __init__(
        self,
        stores: Sequence[tuple[Shapes, float]],
        class_names: Sequence[str],
        *,
        batch_size: int,
        image_size: int,
        resolution: int,
        seed: int,
        view_counts: Sequence[int] = (1, 1, 2, 3, 5),
        fusions: Sequence[str] = FUSIONS,
        augmentation: Augmentation = Augmentation(),
        style: ViewStyle = ViewStyle(),  # noqa: B008 - frozen
        split: str = "train",
        pool: int = 0,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        self.source = WeightedStores(stores, class_names, split)
        self.label_maps = self.source.label_maps
        self.batch_size, self.image_size, self.resolution, self.seed = batch_size, image_size, resolution, seed
        self.view_counts, self.fusions = tuple(view_counts), tuple(fusions)
        self.augmentation, self.style = augmentation, style
        self.pool, self.part = pool, part
        self._kept: dict[int, dict[int, Any]] = {}

    def __getitem__(self, step: int) -> ViewBatch:
        rng = np.random.default_rng([self.seed, step])
        views_each = int(rng.choice(self.view_counts))
        fusion = str(rng.choice(self.fusions))
        rows = [
            self._sample(np.random.default_rng([self.seed, 3, step, row]), views_each)
            for row in range(self.part[0], self.batch_size, self.part[1])
        ]
        views, voxels, labels = zip(*rows, strict=True)
        return ViewBatch(np.stack(views), np.stack(voxels), np.array(labels, np.int64), fusion)

    def views_of(self, index: int, count: int) -> npt.NDArray[np.uint8]:
        """``count`` views ``[count, S, S, 4]`` of one object of the first store, the same at every call."""
        surface = self.source.stores[0].surface(index)
        return np.stack([self._view(surface, np.random.default_rng([self.seed, 4, index, k])) for k in range(count)])

    def _sample(self, rng: np.random.Generator, count: int) -> tuple[Any, Any, int]:
        """A shape, new or out of the pool, and ``count`` different views of it."""
        if not self.pool:
            surface, occupancy, label = self._shape(rng)
            return np.stack([self._view(surface, rng) for _ in range(count)]), occupancy, label
        key = int(rng.integers(self.pool))
        return self._pooled(key, rng.permutation(max(*self.view_counts, self.pool_views))[:count])

    def _pooled(self, key: int, order: npt.NDArray[np.int64], keep: bool = True) -> tuple[Any, Any, int]:
        """The shape of a key and those of its views that ``order`` names; what was made is kept, unless told not to."""
        kept = self._kept.setdefault(key, {}) if keep else {}
        missing = [int(k) for k in order if int(k) not in kept]
        if missing or -1 not in kept:
            surface, occupancy, label = self._shape(np.random.default_rng([self.seed, 1, key]))
            kept[-1] = (np.packbits(occupancy), label)
            for k in missing:
                kept[k] = self._view(surface, np.random.default_rng([self.seed, 2, key, k]))
        packed, label = kept[-1]
        return np.stack([kept[int(k)] for k in order]), unpacked(packed, self.resolution), label

    def _shape(self, rng: np.random.Generator) -> tuple[Surface, npt.NDArray[np.bool_], int]:
        store, index, label = self.source.draw(rng)
        surface, occupancy = store.surface(index), resized(store.occupancy(index), self.resolution)
        a = self.augmentation
        factors = a.draw_factors(occupied_extent(occupancy), rng)
        surface, occupancy = stretched(surface, occupancy, factors)
        if a.model_rotation_deg or a.model_shift_voxels:
            shift = rng.integers(-a.model_shift_voxels, a.model_shift_voxels + 1, 3)
            angle = float(rng.uniform(-1, 1) * a.model_rotation_deg)
            surface, occupancy = turned(surface, occupancy, angle, shift)
        return surface, occupancy, label

    def _view(self, surface: Surface, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        view = draw_view(surface, self.image_size, rng, self.style)
        a = self.augmentation
        if a.image_rotation_deg or a.image_shift:
            shift = rng.uniform(-1, 1, 2) * a.image_shift
            view = _tilt(view, float(rng.uniform(-1, 1) * a.image_rotation_deg), shift)
        return view


def occupied_extent(occupancy: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Side lengths of the bounding box in voxels, ``[3]``."""
    extents = []
    for axis in range(3):
        filled = np.flatnonzero(occupancy.any(axis=tuple(k for k in range(3) if k != axis)))
        extents.append(filled[-1] - filled[0] + 1 if len(filled) else 1)
    return np.array(extents, np.float64)


def iterate(batches: Any, start: int, workers: int = 1) -> Iterator[Any]:
    """Batches from ``start`` on, made ahead of time by ``workers`` processes (0: in this one)."""
    # Batches take one core, and a process must not be forked while OpenCV keeps threads: the copy waits for them.
    cv2.setNumThreads(1)
    if workers == 0:
        for step in itertools.count(start):
            yield batches[step]
    from torch.utils.data import DataLoader

    steps: Any = itertools.count(start)
    loader: Any = DataLoader(
        batches,  # indexable, which is all that the loader asks of it
        batch_size=None,
        sampler=steps,
        num_workers=workers,
        prefetch_factor=3,
        collate_fn=_as_is,
        worker_init_fn=_leave_output,
    )
    yield from loader


def _leave_output(_: int) -> None:
    """A maker of batches goes when its trainer is killed, and does not keep the trainer's standard output open.

    Ctrl-C and a request to end, which reach all processes of a terminal, are the trainer's to answer.
    """
    os.dup2(2, 1)
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _as_is(batch: Any) -> Any:
    return batch

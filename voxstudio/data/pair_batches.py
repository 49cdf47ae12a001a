"""Training batches of shapes with pictures of each, every row another object; batch ``k`` depends on seed and ``k``.

What the cross-domain encoder learns from: the other rows are the negatives of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.data.grids import resized
from voxstudio.data.shape_store import Shapes
from voxstudio.data.view_batches import Augmentation, ViewBatch, ViewBatches
from voxstudio.data.views import ViewStyle

TRIES = 20
"""How often a row is drawn again that shows an object of an earlier row; a small source must repeat."""


@dataclass(frozen=True)
class PairBatch(ViewBatch):
    """A :class:`ViewBatch` and ``objects``, int64 ``[B]``: equal numbers are the same object."""

    objects: npt.NDArray[np.int64]


class PairBatches(ViewBatches):
    """Endless batches; ``batches[k]`` is the k-th.

    ``views_each`` pictures of each shape. With ``pool``, that many shapes with ``pool_views`` pictures each are kept;
    ``life`` is the number of steps after which each makes room for another one (0: never), not all at once.
    ``batch_classes``: a batch draws its shapes from so many classes only, so that it holds alike ones (0: from all).
    The other options are those of :class:`voxstudio.data.view_batches.ViewBatches`.
    """

    def __init__(
        self, stores: Sequence[tuple[Shapes, float]], class_names: Sequence[str], *, batch_size: int, image_size: int,
        resolution: int, seed: int, views_each: int = 2, batch_classes: int = 0,
        augmentation: Augmentation = Augmentation(), style: ViewStyle = ViewStyle(),  # noqa: B008 - frozen
        split: str = "train", pool: int = 0, pool_views: int = 6, life: int = 0, part: tuple[int, int] = (0, 1),
    ) -> None:  # fmt: skip
        super().__init__(
            stores, class_names, batch_size=batch_size, image_size=image_size, resolution=resolution, seed=seed,
            view_counts=(views_each,), fusions=("mean",), augmentation=augmentation, style=style, split=split,
            pool=pool, part=part,
        )  # fmt: skip
        self.pool_views = max(pool_views, views_each)
        self.views_each, self.batch_classes, self.life = views_each, batch_classes, life
        self._starts = np.cumsum([0, *(1 + int(part.max()) for part in self.source.indices)])
        self._keys = np.full(pool, -1, np.int64)
        self._drawn = np.zeros((pool, 2), np.int64)

    def __getitem__(self, step: int) -> PairBatch:
        rows = []
        for key, chosen in self._rows(step)[self.part[0] :: self.part[1]]:
            rng = np.random.default_rng([self.seed, 3, step, key])
            order = rng.permutation(self.pool_views)[: self.views_each]
            if self.pool:  # all views of a shape are drawn while its mesh is at hand
                views, voxels, label = self._pooled(key, np.arange(self.pool_views))
                rows.append((views[order], voxels, label, chosen))
            else:
                rows.append((*self._pooled(key, order, keep=False), chosen))
        views, voxels, labels, objects = zip(*rows, strict=True)
        numbers = np.array(objects, np.int64)
        return PairBatch(np.stack(views), np.stack(voxels), np.array(labels, np.int64), "mean", numbers)

    def _rows(self, step: int) -> list[tuple[int, int]]:
        """Key and object of every row of a batch."""
        rng = np.random.default_rng([self.seed, step])
        if self.pool:
            self._renew(step)
            places = np.arange(self.pool)
            if self.batch_classes:
                counts = np.bincount(self._drawn[:, 1])
                present = np.flatnonzero(counts)
                wanted = rng.choice(
                    present, min(self.batch_classes, len(present)), replace=False, p=counts[present] / counts.sum()
                )
                alike = np.flatnonzero(np.isin(self._drawn[:, 1], wanted))
                places = alike if len(np.unique(self._drawn[alike, 0])) >= self.batch_size else places
            return self._distinct((int(self._keys[k]), int(self._drawn[k, 0])) for k in rng.permutation(places))
        first = step * self.batch_size * TRIES
        return self._distinct((key, self._draw(key)[0]) for key in range(first, first + self.batch_size * TRIES))

    def _distinct(self, candidates: Any) -> list[tuple[int, int]]:
        """The first ones of other objects; if there are too few objects, some come again."""
        found: dict[int, int] = {}
        again: list[tuple[int, int]] = []
        for key, chosen in candidates:
            if chosen not in found:
                found[chosen] = key
            elif len(again) < self.batch_size:
                again.append((key, chosen))
            if len(found) == self.batch_size:
                break
        rows = [(key, chosen) for chosen, key in found.items()]
        while len(rows) < self.batch_size:
            rows += (again or rows[:])[: self.batch_size - len(rows)]
        return rows

    def _draw(self, key: int) -> tuple[int, int]:
        """Number and label of the object that :meth:`_shape` takes for a key."""
        store, index, label = self.source.draw(np.random.default_rng([self.seed, 1, key]))
        which = next(k for k, one in enumerate(self.source.stores) if one is store)
        return int(self._starts[which]) + index, label

    def _renew(self, step: int) -> None:
        """Put another shape into every place whose time is over."""
        places = np.arange(self.pool)
        age = (step + places * self.life // self.pool) // self.life if self.life else 0
        keys = places + age * self.pool
        for place in np.flatnonzero(keys != self._keys):
            self._kept.pop(int(self._keys[place]), None)
            self._drawn[place] = self._draw(int(keys[place]))
        self._keys[:] = keys


def pair_batches(
    stores: Sequence[tuple[Shapes, float]], recipe: Any, seed: int, augmentation: Augmentation = Augmentation(),  # noqa: B008 - frozen
    split: str = "train", part: tuple[int, int] = (0, 1),
) -> PairBatches:  # fmt: skip
    """The batches that a recipe with ``views_each`` describes."""
    return PairBatches(
        stores, recipe.classes, batch_size=recipe.batch_size, image_size=recipe.image_size,
        resolution=recipe.resolution, seed=seed, views_each=recipe.views_each, batch_classes=recipe.batch_classes,
        augmentation=augmentation, style=ViewStyle(recipe.keep_background), split=split, pool=recipe.view_pool,
        pool_views=recipe.pool_views, life=recipe.pool_life, part=part,
    )  # fmt: skip


def held_out_pairs(stores: Sequence[tuple[Shapes, float]], recipe: Any, seed: int, limit: int) -> list[PairBatch]:
    """``views_each`` pictures of validation objects, at most ``limit`` in all, one store to a batch; [] if none."""
    found: list[PairBatch] = []
    many = sum(len(store.indices("validation")) for store, _ in stores)
    for store, weight in stores:
        there = store.indices("validation")
        share = -(-limit * len(there) // max(many, limit))
        chosen = there[np.linspace(0, len(there) - 1, min(share, len(there))).astype(int)]
        if not len(chosen):
            continue
        maker = pair_batches([(store, weight)], recipe, seed, split="validation")
        views = np.stack([maker.views_of(int(index), recipe.views_each) for index in chosen])
        voxels = np.stack([resized(store.occupancy(int(index)), recipe.resolution) for index in chosen])
        labels = np.array([maker.label_maps[0][store.label(int(index))] for index in chosen], np.int64)
        first = sum(len(batch.objects) for batch in found)
        found.append(PairBatch(views, voxels, labels, "mean", first + np.arange(len(chosen))))
    return found

"""Before and after fine-tuning: the same held-out objects through both checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voxstudio.core.overlap import iou
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.data.shape_store import Shapes
from voxstudio.engine.checkpoint import open_model
from voxstudio.lab.opening import model_class


@dataclass(frozen=True, eq=False)
class Pair:
    """One held-out object: what each checkpoint makes of the same three views, and the truth."""

    before: VoxelGrid
    after: VoxelGrid
    truth: VoxelGrid
    before_score: float
    after_score: float


def compare(
    before: Path, after: Path, stores: list[tuple[Shapes, float]], seed: int = 0, limit: int = 12
) -> list[Pair]:
    """IoU of both checkpoints on up to ``limit`` held-out objects, three views each; empty if none is held out.

    Only for families that reconstruct from views.
    """
    from voxstudio.data.grids import resized
    from voxstudio.data.view_batches import ViewBatches

    models = [open_model(folder, model_class, "cpu") for folder in (before, after)]
    size, resolution, names = models[0].image_size, models[0].card.resolution, models[0].card.classes
    pairs: list[Pair] = []
    for store, _ in stores:
        for index in store.indices("validation")[: limit - len(pairs)]:
            view = ViewBatches(
                [(store, 1.0)], names, batch_size=1, image_size=size, resolution=resolution, seed=seed,
                split="validation",
            ).views_of(int(index), 3)  # fmt: skip
            truth = resized(store.occupancy(int(index)), resolution)
            label = names[_place(store.class_names[store.label(int(index))], names)] if len(names) > 1 else None
            old, new = (model.reconstruct(view, "mean", label) for model in models)
            first, second = (iou(np.asarray(g.values) > g.iso_level, truth) for g in (old, new))
            pairs.append(Pair(old, new, VoxelGrid.unit(truth.astype(np.float32), name="truth"), first, second))
    return pairs


def _place(name: str, names: tuple[str, ...]) -> int:
    lower = [n.lower() for n in names]
    return lower.index(name.lower()) if name.lower() in lower else 0

"""A 3DWINN that took a few steps of training: real files, made in seconds. It climbs to blobs and guesses classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.card import Card
from voxstudio.families import family
from voxstudio.families.winn3d.model import open_model
from voxstudio.families.winn3d.trainer import build_trainer
from voxstudio.lab.training import train


def tiny_winn(folder: Path, objective: str = "supervised", **changes: object) -> Path:
    """Train the smallest 3DWINN, of chairs, sofas and tables, for two steps in each network."""
    record = family("winn3d")
    ascent = {"ascent": "adam", "ascent_rate": 0.03, "ascent_noise": 0.3, "clip": True}
    options = {**record.smallest, **ascent, "classes": ("chair", "sofa", "table"), "objective": objective, **changes}
    recipe = record.recipe_class()().changed(**options)
    return train("winn3d", folder, recipe, device="cpu", workers=0)


def learnt(recipe: Any, shapes: np.ndarray, steps: int) -> tuple[Any, Any]:
    """A trainer after so many steps on nothing but these shapes, and its model; of a recipe of chairs at 8^3."""
    batch = {"voxels": np.repeat(shapes, 8 // len(shapes), 0), "labels": np.zeros(8, np.int64)}

    def source(step: int) -> Any:
        while True:
            yield type("Batch", (), batch)()

    trainer = build_trainer(recipe, source, "cpu", 1)
    for _ in range(steps):
        trainer.step()
    tensors, network = trainer.export()
    card = Card(
        name="one", family="winn3d", title="", summary="", resolution=8, iso_level=0.5, classes=("chair",),
        network=network, data={}, training={}, recipe_digest="", licence="", citation="",
    )  # fmt: skip
    return trainer, open_model(card, tensors)

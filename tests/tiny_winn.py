"""A 3DWINN that took a few steps of training: real files, made in seconds. It climbs to blobs and guesses classes."""

from __future__ import annotations

from pathlib import Path

from voxstudio.families import family
from voxstudio.lab.training import train


def tiny_winn(folder: Path, objective: str = "supervised", **changes: object) -> Path:
    """Train the smallest 3DWINN, of chairs, sofas and tables, for two steps in each network."""
    record = family("winn3d")
    ascent = {"ascent": "adam", "ascent_rate": 0.03, "ascent_noise": 0.3, "clip": True}
    options = {**record.smallest, **ascent, "classes": ("chair", "sofa", "table"), "objective": objective, **changes}
    recipe = record.recipe_class()().changed(**options)
    return train("winn3d", folder, recipe, device="cpu", workers=0)

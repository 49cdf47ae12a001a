"""Real files of the volumetric generators with random weights: made in a second; their shapes are blobs that differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from voxstudio.core.card import Card
from voxstudio.lab.training import make_recipe

SMALL = {
    "resolution": 32, "width": 16, "entry_width": 0, "d_width": 4, "noise_size": 40, "refine_to": 0, "coarse_steps": 0,
}  # fmt: skip


def random_checkpoint(folder: Path, classes: tuple[str, ...] = ("chair",), name: str = "", **changes: Any) -> Path:
    """An ``infogan3d`` that nobody trained in ``folder``; half of a cube's voxels are above its threshold."""
    import numpy as np
    import torch

    from voxstudio.engine.checkpoint import save_checkpoint
    from voxstudio.engine.maker import Maker, build_critic
    from voxstudio.families.infogan3d.model import open_model
    from voxstudio.families.infogan3d.networks import space_of

    recipe: Any = make_recipe("infogan3d", classes=classes, **{**SMALL, **changes})
    space = space_of(recipe)
    torch.manual_seed(3)
    parts: dict[str, Any] = {"maker": Maker(recipe, space), "critic": build_critic(recipe, space, plain=True)}
    if not recipe.keep_discriminator:
        del parts["critic"]
    tensors = {
        f"{part}.{key}": tensor
        for part, net in parts.items()
        for key, tensor in net.state_dict().items()
        if "num_batches" not in key
    }
    data = {"title": "parametric shapes", "sources": [{"title": "parametric shapes", "objects": 12}]}
    card = Card(
        name or folder.name, "infogan3d", "Random blobs", "Blobs.", recipe.resolution, 0.5, classes,
        {"recipe": recipe.to_json()}, data,
    )  # fmt: skip
    model = open_model(card, tensors, "cpu", fast=False)
    middle = float(np.median([model.decode(model.draw(seed)).values for seed in range(4)]))
    save_checkpoint(folder, tensors, replace(card, iso_level=min(max(middle, 0.05), 0.95)), recipe.to_json())
    return folder

"""Generators to measure with: the networks of the recipes, with weights that make smooth blobs of a chair's size.

Time depends on sizes, not on what was learned; random weights would make noise whose surface is ten times too large.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.card import Card

FILLED = 0.08
"""Share of the cube that a shape fills; chairs fill 5 to 10 per cent."""
PRESETS = {"full": "paper", "compact": "compact"}
SIDE = 64


def blob_checkpoint(folder: Path, width: str) -> Path:
    """A ``gan3d`` at 64^3 in ``folder``, ``width`` is one of :data:`PRESETS`; nobody trained it."""
    import torch

    from voxstudio.engine.checkpoint import save_checkpoint
    from voxstudio.engine.maker import Maker
    from voxstudio.families.gan3d.model import open_model
    from voxstudio.families.gan3d.networks import space_of
    from voxstudio.lab.training import make_recipe

    recipe: Any = make_recipe("gan3d", PRESETS[width], resolution=SIDE, coarse_steps=0, keep_discriminator=False)
    torch.manual_seed(1)
    maker = Maker(recipe, space_of(recipe))
    with torch.no_grad():
        for name, weight in maker.named_parameters():
            if weight.dim() == 5 and ".first." not in name:
                weight.copy_(_smooth(weight))
    card = Card(folder.name, "gan3d", folder.name, "Blobs.", SIDE, 0.5, ("chair",), {"recipe": recipe.to_json()})

    def tensors() -> dict[str, Any]:
        return {f"maker.{k}": v.clone() for k, v in maker.state_dict().items() if "num_batches" not in k}

    model = open_model(card, tensors(), "cpu", fast=False)
    codes = torch.stack([torch.tensor(model.draw(seed).codes["noise"]) for seed in range(4)])
    logits = model.decode_batch(codes).detach().numpy()
    spread, level = float(logits.std()), float(np.quantile(logits, 1 - FILLED))
    last: Any = next(module for name, module in maker.named_modules() if name.endswith("last"))
    with torch.no_grad():
        last.weight.mul_(3.0 / spread)
        last.bias.copy_((last.bias - level) * 3.0 / spread)
    save_checkpoint(folder, tensors(), card, recipe.to_json())
    return folder


def _smooth(weight: Any) -> Any:
    """Random from channel to channel, a tent in space."""
    import torch

    tent = {4: (0.25, 0.75, 0.75, 0.25), 3: (0.25, 0.5, 0.25)}.get(weight.shape[-1])
    if tent is None:
        return weight
    line = torch.tensor(tent)
    kernel = line[:, None, None] * line[None, :, None] * line[None, None, :]
    channels = torch.randn(weight.shape[:2]) / weight.shape[0] ** 0.5
    return channels[..., None, None, None] * kernel

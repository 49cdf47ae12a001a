"""The networks of a generator of shapes from codes, as training and inference build them: maker and critic."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxstudio.engine.codes import CodeSpace, Entry
from voxstudio.engine.volume_recipe import VolumeGanRecipe
from voxstudio.engine.volumetric import CriticHeads, VolumeGenerator, VolumeTrunk

UNUSED = ("num_batches", "coarse_")
"""Parts of names of tensors that inference does not need."""


class Maker(nn.Module):
    """Entry and generator. A code is *drawn*; the entry makes it an *entered* one; the generator decodes that."""

    def __init__(self, recipe: VolumeGanRecipe, space: CodeSpace, coarse: bool = False) -> None:
        super().__init__()
        self.entry = Entry(space, recipe.entry_width) if recipe.lead_steps else None
        self.net = VolumeGenerator(space.inputs, recipe.width, recipe.resolution, recipe.refine_to, coarse)

    def forward(self, code: Tensor, coarse: bool = False) -> Tensor:
        """Drawn codes to logits."""
        return self.decode(self.enter(code), coarse)

    def enter(self, code: Tensor) -> Tensor:
        """Drawn codes to entered ones; the same where nothing led."""
        return torch.as_tensor(self.entry(code)) if self.entry is not None else code

    def decode(self, entered: Tensor, coarse: bool = False) -> Tensor:
        """Entered codes to logits."""
        return torch.as_tensor(self.net(entered, coarse))


def build_critic(recipe: VolumeGanRecipe, space: CodeSpace, plain: bool = False) -> CriticHeads:
    """Trunk and heads of a recipe; ``plain`` builds what inference loads (no spectral norm, no coarse step)."""
    spectral = recipe.spectral_norm and not plain
    trunk = VolumeTrunk(
        recipe.d_width, recipe.resolution, recipe.trunk_layers, recipe.d_norm, spectral,
        coarse=bool(recipe.coarse_steps) and not plain,
    )  # fmt: skip
    reads = recipe.lead_steps or recipe.keep_reconstruction or space.categorical or space.continuous
    return CriticHeads(trunk, space.outputs if reads else 0, spectral)

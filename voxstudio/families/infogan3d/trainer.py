"""Trainer of the 3DInfoGAN: G and Q are trained on the bound on mutual information beside the game."""

from __future__ import annotations

from voxstudio.engine.place import Place
from voxstudio.engine.volume_trainer import BatchSource, VolumeTrainer
from voxstudio.families.infogan3d.networks import space_of
from voxstudio.families.infogan3d.recipe import InfoGanRecipe


def build_trainer(
    recipe: InfoGanRecipe, batches: BatchSource, place: Place | str = "cpu", seed: int = 0
) -> VolumeTrainer:
    """Generator, trunk with D and Q heads, and their optimisers; one seed decides the weights and every draw."""
    return VolumeTrainer(recipe, space_of(recipe), batches, place, seed)

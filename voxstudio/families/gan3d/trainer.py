"""Trainer of the 3D-GAN: the discriminator is updated only while its last accuracy is low (section 2)."""

from __future__ import annotations

from voxstudio.engine.place import Place
from voxstudio.engine.volume_trainer import BatchSource, VolumeTrainer
from voxstudio.families.gan3d.networks import space_of
from voxstudio.families.gan3d.recipe import Gan3dRecipe


def build_trainer(
    recipe: Gan3dRecipe, batches: BatchSource, place: Place | str = "cpu", seed: int = 0
) -> VolumeTrainer:
    """Generator, discriminator and their optimisers; one seed decides the weights and every draw."""
    return VolumeTrainer(recipe, space_of(recipe), batches, place, seed)

"""Trainer of the enhancer GAN: two games with one code; the generators are updated twice."""

from __future__ import annotations

from functools import partial

from voxstudio.engine.place import Place
from voxstudio.engine.volume_trainer import BatchSource, VolumeTrainer
from voxstudio.families.enhancer_gan.losses import PictureGame
from voxstudio.families.enhancer_gan.networks import EnhancerMaker, space_of
from voxstudio.families.enhancer_gan.recipe import EnhancerRecipe


def build_trainer(
    recipe: EnhancerRecipe, batches: BatchSource, place: Place | str = "cpu", seed: int = 0
) -> VolumeTrainer:
    """GE, DE, GM and DM with their optimisers; one seed decides the weights and every draw.

    ``batches(step)`` opens the stream of :class:`voxstudio.data.picture_batches.PictureBatch` at a step.
    """
    space = space_of(recipe)
    build = partial(EnhancerMaker, recipe, space, bool(recipe.coarse_steps))
    trainer = VolumeTrainer(recipe, space, batches, place, seed, build)
    if recipe.bridge != "none":
        assert isinstance(trainer.maker, EnhancerMaker)
        trainer.join(PictureGame(recipe, trainer.game, trainer.maker, seed))
    return trainer

"""Networks of the 3D-GAN (section 2): the generator, and the discriminator that mirrors it.

The discriminator is that of the engine (:func:`voxstudio.engine.maker.build_critic`): 64, 128, 256, 512 channels at
paper width.
"""

from __future__ import annotations

from voxstudio.engine.codes import CodeSpace
from voxstudio.engine.maker import Maker
from voxstudio.families.gan3d.recipe import Gan3dRecipe


def space_of(recipe: Gan3dRecipe) -> CodeSpace:
    """Noise and nothing else."""
    return CodeSpace(recipe.noise_size, uniform=recipe.noise == "uniform")


def generator(recipe: Gan3dRecipe) -> Maker:
    """z ``[N, Z]`` to logits ``[N, 1, R, R, R]``: 512@4^3, 256@8^3, 128@16^3, 64@32^3, 1@64^3 at paper width."""
    return Maker(recipe, space_of(recipe))

"""Networks of the 3DInfoGAN: generator, shared trunk, D head and Q head."""

from __future__ import annotations

from voxstudio.engine.codes import CodeSpace
from voxstudio.engine.maker import Maker, build_critic
from voxstudio.engine.volumetric import CriticHeads
from voxstudio.families.infogan3d.recipe import InfoGanRecipe


def space_of(recipe: InfoGanRecipe) -> CodeSpace:
    """Noise, categorical and continuous codes; G's input width is computed from them."""
    return CodeSpace(
        recipe.noise_size, recipe.categorical_codes, recipe.categories if recipe.categorical_codes else 0,
        recipe.continuous_codes, recipe.noise == "uniform",
    )  # fmt: skip


def generator(recipe: InfoGanRecipe) -> Maker:
    """Codes ``[N, noise + N_dis D_dis + N_con]`` to logits ``[N, 1, R, R, R]``."""
    return Maker(recipe, space_of(recipe))


def discriminator(recipe: InfoGanRecipe) -> CriticHeads:
    """The shared trunk with its heads: real or fake; softmax, mean and variance of each code (and of the noise)."""
    return build_critic(recipe, space_of(recipe), plain=True)

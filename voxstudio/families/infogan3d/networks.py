"""Networks of the 3DInfoGAN: the generator, and the shared trunk with the heads of D and Q.

Trunk and heads are those of the engine (:func:`voxstudio.engine.maker.build_critic`): real or fake; softmax, mean and
variance of each code, and of the noise.
"""

from __future__ import annotations

from voxstudio.engine.codes import CodeSpace
from voxstudio.engine.maker import Maker
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

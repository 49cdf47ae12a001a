"""Training options of the 3DInfoGAN: the defaults are the compact recipe; ``family.py`` has the paper's."""

from __future__ import annotations

from dataclasses import dataclass

from voxstudio.core.recipe import option
from voxstudio.engine.volume_recipe import VolumeGanRecipe


@dataclass(frozen=True)
class InfoGanRecipe(VolumeGanRecipe):
    """Every option of networks, codes, losses and training."""

    categorical_codes: int = option(1, "Number of categorical codes (paper: 3).", low=0, high=16)
    categories: int = option(10, "Values of each categorical code (paper: 20 or 10).", low=2, high=100)
    continuous_codes: int = option(4, "Number of continuous codes (paper: 1 or 2).", low=0, high=32)
    information_weight: float = option(
        0.3, "Weight of the bound on mutual information between codes and shapes (Q).", low=0.0, high=100.0
    )
    focus_share: float = option(
        0.3, "Share of led shapes that are decoded without noise, so that the codes tell what they can.",
        low=0.0, high=1.0,
    )  # fmt: skip
    score_weight: float = option(0.004, "Weight of the KL term of encoded continuous codes.", low=0.0, high=100.0)
    cluster_weight: float = option(
        0.5, "Weight of clear, even and steady categorical codes of encoded shapes.", low=0.0, high=100.0
    )
    shape_limit_weight: float = option(
        0.0, "Weight of the shape-limit loss; 0 trains without it.", low=0.0, high=1000.0
    )
    shape_limit_log: float = option(1.0, "Weight l1 of its term y log|y - x|.", low=0.0, high=100.0)
    shape_limit_square: float = option(1.0, "Weight l2 of its term (y - x)^2.", low=0.0, high=100.0)
    shape_limit_clamp: float = option(
        0.01, "Least |y - x| in the logarithm, which would fall to minus infinity.", low=1e-6, high=0.5
    )
    shape_limit_pair: str = option(
        "nearest", "Target of a generated sample: the nearest real one of the batch, or the batch's mean.",
        choices=("nearest", "mean"),
    )  # fmt: skip

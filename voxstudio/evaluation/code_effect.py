"""How far each kind of code moves a shape, as a whole and in the large: a test of 3DInfoGAN's guess.

The paper supposes that continuous codes carry the shape and discrete ones its detail, and could not say. Here one code
at a time is changed, everything else stays; what differs is measured at the model's resolution and on 8^3 blocks, where
detail no longer counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.engine.latent_space import draws, handle, occupancies
from voxstudio.evaluation.attributes import block_means

SEED = 70_000_000
SHAPES = 16
FAR = 0.7
"""A continuous code is set to this and to its opposite."""
BLOCKS = 8


def code_effect(model: LatentSpace, shapes: int = SHAPES, progress: Progress = quiet) -> Mapping[str, dict[str, float]]:
    """``{"continuous": {"whole", "large"}, "categorical": ...}``: mean IoU distances of shapes that differ in one code.

    ``"large"`` compares the volumes of 8^3 blocks (sum of the lesser over sum of the greater). Kinds of code that the
    model lacks are left out.
    """
    base = draws(model, range(SEED, SEED + shapes))
    found: dict[str, dict[str, float]] = {}
    specs = [spec for spec in model.layout if not spec.is_noise]
    for k, spec in enumerate(specs):
        whole, large = [], []
        for name in spec.handles:
            one = handle(model.layout, name)
            values = (1.0, float(1 + spec.values // 2)) if one.is_choice else (-FAR, FAR)
            first, second = (occupancies(model, one.set(base, value), None) for value in values)
            step = first.shape[1] // BLOCKS
            whole += [_apart(a, b) for a, b in zip(first, second, strict=True)]
            blocks = zip(block_means(first, step), block_means(second, step), strict=True)
            large += [_apart(a, b) for a, b in blocks]
            progress(k / len(specs), "Changing one code at a time")
        found["categorical" if spec.values else "continuous"] = {
            "whole": round(float(np.mean(whole)), 4), "large": round(float(np.mean(large)), 4),
        }  # fmt: skip
    return found


def _apart(a: npt.NDArray[np.generic], b: npt.NDArray[np.generic]) -> float:
    """1 - IoU of volumes in [0, 1]."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    whole = np.maximum(x, y).sum()
    return float(1.0 - np.minimum(x, y).sum() / whole) if whole else 0.0

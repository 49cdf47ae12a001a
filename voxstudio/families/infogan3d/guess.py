"""Read the sizes of a 3DInfoGAN off the shapes of its tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from voxstudio.engine.volume_guess import VolumeGuesser
from voxstudio.families.infogan3d.networks import space_of
from voxstudio.families.infogan3d.recipe import InfoGanRecipe

KNOWN = (
    (128, 3, 20, 1), (128, 3, 10, 2), (128, 0, 2, 1), (128, 0, 2, 2), (128, 3, 20, 0), (128, 3, 10, 0),
    (64, 1, 10, 4), (64, 1, 8, 4), (64, 1, 7, 4),
)  # fmt: skip
"""Noise, categorical codes, values of each and continuous codes: the paper's and the project's own."""


def _codes(inputs: int) -> Iterator[dict[str, Any]]:
    """Known codes of that many numbers; how an unknown number is made up cannot be seen."""
    for noise, count, values, continuous in KNOWN:
        if noise + count * values + continuous == inputs:
            yield {
                "noise_size": noise, "categorical_codes": count, "categories": values, "continuous_codes": continuous,
            }  # fmt: skip


GUESSER = VolumeGuesser(InfoGanRecipe, space_of, _codes)

"""Read the sizes of a 3D-GAN off the shapes of its tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from voxstudio.engine.volume_guess import VolumeGuesser
from voxstudio.families.gan3d.networks import space_of
from voxstudio.families.gan3d.recipe import Gan3dRecipe


def _codes(inputs: int) -> Iterator[dict[str, Any]]:
    yield {"noise_size": inputs}


GUESSER = VolumeGuesser(Gan3dRecipe, space_of, _codes)

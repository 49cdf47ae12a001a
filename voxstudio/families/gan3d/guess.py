"""Read the sizes of a 3D-GAN off the shapes of its tensors."""

from __future__ import annotations

from voxstudio.engine.volume_guess import VolumeGuesser
from voxstudio.families.gan3d.networks import space_of
from voxstudio.families.gan3d.recipe import Gan3dRecipe

GUESSER = VolumeGuesser(Gan3dRecipe, space_of)

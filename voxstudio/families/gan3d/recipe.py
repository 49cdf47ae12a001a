"""Training options of the 3D-GAN: the defaults are the compact recipe; ``family.py`` has the paper's."""

from __future__ import annotations

from dataclasses import dataclass

from voxstudio.engine.volume_recipe import VolumeGanRecipe


@dataclass(frozen=True)
class Gan3dRecipe(VolumeGanRecipe):
    """Every option of networks, losses and training; a 3D-GAN has no codes but its noise."""

"""A trained 3DInfoGAN, ready to draw and to decode."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from voxstudio.core.card import Card
from voxstudio.engine.volume_model import VolumeModel
from voxstudio.families.infogan3d.networks import space_of
from voxstudio.families.infogan3d.recipe import InfoGanRecipe


def open_model(card: Card, tensors: Mapping[str, Tensor], device: str = "cpu", fast: bool = True) -> VolumeModel:
    """The model of a card; ``fast=False`` keeps eager float32 for comparison."""
    recipe = InfoGanRecipe.from_json(card.network["recipe"]).changed(coarse_steps=0)
    return VolumeModel(card, tensors, device, fast, recipe, space_of(recipe))

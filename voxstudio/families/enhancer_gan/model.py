"""A trained enhancer GAN: shapes, and the pictures that are imagined beside them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from voxstudio.core.card import Card
from voxstudio.core.latent import Latent
from voxstudio.core.picture import Picture
from voxstudio.engine.volume_model import VolumeModel
from voxstudio.families.enhancer_gan.networks import EnhancerMaker, space_of
from voxstudio.families.enhancer_gan.recipe import EnhancerRecipe


def open_model(card: Card, tensors: Mapping[str, Tensor], device: str = "cpu", fast: bool = True) -> VolumeModel:
    """The model of a card; one without the enhancer has no pictures. ``fast=False`` keeps eager float32."""
    recipe = EnhancerRecipe.from_json(card.network["recipe"]).changed(coarse_steps=0)
    kind = PlainModel if recipe.bridge == "none" else EnhancerModel
    return kind(card, tensors, device, fast, recipe)


class PlainModel(VolumeModel):
    """The same network without the enhancer: shapes alone."""

    def __init__(
        self, card: Card, tensors: Mapping[str, Tensor], device: str, fast: bool, recipe: EnhancerRecipe
    ) -> None:
        space = space_of(recipe)
        super().__init__(card, tensors, device, fast, recipe, space, EnhancerMaker(recipe, space))


class EnhancerModel(PlainModel):
    """Shapes and pictures of one code."""

    @torch.inference_mode()
    def side_image(self, latent: Latent) -> Picture:
        """What the enhancer imagines beside the shape: its own output, opaque."""
        assert isinstance(self.maker, EnhancerMaker)
        entered = self.maker.enter(self.pack([latent]).to(self.device))
        rgb = self.maker.picture(entered.to(self.dtype))[0].float().permute(1, 2, 0).cpu().numpy()
        pixels = np.full((*rgb.shape[:2], 4), 255, np.uint8)
        pixels[..., :3] = np.clip(np.rint((rgb + 1) * 127.5), 0, 255)
        return Picture(pixels, name=f"{self.card.name} imagines")

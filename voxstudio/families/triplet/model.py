"""A trained cross-domain encoder, ready to embed shapes and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxstudio.core.card import Card
from voxstudio.core.controls import Control
from voxstudio.core.errors import BadCheckpoint, BadInput
from voxstudio.engine.family import Views
from voxstudio.engine.inference_form import inference_form
from voxstudio.families.triplet.networks import CrossDomain
from voxstudio.families.triplet.recipe import TripletRecipe

GROUP = 32
"""Rows that are embedded at once."""


class TripletModel:
    """An :class:`voxstudio.engine.family.Embedder`.

    Every answer is the mean of the answer to the input and to its mirror image: objects have no preferred hand.
    """

    def __init__(self, card: Card, tensors: Mapping[str, Tensor], device: str = "cpu") -> None:
        self.card, self.device, self.note = card, device, ""
        self.recipe = TripletRecipe.from_json(card.network["recipe"])
        self.dimensions, self.image_size = self.recipe.dimensions, self.recipe.image_size
        net = CrossDomain(self.recipe)
        found, wanted = set(tensors), {name for name in net.state_dict() if "num_batches" not in name}
        if found != wanted:
            odd = sorted(found ^ wanted)
            raise BadCheckpoint(
                f"The weights of {card.name} do not fit its recipe: {len(odd)} tensors differ, first {odd[0]!r}."
            )
        net.load_state_dict(dict(tensors), strict=False)
        self.net = net.eval().requires_grad_(False).to(device)
        for channel in (self.net.voxels, self.net.images):
            inference_form(channel, torch.float32)

    def controls(self) -> tuple[Control, ...]:
        """None: there is nothing to set."""
        return ()

    @torch.inference_mode()
    def embed_voxels(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Float32 ``[N, D]`` of grids ``[N, R, R, R]``, bool or float32 in [0, 1]; BadInput for another shape."""
        side = self.card.resolution
        if grids.ndim != 4 or grids.shape[1:] != (side, side, side):
            raise BadInput(f"{self.card.name} wants grids of {side}^3, not of {' x '.join(map(str, grids.shape[1:]))}.")
        rows = []
        for start in range(0, len(grids), GROUP):
            part = torch.from_numpy(np.ascontiguousarray(grids[start : start + GROUP], np.float32)).to(self.device)
            rows.append(self._mean(self.net.embed_voxels(part), self.net.embed_voxels(part.flip(1))))
        return self._joined(rows)

    @torch.inference_mode()
    def embed_images(self, views: Views) -> npt.NDArray[np.float32]:
        """Float32 ``[N, D]`` of views (uint8 ``[N, S, S, 4]``); BadInput for another size."""
        side = self.image_size
        if views.ndim != 4 or views.shape[1:] != (side, side, 4):
            raise BadInput(
                f"{self.card.name} wants views of {side} x {side} x 4, not of {' x '.join(map(str, views.shape[1:]))}."
            )
        rows = []
        for start in range(0, len(views), GROUP):
            part = torch.from_numpy(np.ascontiguousarray(views[start : start + GROUP])).to(self.device)
            rows.append(self._mean(self.net.embed_images(part), self.net.embed_images(part.flip(2))))
        return self._joined(rows)

    def _mean(self, one: Tensor, mirrored: Tensor) -> Tensor:
        both = 0.5 * (one + mirrored)
        return torch.nn.functional.normalize(both, dim=1) if self.recipe.unit else both

    def _joined(self, rows: list[Tensor]) -> npt.NDArray[np.float32]:
        if not rows:
            return np.zeros((0, self.dimensions), np.float32)
        return np.asarray(torch.cat(rows).cpu().numpy(), np.float32)

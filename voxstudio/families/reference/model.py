"""A trained reference network: a :class:`voxstudio.engine.family.Classifier`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxstudio.core.card import Card
from voxstudio.core.controls import Control
from voxstudio.core.errors import BadCheckpoint
from voxstudio.engine.classifying import answers, gradients
from voxstudio.engine.inference_form import inference_form
from voxstudio.families.reference.networks import ReferenceNet
from voxstudio.families.reference.recipe import ReferenceRecipe


class ReferenceModel:
    """The network in float32, batch norm folded: its figures are compared, so they shall be the same everywhere."""

    def __init__(self, card: Card, tensors: Mapping[str, Tensor], device: str = "cpu", fast: bool = True) -> None:
        self.card, self.device, self.note = card, device, ""
        self.recipe = ReferenceRecipe.from_json(card.network["recipe"])
        net = ReferenceNet(self.recipe)
        wanted = {name for name in net.state_dict() if "num_batches" not in name}
        if odd := sorted(set(tensors) ^ wanted):
            raise BadCheckpoint(
                f"The weights of {card.name} do not fit its recipe: {len(odd)} tensors differ, first {odd[0]!r}."
            )
        net.load_state_dict(dict(tensors), strict=False)
        self.net = net.eval().requires_grad_(False).to(device)
        if fast:
            inference_form(self.net, torch.float32)
        self.classes = self.recipe.classes

    def controls(self) -> tuple[Control, ...]:
        """None: it answers, and makes nothing."""
        return ()

    def logits(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Float32 ``[N, K]``."""
        return answers(self.net, grids, self.recipe.resolution, self.device, self.card.name)

    def features(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Float32 ``[N, 4096]`` (compact and paper's widths), the values of the last convolution after its ReLU."""
        return answers(self.net.features, grids, self.recipe.resolution, self.device, self.card.name)

    def loss_gradient(self, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Gradient of the cross-entropy of ``labels`` to the grids, float32 ``[N, R, R, R]``."""
        return gradients(self.net, grids, labels, self.recipe.resolution, self.device, self.card.name)

    def score_gradient(self, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Gradient of the logits of ``labels`` to the grids, float32 ``[N, R, R, R]``."""
        return gradients(self.net, grids, labels, self.recipe.resolution, self.device, self.card.name, of_loss=False)

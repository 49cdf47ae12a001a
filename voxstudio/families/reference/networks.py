"""The volumetric network of Qi et al. 2016 (3D-NIN with subvolume supervision)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxstudio.core.errors import BadInput
from voxstudio.families.reference.recipe import ReferenceRecipe

SEEN = 30
"""Voxels along each side that the network sees: 30 -> 13 -> 5 -> 2 without padding."""
KERNELS = (6, 5, 3)
PARTS = 8
"""Places that are left of the volume, 2^3."""


class ReferenceNet(nn.Module):
    """Three blocks of a convolution (k6, k5, k3; stride 2) and convolutions of one voxel, then full layers.

    The last block's ``widths[-1] * 2^3`` values are the features: 4,096 in the paper and in the compact recipe.
    """

    def __init__(self, recipe: ReferenceRecipe) -> None:
        super().__init__()
        if len(recipe.widths) != len(KERNELS):
            raise BadInput(f"The reference network has {len(KERNELS)} blocks: give as many widths.")
        self.margin = (recipe.resolution - SEEN) // 2
        layers: list[nn.Module] = []
        inputs = 1
        for kernel, width in zip(KERNELS, recipe.widths, strict=True):
            for size, stride in ((kernel, 2), *[(1, 1)] * recipe.micro_layers):
                layers += [nn.Conv3d(inputs, width, size, stride, bias=False), nn.BatchNorm3d(width), nn.ReLU()]
                inputs = width
        self.blocks = nn.Sequential(*layers)
        head: list[nn.Module] = []
        size = self.width = PARTS * inputs
        for width in recipe.hidden:
            head += [nn.Dropout(recipe.dropout), nn.Linear(size, width), nn.ReLU()]
            size = width
        self.head = nn.Sequential(*head, nn.Dropout(recipe.dropout), nn.Linear(size, len(recipe.classes)))

    def features(self, x: Tensor) -> Tensor:
        """``[N, 1, R, R, R]`` in [0, 1] to float32 ``[N, F]``, not negative."""
        if self.margin:
            m = self.margin
            x = x[..., m:-m, m:-m, m:-m]
        found: Tensor = self.blocks(x)
        return found.flatten(1).float()

    def forward(self, x: Tensor) -> Tensor:
        """``[N, 1, R, R, R]`` to logits ``[N, K]``."""
        answer: Tensor = self.head(self.features(x))
        return answer.float()


class PartsHead(nn.Module):
    """Tells the class from each eighth of the features (subvolume supervision); used in training only."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.inputs = width // PARTS
        self.linear = nn.Linear(self.inputs, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Features ``[N, F]`` to logits ``[N * 8, K]``, one object's parts after each other."""
        parts = features.view(len(features), self.inputs, PARTS).transpose(1, 2)
        answer: Tensor = self.linear(torch.flatten(parts, 0, 1))
        return answer.float()

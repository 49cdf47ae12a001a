"""Volumetric building blocks that several papers share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class UpBlock(nn.Module):
    """ConvTranspose3d k4 s2 p1, batch norm, ReLU; optionally a residual 3^3 convolution. Doubles each side."""

    def __init__(self, inputs: int, outputs: int, refine: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.up = nn.ConvTranspose3d(inputs, outputs, 4, 2, 1, bias=False)
        self.norm = nn.BatchNorm3d(outputs)
        self.refine = nn.Conv3d(outputs, outputs, 3, 1, 1, bias=False) if refine else None
        self.refine_norm = nn.BatchNorm3d(outputs) if refine else None
        self.dropout = nn.Dropout3d(dropout) if dropout else None

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, D, D, D]`` to ``[N, outputs, 2D, 2D, 2D]``."""
        x = torch.relu(self.norm(self.up(x)))
        if self.refine is not None and self.refine_norm is not None:
            x = torch.relu(x + self.refine_norm(self.refine(x)))
        return self.dropout(x) if self.dropout is not None else x


class ResidualDown(nn.Module):
    """Two 3x3 convolutions with batch norm, the first with stride 2, around a strided 1x1 shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.short = nn.Conv2d(inputs, outputs, 1, 2, 0, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, S, S]`` to ``[N, outputs, S/2, S/2]``."""
        inner = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(self.short(x) + self.second_norm(self.second(inner)))

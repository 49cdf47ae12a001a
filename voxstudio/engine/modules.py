"""Volumetric building blocks that several papers share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def lay_out(module: Any, order: torch.memory_format) -> None:
    """Lay a module's weights out in this order, in place; torch types no memory format of a module."""
    module.to(memory_format=order)


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


class LastUp(nn.ConvTranspose3d):
    """ConvTranspose3d k4 s2 p1 to very few channels, the last layer of a generator; the same function and weights.

    A transposed convolution to one channel keeps a processor's vector units nearly idle. In half precision on a CPU
    its forward pass is therefore taken as a 3^3 convolution to the eight values that each voxel splits into, which
    was measured at 2.5 times the speed; the gradients stay those of the transposed convolution.
    """

    def __init__(self, inputs: int, outputs: int = 1) -> None:
        super().__init__(inputs, outputs, 4, 2, 1)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """``[N, inputs, D, D, D]`` to ``[N, outputs, 2D, 2D, 2D]``."""
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        if x.device.type != "cpu" or kind not in (torch.bfloat16, torch.float16):
            return super().forward(x, output_size)
        weight = self.weight.to(kind)
        with torch.autocast("cpu", enabled=False):
            split: Any = _Split  # torch leaves ``apply`` untyped
            y: Tensor = split.apply(x.to(kind), weight)
        return y if self.bias is None else y + self.bias.to(kind).view(1, -1, 1, 1, 1)


class _Split(torch.autograd.Function):
    """The forward pass of :class:`LastUp` without its bias."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor) -> Tensor:
        context.save_for_backward(x, weight)
        kernel = split_kernel(weight).contiguous(memory_format=torch.channels_last_3d)
        parts = F.conv3d(x, kernel, padding=1).permute(0, 2, 3, 4, 1).contiguous()
        n, a, b, c, _ = parts.shape
        if weight.shape[1] == 1:  # neighbours along the last axis move as one: three times faster
            pairs = parts.view(torch.int32).view(n, a, b, c, 2, 2).permute(0, 1, 4, 2, 5, 3)
            return pairs.reshape(n, 1, 2 * a, 2 * b, c).view(parts.dtype)
        parts = parts.view(n, a, b, c, 2, 2, 2, -1).permute(0, 7, 1, 4, 2, 5, 3, 6)
        return parts.reshape(n, -1, 2 * a, 2 * b, 2 * c)

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = context.saved_tensors
        wanted = [*context.needs_input_grad, False]
        ones = [1, 1, 1]
        for_x, for_weight, _ = torch.ops.aten.convolution_backward(
            gradient, x, weight, None, [2, 2, 2], ones, ones, True, [0, 0, 0], 1, wanted
        )
        return for_x, for_weight


def split_kernel(weight: Tensor) -> Tensor:
    """A transposed k4 s2 p1 kernel ``[I, O, 4, 4, 4]`` as the convolution k3 p1 ``[8 O, I, 3, 3, 3]`` whose output
    channels are the eight corners of each voxel: an even place takes taps 3 and 1, an odd one taps 2 and 0."""
    inputs, outputs = weight.shape[:2]
    taps = weight.new_zeros(2, 3, 4)
    taps[0, 0, 3] = taps[0, 1, 1] = taps[1, 1, 2] = taps[1, 2, 0] = 1
    kernel = torch.einsum("ioxyz,pax,qby,rcz->pqroiabc", weight, taps, taps, taps)
    return kernel.reshape(8 * outputs, inputs, 3, 3, 3)

"""Networks for inference: batch norm folded into convolutions, channels last, low precision."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from voxstudio.engine.modules import lay_out

Convolution = nn.Conv2d | nn.Conv3d | nn.ConvTranspose3d
PAIRS = (("up", "norm"), ("refine", "refine_norm"), ("first", "first_norm"), ("second", "second_norm"))
"""Attribute names of a convolution and the norm that follows it at once, in the project's blocks."""


def _fused(convolution: Any, norm: Any) -> nn.Module:
    transposed = isinstance(convolution, nn.ConvTranspose3d)
    result: nn.Module = fuse_conv_bn_eval(convolution, norm, transpose=transposed)
    return result


def inference_form(module: nn.Module, dtype: torch.dtype) -> None:
    """Change a module in evaluation mode, in place: fold every batch norm, lay weights out channels last, cast.

    The function computed stays the same up to rounding.
    """
    for part in list(module.modules()):
        if isinstance(part, nn.Sequential):
            for i in range(len(part) - 1):
                if isinstance(part[i], Convolution) and isinstance(part[i + 1], nn.BatchNorm2d | nn.BatchNorm3d):
                    part[i], part[i + 1] = _fused(part[i], part[i + 1]), nn.Identity()
        for first, second in PAIRS:
            convolution, norm = getattr(part, first, None), getattr(part, second, None)
            if isinstance(convolution, Convolution) and isinstance(norm, nn.BatchNorm2d | nn.BatchNorm3d):
                setattr(part, first, _fused(convolution, norm))
                setattr(part, second, nn.Identity())
    module.to(dtype)
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            lay_out(part, torch.channels_last)
        elif isinstance(part, nn.Conv3d | nn.ConvTranspose3d):
            lay_out(part, torch.channels_last_3d)

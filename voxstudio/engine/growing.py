"""From half the resolution to the whole, without a jump: the last stage starts as what the coarse heads computed.

A network that learnt at half the resolution gets a new stage at each end. Started at random, the stages would undo
within a few steps what was learnt; started here, the generator's logits are the coarse ones interpolated, and the
trunk's second map is the map of the averaged grid, but for the batch's statistics. (Progressive growing fades such
stages in: Karras et al., ICLR 2018.)
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxstudio.engine.volumetric import VolumeBody, VolumeTrunk

QUIET = 0.1
"""Factor on the random weights that read the channels which carry nothing yet."""
INTERPOLATION = (0.25, 0.75, 0.75, 0.25)


@torch.no_grad()
def grow_generator(volume: VolumeBody, first: Tensor) -> None:
    """Start the last stage from the coarse head, in place. ``first``: first volumes ``[N, W, 4, 4, 4]`` of a batch."""
    stage: Any = volume.body[-1]
    coarse, last = volume.coarse_last, volume.last
    assert coarse is not None and coarse.bias is not None and last.bias is not None
    values = F.conv_transpose3d(volume.body[:-1](first), coarse.weight, None, 2, 1)
    for channel, sign in enumerate((1.0, -1.0)):  # relu(x) - relu(-x) = x
        stage.up.weight[:, channel] = sign * coarse.weight[:, 0]
        _let_through(stage.norm, channel, sign * values[:, 0], sign * float(coarse.bias))
    if stage.refine_norm is not None:
        nn.init.zeros_(stage.refine_norm.weight)
        nn.init.zeros_(stage.refine_norm.bias)
    last.weight.mul_(QUIET)
    tap = torch.tensor(INTERPOLATION, device=last.weight.device)
    kernel = torch.einsum("i,j,k->ijk", tap, tap, tap)
    for channel, sign in enumerate((1.0, -1.0)):
        last.weight[channel, 0] = sign * kernel
    last.bias.zero_()


@torch.no_grad()
def grow_trunk(trunk: VolumeTrunk, x: Tensor) -> None:
    """Start the first two steps from the coarse one, in place. ``x``: whole grids ``[N, 1, R, R, R]`` of a batch."""
    assert trunk.coarse_step is not None
    steps: Any = trunk.steps
    half: Any = trunk.coarse_step
    coarse, zero, one, norm = half[0], steps[0][0], steps[1][0], steps[1][1]
    mean = torch.zeros_like(zero.weight[0, 0])
    mean[1:3, 1:3, 1:3] = 1 / 8  # of the 4^3 voxels that a step sees, the eight of the coarse voxel
    weight, bias = zero.weight.clone(), zero.bias.clone()
    weight[0, 0], bias[0] = mean, 0.0
    zero.weight, zero.bias = _like(zero.weight, weight), _like(zero.bias, bias)
    weight = QUIET * one.weight
    weight[:, 0] = coarse.weight[:, 0]
    one.weight, one.bias = _like(one.weight, weight), _like(one.bias, coarse.bias.clone())
    if isinstance(norm, nn.BatchNorm3d):
        values = one(steps[0](x))
        for channel in range(values.shape[1]):
            _let_through(norm, channel, values[:, channel], 0.0)


def _let_through(norm: nn.BatchNorm3d, channel: int, values: Tensor, add: float) -> None:
    """Make a channel of a batch norm the identity on such values, plus a constant."""
    mean, variance = values.float().mean(), values.float().var(unbiased=False)
    assert norm.running_mean is not None and norm.running_var is not None
    norm.running_mean[channel], norm.running_var[channel] = mean, variance
    norm.weight[channel], norm.bias[channel] = (variance + norm.eps).sqrt(), mean + add


def _like(old: nn.Parameter | Tensor, new: Tensor) -> Tensor:
    """The same parameter with other values; a weight that is computed from another one is set through it."""
    if isinstance(old, nn.Parameter):
        old.copy_(new)
        return old
    return new

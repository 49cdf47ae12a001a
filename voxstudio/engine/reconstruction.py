"""How far made shapes are from real ones: overlap, nearest of a batch, and 3DInfoGAN's shape limit."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


@torch.no_grad()
def overlap(logits: Tensor, truth: Tensor) -> float:
    """Mean IoU of logits ``[N, ...]`` with occupancies of the same shape, both cut at probability 0.5."""
    ours, theirs = (logits > 0).flatten(1), (truth > 0.5).flatten(1)
    inside = (ours & theirs).sum(1)
    return float((inside / (ours.sum(1) + theirs.sum(1) - inside).clamp(min=1)).mean())


@torch.no_grad()
def nearest(made: Tensor, real: Tensor) -> Tensor:
    """The real sample of the batch that is nearest (squared distance) to each made one, ``made``'s shape."""
    a, b = made.flatten(1), real.flatten(1)
    distance = b.square().sum(1)[None] - 2 * a @ b.T  # the made sample's own length does not matter
    return real[distance.argmin(1)]


def shape_limit(made: Tensor, target: Tensor, log_weight: float, square_weight: float, least: float) -> Tensor:
    """3DInfoGAN's shape-limit loss: mean over voxels of l1 y log|y - x| + l2 (y - x)^2, y target, x generated.

    As printed it falls to minus infinity where x reaches y: |y - x| is clamped from below at ``least``, below which
    the first term pulls no more.
    """
    gap = (target - made).abs().clamp(min=least)
    return (log_weight * target * gap.log() + square_weight * (target - made).square()).mean()


def paired_shape_limit(options: Any, made: Tensor, truth: Tensor) -> Tensor:
    """:func:`shape_limit` of made shapes against real ones, paired and weighed as 3DInfoGAN's recipe says."""
    o = options
    target = nearest(made, truth) if o.shape_limit_pair == "nearest" else truth.mean(0, keepdim=True)
    return shape_limit(made, target, o.shape_limit_log, o.shape_limit_square, o.shape_limit_clamp)

"""How far made shapes are from real ones: overlap, nearest of a batch, and 3DInfoGAN's shape limit."""

from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def overlap(logits: Tensor, truth: Tensor) -> float:
    """Mean IoU at probability 0.5."""
    a, b = logits > 0, truth > 0.5
    union = (a | b).flatten(1).sum(1).clamp(min=1)
    return float(((a & b).flatten(1).sum(1) / union).mean())


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

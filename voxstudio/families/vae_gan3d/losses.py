"""Losses of the 3D-VAE-GAN ("GAN architectures for 3D Models", 2.3 to 2.6); most are shared and live in the engine."""

from __future__ import annotations

import torch
from torch import Tensor

from voxstudio.engine.adversarial import accuracy, cross_entropy_to, maker_loss, soft_labels
from voxstudio.engine.codes import divergence

__all__ = ["accuracy", "cross_entropy_to", "divergence", "maker_loss", "soft_labels", "squared_error"]


def squared_error(logits: Tensor, target: Tensor) -> Tensor:
    """Sum of squared differences per object, averaged over the batch (the report's reconstruction term)."""
    return (torch.sigmoid(logits) - target).square().flatten(1).sum(1).mean()

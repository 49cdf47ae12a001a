"""Losses of the classification step: Wasserstein terms with gradient penalty, and equation 3."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Scores = Callable[[Tensor], Tensor]


def wasserstein(real: Tensor, negative: Tensor) -> Tensor:
    """Mean score of pseudo-negatives minus that of training shapes (paper, 3.1): the classifier makes it small."""
    return negative.mean() - real.mean()


def gradient_penalty(scores: Scores, real: Tensor, negative: Tensor, shares: Tensor) -> Tensor:
    """Mean of ``(|grad f| - 1)^2`` between pairs (Gulrajani et al. 2017); with its own gradient to the weights.

    ``shares`` ``[N, 1, 1, 1, 1]`` in [0, 1] say where between ``negative`` (0) and ``real`` (1) it is taken.
    """
    between = (shares * real + (1 - shares) * negative).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(scores(between).sum(), between, create_graph=True)
    lengths = torch.linalg.vector_norm(gradient.flatten(1).float(), dim=1)
    return torch.as_tensor(((lengths - 1) ** 2).mean())


def label_loss(outputs: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of equation 3's first term."""
    return F.cross_entropy(outputs, labels, label_smoothing=smoothing)


def directed_penalty(slopes: Scores, real: Tensor, start: Tensor, shares: Tensor) -> Tensor:
    """Mean squared difference, for a voxel, of the score's gradient to the way from where it is taken to the shape.

    As :func:`gradient_penalty`, it is taken between where chains start and training shapes, but asks for direction and
    length instead of length 1: then one ascent leads from noise to a shape. ``slopes`` gives the gradient with its own
    gradient. Points near shapes count more.
    """
    between = (shares * real + (1 - shares) * start).detach()
    missed = (slopes(between) - (real - between)).square().mean(dim=(1, 2, 3, 4))
    return (missed / (1.05 - shares.flatten())).mean()

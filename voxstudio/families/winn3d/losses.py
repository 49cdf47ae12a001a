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

"""Losses of the 3D-VAE-GAN ("GAN architectures for 3D Models", 2.3 to 2.6)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's customary name


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, var) || N(0, 1)) summed over the latent, averaged over all views and objects."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(-1).mean()


def squared_error(logits: Tensor, target: Tensor) -> Tensor:
    """Sum of squared differences per object, averaged over the batch (the report's reconstruction term)."""
    return (torch.sigmoid(logits) - target).square().flatten(1).sum(1).mean()


def adversarial(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy for any real-valued target: softplus(s) - t s.

    Soft labels reach 1.2; -t log D - (1 - t) log(1 - D) stays defined there, but library versions refuse it.
    """
    return (F.softplus(logits) - target * logits).mean()


def soft_labels(count: int, real: bool, soft: bool, generator: torch.Generator, device: torch.device) -> Tensor:
    """Targets of the discriminator: U[0.7, 1.2] for real and U[0, 0.3] for fake, or plain 1 and 0."""
    if not soft:
        return torch.full((count,), float(real), device=device)
    u = torch.rand(count, generator=generator).to(device)
    return 0.7 + 0.5 * u if real else 0.3 * u


def generator_adversarial(logits: Tensor, how: str) -> Tensor:
    """The paper's log(1 - D) to be minimised, or the non-saturating -log D."""
    return -F.softplus(logits).mean() if how == "minimax" else F.softplus(-logits).mean()

"""The prior that objects from noise are drawn from: a gaussian for each class, fitted to the training's codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from voxstudio.families.vae_gan3d.networks import VaeGan

LEAST = 8


@torch.no_grad()
def fit_prior(net: VaeGan, codes: Sequence[Iterable[Tensor]]) -> None:
    """Set ``prior_mean`` and ``prior_factor`` of each class from its codes ``[Z]``; too few leave them as they are."""
    for label, found in enumerate(codes):
        rows = list(found)
        if len(rows) <= LEAST:
            continue
        stacked = torch.stack(rows).double()
        centre = stacked.mean(0)
        covariance = (stacked - centre).T @ (stacked - centre) / (len(stacked) - 1)
        ridge = 1e-4 * torch.eye(len(centre), dtype=torch.float64)
        net.prior_mean[label] = centre.float()
        net.prior_factor[label] = torch.linalg.cholesky(covariance + ridge).float()

"""SSIM3D as a differentiable loss; :func:`voxstudio.evaluation.metrics.ssim3d` is its reference."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's customary name


def ssim3d(a: Tensor, b: Tensor, window: int = 11, sigma: float = 1.5) -> Tensor:
    """Mean structural similarity of ``[B, 1, X, Y, Z]`` fields in [0, 1] (report, 2.6.5); borders are reflected."""
    x = torch.arange(window, dtype=torch.float32, device=a.device) - (window - 1) / 2
    kernel = torch.exp(-x.square() / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    half = window // 2

    def blur(field: Tensor) -> Tensor:
        field = F.pad(field, (half,) * 6, mode="replicate")
        for shape in ((window, 1, 1), (1, window, 1), (1, 1, window)):
            field = F.conv3d(field, kernel.view(1, 1, *shape))
        return field

    a, b = a.float(), b.float()
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a.square(), blur(b * b) - mean_b.square()
    covariance = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    top = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return (top / ((mean_a.square() + mean_b.square() + c1) * (var_a + var_b + c2))).mean()

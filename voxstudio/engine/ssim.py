"""SSIM3D as a differentiable loss; :func:`voxstudio.evaluation.metrics.ssim3d` is its reference."""

from __future__ import annotations

import torch
from torch import Tensor


def ssim3d(a: Tensor, b: Tensor, window: int = 11, sigma: float = 1.5) -> Tensor:
    """Mean structural similarity of ``[B, 1, X, Y, Z]`` fields in [0, 1] (report, 2.6.5); borders are repeated."""
    taps = torch.arange(window, dtype=torch.float32, device=a.device) - (window - 1) / 2
    kernel = torch.exp(-taps.square() / (2 * sigma**2))
    bands = [_band(kernel / kernel.sum(), size) for size in a.shape[2:]]

    def blur(field: Tensor) -> Tensor:
        # One matrix product for each axis: many times faster than convolutions of one channel.
        field = torch.matmul(field, bands[2].T)
        field = torch.matmul(bands[1], field)
        return torch.matmul(bands[0], field.flatten(3)).view_as(field)

    # In full precision whatever surrounds it: a variance is a small difference of large numbers, and in bf16 it
    # comes out negative where the field is flat, so that the quotient grows without bounds.
    with torch.autocast(a.device.type, enabled=False):
        a, b = a.float(), b.float()
        mean_a, mean_b = blur(a), blur(b)
        var_a = (blur(a * a) - mean_a.square()).clamp(min=0.0)
        var_b = (blur(b * b) - mean_b.square()).clamp(min=0.0)
        covariance = blur(a * b) - mean_a * mean_b
        c1, c2 = 0.01**2, 0.03**2
        top = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
        return (top / ((mean_a.square() + mean_b.square() + c1) * (var_a + var_b + c2))).mean()


def _band(kernel: Tensor, size: int) -> Tensor:
    """The matrix ``[size, size]`` that convolves an axis with ``kernel``, whose ends are repeated outwards."""
    half = len(kernel) // 2
    rows = torch.arange(size, device=kernel.device)[:, None].expand(size, len(kernel))
    columns = (rows + torch.arange(-half, half + 1, device=kernel.device)).clamp(0, size - 1)
    return kernel.new_zeros(size, size).index_put_((rows, columns), kernel.expand(size, -1), accumulate=True)

"""The synthesis step: gradient ascent on a score (paper, 3.2; equation 2 for Langevin)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

EPSILON = 1e-8


@dataclass(frozen=True)
class Step:
    """How one step climbs; as :class:`voxstudio.core.ascent.Ascent`."""

    method: str
    betas: tuple[float, float]
    clip: bool


def gradient(scores: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """Scores ``[N]`` and their gradient at ``x``, float32."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        found = scores(x)
        (slope,) = torch.autograd.grad(found.sum(), x)
    return found.detach().float(), slope.float()


def climb(
    x: Tensor, slope: Tensor, first: Tensor, second: Tensor, done: Tensor, eps: Tensor, noise: Tensor | None, how: Step
) -> tuple[Tensor, Tensor, Tensor]:
    """``x`` and Adam's two moments after one step.

    ``done`` and ``eps`` ``[N, 1, 1, 1, 1]``: the steps that each chain has made, and its step size. ``noise`` is
    already scaled to shares of N(0, 1).
    """
    if how.method == "langevin":
        x = x + eps / 2 * slope
        if noise is not None:
            x = x + eps.sqrt() * noise
    else:
        b1, b2 = how.betas
        first = b1 * first + (1 - b1) * slope
        second = b2 * second + (1 - b2) * slope**2
        m, v = first / (1 - b1 ** (done + 1)), second / (1 - b2 ** (done + 1))
        x = x + eps * m / (v.sqrt() + EPSILON)
        if noise is not None:
            x = x + eps * noise
    return (x.clamp(-1, 1) if how.clip else x), first, second


def fitted(x: Tensor, side: int) -> Tensor:
    """Volumes ``[N, 1, R, R, R]`` at another resolution: means of blocks, or interpolated."""
    if x.shape[-1] == side:
        return x
    if x.shape[-1] % side == 0:
        return F.avg_pool3d(x, x.shape[-1] // side)
    return F.interpolate(x, (side,) * 3, mode="trilinear", align_corners=False)


def softened(x: Tensor, weight: float) -> Tensor:
    """Volumes blurred along each axis by ``(weight, 1 - 2 weight, weight)``; their border repeats outside."""
    if not weight:
        return x
    kernel = torch.tensor([weight, 1 - 2 * weight, weight], dtype=x.dtype, device=x.device)
    x = F.pad(x, (1,) * 6, mode="replicate")
    for shape in ((3, 1, 1), (1, 3, 1), (1, 1, 3)):
        x = F.conv3d(x, kernel.view(1, 1, *shape))
    return x

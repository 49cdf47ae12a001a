"""What keeps encoded codes near the prior, and categorical ones clear, even and steady."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from voxstudio.engine.codes import CodeSpace, Posterior, divergence, entropies


def regular(
    recipe: Any, space: CodeSpace, found: Posterior, again: Posterior | None = None
) -> tuple[Tensor, dict[str, float]]:
    """KL of the gaussian codes; mutual information and steadiness of the categorical ones.

    IMSAT (Hu et al., ICML 2017): little entropy for one shape, much over all shapes, and the answer ``again`` to the
    changed shapes like the answer ``found`` to the shapes themselves.
    """
    kl = divergence(found.mean, found.log_variance)
    loss, values = recipe.kl_weight * kl, {"kl": float(kl.detach())}
    if space.continuous:
        scores = divergence(found.score_mean, found.score_log_variance)
        loss = loss + getattr(recipe, "score_weight", recipe.kl_weight) * scores
        values["kl_codes"] = float(scores.detach())
    weight = getattr(recipe, "cluster_weight", 0.0)
    if space.categorical and weight:
        each, whole = entropies(found.logits)
        loss = loss + weight * (each - 2.0 * whole)
        if again is not None:
            steady = -(torch.softmax(found.logits.detach(), -1) * torch.log_softmax(again.logits, -1)).sum(-1)
            loss = loss + weight * 2.0 * steady.mean(0).sum()
        values["code_entropy"] = float(each.detach())
        values["codes_in_use"] = float(whole.detach().exp())
    return loss, values


def changed(shapes: Tensor, random: torch.Generator) -> Tensor:
    """Shapes ``[N, 1, R, R, R]`` mirrored about x, shifted by a few voxels and scaled a little."""
    most = max(1, shapes.shape[-1] // 16)
    shifts = torch.randint(-most, most + 1, (3,), generator=random).tolist()
    x = torch.roll(shapes.flip(2), shifts, (2, 3, 4))
    scale = 1 + 0.2 * (torch.rand(3, generator=random) - 0.5)
    theta = torch.diag_embed(1 / scale)[None].to(x.device)
    theta = torch.cat([theta, torch.zeros(1, 3, 1, device=x.device)], 2).expand(len(x), 3, 4)
    with torch.autocast(x.device.type, enabled=False):
        places = F.affine_grid(theta, list(x.shape), align_corners=False)
        return F.grid_sample(x.float(), places, align_corners=False)


BLOCKS = 8
"""Blocks along each side of a grid, of which :func:`masked` hides some."""


def masked(shapes: Tensor, share: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Half of the shapes ``[N, 1, R, R, R]`` with that share of blocks emptied, and which are whole, bool ``[N]``.

    What sees a part must know the whole (denoising autoencoders, Vincent et al., ICML 2008; masked ones, He et al.,
    CVPR 2022): its features say more of what a shape is.
    """
    count = len(shapes)
    whole = torch.arange(count) % 2 == 0
    kept = torch.rand((count, 1, BLOCKS, BLOCKS, BLOCKS), generator=random) >= share
    kept |= whole.view(-1, 1, 1, 1, 1)
    sides = shapes.shape[-1] // BLOCKS
    mask = kept.to(shapes.device, shapes.dtype)
    for axis in (2, 3, 4):
        mask = mask.repeat_interleave(sides, axis)
    return shapes * mask, whole

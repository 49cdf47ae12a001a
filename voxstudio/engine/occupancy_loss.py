"""Cross-entropy and Dice of occupancy logits together, with their gradients written out.

Composed from torch's functions the two losses pass some thirty times over a field that does not fit a processor's
cache: a third of a training step at 64^3. Here the probabilities are computed once and serve both.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def occupancy_loss(
    logits: Tensor, target: Tensor, positive_weight: float = 1.0, dice_weight: float = 0.0
) -> tuple[Tensor, Tensor, Tensor]:
    """Loss, its cross-entropy and its Dice part for float32 ``[B, ...]``; only the loss carries gradients.

    The cross-entropy is the mean over voxels, times 32 to stand beside Dice; the Dice part is 1 - soft Dice per
    object, averaged. The loss is cross-entropy + ``dice_weight`` * Dice. ``target`` is in [0, 1].
    """
    taken: Any = _Occupancy  # torch leaves ``apply`` untyped
    values: tuple[Tensor, Tensor, Tensor] = taken.apply(logits, target, positive_weight, dice_weight)
    return values


def composed_loss(
    logits: Tensor, target: Tensor, positive_weight: float = 1.0, dice_weight: float = 0.0
) -> tuple[Tensor, Tensor, Tensor]:
    """The same as :func:`occupancy_loss`, composed from torch's functions, to compare with."""
    entropy, parts = cross_entropy(logits, target, positive_weight), dice(logits, target)
    return entropy + dice_weight * parts, entropy.detach(), parts.detach()


def cross_entropy(logits: Tensor, target: Tensor, positive_weight: float = 1.0) -> Tensor:
    """Binary cross-entropy, averaged over voxels, times 32 to stand beside Dice; the constant only scales it."""
    weight = torch.as_tensor(positive_weight, device=logits.device)
    return 32 * F.binary_cross_entropy_with_logits(logits, target, pos_weight=weight)


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """1 - soft Dice per object, averaged: differentiable and close to 1 - IoU."""
    p = torch.sigmoid(logits).flatten(1)
    t = target.flatten(1)
    return (1 - (2 * (p * t).sum(1) + 1) / (p.sum(1) + t.sum(1) + 1)).mean()


class _Occupancy(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, logits: Tensor, target: Tensor, positive_weight: float, dice_weight: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        x, t = logits.flatten(1), target.flatten(1)
        p = torch.sigmoid(x)
        log_p = p.clamp(min=1e-37).log_()
        torch.minimum(log_p, x, out=log_p)  # where p has vanished, log p is the logit
        flat = t.reshape(-1)
        entropy = x.sum() - flat.dot(x.reshape(-1)) - log_p.sum()
        if positive_weight != 1:
            entropy = entropy - (positive_weight - 1) * flat.dot(log_p.view(-1))
        entropy = entropy * (32.0 / x.numel())
        inside = 2 * torch.bmm(p[:, None], t[:, :, None]).flatten() + 1
        total = p.sum(1) + t.sum(1) + 1
        dice = (1 - inside / total).mean()
        context.save_for_backward(p, target, inside, total)
        context.weights, context.shape = (positive_weight, dice_weight), logits.shape
        loss = entropy + dice_weight * dice
        context.mark_non_differentiable(entropy, dice)
        return loss, entropy, dice

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor, None, None, None]:
        p, target, inside, total = context.saved_tensors
        positive_weight, dice_weight = context.weights
        t, scale = target.flatten(1), gradient * (32.0 / p.numel())
        rest = 1 - p
        # d entropy / dx = (1 - t) - (1 + (w - 1) t) (1 - p) = p - t + (w - 1) t (p - 1)
        out = p - t
        if positive_weight != 1:
            out.addcmul_(t, rest, value=-(positive_weight - 1))
        out.mul_(scale)
        if dice_weight:
            # d dice / dp = (inside - 2 t total) / total^2, and dp/dx = p (1 - p)
            each = gradient * (dice_weight / len(p))
            pull = torch.addcmul((each * inside / total.square())[:, None], t, (each * -2 / total)[:, None])
            out.addcmul_(rest.mul_(p), pull)
        return out.view(context.shape), None, None, None

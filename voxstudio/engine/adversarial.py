"""Adversarial losses, soft labels, penalties, the critic that rests, and averaged weights."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def cross_entropy_to(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy for any real-valued target: softplus(s) - t s.

    Soft labels reach 1.2; -t log D - (1 - t) log(1 - D) stays defined there, but library versions refuse it.
    """
    return (F.softplus(logits) - target * logits).mean()


def soft_labels(count: int, real: bool, soft: bool, generator: torch.Generator, device: torch.device) -> Tensor:
    """Targets of the critic: U[0.7, 1.2] for real and U[0, 0.3] for fake, or plain 1 and 0."""
    if not soft:
        return torch.full((count,), float(real), device=device)
    u = torch.rand(count, generator=generator).to(device)
    return 0.7 + 0.5 * u if real else 0.3 * u


def critic_loss(kind: str, real: Tensor, fake: Tensor, real_target: Tensor, fake_target: Tensor) -> Tensor:
    """What the critic minimises, from logits ``[N]``; the targets matter for the cross-entropy losses only."""
    if kind == "hinge":
        return torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()
    if kind == "wasserstein":
        return fake.mean() - real.mean()
    return cross_entropy_to(real, real_target) + cross_entropy_to(fake, fake_target)


def maker_loss(kind: str, fake: Tensor) -> Tensor:
    """What the generator minimises: the papers' log(1 - D), the non-saturating -log D, or -score."""
    if kind == "minimax":
        return -F.softplus(fake).mean()
    return F.softplus(-fake).mean() if kind == "non-saturating" else -fake.mean()


def accuracy(real: Tensor, fake: Tensor) -> float:
    """Share of right verdicts, from logits."""
    return 0.5 * float((real > 0).float().mean() + (fake < 0).float().mean())


def gradient_penalty(judge: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """WGAN-GP: mean squared distance from 1 of the gradient's norm between real and fake; ``share`` ``[N]``."""
    mix = share.view(-1, *(1,) * (real.dim() - 1))
    between = (mix * real + (1 - mix) * fake).detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(judge(between).sum(), between, create_graph=True)
    return torch.as_tensor((gradient.flatten(1).norm(dim=1) - 1).square().mean())


def r1_penalty(judge: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """R1 (Mescheder et al., ICML 2018): half the mean squared norm of the critic's gradient at real samples."""
    there = real.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(judge(there).sum(), there, create_graph=True)
    return 0.5 * gradient.flatten(1).square().sum(1).mean()


def penalty(kind: str, critic: Any, real: Tensor, fake: Tensor, random: torch.Generator) -> Tensor:
    """``"r1"`` or the ``"gradient"`` penalty of WGAN-GP on a critic of shapes, in float32; its statistics stay."""

    def judge(x: Tensor) -> Tensor:
        return torch.as_tensor(critic.judge(critic.trunk(x)[-1]))

    with torch.autocast(real.device.type, enabled=False), statistics_kept(critic):
        if kind == "r1":
            return r1_penalty(judge, real)
        return gradient_penalty(judge, real, fake, torch.rand(len(real), generator=random).to(real.device))


@dataclass
class RestingCritic:
    """3D-GAN's rule: the critic is updated only if its accuracy on the last batch was below ``limit``."""

    limit: float = 0.8
    accuracy: float = 0.0

    @property
    def may_learn(self) -> bool:
        """True if the critic may be updated by the batch in hand."""
        return self.limit >= 1.0 or self.accuracy < self.limit


class Average:
    """An averaged copy of a network (EMA): what is exported. ``decay`` 0 follows the network itself."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.source, self.decay = net, decay
        self.net = copy.deepcopy(net).eval().requires_grad_(False)

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Move towards the network; early on faster, so that the first weights are forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        for mine, theirs in zip(self.net.parameters(), self.source.parameters(), strict=True):
            mine.lerp_(theirs.detach(), 1 - decay)
        for kept, newest in zip(self.net.buffers(), self.source.buffers(), strict=True):
            kept.copy_(newest)


@contextlib.contextmanager
def untaught(module: nn.Module) -> Iterator[None]:
    """Passes inside teach the module nothing: no gradients for its weights, no running statistics."""
    wanted = [p for p in module.parameters() if p.requires_grad]
    for parameter in wanted:
        parameter.requires_grad_(False)
    try:
        with statistics_kept(module):
            yield
    finally:
        for parameter in wanted:
            parameter.requires_grad_(True)


@contextlib.contextmanager
def statistics_kept(module: nn.Module) -> Iterator[None]:
    """Batch norms inside use the batch in hand, but their running statistics stay those of real shapes."""
    norms = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    before = [norm.momentum for norm in norms]
    counts = [None if norm.num_batches_tracked is None else norm.num_batches_tracked.clone() for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum, count in zip(norms, before, counts, strict=True):
            norm.momentum = momentum
            if count is not None and norm.num_batches_tracked is not None:
                norm.num_batches_tracked.copy_(count)

"""The code space of a generator: noise, categorical and continuous codes; how they are drawn, read and entered."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxstudio.engine.flow import CouplingFlow

Noise = Callable[[Tensor], Tensor]
"""Gaussian noise of the shape of its argument, from the trainer's own generator."""
ROOT2 = math.sqrt(2.0)


@dataclass(frozen=True)
class Posterior:
    """What a trunk believes of a code.

    ``mean``, ``log_variance`` ``[N, noise]``; ``logits`` ``[N, categorical, categories]``; ``score_mean``,
    ``score_log_variance`` ``[N, continuous]`` of the continuous codes' normal scores.
    """

    mean: Tensor
    log_variance: Tensor
    logits: Tensor
    score_mean: Tensor
    score_log_variance: Tensor


@dataclass(frozen=True)
class CodeSpace:
    """A code is ``[noise | one-hot categorical codes | continuous codes in [-1, 1]]``.

    Continuous codes are uniform; their *normal score* u with c = erf(u / sqrt 2) is N(0, 1), and posteriors speak
    of u, so that one gaussian serves encoder and Q. ``uniform``: noise from U[-1, 1] instead of N(0, 1).
    """

    noise: int
    categorical: int = 0
    categories: int = 0
    continuous: int = 0
    uniform: bool = False

    @property
    def inputs(self) -> int:
        """Length of a code: what the generator's first layer takes."""
        return self.noise + self.categorical * self.categories + self.continuous

    @property
    def outputs(self) -> int:
        """Numbers that describe a posterior."""
        return 2 * self.noise + self.categorical * self.categories + 2 * self.continuous

    def split(self, code: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Noise, categorical and continuous part."""
        sizes = [self.noise, self.categorical * self.categories, self.continuous]
        noise, one_hot, continuous = code.split(sizes, 1)
        return noise, one_hot, continuous

    def prior(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw ``count`` codes on the CPU, ``[count, inputs]``."""
        shape = (count, self.noise)
        noise = torch.rand(shape, generator=generator) * 2 - 1 if self.uniform else torch.randn(
            shape, generator=generator)  # fmt: skip
        parts = [noise]
        if self.categorical:
            drawn = torch.randint(max(self.categories, 1), (count, self.categorical), generator=generator)
            parts.append(F.one_hot(drawn, self.categories).float().flatten(1))
        if self.continuous:
            parts.append(torch.rand((count, self.continuous), generator=generator) * 2 - 1)
        return torch.cat(parts, 1)

    def posterior(self, values: Tensor) -> Posterior:
        """Read the values of a posterior head, ``[N, outputs]``."""
        k = self.categorical * self.categories
        sizes = [self.noise, self.noise, k, self.continuous, self.continuous]
        mean, log_variance, logits, score, score_variance = values.float().split(sizes, 1)
        return Posterior(
            mean, log_variance.clamp(-12.0, 4.0), logits.view(len(values), self.categorical, max(self.categories, 1))
            if k else logits.view(len(values), 0, 1), score, score_variance.clamp(-8.0, 3.0),
        )  # fmt: skip

    def sample(self, found: Posterior, noise: Noise, generator: torch.Generator, temperature: float = 0.7) -> Tensor:
        """Draw entered codes from a posterior, with gradients: straight-through Gumbel for the categorical ones."""
        parts = [found.mean + noise(found.mean) * (0.5 * found.log_variance).exp()]
        if self.categorical:
            uniform = torch.rand(found.logits.shape, generator=generator).clamp(1e-6, 1 - 1e-6).to(found.logits.device)
            soft = torch.softmax((found.logits - torch.log(-torch.log(uniform))) / temperature, -1)
            hard = F.one_hot(soft.argmax(-1), self.categories).to(soft.dtype)
            parts.append((hard + soft - soft.detach()).flatten(1))
        if self.continuous:
            score = found.score_mean + noise(found.score_mean) * (0.5 * found.score_log_variance).exp()
            parts.append(torch.erf(score / ROOT2))
        return torch.cat(parts, 1)

    def middle(self, found: Posterior) -> Tensor:
        """The likeliest entered code of a posterior."""
        parts = [found.mean]
        if self.categorical:
            parts.append(F.one_hot(found.logits.argmax(-1), self.categories).float().flatten(1))
        if self.continuous:
            parts.append(torch.erf(found.score_mean / ROOT2))
        return torch.cat(parts, 1)

    def information(self, found: Posterior, code: Tensor) -> tuple[Tensor, Tensor]:
        """The two halves of the bound on mutual information: cross-entropy and gaussian NLL (3DInfoGAN, Q).

        Means over the batch, sums over the codes; a constant of the NLL is left out.
        """
        _, one_hot, continuous = self.split(code)
        zero = code.new_zeros(())
        crossed, unlikely = zero, zero
        if self.categorical:
            target = one_hot.view(len(code), self.categorical, self.categories).argmax(-1)
            crossed = F.cross_entropy(found.logits.flatten(0, 1), target.flatten()) * self.categorical
        if self.continuous:
            score = ROOT2 * torch.erfinv(continuous.clamp(-0.999, 0.999))
            spread = found.score_log_variance.clamp(min=-3.0)  # surer than that nobody need be
            unlikely = 0.5 * ((score - found.score_mean).square() * (-spread).exp() + spread).sum(1).mean()
        return crossed, unlikely


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, var) || N(0, 1)), summed over the code, averaged over the batch."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()


def entropies(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Mean entropy of each answer, and entropy of the mean answer, ``logits`` ``[N, K, D]``; summed over the K codes.

    Their difference is the mutual information of shape and code (IMSAT, Hu et al., ICML 2017).
    """
    p = torch.softmax(logits, -1)
    each = -(p * torch.log_softmax(logits, -1)).sum(-1).mean(0).sum()
    whole = p.mean(0)
    return each, -(whole * whole.clamp(min=1e-8).log()).sum()


class Entry(nn.Module):
    """Where a drawn code enters: its noise becomes a place among the codes that encoded shapes have.

    An autoencoder's codes fill only a part of N(0, 1). Linear regression of the encoded codes on the other codes
    and the Cholesky factor of what remains give the first map; ``hidden`` adds a normalising flow before it, fitted
    where the lead ends, so that draws fall where shapes are and not between them. The adversarial game goes on from
    there. Departs from the papers, which have no autoencoder; it is the identity for them.
    """

    def __init__(self, space: CodeSpace, hidden: int = 0) -> None:
        super().__init__()
        self.space = space
        self.map = nn.Linear(space.inputs, space.noise)
        with torch.no_grad():
            self.map.weight.zero_()
            self.map.weight[:, : space.noise] = torch.eye(space.noise)
            self.map.bias.zero_()
        self.flow = CouplingFlow(space.noise, space.inputs - space.noise, hidden) if hidden else None

    def forward(self, code: Tensor) -> Tensor:
        """A drawn code ``[N, inputs]`` to an entered one of the same length."""
        seen = self._scores(code)
        if self.flow is not None:
            noise, rest = seen[:, : self.space.noise], seen[:, self.space.noise :]
            seen = torch.cat([self.flow(noise, rest), rest], 1)
        return torch.cat([self.map(seen), code[:, self.space.noise :]], 1)

    def _scores(self, code: Tensor) -> Tensor:
        noise, one_hot, continuous = self.space.split(code)
        if self.space.uniform:
            noise = ROOT2 * torch.erfinv(noise.clamp(-0.9995, 0.9995))
        return torch.cat([noise, one_hot, ROOT2 * torch.erfinv(continuous.clamp(-0.9995, 0.9995))], 1)

    @torch.no_grad()
    def leave(self, entered: Tensor) -> Tensor:
        """The drawn code that enters as this one, ``[N, inputs]``."""
        place, one_hot, continuous = self.space.split(entered.float())
        score, rest = self._whitened(place, one_hot, continuous)
        if self.flow is not None:
            score, _ = self.flow.back(score, rest)
        noise = torch.erf(score / ROOT2) if self.space.uniform else score
        return torch.cat([noise, one_hot, continuous], 1)

    def _whitened(self, place: Tensor, one_hot: Tensor, continuous: Tensor) -> tuple[Tensor, Tensor]:
        """What the linear map makes ``place`` of, and the scores of the other codes."""
        size = self.space.noise
        rest = self._scores(torch.cat([torch.zeros_like(place), one_hot, continuous], 1))[:, size:]
        weight, bias = self.map.weight.float(), self.map.bias.float()
        back = torch.linalg.pinv(weight[:, :size].double()).float()
        return (place - bias - rest @ weight[:, size:].T) @ back.T, rest

    @torch.no_grad()
    def fit(self, entered: Tensor, flow_steps: int = 0) -> None:
        """Fit the linear map to entered codes ``[M, inputs]`` of shapes, and the flow in so many steps; too few codes
        leave both as they are."""
        if len(entered) <= self.space.noise // 2:
            return
        size = self.space.noise
        scores = self._scores(entered.cpu()).double()
        place, rest = entered[:, :size].cpu().double(), scores[:, size:]
        known = torch.cat([torch.ones(len(rest), 1, dtype=torch.float64), rest], 1)
        ridge = 1e-3 * len(rest) * torch.eye(known.shape[1], dtype=torch.float64)
        ridge[0, 0] = 0.0
        found = torch.linalg.solve(known.T @ known + ridge, known.T @ place)
        left = place - known @ found
        covariance = left.T @ left / len(left) + 1e-4 * torch.eye(size, dtype=torch.float64)
        self.map.bias.copy_(found[0])
        self.map.weight[:, size:] = found[1:].T.to(self.map.weight)
        self.map.weight[:, :size] = torch.linalg.cholesky(covariance).to(self.map.weight)
        if flow_steps and self.flow is not None and len(entered) >= 8 * self.space.noise:
            here = self.map.weight.device
            with torch.enable_grad():
                whitened, rest = self._whitened(*(part.to(here) for part in self.space.split(entered.float())))
                self.flow.fit(whitened.detach(), rest.detach(), flow_steps)

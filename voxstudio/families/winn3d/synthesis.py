"""Chains of the training run: how they start, climb, end, and pass from one cascade to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from voxstudio.engine.place import Place
from voxstudio.families.winn3d.ascent import Step, climb, fitted, gradient
from voxstudio.families.winn3d.networks import Net
from voxstudio.families.winn3d.pool import NegativePool
from voxstudio.families.winn3d.recipe import WinnRecipe

FAINTEST, UNCLEAN = 0.3, 0.1
"""How faint and how noisy coarse shapes are made at most before the next cascade learns to go on from them."""

LED_STEPS, LED_RATE = 12, 0.4
"""How chains climb that only show what a run has learnt so far."""


def led(nets: Sequence[Net], recipe: WinnRecipe, count: int, seed: int) -> Tensor:
    """Shapes ``[count, 1, R, R, R]`` in [-1, 1] that the networks lead to from noise, the classes in turn.

    For scores whose gradients lead all the way; the same seed starts from the same noise.
    """
    drawn = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % (len(recipe.classes) if recipe.objective == "supervised" else 1)
    x: Tensor | None = None
    for net in nets:
        device, side = net.mean.device, net.resolution
        noise = torch.randn((count, 1, side, side, side), generator=drawn).to(device)
        x = noise if x is None else fitted(x, side) + recipe.cascade_noise * noise
        scores = partial(net.climbed, targets=labels.to(device))
        for _ in range(LED_STEPS):
            x = x + LED_RATE / 2 * gradient(scores, x)[1]
        x = (x + gradient(scores, x)[1]).clamp(-1, 1)
    assert x is not None
    return x


class Synthesis:
    """The pseudo-negatives of one cascade.

    Chains start from ``start``, the shapes in which the chains of the cascade before ended, or from N(0, 1).
    """

    def __init__(
        self, recipe: WinnRecipe, net: Net, start: NegativePool | None, place: Place, generator: torch.Generator
    ) -> None:
        self.recipe, self.net, self.start = recipe, net, start
        self.place, self.generator = place, generator
        self.how = Step(recipe.ascent, (recipe.ascent_beta1, recipe.ascent_beta2), recipe.clip)
        size = max(recipe.pool, recipe.batch_size)
        self.pool = NegativePool(size, net.resolution, recipe.pool_place == "disk")
        self._begin(torch.arange(size))

    def negatives(self, count: int) -> tuple[Tensor, Tensor]:
        """``count`` pseudo-negatives ``[N, 1, R, R, R]`` and the labels that they climbed to, ``[N]``."""
        pool, recipe = self.pool, self.recipe
        old = round(count * recipe.history_share) if pool.filled else 0
        rows = torch.randperm(pool.size, generator=self.generator)[: max(count - old, 1)]
        steps = recipe.ascent_steps if recipe.pool else recipe.chain_steps
        if not recipe.pool:
            self._begin(rows)
        volumes = self._advance(rows, steps)
        labels = pool.labels[rows]
        over = rows[pool.ages[rows] >= recipe.chain_steps]
        pool.end(over)
        if len(over):
            self._begin(over)
        if old:
            chosen = torch.randint(pool.filled, (old,), generator=self.generator)
            volumes = torch.cat([volumes, pool.ended(chosen).to(volumes.device)])
            labels = torch.cat([labels, pool.ended_labels[chosen]])
        return volumes, labels.to(volumes.device)

    def _advance(self, rows: Tensor, steps: int) -> Tensor:
        device, r = self.place.device, self.recipe
        x, first, second = (part.to(device) for part in self.pool.take(rows))
        ages = self.pool.ages[rows].to(device, torch.float32).view(-1, 1, 1, 1, 1)
        labels = self.pool.labels[rows].to(device)
        scores = self._scores(labels)
        for k in range(steps):
            _, slope = gradient(scores, x)
            noise = r.ascent_noise * self._normal(len(rows), x.shape[-1]) if r.ascent_noise else None
            eps = r.ascent_rate * r.annealing ** (ages + k)
            x, first, second = climb(x, slope, first, second, ages + k, eps, noise, self.how)
        self.pool.put(rows, x, first, second, steps)
        return x.half().float()

    def _scores(self, labels: Tensor) -> Callable[[Tensor], Tensor]:
        training = self.net.training

        def found(x: Tensor) -> Tensor:
            self.net.eval()
            with self.place.autocast():
                outputs = self.net(x)
            self.net.train(training)
            return self.net.as_climbed(outputs, x, labels)

        return found

    def starts(self, real: Tensor, before: int | None) -> Tensor:
        """Where chains that should lead to ``real`` start: noise, or the shape as the cascade ``before`` sees it."""
        noise = self._normal(len(real), real.shape[-1])
        if before is None:
            return noise
        small = fitted(real, min(before, real.shape[-1]))
        # What a cascade takes over is not as clean and as solid as a training shape of its resolution.
        solid = 1 - FAINTEST * torch.rand((len(small), 1, 1, 1, 1), generator=self.generator).to(small.device)
        small = solid * (small + 1) - 1 + UNCLEAN * self._normal(len(small), small.shape[-1])
        return fitted(small, real.shape[-1]) + self.recipe.cascade_noise * noise

    def _begin(self, rows: Tensor) -> None:
        count, side = len(rows), self.net.resolution
        classes = len(self.recipe.classes) if self.recipe.objective == "supervised" else 1
        if self.start is not None and self.start.filled:
            chosen = torch.randint(self.start.filled, (count,), generator=self.generator)
            volumes, labels = fitted(self.start.ended(chosen), side), self.start.ended_labels[chosen]
            volumes = volumes + self.recipe.cascade_noise * self._normal(count, side).cpu()
        else:
            volumes = self._normal(count, side).cpu()
            labels = torch.randint(classes, (count,), generator=self.generator)
        self.pool.begin(rows, volumes.clamp(-1, 1) if self.recipe.clip else volumes, labels)

    def _normal(self, count: int, side: int) -> Tensor:
        return torch.randn((count, 1, side, side, side), generator=self.generator).to(self.place.device)

    def state(self) -> dict[str, Any]:
        """Everything that exact resume needs."""
        return {"pool": self.pool.state(), "start": self.start.state() if self.start is not None else None}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state`."""
        self.pool.restore(state["pool"])
        if self.start is not None and state["start"] is not None:
            self.start.restore(state["start"])

"""A normalising flow of affine couplings: carries N(0, 1) to the codes that an encoder gives, and back exactly."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

COUPLINGS = 6
LARGEST_SCALE = 1.5
"""Bound on the logarithm of a coupling's factor."""
BATCH = 512
FIT_RATE = 2e-3


def _parts(size: int, turn: int) -> tuple[Tensor, Tensor]:
    """Places that stay and places that move in one coupling: halves and alternate ones, each both ways."""
    every = torch.arange(size, device="cpu")  # also where only shapes are asked for
    first = every < size // 2 if turn % 4 < 2 else every % 2 == 1
    first = first if turn % 2 == 0 else ~first
    return every[first], every[~first]


class CouplingFlow(nn.Module):
    """RealNVP (Dinh, Sohl-Dickstein and Bengio, ICLR 2017) on vectors, under a condition; starts as the identity.

    Parameters
    ----------
    size: length of the vectors. condition: length of what every coupling sees besides. hidden: its hidden width.
    """

    def __init__(self, size: int, condition: int, hidden: int) -> None:
        super().__init__()
        self.size = size
        self.halves = [_parts(size, turn) for turn in range(COUPLINGS)]
        self.steps = nn.ModuleList(_couple(len(a) + condition, hidden, 2 * len(b)) for a, b in self.halves)

    def _move(self, turn: int, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logarithm of the factor, shift, and the places that they apply to."""
        stays, moves = self.halves[turn]
        told = self.steps[turn](torch.cat([x[:, stays.to(x.device)], condition], 1))
        log_scale, shift = told.float().chunk(2, 1)
        return LARGEST_SCALE * torch.tanh(log_scale / LARGEST_SCALE), shift, moves.to(x.device)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Noise ``[N, size]`` to codes."""
        for turn in range(COUPLINGS):
            log_scale, shift, moves = self._move(turn, x, condition)
            x = x.index_copy(1, moves, (x[:, moves].float() * log_scale.exp() + shift).to(x.dtype))
        return x

    def back(self, y: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """The noise that codes ``[N, size]`` came from, and the logarithm of the volume's change ``[N]``."""
        change = y.new_zeros(len(y))
        for turn in reversed(range(COUPLINGS)):
            log_scale, shift, moves = self._move(turn, y, condition)
            y = y.index_copy(1, moves, ((y[:, moves] - shift) * (-log_scale).exp()))
            change = change - log_scale.sum(1)
        return y, change

    def unlikely(self, y: Tensor, condition: Tensor) -> Tensor:
        """Mean negative log-likelihood of codes in nats, without the constant."""
        noise, change = self.back(y, condition)
        return (0.5 * noise.square().sum(1) - change).mean()

    def fit(self, codes: Tensor, condition: Tensor, steps: int, seed: int = 0) -> float:
        """Maximise the likelihood of codes ``[M, size]`` in place; a tenth is held out, and the best weights are kept.

        Returns what was gained over the identity, in nats a code.
        """
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(codes), generator=generator)
        held, learnt = order[: len(codes) // 10], order[len(codes) // 10 :]
        optimizer = torch.optim.AdamW(self.parameters(), lr=FIT_RATE, weight_decay=1e-2)
        with torch.no_grad():
            first = best = float(self.unlikely(codes[held], condition[held]))
        kept = {name: value.clone() for name, value in self.state_dict().items()}
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = FIT_RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
            rows = learnt[torch.randint(len(learnt), (BATCH,), generator=generator)]
            optimizer.zero_grad(set_to_none=True)
            self.unlikely(codes[rows], condition[rows]).backward()
            torch.nn.utils.clip_grad_norm_(self.parameters(), 5.0)
            optimizer.step()
            if step % 50 == 49:
                with torch.no_grad():
                    now = float(self.unlikely(codes[held], condition[held]))
                if now < best:
                    best, kept = now, {name: value.clone() for name, value in self.state_dict().items()}
        self.load_state_dict(kept)
        return first - best


def _couple(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    last = nn.Linear(hidden, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(inputs, hidden), nn.LeakyReLU(0.2), last)

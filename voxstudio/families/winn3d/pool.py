"""Chains of pseudo-negatives that climb a little at every update and live through many of them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

KEPT = ("volumes", "first", "second", "ended")
SCALE = 1024.0
"""Factor on gradients that are kept, so that small ones are no zeros in float16."""
LARGEST = 60_000.0


class NegativePool:
    """``size`` chains with the steps that each has made, and the shapes in which chains have ended.

    Everything is kept as float16 (of the second moment its root), so that a run that resumes goes on with the same
    numbers. On disk, what is kept lies in
    an unnamed file that goes away with the program.

    ``ages`` ``[size]`` count steps, ``labels`` ``[size]`` say which score a chain climbs; ``filled`` tells how many of
    ``ended`` were written, ``turn`` which one is next.
    """

    def __init__(self, size: int, side: int, on_disk: bool = False) -> None:
        self.size, self.side = size, side
        shape = (size, 1, side, side, side)
        self._values = {name: _array(shape, on_disk) for name in KEPT}
        self.ages = torch.zeros(size, dtype=torch.int64)
        self.labels = torch.zeros(size, dtype=torch.int64)
        self.ended_labels = torch.zeros(size, dtype=torch.int64)
        self.filled = self.turn = 0

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Volumes and Adam's moments of chains, float32 ``[N, 1, R, R, R]``."""
        volumes, first, root = (torch.from_numpy(self._values[n][rows.numpy()]).float() for n in KEPT[:3])
        return volumes, first / SCALE, (root / SCALE) ** 2

    def put(self, rows: Tensor, volumes: Tensor, first: Tensor, second: Tensor, steps: int) -> None:
        """Keep chains that went on by ``steps``."""
        for name, values in zip(KEPT, (volumes, SCALE * first, SCALE * second.sqrt()), strict=False):
            self._values[name][rows.numpy()] = values.clamp(-LARGEST, LARGEST).half().cpu().numpy()
        self.ages[rows] += steps

    def begin(self, rows: Tensor, volumes: Tensor, labels: Tensor) -> None:
        """Start chains anew."""
        self.put(rows, volumes, torch.zeros_like(volumes), torch.zeros_like(volumes), 0)
        self.ages[rows], self.labels[rows] = 0, labels

    def end(self, rows: Tensor) -> None:
        """Remember how chains ended."""
        for row in rows.tolist():
            self._values["ended"][self.turn] = self._values["volumes"][row]
            self.ended_labels[self.turn] = self.labels[row]
            self.turn = (self.turn + 1) % self.size
            self.filled = min(self.filled + 1, self.size)

    def ended(self, rows: Tensor) -> Tensor:
        """Some of the shapes in which chains ended, float32; ``rows`` lie below ``filled``."""
        return torch.from_numpy(self._values["ended"][rows.numpy()]).float()

    def state(self) -> dict[str, Any]:
        """Everything, as tensors and plain values."""
        volumes = {name: torch.from_numpy(np.array(values)) for name, values in self._values.items()}
        counts = {"ages": self.ages, "labels": self.labels, "ended_labels": self.ended_labels}
        return {**volumes, **{k: v.clone() for k, v in counts.items()}, "filled": self.filled, "turn": self.turn}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from :meth:`state`."""
        for name, values in self._values.items():
            values[:] = state[name].numpy()
        self.ages, self.labels = state["ages"].clone(), state["labels"].clone()
        self.ended_labels = state["ended_labels"].clone()
        self.filled, self.turn = int(state["filled"]), int(state["turn"])


def _array(shape: tuple[int, ...], on_disk: bool) -> Any:
    if not on_disk:
        return np.zeros(shape, np.float16)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.float16, "w+", shape=shape)

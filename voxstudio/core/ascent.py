"""Synthesis by gradient ascent on a network's score: what a step is told and what it leaves (3DWINN, 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.core.voxel_grid import VoxelGrid

METHODS = ("adam", "langevin")


@dataclass(frozen=True)
class Ascent:
    """How one step climbs; BadInput for values that make no sense.

    Volumes run from -1 (empty) to 1 (solid) here. ``langevin`` adds ``eps / 2`` times the gradient and ``noise`` times
    N(0, eps); ``adam`` adds Adam's step of size eps and ``noise`` times eps times N(0, 1). ``eps`` is ``step_size``
    times ``annealing`` to the power of the steps done in this cascade. Noise and, after it, steps without are how
    shapes come out clean: a walk among noisy ones, then the way down to the nearest (Saremi and Hyvarinen 2019).

    Parameters
    ----------
    target: the class whose score is climbed; None: the one score of an unsupervised network, else any class (the log of
        the sum of exponentials).
    cascade: which of the networks is climbed, the last one by default.
    noise_steps: noise is added in the first so many steps of a cascade alone; None: in all.
    betas: Adam's coefficients.
    clip: keep volumes within [-1, 1].
    """

    method: str = "adam"
    step_size: float = 0.03
    annealing: float = 1.0
    noise: float = 0.0
    noise_steps: int | None = None
    target: str | None = None
    cascade: int = -1
    betas: tuple[float, float] = (0.8, 0.9)
    clip: bool = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadInput(f"There is no ascent {self.method!r}; choose from {', '.join(METHODS)}.")
        for name, low, high in (("step_size", 0.0, 1000.0), ("annealing", 0.5, 1.0), ("noise", 0.0, 100.0)):
            value = getattr(self, name)
            if not low <= value <= high:
                words = name.replace("_", " ").capitalize()
                raise BadInput(f"{words} must lie between {low:g} and {high:g}, not {value:g}.")
        if self.noise_steps is not None and not 0 <= self.noise_steps <= 1_000_000:
            raise BadInput(f"Noisy steps must lie between 0 and 1,000,000, not {self.noise_steps!r}.")
        if not all(0.0 <= beta < 1.0 for beta in self.betas):
            raise BadInput(f"Adam's coefficients must lie between 0 and 1, not {self.betas!r}.")

    def lasting(self, share: float) -> Ascent:
        """The same in fewer or more steps: noise in as large a part of them."""
        return self if self.noise_steps is None else replace(self, noise_steps=round(self.noise_steps * share))

    def shakes(self, done: int) -> bool:
        """Whether the step after ``done`` steps in a cascade has noise."""
        return self.noise > 0.0 and (self.noise_steps is None or done < self.noise_steps)


@dataclass(frozen=True, eq=False)
class AscentState:
    """Chains of volumes at one step. Whoever holds it may keep it, go back to it and branch off from it.

    Parameters
    ----------
    volumes: float32 ``[C, R, R, R]``, from -1 (empty) to 1 (solid).
    energies: float32 ``[C]``, minus the score that is climbed.
    probabilities: float32 ``[C, K]`` of the classes; K is 0 for a network without classes.
    seeds: one for each chain; its noise at a step depends on seed and step alone.
    step: steps since the start; ``cascade_step`` since the network ``cascade`` took over.
    first, second: Adam's moments, float32 ``[C, R, R, R]``.
    gradient: of the score that ``aim`` (target and cascade) names, at ``volumes``: where the next step starts from.
    """

    volumes: npt.NDArray[np.float32]
    energies: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]
    seeds: tuple[int, ...]
    step: int
    cascade: int
    cascade_step: int
    first: npt.NDArray[np.float32]
    second: npt.NDArray[np.float32]
    gradient: npt.NDArray[np.float32]
    aim: tuple[str | None, int]

    def grid(self, chain: int = 0, iso: float = 0.5, name: str = "") -> VoxelGrid:
        """One chain's volume as a field in [0, 1]."""
        field: Any = np.clip((self.volumes[chain] + 1) / 2, 0.0, 1.0)
        return VoxelGrid.unit(field.astype(np.float32), iso, name)

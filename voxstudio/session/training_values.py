"""What a training run is asked to do, and what it says of itself: frozen values, drawn by the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.voxel_grid import VoxelGrid

RUNNING_STATES = ("starting", "running", "pausing", "paused", "stopping")
"""States in which a process trains or waits; the others are ``idle``, ``done``, ``stopped`` and ``failed``."""


@dataclass(frozen=True)
class TrainingPlan:
    """What to train.

    Parameters
    ----------
    family: key of the family.
    name: name of the new checkpoint; its folder is made among the person's own checkpoints.
    recipe: every option that differs from the family's defaults, as plain values.
    data: a folder or file of shapes; None trains on parametric shapes.
    base: name or folder of the checkpoint to start from; empty starts afresh. It is never written to.
    up: the axis that stands upright in the meshes of ``data``; empty as their kind has it, else z.
    """

    family: str
    name: str
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data: Path | None = None
    base: str = ""
    max_steps: int = 2000
    seed: int = 0
    device: str = "auto"
    up: str = ""


@dataclass(frozen=True)
class Unfinished:
    """A run that was stopped, paused by closing, or killed, and can go on."""

    name: str
    folder: Path
    family: str
    step: int
    max_steps: int
    base: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same held-out object before and after fine-tuning, with the truth and the measure (IoU)."""

    before: VoxelGrid
    after: VoxelGrid
    truth: VoxelGrid
    before_score: float
    after_score: float


@dataclass(frozen=True, eq=False)
class TrainingStatus:
    """Where the run stands. Told at most ten times a second under the topic ``training``.

    ``curves``: for each loss and metric the steps (int64 ``[n]``) and values (float64 ``[n]``), raw; thinned
    to at most 4,000 points. ``diversity``: 1 - mean pairwise IoU of a fixed batch of samples, over time as a
    curve of that name too; ``warning``: words if samples collapse, D and G lose their balance, a save
    failed. ``balance``: accuracy of the discriminator in [0, 1], None without one. ``sentence``: what the
    run does, or how it ended. ``best``: the held-out measure of the best weights so far, None if unmeasured.
    """

    state: str = "idle"
    plan: TrainingPlan | None = None
    folder: Path | None = None
    sentence: str = ""
    warning: str = ""
    step: int = 0
    max_steps: int = 0
    values: Mapping[str, float] = field(default_factory=dict)
    samples_per_second: float = 0.0
    seconds_left: float = 0.0
    curves: Mapping[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]] = field(default_factory=dict)
    diversity: float | None = None
    balance: float | None = None
    best: float | None = None
    preview: VoxelGrid | None = None
    comparison: Comparison | None = None

    @property
    def is_running(self) -> bool:
        """True while a process trains or waits."""
        return self.state in RUNNING_STATES

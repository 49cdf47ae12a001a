"""A stand-in for training: it keeps what it was told to do, and says what a test lets it say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import demo_model
import numpy as np

from voxstudio.core.latent import Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.session.training_values import Comparison, TrainingPlan, TrainingStatus, Unfinished


def shape(*code: float) -> VoxelGrid:
    """A chair whose proportions follow four numbers."""
    model = demo_model.DemoModel(demo_model.demo_card())
    return model.decode(Latent({"z": np.array(code or (0.5, 0.5, 0.5, 0.5), np.float32)}))


def curves(count: int = 1200) -> dict[str, Any]:
    """Losses that fall, with noise; a diversity that rises."""
    rng = np.random.default_rng(7)
    steps = np.arange(1, count + 1, dtype=np.int64)
    fall = np.exp(-steps / 300)
    return {
        "loss": (steps, 0.08 + 0.6 * fall * np.exp(0.18 * rng.standard_normal(count))),
        "loss_g": (steps, 1.4 + 2.0 * fall + 0.25 * rng.standard_normal(count)),
        "loss_d": (steps, 0.5 + 0.2 * fall + 0.1 * np.abs(rng.standard_normal(count))),
        "iou": (steps[::50], 0.6 - 0.45 * fall[::50]),
        "diversity": (steps[::50], 0.7 - 0.5 * fall[::50]),
    }


def comparison() -> Comparison:
    return Comparison(shape(0.1, 0.1, 0.1, 0.5), shape(0.8, 0.5, 0.9, 0.5), shape(0.9, 0.6, 0.9, 0.5), 0.43, 0.71)


class DemoTraining:
    """The face of :class:`voxstudio.session.training.Training`, without a process behind it."""

    def __init__(self, tell: Callable[[], None], home: Path) -> None:
        self._tell, self.home = tell, home
        self.status = TrainingStatus()
        self.unfinished: tuple[Unfinished, ...] = ()
        self.problems: tuple[str, ...] = ()
        self.asked: list[Any] = []

    def set(self, **changes: Any) -> None:
        """The run came to another state."""
        self.status = replace(self.status, **changes)
        self._tell()

    def check(self, plan: TrainingPlan) -> Sequence[str]:
        self.asked.append(("check", plan))
        return self.problems

    def start(self, plan: TrainingPlan) -> bool:
        self.asked.append(("start", plan))
        self.status = TrainingStatus()
        self.set(state="starting", plan=plan, max_steps=plan.max_steps, sentence="Reading the shapes.",
                 folder=self.home / plan.name)  # fmt: skip
        return True

    def run_on(self, step: int = 1200, **changes: Any) -> None:
        """What a run says halfway."""
        told: dict[str, Any] = {
            "state": "running", "sentence": "", "step": step, "max_steps": max(self.status.max_steps, 2000),
            "samples_per_second": 38.2, "seconds_left": 265.0, "curves": curves(step), "values": {"loss": 0.123},
            "diversity": 0.62, "balance": 0.74, "preview": shape(0.6, 0.4, 0.8, 0.5),
        }  # fmt: skip
        self.set(**{**told, **changes})

    def proceed(self, name: str) -> bool:
        self.asked.append(("proceed", name))
        self.set(state="starting")
        return True

    def pause(self) -> None:
        self.asked.append("pause")
        self.set(state="pausing")

    def resume(self) -> None:
        self.asked.append("resume")
        self.set(state="running")

    def stop(self) -> None:
        self.asked.append("stop")
        self.set(state="stopping")

    def close(self, timeout: float = 20.0) -> None:
        self.asked.append("close")


def install(monkeypatch: Any, home: Path) -> None:
    """Give every session the stand-in in place of its own."""
    from voxstudio.session import Session

    def get(session: Any) -> DemoTraining:
        made = session.__dict__.get("demo_training")
        if made is None:
            made = session.__dict__["demo_training"] = DemoTraining(lambda: session._tell("training"), home)
        return made

    monkeypatch.setattr(Session, "training", property(get))

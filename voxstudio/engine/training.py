"""The one training loop: any family's trainer, stop and pause, previews, atomic saves, exact resume."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadCheckpoint, VoxStudioError
from voxstudio.engine.checkpoint import write_atomically
from voxstudio.engine.family import Trainer

STATE = "state.pt"


@dataclass(frozen=True)
class TrainingReport:
    """What the loop tells, at most ten times a second."""

    step: int
    max_steps: int
    values: Mapping[str, float]
    samples_per_second: float
    seconds_left: float


class TrainingFailed(VoxStudioError):
    """A run that ended early; the last good state was kept."""


@dataclass
class LoopOptions:
    """How the loop saves and reports; times in seconds."""

    max_steps: int
    save_every: float = 120.0
    export_every: float = 600.0
    preview_every_steps: int = 0
    max_seconds: float = math.inf


def run(
    trainer: Trainer,
    out: Path,
    options: LoopOptions,
    *,
    export: Callable[[int], None],
    report: Callable[[TrainingReport], None] = lambda _: None,
    preview: Callable[[Any], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    first_step: int = 0,
) -> int:
    """Train until ``max_steps``, a stop or the time limit; save and export at the end. Returns the step reached.

    NaN, or memory that runs out, ends the run with TrainingFailed; the last good state stands in ``out``.
    """
    began = saved = exported = time.monotonic()
    told, samples, step = 0.0, 0, first_step
    while step < options.max_steps and not should_stop():
        try:
            outcome = trainer.step()
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
                raise
            raise TrainingFailed(
                f"Memory ran out at step {step}; the last state was kept in {out}: lower the batch size and resume."
            ) from error
        step, samples = step + 1, samples + outcome.samples
        if not all(math.isfinite(value) for value in outcome.values.values()):
            raise TrainingFailed(
                f"A loss became infinite at step {step}; the last good state was kept in {out}: "
                "lower the learning rate and resume."
            )
        now = time.monotonic()
        if now - told >= 0.1:
            rate = samples / max(now - began, 1e-9)
            left = (now - began) / (step - first_step) * (options.max_steps - step)
            report(TrainingReport(step, options.max_steps, outcome.values, rate, left))
            told = now
        if options.preview_every_steps and step % options.preview_every_steps == 0:
            preview(trainer.preview())
        if now - saved >= options.save_every:
            save_state(out, trainer, step)
            saved = now
        if now - exported >= options.export_every:
            export(step)
            exported = now
        if now - began >= options.max_seconds:
            break
    save_state(out, trainer, step)
    export(step)
    return step


def save_state(out: Path, trainer: Trainer, step: int) -> None:
    """Write the resume state atomically; the first one of a run is read back to prove that it can be."""
    import torch

    folder = out / "resume"
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    torch.save({"step": step, "trainer": trainer.state()}, buffer)
    first = not (folder / STATE).exists()
    write_atomically(folder / STATE, buffer.getvalue())
    if first:
        load_state(out)


def load_state(out: Path) -> dict[str, Any] | None:
    """Read the resume state; None if there is none, BadCheckpoint if it is damaged."""
    import pickle

    import torch

    path = out / "resume" / STATE
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if not {"step", "trainer"} <= set(state):
            raise KeyError("step")
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise BadCheckpoint(
            f"{path} cannot be resumed from: delete the folder {path.parent} to start afresh."
        ) from error
    return state

"""The one training loop: any family's trainer, stop and pause, previews, atomic saves, exact resume."""

from __future__ import annotations

import contextlib
import io
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadCheckpoint, BadInput, CannotWrite, VoxStudioError
from voxstudio.engine.checkpoint import write_atomically
from voxstudio.engine.family import Trainer

STATE = "state.pt"
GO, PAUSE, STOP = 0, 1, 2
"""What a run is told to do between two steps."""


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
    """How the loop saves, measures and reports; times in seconds.

    measure_every: steps between two measurements on the held-out part, 0 for none; then the checkpoint holds
    the best weights so far, and the run ends after ``patience`` measurements without a better one.
    """

    max_steps: int
    save_every: float = 120.0
    export_every: float = 600.0
    preview_every_steps: int = 0
    preview_every: float = math.inf
    max_seconds: float = math.inf
    measure_every: int = 0
    patience: int = 5
    watch_every: float = 10.0
    retry_every: float = 5.0


def _nothing(*_: Any) -> None:
    return None


@dataclass
class Listener:
    """What the loop calls; every member may be left out.

    report: at most ten times a second. preview: a shape now and then. notice: a sentence that the person
    should read, or an empty one when its cause is gone. watched: the diversity of a fixed batch of samples.
    paused: True when the run waits, False when it goes on. measured: step, value and best value on the held-out
    part. ended: ``"steps"``, ``"rested"`` (no more gain), ``"stopped"`` or ``"time"``. compared: pairs of shapes
    before and after fine-tuning.
    """

    report: Callable[[TrainingReport], None] = _nothing
    preview: Callable[[Any], None] = _nothing
    notice: Callable[[str], None] = _nothing
    watched: Callable[[float], None] = _nothing
    paused: Callable[[bool], None] = _nothing
    measured: Callable[[int, float, float], None] = _nothing
    ended: Callable[[str], None] = _nothing
    compared: Callable[[Any], None] = _nothing


@dataclass
class Best:
    """The best measurement so far, at which step, and how many came since."""

    value: float = -math.inf
    step: int = 0
    since: int = 0
    curve: list[tuple[int, float]] = field(default_factory=list)


class Loop:
    """One run of one trainer.

    Parameters
    ----------
    export: writes the checkpoint that stands after a step.
    order: asked between steps for GO, PAUSE or STOP; all processes of a run must get the same answer.
    measure: a number on held-out objects, larger is better; None measures nothing.
    watch: the diversity of a fixed batch of samples, in [0, 1]; must leave the trainer as it is.
    writes: False for the processes of a run that write no files.
    """

    def __init__(
        self,
        trainer: Trainer,
        out: Path,
        options: LoopOptions,
        *,
        export: Callable[[int], None],
        listener: Listener | None = None,
        order: Callable[[], int] = lambda: GO,
        measure: Callable[[], float] | None = None,
        watch: Callable[[], float] | None = None,
        first_step: int = 0,
        best: Best | None = None,
        writes: bool = True,
    ) -> None:
        self.trainer, self.out, self.options = trainer, out, options
        self.listener, self.order, self.measure, self.watch = listener or Listener(), order, measure, watch
        self.step, self.first_step, self.best, self.writes = first_step, first_step, best or Best(), writes
        self._export = export
        now = time.monotonic()
        self._began = self._saved = self._exported = self._previewed = now
        self._told = self._watched = -math.inf
        self._idle, self._samples, self._rested = 0.0, 0, False

    def run(self) -> int:
        """Train until ``max_steps``, a stop, the time limit or no more progress; save and export. Returns the step.

        NaN, or memory that runs out, ends the run with TrainingFailed; the last good state stands in ``out``.
        """
        if self.measure is not None and not self.best.curve and self.step < self.options.max_steps:
            self._measure()  # what the run starts from counts too: it may be the best
        late = False
        while self.step < self.options.max_steps and not self._rested and not late and self._may_go_on():
            self._advance()
            late = time.monotonic() - self._began >= self.options.max_seconds
        if self.measure is not None and (not self.best.curve or self.best.curve[-1][0] != self.step):
            self._measure()  # the last steps count too
        self._keep(final=True)
        reached = self.step >= self.options.max_steps
        self.listener.ended("steps" if reached else "rested" if self._rested else "time" if late else "stopped")
        return self.step

    def _may_go_on(self) -> bool:
        order = self.order()
        if order == PAUSE:
            self._keep()
            self.listener.paused(True)
            since = time.monotonic()
            while (order := self.order()) == PAUSE:
                time.sleep(0.05)
            self._idle += time.monotonic() - since
            self.listener.paused(False)
        return order != STOP

    def _advance(self) -> None:
        try:
            outcome = self.trainer.step()
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
                raise
            raise TrainingFailed(
                f"Memory ran out at step {self.step}; the last state was kept in {self.out}: "
                "lower the batch size and resume."
            ) from error
        if not all(math.isfinite(value) for value in outcome.values.values()):
            raise TrainingFailed(
                f"A loss became infinite at step {self.step + 1}; the last good state was kept in {self.out}: "
                "lower the learning rate and resume."
            )
        self.step, self._samples = self.step + 1, self._samples + outcome.samples
        now, options = time.monotonic(), self.options
        if now - self._told >= 0.1 or self.step == options.max_steps:
            spent = max(now - self._began - self._idle, 1e-9)
            left = spent / (self.step - self.first_step) * (options.max_steps - self.step)
            self.listener.report(
                TrainingReport(self.step, options.max_steps, outcome.values, self._samples / spent, left)
            )
            self._told = now
        self._look(now)
        if self.measure is not None and options.measure_every and self.step % options.measure_every == 0:
            self._measure()
        if now - self._saved >= options.save_every:
            self._keep()
        if now - self._exported >= options.export_every and self.measure is None:
            self._trying(lambda: self._export(self.step))
            self._exported = now

    def _look(self, now: float) -> None:
        """Previews and the collapse meter: they change nothing that training depends on."""
        options = self.options
        due = now - self._previewed >= options.preview_every
        if due or (options.preview_every_steps and self.step % options.preview_every_steps == 0):
            self._previewed = now
            self.listener.preview(self.trainer.preview())
        if self.watch is not None and now - self._watched >= options.watch_every:
            self._watched = now
            self.listener.watched(self.watch())

    def _measure(self) -> None:
        assert self.measure is not None
        value, best = float(self.measure()), self.best
        best.curve.append((self.step, value))
        if value > best.value:
            best.value, best.step, best.since = value, self.step, 0
            self._trying(lambda: self._export(self.step))
        else:
            best.since += 1
            self._rested = best.since >= self.options.patience
        self.listener.measured(self.step, value, best.value)

    def _keep(self, final: bool = False) -> None:
        """Save the state; at the end also the checkpoint, unless the best one stands there already."""
        self._trying(lambda: save_state(self.out, self.trainer, self.step, self.best))
        self._saved = time.monotonic()
        if final and (self.measure is None or not self.best.curve):
            self._trying(lambda: self._export(self.step))

    def _trying(self, write: Callable[[], None]) -> None:
        """A disk that refuses pauses the run; it goes on when there is room, and ends when it is told to stop."""
        if not self.writes:
            return
        told = False
        while True:
            try:
                write()
            except CannotWrite as error:
                if self.order() == STOP:
                    raise
                if not told:
                    self.listener.notice(f"{error} The run waits and tries again; the last good state was kept.")
                told = True
                since = time.monotonic()
                while time.monotonic() - since < self.options.retry_every and self.order() != STOP:
                    time.sleep(0.05)
                self._idle += time.monotonic() - since
            else:
                if told:
                    self.listener.notice("")
                return


@contextlib.contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Hold the run's folder; BadInput if another run holds it. A killed run lets go of it by itself."""
    from filelock import FileLock, Timeout

    folder = out / "resume"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise BadInput(f"Another run trains into {out}: wait for it, stop it, or choose another folder.") from None
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be written ({error.strerror}): choose another folder.") from error
    try:
        yield
    finally:
        lock.release()
        if [path.name for path in folder.iterdir()] == ["lock"]:  # nothing was written: leave nothing behind
            with contextlib.suppress(OSError):
                (folder / "lock").unlink()
                folder.rmdir()
                out.rmdir()


def save_state(out: Path, trainer: Trainer, step: int, best: Best | None = None) -> None:
    """Write the resume state atomically; the first one of a run is read back to prove that it can be."""
    import torch

    folder = out / "resume"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be made ({error.strerror}): choose another folder.") from error
    buffer = io.BytesIO()
    kept = best or Best()
    told = {"value": kept.value, "step": kept.step, "since": kept.since, "curve": [list(row) for row in kept.curve]}
    torch.save({"step": step, "best": told, "trainer": trainer.state()}, buffer)
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


def best_of(state: Mapping[str, Any] | None) -> Best:
    """The best measurement that a resume state tells of."""
    told = (state or {}).get("best")
    if not told:
        return Best()
    curve = [(int(step), float(value)) for step, value in told["curve"]]
    return Best(float(told["value"]), int(told["step"]), int(told["since"]), curve)

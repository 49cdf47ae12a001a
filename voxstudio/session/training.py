"""Training in the background: one run at a time, in a process of its own, beside the live sliders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from voxstudio.session.training_values import TrainingPlan, TrainingStatus, Unfinished


class Training:
    """What :attr:`Session.training` offers. Owner's thread, as the session itself."""

    def __init__(self, hand: Callable[[Callable[[], None]], None], tell: Callable[[], None], home: Path) -> None:
        self._hand, self._tell, self.home = hand, tell, home
        self._status = TrainingStatus()

    @property
    def status(self) -> TrainingStatus:
        """Where the run stands; ``idle`` before the first one."""
        return self._status

    @property
    def unfinished(self) -> tuple[Unfinished, ...]:
        """Runs that can go on, newest first. Reads a few small files."""
        return ()

    def check(self, plan: TrainingPlan) -> Sequence[str]:
        """What stands against the plan, one sentence each, before anything runs; empty if nothing does."""
        return ()

    def start(self, plan: TrainingPlan) -> bool:
        """Start a run; False, and a message, if one runs already or the plan cannot be carried out."""
        return False

    def proceed(self, name: str) -> bool:
        """Go on with an unfinished run where it stopped; False, and a message, if it cannot."""
        return False

    def pause(self) -> None:
        """Save, then wait; memory stays taken."""

    def resume(self) -> None:
        """Go on after :meth:`pause`."""

    def stop(self) -> None:
        """Save, write the checkpoint, end. The run can go on later by :meth:`proceed`."""

    def close(self, timeout: float = 20.0) -> None:
        """Stop the run, wait for its save, forget the process."""

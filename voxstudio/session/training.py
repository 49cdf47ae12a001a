"""Training in the background: one run at a time, in a process of its own, beside the live sliders.

The process is ``voxstudio train ... --events`` with fewer rights to the processor than the window: what runs
here and what a person starts on the command line are the same run, and either can go on with the other's.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.session.run_log import WANTED, CurveBook, read_plan, unfinished_runs, write_plan
from voxstudio.session.training_values import Comparison, TrainingPlan, TrainingStatus, Unfinished

TOLD_EVERY = 0.1
COLLAPSED = 0.1
"""Mean distance (1 - IoU) of a fixed batch of samples below which they count as alike."""
Say = Callable[[str, str, str], None]


class Training:
    """What :attr:`Session.training` offers. Owner's thread, as the session itself.

    Parameters
    ----------
    hand: queues a call for the owner's thread; the thread that reads the process's events calls it.
    tell: called when :attr:`status` changed, at most ten times a second while a run goes well.
    say: tells the person a severity, a sentence, and the panel concerned.
    finished: called after a checkpoint was written.
    home: the folder that new checkpoints are made in.
    """

    def __init__(
        self,
        hand: Callable[[Callable[[], None]], None],
        tell: Callable[[], None],
        say: Say,
        finished: Callable[[], None],
        home: Path,
    ) -> None:
        self._hand, self._tell, self._say, self._finished, self.home = hand, tell, say, finished, home
        self._status = TrainingStatus()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._book = CurveBook()
        self._told = 0.0
        self._heard_end = False

    @property
    def status(self) -> TrainingStatus:
        """Where the run stands; ``idle`` before the first one."""
        return self._status

    @property
    def unfinished(self) -> tuple[Unfinished, ...]:
        """Runs that can go on, newest first. Reads a few small files."""
        running = self._status.folder if self._status.is_running else None
        return tuple(run for run in unfinished_runs(self.home) if run.folder != running)

    def check(self, plan: TrainingPlan) -> Sequence[str]:
        """What stands against the plan, one sentence each, before anything runs; empty if nothing does."""
        problems = []
        name = plan.name.strip()
        if not name or any(letter in name for letter in '/\\:*?"<>|') or name.startswith("."):
            problems.append("Give the new checkpoint a name of letters, digits, dashes and dots.")
        elif (self.home / name).exists():
            problems.append(f"There is a checkpoint {name!r} already: choose another name.")
        if plan.max_steps < 1:
            problems.append(f"Training needs at least one step, not {plan.max_steps}.")
        if plan.data is not None and not plan.data.exists():
            problems.append(f"{plan.data} does not exist: choose another folder.")
        try:
            self.recipe_of(plan)
        except VoxStudioError as error:
            problems.append(str(error))
        return problems

    def recipe_of(self, plan: TrainingPlan) -> Any:
        """The whole recipe that the plan leads to; raises BadInput or BadCheckpoint."""
        if plan.base:
            from voxstudio.lab.learning_data import fine_tuning_recipe

            key, recipe = fine_tuning_recipe(self._base(plan.base), **plan.recipe)
            if key != plan.family:
                raise BadInput(f"{plan.base} is a checkpoint of {key}, not of {plan.family}.")
            return recipe
        from voxstudio.families import family

        return family(plan.family).recipe_class()().changed(**plan.recipe)

    def start(self, plan: TrainingPlan) -> bool:
        """Start a run; False, and a message, if one runs already or the plan cannot be carried out."""
        if self._status.is_running:
            self._say("error", "A run is on already: stop it, or wait for it.", "training")
            return False
        problems = self.check(plan)
        if problems:
            self._say("error", problems[0], "training")
            return False
        folder = self.home / plan.name.strip()
        try:
            write_plan(folder, plan)
        except VoxStudioError as error:
            self._say("error", str(error), "training")
            return False
        return self._launch(plan, folder)

    def proceed(self, name: str) -> bool:
        """Go on with an unfinished run where it stopped; False, and a message, if it cannot."""
        if self._status.is_running:
            self._say("error", "A run is on already: stop it, or wait for it.", "training")
            return False
        folder = self.home / name
        plan = read_plan(folder)
        if plan is None:
            self._say("error", f"{folder} holds no run that can go on: start a new one.", "training")
            return False
        return self._launch(plan, folder)

    def pause(self) -> None:
        """Save, then wait; memory stays taken."""
        if self._status.state in ("starting", "running") and self._order("pause"):
            self._set(state="pausing", sentence="Pausing after this step.")

    def resume(self) -> None:
        """Go on after :meth:`pause`."""
        if self._status.state in ("pausing", "paused") and self._order("go"):
            self._set(state="running", sentence="")

    def stop(self) -> None:
        """Save, write the checkpoint, end. The run can go on later by :meth:`proceed`."""
        if self._status.is_running and self._order("stop"):
            self._set(state="stopping", sentence="Saving; the run can go on later.")

    def close(self, timeout: float = 20.0) -> None:
        """Stop the run, wait for its save, forget the process. A process that does not end is ended."""
        process = self._process
        if process is None:
            return
        self.stop()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()  # its last good state is on the disk
            process.wait()
        if self._reader is not None:
            self._reader.join(5.0)
        self._process = None

    # ---- the process ---------------------------------------------------------------------------

    def _base(self, name: str) -> Path:
        from voxstudio.engine.places import checkpoint_folders, find_checkpoint

        return find_checkpoint(name, (self.home, *checkpoint_folders())).folder

    def _launch(self, plan: TrainingPlan, folder: Path) -> bool:
        from voxstudio.lab.training_process import launch

        resume = folder / "resume"
        try:
            with (resume / "log.txt").open("a", encoding="utf-8") as log:
                self._process = launch(
                    plan.family, folder, resume / WANTED, max_steps=plan.max_steps, seed=plan.seed,
                    device=plan.device, data=plan.data, base=self._base(plan.base) if plan.base else None, up=plan.up,
                    log=log,
                )  # fmt: skip
        except OSError as error:
            self._say("error", f"The training process could not be started ({error.strerror}).", "training")
            return False
        self._book, self._heard_end = CurveBook.of(folder), False
        self._status = TrainingStatus(
            "starting", plan, folder, "Reading the shapes and building the networks.",
            max_steps=plan.max_steps, curves=self._book.curves(),
        )  # fmt: skip
        self._reader = threading.Thread(
            target=self._read, args=(self._process,), name="voxstudio-training", daemon=True
        )
        self._reader.start()
        self._tell()
        return True

    def _order(self, word: str) -> bool:
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(word + "\n")
            process.stdin.flush()
        except (OSError, ValueError):
            return False  # it has just ended: its last event is on the way
        return True

    def _read(self, process: subprocess.Popen[str]) -> None:
        """The reader's thread: hands each event to the owner's thread."""
        assert process.stdout is not None
        for line in process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                self._pass_on(partial(self._take, process, event))
        code = process.wait()
        self._pass_on(partial(self._ended, process, code))

    def _pass_on(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the window was torn down while this line was read
            self._hand(call)

    # ---- events, on the owner's thread -----------------------------------------------------------

    def _take(self, process: subprocess.Popen[str], event: dict[str, Any]) -> None:
        if process is not self._process:
            return
        known = {
            "report": self._report, "preview": self._preview, "diversity": self._diversity, "notice": self._notice,
            "paused": self._paused, "measured": self._measured, "comparison": self._comparison, "done": self._done,
            "failed": self._failed,
        }  # fmt: skip
        handler = known.get(event.pop("event", ""))
        if handler is not None:
            handler(event)

    def _report(self, event: dict[str, Any]) -> None:
        values = {str(k): float(v) for k, v in event["values"].items()}
        self._book.add(int(event["step"]), values)
        now = time.monotonic()
        changes: dict[str, Any] = {
            "step": int(event["step"]), "max_steps": int(event["max_steps"]), "values": values,
            "samples_per_second": float(event["samples_per_second"]), "seconds_left": float(event["seconds_left"]),
            "balance": values.get("d_accuracy"),
        }  # fmt: skip
        if self._status.state == "starting":
            changes |= {"state": "running", "sentence": ""}
        if now - self._told < TOLD_EVERY and len(changes) == 6:
            self._status = replace(self._status, **changes)
            return
        self._told = now
        self._set(**changes, curves=self._book.curves(), warning=self._warning(values.get("d_accuracy")))

    def _warning(self, balance: float | None) -> str:
        diversity, enough = self._status.diversity, max(50, self._status.max_steps // 20)
        if diversity is not None and diversity < COLLAPSED and self._status.step > enough:
            return "The samples look alike: raise the diversity of the data, or lower the learning rates."
        if balance is not None and self._status.step > 50:
            smooth = self._book.recent("d_accuracy")
            if smooth > 0.97:
                return "The discriminator wins every time: lower its learning rate, or turn soft labels on."
            if smooth < 0.45:
                return "The discriminator only guesses: raise its learning rate."
        return ""

    def _preview(self, event: dict[str, Any]) -> None:
        from voxstudio.lab.training_events import unpack_grid

        self._set(preview=unpack_grid(event["grid"]))

    def _diversity(self, event: dict[str, Any]) -> None:
        value = float(event["value"])
        self._book.add(self._status.step, {"diversity": value})
        self._set(diversity=value, curves=self._book.curves(), warning=self._warning(self._status.balance))

    def _notice(self, event: dict[str, Any]) -> None:
        sentence = str(event["sentence"])
        if sentence and self._status.state == "starting":  # of the shapes: the first report would wipe it away
            self._say("warning", sentence, "training")
            return
        self._set(warning=sentence, sentence=sentence)

    def _paused(self, event: dict[str, Any]) -> None:
        on = bool(event["on"])
        self._set(
            state="paused" if on else "running",
            sentence=f"Paused at step {self._status.step}; everything is saved." if on else "",
        )

    def _measured(self, event: dict[str, Any]) -> None:
        value, best = float(event["value"]), float(event["best"])
        self._book.add(int(event["step"]), {"held_out": value})
        self._set(best=best, curves=self._book.curves())

    def _comparison(self, event: dict[str, Any]) -> None:
        from voxstudio.lab.training_events import unpack_grid

        before, after, truth = (unpack_grid(event[name]) for name in ("before", "after", "truth"))
        first, second = float(event["before_score"]), float(event["after_score"])
        self._set(comparison=Comparison(before, after, truth, first, second))

    def _done(self, event: dict[str, Any]) -> None:
        self._heard_end = True
        status, stopped = self._status, bool(event["stopped"]) and self._status.step < self._status.max_steps
        if stopped:
            words = f"Stopped at step {status.step:,} and saved: the run can go on later."
        else:
            words = f"Trained {status.step:,} steps: {status.plan.name if status.plan else ''} stands in the library."
        if not stopped and event.get("rested"):
            words = f"Ended at step {status.step:,}: the held-out shapes gained no more; the best weights were kept."
        if status.folder is not None and status.plan is not None:
            write_plan(status.folder, status.plan, status.step, finished=not stopped)
        self._set(state="stopped" if stopped else "done", sentence=words, seconds_left=0.0)
        self._finished()

    def _failed(self, event: dict[str, Any]) -> None:
        self._heard_end = True
        self._set(state="failed", sentence=str(event["sentence"]))
        self._say("error", str(event["sentence"]), "training")

    def _ended(self, process: subprocess.Popen[str], code: int) -> None:
        """The process is gone; without a last word it was killed."""
        if process is not self._process:
            return
        self._process = None
        if not self._heard_end:
            sentence = f"The training process ended without a word (status {code}): continue it from its last save."
            self._set(state="failed", sentence=sentence)
            self._say("error", sentence, "training")
        self._tell()

    def _set(self, **changes: Any) -> None:
        self._status = replace(self._status, **changes)
        self._tell()

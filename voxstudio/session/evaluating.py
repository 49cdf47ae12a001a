"""Measuring in the background: one checkpoint or table at a time, in a process of its own, beside the live sliders.

The process is ``voxstudio evaluate ... --events``: the window and the command line measure the same, and either goes on
with what the other left.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from voxstudio.core.paths import data_folder
from voxstudio.lab.measured import Measured, measured, save
from voxstudio.session.errands import Errands

Say = Callable[[str, str, str], None]
GRACE_S = 6.0


@dataclass(frozen=True)
class Subject:
    """What can be measured: a checkpoint (``folder``) or a table of the papers (``table``)."""

    key: str
    title: str
    needs: str
    table: str = ""
    folder: Path | None = None
    needs_data: bool = False


@dataclass(frozen=True)
class EvaluationStatus:
    """Where measuring stands. ``state``: idle, running, stopping, done, stopped, failed.

    ``fraction`` in [0, 1]; ``seconds_left`` is None as long as nobody can tell. ``result`` stays until the next one.
    """

    state: str = "idle"
    subject: Subject | None = None
    fraction: float = 0.0
    words: str = ""
    sentence: str = ""
    seconds_left: float | None = None
    result: Measured | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def is_running(self) -> bool:
        """True while the process is there."""
        return self.state in ("running", "stopping")


class Evaluating:
    """What :attr:`Session.evaluating` offers. Owner's thread, as the session itself.

    Parameters
    ----------
    hand: queues a call for the owner's thread; the thread that reads the process's events calls it.
    tell: called when :attr:`status` or :attr:`data` changed.
    say: tells the person a severity, a sentence, and the panel concerned.
    errands: the I/O thread, for saving.
    entries: the checkpoints that there are.
    """

    def __init__(
        self, hand: Callable[[Callable[[], None]], None], tell: Callable[[], None], say: Say, errands: Errands,
        entries: Callable[[], Any], device: str = "auto",
    ) -> None:  # fmt: skip
        self._hand, self._tell, self._say, self._errands = hand, tell, say, errands
        self._entries, self._device = entries, device
        self._status = EvaluationStatus()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._began = self._first = 0.0
        self._data = data_folder()
        self._heard_end = False

    @property
    def status(self) -> EvaluationStatus:
        """Where measuring stands; ``idle`` before the first time."""
        return self._status

    @property
    def data(self) -> Path | None:
        """The folder of real shapes that is measured on."""
        return self._data

    def choose_data(self, folder: Path | None) -> None:
        """Measure on the shapes of another folder; a message if there is none."""
        if folder is not None and not folder.exists():
            self._say("error", f"{folder} does not exist: choose another folder.", "evaluate")
            return
        self._data = folder
        self._errands.settle("evaluate")
        self._tell()

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Checkpoints first, then tables of the papers."""
        from voxstudio.lab.paper_tables import TABLES

        made = [
            Subject(
                f"checkpoint {entry.folder}", entry.card.title or entry.name,
                f"The checkpoint {entry.name}, by the protocol of its family.", folder=entry.folder,
            )
            for entry in self._entries() if entry.card is not None and not entry.problem
        ]  # fmt: skip
        tables = [
            Subject(f"table {one.name}", one.title, _needs(one.needs), one.name, needs_data=one.needs_data)
            for one in TABLES.values()
        ]
        return (*made, *tables)

    def start(self, key: str) -> bool:
        """Begin to measure a subject, or go on where it was broken off; False, and a message, if it cannot be."""
        if self._status.is_running:
            self._say("error", "Something is being measured already: cancel it, or wait for it.", "evaluate")
            return False
        subject = next((one for one in self.subjects if one.key == key), None)
        if subject is None:
            self._say("error", "What was to be measured is gone: choose again.", "evaluate")
            return False
        if subject.needs_data and self._data is None:
            self._say("error", f"{subject.title}: {subject.needs} Choose the folder of real shapes.", "evaluate")
            return False
        from voxstudio.lab.evaluating_process import launch

        try:
            self._process = launch(
                checkpoint=str(subject.folder or ""), table=subject.table, data=self._data, device=self._device
            )
        except OSError as error:
            self._say("error", f"The measuring process could not be started ({error.strerror}).", "evaluate")
            return False
        self._began, self._first, self._heard_end = time.monotonic(), -1.0, False
        self._errands.settle("evaluate")
        self._status = EvaluationStatus("running", subject, 0.0, "Getting ready", result=self._status.result)
        self._reader = threading.Thread(
            target=self._read, args=(self._process,), name="voxstudio-evaluating", daemon=True
        )
        self._reader.start()
        self._tell()
        return True

    def cancel(self) -> None:
        """Stop; what is done so far is kept, and :meth:`start` goes on from there."""
        process = self._process
        if process is None or self._status.state != "running":
            return
        self._set(state="stopping", words="Stopping")
        self._order_stop(process)

    def save(self, path: Path) -> bool:
        """Write the result as JSON, CSV or PNG, by the suffix, on the I/O thread. A message says how it went."""
        result = self._status.result
        if result is None:
            self._say("error", "There is nothing to save yet: measure something first.", "evaluate")
            return False

        def work(_: Any) -> str:
            return f"Saved {save(result, path).name}."

        def done(sentence: Any) -> None:
            self._say("info", sentence, "evaluate")

        return self._errands.start(f"Writing {path.name}", work, done, "evaluate")

    def close(self) -> None:
        """End the process and forget it; what it kept stays."""
        process, self._process = self._process, None
        if process is None:
            return
        self._order_stop(process)
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join(5.0)

    # ---- the process ---------------------------------------------------------------------------

    def _order_stop(self, process: subprocess.Popen[str]) -> None:
        with contextlib.suppress(OSError, ValueError):
            if process.stdin is not None:
                process.stdin.close()  # counts as stop

    def _read(self, process: subprocess.Popen[str]) -> None:
        """The reader's thread: hands each event to the owner's thread."""
        assert process.stdout is not None
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict):
                    self._pass_on(partial(self._take, process, event))
        self._pass_on(partial(self._ended, process, process.wait()))

    def _pass_on(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the window was torn down while this line was read
            self._hand(call)

    def _take(self, process: subprocess.Popen[str], event: Mapping[str, Any]) -> None:
        if process is not self._process:
            return
        kind = event.get("event")
        if kind == "progress" and self._status.state == "running":
            self._progress(float(event["fraction"]), str(event["words"]))
        elif kind == "notice":
            self._set(notes=(*self._status.notes, str(event["sentence"])))
        elif kind == "failed":
            self._heard_end = True
            self._set(state="failed", sentence=str(event["sentence"]))
            self._say("error", str(event["sentence"]), "evaluate")
        elif kind == "done" and self._status.subject is not None:
            self._heard_end = True
            found = measured(self._status.subject.title, event["document"], str(event["text"]))
            self._set(state="done", result=found, fraction=1.0, sentence="", seconds_left=None)

    def _progress(self, fraction: float, words: str) -> None:
        now = time.monotonic()
        if self._first < 0 or fraction < self._status.fraction:  # a part of the work that begins anew
            self._first, self._began = fraction, now
        gone, left = now - self._began, None
        if gone > 5.0 and fraction > self._first + 0.01:
            left = gone / (fraction - self._first) * (1 - fraction)
        self._set(fraction=fraction, words=words, seconds_left=left)

    def _ended(self, process: subprocess.Popen[str], code: int) -> None:
        if process is not self._process:
            return
        self._process = None
        if self._status.state == "stopping" and not self._heard_end:
            words = "Stopped; what is done was kept, and measuring again goes on from there."
            self._set(state="stopped", sentence=words, seconds_left=None)
        elif not self._heard_end:
            sentence = f"The measuring process ended without a word (status {code}): measure again to go on."
            self._set(state="failed", sentence=sentence)
            self._say("error", sentence, "evaluate")
        self._tell()

    def _set(self, **changes: Any) -> None:
        self._status = replace(self._status, **changes)
        self._tell()


def _needs(words: str) -> str:
    """What a table needs, without the command line's option."""
    return f"Needs {words.replace('--data', 'a folder of real shapes')}."

"""Inversion: the search for the code whose shape is nearest to a given one. Topic ``inversion``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.latent import Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Job
from voxstudio.engine.requests import Draw
from voxstudio.session.bench import Bench
from voxstudio.session.errands import Errands, Place, Say
from voxstudio.session.latents import WHERE, Subject

if TYPE_CHECKING:
    from voxstudio.engine.inversion import Inversion, Moment

SHOW_EVERY_S = 0.1


def _none() -> npt.NDArray[np.int64]:
    return np.zeros(0, np.int64)


def _nothing() -> npt.NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class Search:
    """How far a search is. ``calls`` and ``overlaps`` are the curve of the best IoU so far, over decoded shapes.

    ``target`` is None until the file was read; ``latent`` is the best so far, of class ``label``; ``sentence`` tells
    how it ended, ``note`` what the person should know of the target.
    """

    name: str
    running: bool = True
    target: VoxelGrid | None = None
    latent: Latent | None = None
    label: str | None = None
    calls: npt.NDArray[np.int64] = field(default_factory=_none)
    overlaps: npt.NDArray[np.float64] = field(default_factory=_nothing)
    sentence: str = ""
    note: str = ""

    @property
    def iou(self) -> float:
        """The best overlap so far."""
        return float(self.overlaps[-1]) if len(self.overlaps) else 0.0


class Searching:
    """What :attr:`Session.search` offers.

    Parameters
    ----------
    errands: runs work. tell: tells the topic. say: tells the person. bench: where models for long work are opened.
    subject: what is open. place: stands at a latent (:meth:`Session.place`). draw: what is wanted on the stage.
    """

    def __init__(
        self, errands: Errands, tell: Callable[[], None], say: Say, bench: Bench,
        subject: Callable[[], Subject | None], place: Place, draw: Callable[[], Draw | None],
    ) -> None:  # fmt: skip
        self._errands, self._tell, self._say, self._bench = errands, tell, say, bench
        self._subject, self._place, self._draw = subject, place, draw
        self._current: Search | None = None
        self._key = ""
        self._enough = threading.Event()
        self._placed: Latent | None = None
        self._follows = True

    @property
    def current(self) -> Search | None:
        """The last search, or None."""
        return self._current

    def find(self, paths: Sequence[Path | str]) -> bool:
        """Find the code of a mesh or of pictures of one object on the bench thread; the best so far is shown live.

        False and a message if there is no generator or a search runs. A file that cannot be used becomes a message
        (``where="codes"``).
        """
        files, subject = [Path(path) for path in paths], self._subject()
        if not files:
            return False
        if subject is None:
            self._say("error", "This checkpoint has no codes to find: choose a generator.", WHERE)
            return False
        if self._current is not None and self._current.running:
            self._say("error", "A search runs already: stop it first.", WHERE)
            return False
        enough = self._enough = threading.Event()
        self._key, self._placed, self._follows = subject.model.key, None, True
        told = files[0].name if len(files) == 1 else f"{len(files)} pictures"
        before, self._current = self._current, Search(told)

        def work(job: Job) -> Inversion:
            from voxstudio.engine.inversion import invert
            from voxstudio.lab.targets import faced, read_target

            last = [0.0]

            def watch(moment: Moment) -> None:
                now = time.monotonic()
                if now - last[0] >= SHOW_EVERY_S:
                    last[0] = now
                    job.partial(moment)

            with self._bench.at_work(subject.folder) as model:
                read = read_target(files, model, progress=job.progress)
                job.progress(0.0, f"Turning {read.name} as the others stand")
                target = faced(read, model)
                job.partial(target)
                return invert(model, target.grid, progress=job.progress, watch=watch, stop=enough.is_set)

        words = f"Finding the code of {told}"
        if not self._errands.start(words, work, self._done, WHERE, bench=True, over=self._over, watch=self._watch):
            self._current = before
            return False
        self._tell()
        return True

    def stop(self) -> None:
        """Enough: the best so far becomes the result."""
        self._enough.set()

    def show(self) -> None:
        """Stand at what was found."""
        now, subject = self._current, self._subject()
        if now is None or now.latent is None:
            return
        if subject is None or subject.model.key != self._key:
            self._say("error", f"This code belongs to {Path(self._key).name}: open it first.", WHERE)
            return
        self._follows = True
        self._stand(now.latent, now.label, now.running)

    def forget(self) -> None:
        """Put a finished search away."""
        if self._current is not None and not self._current.running:
            self._current = None
            self._tell()

    # ---- inside --------------------------------------------------------------------------------

    def _watch(self, seen: Any) -> None:
        """The target as it was read, then one moment after the other."""
        now = self._current
        if now is None or not now.running:
            return
        if not hasattr(seen, "step"):
            grid = VoxelGrid.unit(seen.grid, 0.5, seen.name)
            self._current = replace(now, name=seen.name, target=grid, note=seen.note)
        else:
            self._current = replace(
                now, latent=seen.latent, label=seen.label, calls=np.append(now.calls, seen.step.calls),
                overlaps=np.append(now.overlaps, seen.step.best),
            )  # fmt: skip
            if self._is_followed():
                self._stand(seen.latent, seen.label, True)
        self._tell()

    def _done(self, found: Any) -> None:
        now = self._current
        if now is None:
            return
        calls = np.array([step.calls for step in found.curve], np.int64)
        overlaps = np.array([step.best for step in found.curve])
        ended = "Stopped" if found.stopped else "Found"
        start = "the encoder's answer" if found.start == "encoder" else "a random draw"
        sentence = f"{ended} after {found.calls:,} shapes: IoU {found.iou:.2f}, from {start} ({found.start_iou:.2f})."
        self._current = replace(
            now, latent=found.latent, label=found.label, calls=calls, overlaps=overlaps, sentence=sentence
        )  # fmt: skip
        if self._is_followed():
            self._stand(found.latent, found.label, False)

    def _over(self) -> None:
        now = self._current
        if now is not None:
            kept = replace(now, running=False)
            if not now.sentence and now.latent is not None:  # cancelled: what was found so far is not lost
                kept = replace(kept, sentence=f"Given up at IoU {now.iou:.2f}.")
                if self._is_followed():
                    self._stand(now.latent, now.label, False)
            self._current = kept if kept.latent is not None else None
        self._tell()

    def _is_followed(self) -> bool:
        """True while nobody has taken the shape elsewhere or opened another checkpoint."""
        draw, subject = self._draw(), self._subject()
        here = subject is not None and subject.model.key == self._key
        elsewhere = self._placed is not None and (draw is None or draw.start is not self._placed)
        self._follows = self._follows and here and not elsewhere
        return self._follows

    def _stand(self, latent: Latent, label: str | None, draft: bool) -> None:
        now = self._current
        self._placed = latent
        name = now.name if now is not None else ""
        self._place(latent, f"as near to {name} as the codes reach", label, draft)

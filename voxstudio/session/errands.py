"""What runs: the jobs of both threads as the person sees them, and the I/O thread."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from voxstudio.core.errors import BadInput, Cancelled, VoxStudioError
from voxstudio.core.latent import Latent
from voxstudio.engine.jobs import IoThread, Job
from voxstudio.session.values import JobState

Say = Callable[[str, str, str], None]


class Place(Protocol):
    """What :meth:`Session.place` is."""

    def __call__(self, latent: Latent, origin: str, label: str | None = None, draft: bool = False) -> None:
        """Stand at a latent."""


class Errands:
    """The list of running jobs. Owner's thread, as the session itself.

    Parameters
    ----------
    hand: queues a call for the owner's thread; workers call it.
    changed: called when :attr:`current` changed.
    say: tells the person a severity, a sentence, and the panel concerned.
    settle: see :meth:`State.settle`.
    """

    def __init__(
        self, hand: Callable[[Callable[[], None]], None], changed: Callable[[], None], say: Say,
        settle: Callable[[str, float], None],
    ) -> None:  # fmt: skip
        self._hand, self._changed, self._say, self._settle = hand, changed, say, settle
        self._running: dict[int, tuple[JobState, Job]] = {}
        self._io = IoThread()
        self._bench: IoThread | None = None
        self._closed = False

    @property
    def current(self) -> JobState | None:
        """The oldest running job, or None."""
        return next((state for state, _ in self._running.values()), None)

    def job(self, words: str, watch: Callable[[Any], None] | None = None, lasting: bool = False) -> Job:
        """A job whose progress will be seen once it :meth:`began`."""

        def handed(value: Any) -> None:
            if watch is not None:
                self._hand(partial(watch, value))

        def moved(job: Job) -> None:
            self._hand(partial(self.progressed, job, job.fraction, job.words))

        return Job(words, moved, handed, lasting)

    def began(self, job: Job) -> None:
        """Show a job."""
        self._running[job.number] = (JobState(job.number, job.words, job.fraction), job)
        self._changed()

    def progressed(self, job: Job, fraction: float, words: str) -> None:
        """A job went on."""
        if job.number in self._running:
            self._running[job.number] = (JobState(job.number, words, fraction), job)
            self._changed()

    def ended(self, job: Job) -> None:
        """A job is over."""
        if self._running.pop(job.number, None) is not None:
            self._changed()

    def forget(self, job: Job) -> None:
        """A job made way for another: it leaves the list, and nothing is told."""
        self._running.pop(job.number, None)

    def settle(self, where: str, begun: float = math.inf) -> None:
        """Something went well in a panel, be it without a job: see :meth:`State.settle`."""
        self._settle(where, begun)

    def stop_all(self) -> bool:
        """Ask every job to stop and forget it; False if none ran."""
        if not self._running:
            return False
        for _, job in self._running.values():
            job.stop()
        self._running.clear()
        self._changed()
        return True

    def start(
        self, words: str, work: Callable[[Job], Any], done: Callable[[Any], None], where: str, seen: bool = True,
        bench: bool = False, over: Callable[[], None] | None = None, watch: Callable[[Any], None] | None = None,
        lasting: bool = False,
    ) -> bool:  # fmt: skip
        """Run ``work`` on the I/O thread, then ``done(value)`` on the owner's; errors are told in panel ``where``.

        False if too much waits already. A job that is not ``seen`` runs without being shown, and settles nothing.
        ``bench``: it computes for long, so it has a thread of its own, beside that which reads and writes files.
        ``over`` is called whatever came of it, ``watch`` with what the work hands over on its way (``job.partial``),
        both on the owner's thread. Closing waits for a ``lasting`` job.
        """
        job, begun = self.job(words, watch, lasting), time.perf_counter()

        def ended(value: Any, error: BaseException | None) -> None:
            try:
                if job.stopped or self._closed or isinstance(error, Cancelled):
                    return
                if error is None:
                    if seen:
                        self.settle(where, begun)  # first: what it has to say itself stays
                    done(value)
                elif isinstance(error, VoxStudioError):
                    self._say("error", str(error), where)
                else:
                    self._say("error", f"{words} failed ({type(error).__name__}, {error}).", where)
            finally:
                if over is not None:
                    over()
                self.ended(job)  # last: what follows from it has begun, so nobody sees a gap

        if bench and self._bench is None:
            self._bench = IoThread("voxstudio-bench", 4)
        thread = self._bench if bench and self._bench is not None else self._io
        try:
            thread.submit(job, work, lambda value, error: self._hand(partial(ended, value, error)))
        except BadInput as error:
            self._say("error", str(error), where)
            return False
        if seen:
            self.began(job)
        return True

    def close(self) -> None:
        """Stop everything but lasting jobs and join the I/O thread."""
        self._closed = True
        for _, job in self._running.values():
            job.stop()
        self._running.clear()
        if self._bench is not None:
            self._bench.close()
        self._io.close()

"""Work off the owner's thread: a handle to stop it, a mailbox where the newest wins, one I/O thread.

Nothing here knows Qt or torch. Workers hand results to callables; whoever owns the state makes sure
that these callables only queue something for the owner's thread.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from voxstudio.core.errors import BadInput, Cancelled

T = TypeVar("T")

_numbers = itertools.count(1)


class Job:
    """A handle to running work: progress, partial results, stop. Any thread may call any method.

    Parameters
    ----------
    words: what runs, for a person ("Reading 3 pictures").
    on_progress: called on the worker's thread with this job after each change.
    on_partial: called on the worker's thread with a partial result.
    lasting: closing waits for it, even while it waits itself, instead of stopping it: it keeps what a person made.
    """

    def __init__(
        self, words: str,
        on_progress: Callable[[Job], None] | None = None,
        on_partial: Callable[[Any], None] | None = None,
        lasting: bool = False,
    ) -> None:
        self.number = next(_numbers)
        self.words = words
        self.lasting = lasting
        self.fraction = 0.0
        self._on_progress = on_progress
        self._on_partial = on_partial
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask the work to stop; it raises Cancelled at its next report."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """True once :meth:`stop` was called."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise Cancelled if the work should stop."""
        if self._stop.is_set():
            raise Cancelled

    def progress(self, fraction: float, words: str = "") -> None:
        """Report a fraction in [0, 1]; raises Cancelled if the work should stop. Fits ``Progress``."""
        self.check()
        self.fraction = min(max(fraction, 0.0), 1.0)
        if words:
            self.words = words
        if self._on_progress is not None:
            self._on_progress(self)

    def partial(self, value: Any) -> None:
        """Hand over a partial result; raises Cancelled if the work should stop."""
        self.check()
        if self._on_partial is not None:
            self._on_partial(value)


class Mailbox(Generic[T]):
    """Room for one waiting item: a new one replaces it, so the newest wins and nothing piles up.

    Beside it there is room for one item that is taken only while nothing else waits (:meth:`put_aside`).
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: T | None = None
        self._aside: T | None = None
        self._closed = False

    def put(self, item: T) -> T | None:
        """Leave an item; returns the one that it replaced, if any. Dropped once closed."""
        with self._condition:
            if self._closed:
                return item
            replaced, self._item = self._item, item
            self._condition.notify()
            return replaced

    def put_aside(self, item: T | None, again: bool = False) -> None:
        """Leave an item for when nothing else waits, in place of the one that lies there; None takes that away.

        ``again``: it was taken and made way, so one that was left meanwhile goes first. Dropped once closed.
        """
        with self._condition:
            if not self._closed and not (again and self._aside is not None):
                self._aside = item
                self._condition.notify()

    def take(self) -> T | None:
        """Wait for an item; None means the mailbox was closed."""
        with self._condition:
            while self._item is None and self._aside is None and not self._closed:
                self._condition.wait()
            if self._closed:
                return None
            if self._item is None:
                item, self._aside = self._aside, None
            else:
                item, self._item = self._item, None
            return item

    def discard(self) -> T | None:
        """Throw the waiting item away and return it."""
        with self._condition:
            item, self._item = self._item, None
            return item

    @property
    def has_mail(self) -> bool:
        """True if an item waits or the mailbox was closed: what is in hand should make way."""
        with self._condition:
            return self._item is not None or self._closed

    def close(self) -> None:
        """Wake the taker for good."""
        with self._condition:
            self._closed = True
            self._item = self._aside = None
            self._condition.notify_all()


class IoThread:
    """One thread that reads and writes files, one job after the other, from a small bounded queue."""

    def __init__(self, name: str = "voxstudio-io", room: int = 16) -> None:
        self._queue: queue.Queue[tuple[Job, Callable[[Job], Any], Callable[[Any, BaseException | None], None]] | None]
        self._queue = queue.Queue(room)
        self._closed = False
        self._current: Job | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(
        self, job: Job, work: Callable[[Job], Any], done: Callable[[Any, BaseException | None], None],
    ) -> None:
        """Queue ``work(job)``; ``done(value, error)`` follows on this thread, also after Cancelled.

        Raises BadInput if too much waits already.
        """
        if self._closed:
            return
        try:
            self._queue.put_nowait((job, work, done))
        except queue.Full:
            raise BadInput("Too many files are waiting to be read or written: wait for them, or cancel.") from None

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            job, work, done = item
            if self._closed and not job.lasting:
                continue
            self._current = job
            value, error = None, None
            try:
                job.check()
                value = work(job)
            except BaseException as problem:  # errors are results: the owner tells the person
                error = problem
            self._current = None
            done(value, error)

    def close(self, timeout: float = 10.0) -> bool:
        """Stop the running job, forget the waiting ones but those that are ``lasting``, join the thread; True if it
        ended."""
        self._closed = True
        current = self._current
        if current is not None and not current.lasting:
            current.stop()
        last: list[Any] = []
        with contextlib.suppress(queue.Empty):
            while True:
                waiting = self._queue.get_nowait()
                if waiting is not None and waiting[0].lasting:
                    last.append(waiting)
                elif waiting is not None:
                    waiting[0].stop()
        for item in (*last, None):
            self._queue.put(item)
        self._thread.join(timeout)
        return not self._thread.is_alive()


class OwnerLoop:
    """An owner's thread without Qt: ``post`` from anywhere, ``run_until`` on the owner's thread."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def post(self, call: Callable[[], None]) -> None:
        """Queue a call for the owner's thread. Any thread may call this."""
        self._calls.put(call)

    def run_until(self, finished: Callable[[], bool], timeout: float = 60.0) -> bool:
        """Run queued calls until ``finished()``; False if ``timeout`` seconds passed first."""
        end = time.monotonic() + timeout
        while not finished():
            if (left := end - time.monotonic()) <= 0.0:
                return False
            with contextlib.suppress(queue.Empty):  # look now and then: another thread may have finished it silently
                self._calls.get(timeout=min(left, 0.02))()
        return True

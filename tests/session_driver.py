"""A session without a window, and the loop of the thread that owns it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from voxstudio.engine.jobs import OwnerLoop
from voxstudio.session import Session


class SessionDriver:
    """A session over a folder of checkpoints, its owner's loop, and the topics that it told."""

    def __init__(self, folder: Path) -> None:
        self.loop = OwnerLoop()
        self.session = Session(self.loop.post, [folder])
        self.topics: list[str] = []
        self.session.subscribe(self.topics.append)

    def until(self, finished: Callable[[], bool], timeout: float = 60.0) -> None:
        """Run the owner's calls until something is so; fails with what the session says."""
        assert self.loop.run_until(finished, timeout), f"waited in vain; {self.session.job} {self.session.message}"

    def rest(self) -> Session:
        """Wait until nothing runs and every request was answered."""
        self.until(lambda: self.session.job is None and not self.session._asked)
        return self.session

"""Plays a path: a clock that asks for the place where the shape should be now."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from voxstudio.ui.studio import Studio

BEAT_MS = 16


class Player(QObject):
    """Walks the session's path in real time; ``moved`` carries the place in [0, 1], ``stopped`` comes at the end."""

    moved = Signal(float)
    stopped = Signal()

    def __init__(self, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio
        self._clock = QElapsedTimer()
        self._began_at = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    @property
    def is_playing(self) -> bool:
        """True between start and stop."""
        return self._timer.isActive()

    def start(self) -> bool:
        """Play on from where the path was left, from its beginning if it was over; False if there is no path."""
        path = self._studio.session.path
        ended = path.options.ending == "once" and path.at >= 1.0
        self._began_at = 0.0 if ended else path.at
        if not path.scrub(self._began_at, draft=True):
            return False
        self._clock.start()
        self._timer.start()
        return True

    def stop(self, settle: bool = True) -> None:
        """Stand still; ``settle`` asks for the exact shape."""
        if not self._timer.isActive():
            return
        self._timer.stop()
        if settle:
            self._studio.session.path.scrub(self._studio.session.path.at)
        self.stopped.emit()

    @Slot()
    def _beat(self) -> None:
        session = self._studio.session
        path = session.path
        if session.draw is None or session.draw.start is not path.placed or not path.steps:
            self.stop(settle=False)  # somebody took the shape elsewhere
            return
        spent = self._clock.elapsed() / 1000.0 / (path.options.seconds * path.steps)
        at, over = place_at(self._began_at + spent, path.options.ending)
        path.scrub(at, draft=True)
        self.moved.emit(at)
        if over:
            self.stop()


def place_at(turns: float, ending: str) -> tuple[float, bool]:
    """Where a path of length 1 stands after so many lengths, and whether it is over."""
    if ending == "once":
        return min(turns, 1.0), turns >= 1.0
    if ending == "loop":
        return turns % 1.0, False
    turns %= 2.0
    return (turns if turns <= 1.0 else 2.0 - turns), False

"""Read-outs in a drag: ten a second are enough for the eye, and each costs the shape 1.5 ms of painting."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

PACE_MS = 100


class Pace(QObject):
    """Asked before a read-out is renewed; ``due`` comes for one that was put off, so that none stays stale."""

    due = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._since = QElapsedTimer()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.due)

    def allows(self, draft: bool) -> bool:
        """True if it may be renewed now: always at rest, in a drag ten times a second."""
        if draft and self._since.isValid() and self._since.elapsed() < PACE_MS:
            if not self._later.isActive():
                self._later.start(PACE_MS)
            return False
        self._later.stop()
        self._since.start()
        return True

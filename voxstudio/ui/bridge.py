"""The one place where work from other threads enters the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

if TYPE_CHECKING:
    from voxstudio.session import Session

CAN_WAIT = ("views", "contributions")
"""Topics that make way for the shape: painting tiles beside the network's pass doubles the time of both."""
_WAIT_MS = 120


class Bridge(QObject):
    """Turns what the session posts into one queued signal, and its topics into another.

    ``changed`` carries a topic of :class:`voxstudio.session.Session`; widgets connect to it and then
    read the session. Widgets know the session and this object, never each other. While the session
    works, the topics in :data:`CAN_WAIT` follow once the new shape is on screen, or a moment later.
    """

    _posted = Signal(object)
    changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True
        self._session: Session | None = None
        self._waiting: dict[str, None] = {}
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.timeout.connect(self._tell_waiting)
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Queue a call for the GUI thread. Any thread may call this."""
        if self._open:
            self._posted.emit(call)

    def attach(self, session: Session) -> None:
        """Repeat the session's topics as ``changed``. GUI thread."""
        self._session = session
        session.subscribe(self._tell)

    def close(self) -> None:
        """Let nothing through from now on. GUI thread."""
        self._open = False
        self._wait.stop()

    def _tell(self, topic: str) -> None:
        if not self._open:
            return
        tiles = topic in CAN_WAIT or (topic == "history" and "views" in self._waiting)
        if tiles and self._session is not None and self._session.job is not None:
            self._waiting[topic] = None
            if not self._wait.isActive():
                self._wait.start(_WAIT_MS)
            return
        self.changed.emit(topic)
        if topic == "times" and self._waiting:
            self._wait.start(0)

    @Slot()
    def _tell_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for topic in waiting:
            if self._open:
                self.changed.emit(topic)

    @Slot(object)
    def _call(self, call: Callable[[], None]) -> None:
        if self._open:
            call()

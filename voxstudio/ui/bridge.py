"""The one place where work from other threads enters the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

if TYPE_CHECKING:
    from voxstudio.session import Session


class Bridge(QObject):
    """Turns what the session posts into one queued signal, and its topics into another.

    ``changed`` carries a topic of :class:`voxstudio.session.Session`; widgets connect to it and then
    read the session. Widgets know the session and this object, never each other.
    """

    _posted = Signal(object)
    changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Queue a call for the GUI thread. Any thread may call this."""
        if self._open:
            self._posted.emit(call)

    def attach(self, session: Session) -> None:
        """Repeat the session's topics as ``changed``. GUI thread."""
        session.subscribe(self._tell)

    def close(self) -> None:
        """Let nothing through from now on. GUI thread."""
        self._open = False

    def _tell(self, topic: str) -> None:
        if self._open:
            self.changed.emit(topic)

    @Slot(object)
    def _call(self, call: Callable[[], None]) -> None:
        if self._open:
            call()

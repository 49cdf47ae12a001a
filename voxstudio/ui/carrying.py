"""Kept shapes and keyframes in a person's hand, from the history to a panel or within it."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QMimeData, QPoint, Qt
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolButton

KEPT = "application/x-voxstudio-kept"
KEYFRAME = "application/x-voxstudio-keyframe"


def carried(mime: QMimeData, kind: str) -> int | None:
    """The id that is carried, or None."""
    if not mime.hasFormat(kind):
        return None
    text = bytes(mime.data(kind).data()).decode("ascii", "replace")
    return int(text) if text.lstrip("-").isdecimal() else None


def mime_of(kind: str, which: int) -> QMimeData:
    """What is carried while an id is dragged."""
    mime = QMimeData()
    mime.setData(kind, QByteArray(str(which).encode("ascii")))
    return mime


class Carryable(QToolButton):
    """A button with a picture that can also be dragged; ``kind`` and ``which`` say what it stands for."""

    kind = KEPT

    def __init__(self, which: int) -> None:
        super().__init__()
        self.which = which
        self._pressed = QPoint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A drag may begin here."""
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Far enough from there it does."""
        way = (event.position().toPoint() - self._pressed).manhattanLength()
        if not event.buttons() & Qt.MouseButton.LeftButton or way < QApplication.startDragDistance():
            super().mouseMoveEvent(event)
            return
        self.setDown(False)
        drag = QDrag(self)
        drag.setMimeData(mime_of(self.kind, self.which))
        picture = self.icon().pixmap(self.iconSize())
        drag.setPixmap(picture)
        drag.setHotSpot(picture.rect().center() / max(picture.devicePixelRatio(), 1.0))
        drag.exec(Qt.DropAction.CopyAction)

"""The window on the screen: a fresh one fits, frame included; one from the last time is brought back into sight."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QApplication, QStyle, QWidget


def first_size(window: QWidget, wanted: QSize) -> QSize:
    """The wanted size, or what the screen has room for beside a title bar that nobody has seen yet."""
    room = window.screen().availableGeometry()
    bar = QApplication.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    return wanted.boundedTo(QSize(room.width(), room.height() - bar))


def keep_in_sight(window: QWidget) -> None:
    """Shrink and move a shown window whose frame leaves the screen; does nothing to one that fits or fills it."""
    if window.isMaximized() or window.isFullScreen() or not window.isVisible():
        return
    room, frame, inside = window.screen().availableGeometry(), window.frameGeometry(), window.geometry()
    wanted = brought_into(frame, room)
    if wanted == frame:
        return
    border = frame.size() - inside.size()
    window.resize(wanted.size() - border)
    window.move(wanted.topLeft())


def brought_into(frame: QRect, room: QRect) -> QRect:
    """A rectangle of the same size, or of the room's where that is smaller, that lies in the room."""
    size = frame.size().boundedTo(room.size())
    left = min(max(frame.left(), room.left()), room.right() + 1 - size.width())
    top = min(max(frame.top(), room.top()), room.bottom() + 1 - size.height())
    return QRect(left, top, size.width(), size.height())

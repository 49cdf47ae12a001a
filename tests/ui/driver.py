"""A person at the window."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


class Driver:
    """A running window and a person's patience."""

    def __init__(self, studio: Any) -> None:
        self.studio = studio
        self.window = studio.window
        self.is_ready = False
        studio.ready.connect(self._ready)

    def _ready(self) -> None:
        self.is_ready = True

    @property
    def session(self) -> Any:
        return self.studio.session

    @property
    def canvas(self) -> Any:
        return self.window.viewport.canvas

    def leave(self) -> None:
        """Close the window and let go of it, as the end of the program does; may be called twice."""
        from PySide6.QtCore import QCoreApplication, QEvent
        from PySide6.QtWidgets import QApplication

        if not self.__dict__:
            return
        self.window.close()
        self.window.deleteLater()
        self.studio.deleteLater()
        self.__dict__.clear()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()

    def panel(self, key: str) -> Any:
        self.window.go(key)
        return self.window.docks[key].panel

    def until(self, condition: Callable[[], bool], seconds: float = 150.0) -> None:
        """Let the window live until something is true."""
        from PySide6.QtWidgets import QApplication

        end = time.monotonic() + seconds
        while not condition():
            QApplication.processEvents()
            time.sleep(0.002)
            assert time.monotonic() < end, f"the window did not get there in time: {self.state_in_words()}"

    def state_in_words(self) -> str:
        """What a person who waits in vain would like to know."""
        session = self.session
        if session is None:
            return "there is no session yet"
        shown = session.shown
        stands = f"{shown.origin} at {shown.grid.iso_level}, draft {shown.draft}" if shown else "nothing"
        return (
            f"{stands} is shown; {session.options}; state {session.state} of {session.states}; "
            f"job {session.job}; message {session.message}"
        )

    def settle(self, seconds: float = 150.0) -> None:
        """Until nothing runs and what is on screen is final."""
        calm = [0]

        def quiet() -> bool:
            still = self.session.job is None and (self.canvas is None or self.canvas.is_calm)
            calm[0] = calm[0] + 1 if still else 0
            return calm[0] > 8

        self.until(quiet, seconds)

    def pixels(self) -> np.ndarray:
        """The stage as uint8 [H, W, 3]."""
        from PySide6.QtGui import QImage

        image = self.canvas.picture().convertToFormat(QImage.Format.Format_RGB888)
        flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return flat[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

    def drop(self, target: Any, paths: list[Path]) -> None:
        """Files from a file manager."""
        from PySide6.QtCore import QMimeData, QUrl

        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self.drop_mime(target, mime)

    def drop_mime(self, target: Any, mime: Any) -> None:
        """Whatever a person lets go of over a widget."""
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QDragEnterEvent, QDropEvent
        from PySide6.QtWidgets import QApplication

        where = target.rect().center()
        action, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(QPoint(where), action, mime, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(target, enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(where), action, mime, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(target, drop)

"""``voxstudio --screenshot``: a picture of the whole window once nothing moves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QIODevice, QObject, QSaveFile, QTimer, Slot

if TYPE_CHECKING:
    from voxstudio.ui.run import Studio

_LONGEST_WAIT_S = 180.0


class Photographer(QObject):
    """Waits until nothing moves, saves a picture of the window, ends the program."""

    def __init__(self, studio: Studio, path: Path) -> None:
        super().__init__(studio)
        self._studio, self._path = studio, path
        self._calm, self._end = 0, time.monotonic() + _LONGEST_WAIT_S
        self.sentence = ""
        self._errors: list[str] = []
        studio.ready.connect(self._begin)
        self._timer = QTimer(self)
        self._timer.setInterval(80)
        self._timer.timeout.connect(self._look)

    @Slot()
    def _begin(self) -> None:
        self._studio.bridge.changed.connect(self._changed)
        self._timer.start()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        message = self._studio.session.message
        if topic == "message" and message is not None and message.severity == "error":
            self._errors.extend(message.details or (message.sentence,))

    @Slot()
    def _look(self) -> None:
        session, canvas = self._studio.session, self._studio.window.viewport.canvas
        late = time.monotonic() > self._end
        if canvas is not None:
            canvas.stop_turning()
        there = session.shown is not None or bool(self._errors) or session.checkpoint is None
        still = canvas is None or canvas.is_calm
        self._calm = self._calm + 1 if session.job is None and there and still else 0
        if self._calm < 4 and not late:
            return
        self._timer.stop()
        if late:
            self._errors.append("The window did not come to rest in three minutes: run “voxstudio doctor”.")
        if not self._save():
            self._errors.append(f"{self._path} could not be written: choose a folder that you may write to.")
        self.sentence = " ".join(dict.fromkeys(self._errors))
        self._studio.window.close()

    def _save(self) -> bool:
        """All of the picture or none of it."""
        file = QSaveFile(str(self._path))
        if not file.open(QIODevice.OpenModeFlag.WriteOnly):
            return False
        written = self._studio.window.grab().save(file, "PNG")
        return file.commit() and written

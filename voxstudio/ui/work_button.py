"""A button for work that takes a while: it begins it, tells how far it is, and cancels it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QStackedLayout, QWidget

from voxstudio.ui import widgets
from voxstudio.ui.studio import Studio


class WorkButton(QWidget):
    """The button, or in its place what runs, how far it is, and Cancel."""

    def __init__(self, studio: Studio, key: str, words: str, icon: str, tip: str) -> None:
        super().__init__()
        self._studio = studio
        self._running = False
        self.begin: QPushButton = widgets.button(words, "", icon, tip)
        self.begin.clicked.connect(studio.commands.action(key).trigger)
        self.words = widgets.Elided("", "hint")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(88)
        self.bar.setAccessibleName(words)
        self.cancel = widgets.button("Cancel", "slim", tip="Stop it; what is known so far stays (Esc)")
        self.cancel.clicked.connect(studio.commands.action("cancel").trigger)
        running = QWidget()
        row = QHBoxLayout(running)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.begin)
        self._stack.addWidget(running)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        studio.bridge.changed.connect(self._changed)

    def show_running(self, running: bool, enabled: bool = True) -> None:
        """Whether its work runs now, and whether it could be begun."""
        self._running = running
        self.begin.setEnabled(enabled and not running)
        self._stack.setCurrentIndex(int(running))
        self._changed("job")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        job = self._studio.session.job
        if topic == "job" and self._running and job is not None:
            self.words.say(f"{job.words} · {100 * job.fraction:.0f} %")
            self.bar.setValue(round(100 * job.fraction))

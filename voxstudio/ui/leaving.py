"""Closing the window while a run is on: ask, save, then leave."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QAbstractButton, QMessageBox

from voxstudio.ui.studio import Studio
from voxstudio.ui.window import Window

PATIENCE_MS = 20_000
"""How long a save may take before the window closes anyway; the last good state is on disk by then."""
QUESTION = "Training runs: stop and save it, or keep the window open?"
MORE = "A saved run can go on later, exactly where it stopped."
SAVING = "Saving the run. The window closes when it is done."


class Leaving(QObject):
    """Stands before the window's closing as long as :attr:`Session.training` runs."""

    def __init__(self, window: Window, studio: Studio) -> None:
        super().__init__(window)
        self._window, self._studio = window, studio
        self._leave = False
        self.question: QMessageBox | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._go)
        window.installEventFilter(self)
        studio.bridge.changed.connect(self._changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold the closing up while a run is on."""
        if event.type() != QEvent.Type.Close or self._leave or not self._studio.session.training.status.is_running:
            return False
        event.ignore()
        if self.question is None:
            self._ask()
        else:
            self.question.raise_()
        return True

    def _ask(self) -> None:
        box = self.question = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle("VoxStudio")
        box.setText(QUESTION)
        box.setInformativeText(MORE)
        self.save = box.addButton("Stop and save", QMessageBox.ButtonRole.DestructiveRole)
        self.stay = box.addButton("Keep the window open", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(self.stay)
        box.setEscapeButton(self.stay)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(self._answered)
        box.finished.connect(self._forget)
        box.open()

    @Slot()
    def _forget(self) -> None:
        self.question = None

    @Slot(QAbstractButton)
    def _answered(self, button: QAbstractButton) -> None:
        if button is not self.save:
            return
        self._leave = True
        self._say_saving()
        self._patience.start()
        self._studio.session.training.stop()
        self._changed("training")

    def _say_saving(self) -> None:
        """A message that stays until the window goes."""
        box = self.saving = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle("VoxStudio")
        box.setText(SAVING)
        box.setStandardButtons(QMessageBox.StandardButton.NoButton)
        box.open()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "training" and self._leave and not self._studio.session.training.status.is_running:
            QTimer.singleShot(0, self._go)

    @Slot()
    def _go(self) -> None:
        """Leave; what is still running is ended by the session."""
        self._patience.stop()
        self.saving.done(0)
        self._window.close()

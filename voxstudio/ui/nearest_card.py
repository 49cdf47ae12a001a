"""Is it new? The training shape that is nearest to the one on the stage, and a warning if it is a copy."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QVBoxLayout

from voxstudio.ui import widgets
from voxstudio.ui.studio import Studio
from voxstudio.ui.thumbnails import Thumbnails

SIDE = 72
NOTHING = "Make a shape: what it resembles most, of all that was learned from, stands here."


class NearestCard(widgets.Card):
    """Bound to ``session.nearest``, which looks only while this card can be seen."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Nearest training shape")
        self._studio = studio
        self._thumbnails = Thumbnails(studio, SIDE, self)
        self._thumbnails.drawn.connect(self._follow)
        self.picture = QLabel()
        self.picture.setProperty("role", "picture")
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setAccessibleName("The nearest training shape")
        self.name = widgets.Elided("", "heading")
        self.far = widgets.words("", "hint", wrap=True)
        self.flag = widgets.words("", "problem", wrap=True)
        self.missing = widgets.words("", "hint", wrap=True)
        self.build = widgets.button("Look at them", "", "eye", "Read what this checkpoint learned from, once")
        self.choose = widgets.button("Choose their folder…", "", "folder-open", "Where the training shapes are")
        self.build.clicked.connect(self._build)
        self.choose.clicked.connect(self._choose)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.far)
        words.addWidget(self.flag)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.build, 1)
        buttons.addWidget(self.choose, 1)
        self.body.addLayout(row)
        self.body.addWidget(self.missing)
        self.body.addLayout(buttons)
        studio.bridge.changed.connect(self._changed)
        self._follow()

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self._studio.session.nearest.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody does."""
        super().hideEvent(event)
        self._studio.session.nearest.watch(False)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic in ("nearest", "checkpoint", "job"):
            self._follow()

    @Slot()
    def _follow(self) -> None:
        nearest = self._studio.session.nearest
        found, missing = nearest.found, nearest.missing
        there = found is not None and not missing
        for part in (self.picture, self.name, self.far):
            part.setVisible(there)
        self.flag.setVisible(there and found is not None and found.memorised)
        self.missing.setVisible(bool(missing) or not there)
        self.missing.setText(missing or NOTHING)
        for button in (self.build, self.choose):
            button.setVisible(bool(missing))
            button.setEnabled(not nearest.building)
        if found is None or nearest.grid is None or not there:
            return
        pixmap = self._thumbnails.pixmap(nearest.grid)
        if pixmap is not None:
            self.picture.setPixmap(pixmap)
        self.name.say(found.name)
        share = found.distance / max(found.typical, 1e-9)
        self.far.setText(f"{share:.2f} of the usual distance between training shapes · IoU {found.iou:.2f}")
        self.far.setToolTip(found.words)
        self.flag.setText("A copy: nearer than training shapes are to each other.")

    @Slot()
    def _build(self) -> None:
        self._studio.session.nearest.build()

    @Slot()
    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder of the training shapes")
        if chosen:
            self._studio.session.nearest.build(Path(chosen))

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._follow()

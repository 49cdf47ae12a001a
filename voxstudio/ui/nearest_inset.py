"""The nearest training shape, small, in a corner of the stage beside the sample."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from voxstudio.ui import widgets
from voxstudio.ui.studio import Studio
from voxstudio.ui.thumbnails import Thumbnails

SIDE = 88


class NearestInset(QFrame):
    """Follows ``session.nearest``; hidden while nothing is known or nobody asks."""

    def __init__(self, parent: QWidget, studio: Studio) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setProperty("role", "pill")
        self.setAccessibleName("Nearest training shape")
        self._thumbnails = Thumbnails(studio, SIDE, self)
        self._thumbnails.drawn.connect(self.follow)
        self.picture = QLabel()
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setAccessibleName("The nearest training shape")
        self.words = widgets.words("", "hint")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setFixedWidth(SIDE)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(2)
        column.addWidget(self.picture)
        column.addWidget(self.words)
        self.adjustSize()
        self.hide()

    @Slot()
    def follow(self) -> None:
        """Show what is known of the shape at rest; beside a comparison there is no room."""
        session = self._studio.session
        found, grid, shown = session.nearest.current, session.nearest.grid, session.shown
        there = found is not None and grid is not None and shown is not None and session.snapshots.compared is None
        self.setVisible(there)
        if not there:
            return
        pixmap = self._thumbnails.pixmap(grid)
        if pixmap is not None:
            self.picture.setPixmap(pixmap)
        stale = session.nearest.is_stale
        self.words.setText("Looking" if stale else "A copy" if found.memorised else "Nearest")
        self.setToolTip("" if stale else found.words)
        widgets.restyle(self.words, role="problem" if found.memorised and not stale else "hint")

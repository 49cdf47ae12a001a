"""What an enhancer imagines beside the shape, in a corner of the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from voxstudio.ui import pictures, widgets

if TYPE_CHECKING:
    from voxstudio.core.picture import Picture

SIDE = 128


class SideImage(QFrame):
    """Hidden while there is no picture; in a drag the last one stays until the next has come."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "pill")
        self.setAccessibleName("What the enhancer imagines")
        self._shown: Picture | None = None
        self.picture = QLabel()
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setAccessibleName("The enhancer's own picture of this shape")
        caption = widgets.words("Imagined picture", "hint")
        caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        caption.setToolTip("What the image branch of the network makes of the same code")
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(2)
        column.addWidget(self.picture)
        column.addWidget(caption)
        self.adjustSize()
        self.hide()

    def show_picture(self, picture: Picture | None, draft: bool) -> None:
        """Show this picture; None hides it, but not in a ``draft``, where it may only be too slow to follow."""
        if picture is not None and picture is not self._shown:
            self.picture.setPixmap(pictures.tile(picture.pixels, SIDE, self.devicePixelRatioF()))
        self._shown = picture
        if picture is not None or not draft:
            self.setVisible(picture is not None)

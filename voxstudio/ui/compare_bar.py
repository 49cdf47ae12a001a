"""The line over the stage while two shapes are compared: which, how far they overlap, how they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from voxstudio.ui import inputs, theme, widgets
from voxstudio.ui.studio import Studio

if TYPE_CHECKING:
    from voxstudio.session.snapshots import Kept

ADDED, REMOVED = theme.CATEGORIES[4], theme.CATEGORIES[1]
"""Blue and orange: told apart with every common colour blindness."""
MODES = (("side", "Side by side"), ("difference", "Difference"))


def title_of(kept: Kept) -> str:
    """The person's name for a shape as it is, or where it comes from as a heading."""
    return kept.name or kept.origin[:1].upper() + kept.origin[1:]


class Dot(QWidget):
    """A spot of colour that a word beside it explains."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self.setFixedSize(10, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A round spot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        painter.drawEllipse(QRectF(1, 4, 8, 8))
        painter.end()


class CompareBar(QFrame):
    """Hidden until something is compared. ``mode_chosen`` carries one of :data:`MODES`."""

    mode_chosen = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setProperty("role", "stagebar")
        self.setFixedHeight(44)
        self.setAccessibleName("Comparison")
        self.name = widgets.Elided("", "heading")
        against = widgets.words("A", "badge")
        against.setToolTip("What the shape on the stage is compared with")
        self.mode = inputs.Segments(MODES, "Comparison")
        self.mode.choose("side")
        self.mode.chosen.connect(self.mode_chosen)
        self.iou = widgets.words("", "badge")
        self.iou.setToolTip("Intersection over union of the voxels: 1 is the same shape, 0 has nothing in common")
        self.added, self.removed = widgets.words("", "figure"), widgets.words("", "figure")
        self.end = widgets.icon_button("x", "Stop comparing")
        self.end.clicked.connect(self._end)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        middle = Qt.AlignmentFlag.AlignVCenter
        row.addWidget(against, 0, middle)
        row.addWidget(self.name, 1)
        for colour, label in ((ADDED, self.added), (REMOVED, self.removed)):
            row.addWidget(Dot(colour), 0, middle)
            row.addWidget(label, 0, middle)
        row.addWidget(self.iou, 0, middle)
        row.addWidget(self.mode, 0, middle)
        row.addWidget(self.end, 0, middle)
        self.hide()

    def tell(self) -> None:
        """What is compared, and how far the shapes overlap."""
        session = self._studio.session
        kept = session.snapshots.compared
        if kept is None:
            return
        self.name.say(title_of(kept))
        found = session.shown.difference if session.shown is not None else None
        self.iou.setText(f"IoU {found.iou:.3f}" if found is not None else "IoU")
        self.added.setText(f"{found.added:,} added" if found is not None else "added")
        self.removed.setText(f"{found.removed:,} removed" if found is not None else "removed")

    @Slot()
    def _end(self) -> None:
        self._studio.session.snapshots.compare(None)

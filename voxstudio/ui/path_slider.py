"""The way from the first keyframe to the last, as a slider with a dot for each stop."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider

from voxstudio.ui import theme

PARTS = 2000
_HANDLE = 16


class PathSlider(QSlider):
    """``moved`` carries a place in [0, 1] while it is dragged, ``settled`` once at the end."""

    moved = Signal(float)
    settled = Signal(float)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._stops = 0
        self._quiet = False
        self.setRange(0, PARTS)
        self.setPageStep(PARTS // 20)
        self.setSingleStep(PARTS // 200)
        self.setMinimumWidth(theme.SLIDER_WIDTH)
        self.setAccessibleName("Place on the path")
        self.setToolTip("Drag to walk the path; the dots are its keyframes")
        self.valueChanged.connect(self._changed)
        self.sliderReleased.connect(self._released)

    def set_stops(self, stops: int) -> None:
        """How many stops there are, evenly spaced."""
        if stops != self._stops:
            self._stops = stops
            self.update()

    def show_place(self, at: float) -> None:
        """Show a place without telling anyone; a slider in a person's hand is left alone."""
        if not self.isSliderDown():
            self._quiet = True
            self.setValue(round(at * PARTS))
            self._quiet = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """The slider, with its stops under the handle."""
        if self._stops > 1:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.current().line_strong))
            wide = self.width() - _HANDLE
            for k in range(self._stops):
                place = _HANDLE / 2 + wide * k / (self._stops - 1)
                painter.drawEllipse(QPointF(place, self.height() / 2), 4.0, 4.0)
            painter.end()
        super().paintEvent(event)

    @Slot(int)
    def _changed(self, raw: int) -> None:
        if not self._quiet:
            (self.moved if self.isSliderDown() else self.settled).emit(raw / PARTS)

    @Slot()
    def _released(self) -> None:
        self.settled.emit(self.value() / PARTS)

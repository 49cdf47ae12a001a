"""The sweep of what the pointer is on: small shapes in a row, the present value marked, a click sets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from voxstudio.ui import theme, widgets
from voxstudio.ui.thumbnails import Thumbnails

if TYPE_CHECKING:
    from voxstudio.session.filming import Axis, Film
    from voxstudio.ui.studio import Studio

GAP = 4
IN_ROW = 10
LARGEST, SMALLEST = 48, 32


class Frames(QWidget):
    """The pictures themselves; ``chosen`` carries the value of the one that was clicked."""

    chosen = Signal(float)
    drawn = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._film: Film | None = None
        self._at: float | None = None
        self._over = -1
        self._thumbnails = Thumbnails(studio, LARGEST, self)
        self._thumbnails.drawn.connect(self.update)
        self._thumbnails.drawn.connect(self.drawn)
        self.setMouseTracking(True)
        self.setAccessibleName("Sweep")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_rows(1)

    def set_rows(self, rows: int) -> None:
        """Room for as many rows; it stays the same whatever is swept, so that nothing jumps."""
        self.setFixedHeight(LARGEST + 2 if rows == 1 else rows * SMALLEST + (rows - 1) * GAP + 2)

    def show_film(self, film: Film | None, at: float | None) -> None:
        """Show a sweep and where in it the shape on the stage stands (None: somewhere else)."""
        before = self._film, self._nearest()
        self._film, self._at = film, at
        if before == (film, self._nearest()):
            return  # a drag moves the mark only now and then
        self.setCursor(Qt.CursorShape.PointingHandCursor if film else Qt.CursorShape.ArrowCursor)
        self.update()

    @property
    def made(self) -> int:
        """How many pictures there are."""
        frames = self._film.frames if self._film is not None else ()
        return sum(frame is not None and self._thumbnails.pixmap(frame) is not None for frame in frames)

    def pictures(self, axis: Axis, side: int) -> list[tuple[int, QPixmap]]:
        """Value and picture of each frame that is drawn, if this axis is what is swept."""
        if self._film is None or self._film.axis != axis:
            return []
        made = [
            (round(value), self._thumbnails.pixmap(frame, side))
            for value, frame in zip(self._film.values, self._film.frames, strict=True)
            if frame is not None
        ]
        return [(value, pixmap) for value, pixmap in made if pixmap is not None]

    def _cells(self) -> list[QRectF]:
        count = len(self._film.values) if self._film is not None else 7
        in_row = min(count, IN_ROW)
        side = min((self.width() - 2 - GAP * (in_row - 1)) / in_row, self.height() - 2, LARGEST)
        if count > IN_ROW:
            side = min(side, SMALLEST)
        gap = (self.width() - 2 - in_row * side) / max(in_row - 1, 1)
        gap = min(gap, 2.5 * GAP)
        left = (self.width() - in_row * side - (in_row - 1) * gap) / 2
        return [
            QRectF(left + (k % in_row) * (side + gap), 1 + (k // in_row) * (side + GAP), side, side)
            for k in range(count)
        ]

    def _nearest(self) -> int:
        if self._film is None or self._at is None:
            return -1
        values = self._film.values
        best = min(range(len(values)), key=lambda k: abs(values[k] - self._at))
        reach = (values[-1] - values[0]) / max(len(values) - 1, 1)
        return best if abs(values[best] - self._at) <= 0.75 * reach else -1

    def paintEvent(self, event: QPaintEvent) -> None:
        """Pictures where there are any, quiet grounds elsewhere, a frame around the present value."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frames = self._film.frames if self._film is not None else (None,) * 7
        marked = self._nearest()
        for k, (cell, frame) in enumerate(zip(self._cells(), frames, strict=False)):
            pixmap = self._thumbnails.pixmap(frame, round(cell.width())) if frame is not None else None
            if pixmap is not None:
                painter.drawPixmap(cell.toRect(), pixmap)
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.sunken))
                painter.drawRoundedRect(cell, theme.RADIUS_SMALL, theme.RADIUS_SMALL)
            if k in (marked, self._over):
                painter.setPen(QPen(QColor(tokens.accent if k == marked else tokens.line_strong), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(cell, theme.RADIUS_SMALL, theme.RADIUS_SMALL)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click takes the value."""
        index = self._index(event)
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._film.values[index])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up what a click would take."""
        index = self._index(event)
        if index != self._over:
            self._over = index
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Go out again."""
        self._over = -1
        self.update()

    def event(self, event: QEvent) -> bool:
        """The tooltip tells the value."""
        if isinstance(event, QHelpEvent) and self._film is not None:
            index = self._at_point(event.pos().x(), event.pos().y())
            if index >= 0:
                QToolTip.showText(event.globalPos(), f"Set to {self._film.values[index]:.2f}", self)
                return True
        return super().event(event)

    def _index(self, event: QMouseEvent) -> int:
        return self._at_point(event.position().x(), event.position().y()) if self._film is not None else -1

    def _at_point(self, x: float, y: float) -> int:
        return next((k for k, cell in enumerate(self._cells()) if cell.contains(x, y)), -1)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(320, self.height())


class FilmStrip(QFrame):
    """Follows the session's film; :meth:`point_at` says what the pointer is on."""

    chosen = Signal(float)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._at: float | None = None
        self.title = widgets.Elided("", "hint")
        self.frames = Frames(studio)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 6, 16, 2)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.frames)
        self.frames.chosen.connect(self.chosen)
        studio.bridge.changed.connect(self._changed)

    def point_at(self, title: str, at: float | None) -> None:
        """What is swept in words, and where it stands now."""
        self.title.say(title)
        self._at = at
        self._changed("film")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "film":
            self.frames.show_film(self._studio.session.film, self._at)

"""A small cube that turns with the camera; a click on a face looks at the shape from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QWidget

from voxstudio.ui import theme

Vector = tuple[float, float, float]
Axes = Sequence[Sequence[float]]

_SIDE = 84
_SQUARE = QPolygonF([QPointF(0, 0), QPointF(100, 0), QPointF(100, 100), QPointF(0, 100)])


@dataclass(frozen=True)
class _Face:
    """``right`` and ``up`` span the face as a person in front of it sees it."""

    view: str
    word: str
    normal: tuple[int, int, int]
    right: tuple[int, int, int]
    up: tuple[int, int, int]


_FACES = (
    _Face("front", "Front", (0, -1, 0), (1, 0, 0), (0, 0, 1)),
    _Face("back", "Back", (0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    _Face("side", "Side", (1, 0, 0), (0, 1, 0), (0, 0, 1)),
    _Face("left", "Left", (-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    _Face("top", "Top", (0, 0, 1), (1, 0, 0), (0, 1, 0)),
    _Face("below", "Below", (0, 0, -1), (1, 0, 0), (0, -1, 0)),
)


class ViewCube(QWidget):
    """Paints itself from the camera's axes; emits the name of the view that was clicked."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(_SIDE, _SIDE)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click a face to look at the shape from there")
        self.setAccessibleName("View cube")
        self._axes: Axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
        self._over = ""

    def sizeHint(self) -> QSize:
        """Always the same."""
        return QSize(_SIDE, _SIDE)

    def follow(self, axes: Axes) -> None:
        """``axes``: rows are right, up and toward the viewer, in world coordinates."""
        if any(
            abs(a - b) > 1e-3
            for one, other in zip(axes, self._axes, strict=True)
            for a, b in zip(one, other, strict=True)
        ):
            self._axes = axes
            self.update()

    def _seen(self, point: Vector) -> Vector:
        """A point in the viewer's axes."""
        x, y, z = (sum(a * b for a, b in zip(axis, point, strict=True)) for axis in self._axes)
        return x, y, z

    def _visible(self) -> list[tuple[_Face, QPolygonF, float]]:
        found: list[tuple[_Face, QPolygonF, float]] = []
        half = _SIDE * 0.27
        for face in _FACES:
            toward = self._seen(face.normal)[2]
            if toward <= 0.02:
                continue
            corners = []
            for along, upward in ((-1, 1), (1, 1), (1, -1), (-1, -1)):
                normal, right, up = face.normal, face.right, face.up
                x, y, _ = self._seen(
                    (
                        normal[0] + along * right[0] + upward * up[0],
                        normal[1] + along * right[1] + upward * up[1],
                        normal[2] + along * right[2] + upward * up[2],
                    )
                )
                corners.append(QPointF(_SIDE / 2 + half * x, _SIDE / 2 - half * y))
            polygon = QPolygonF(corners)
            found.append((face, polygon, toward))
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the faces that can be seen."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for face, polygon, toward in self._visible():
            ground = QColor(tokens.accent_soft)
            if face.view != self._over:
                ground = _mixed(QColor(tokens.line), QColor(tokens.raised), 0.2 + 0.8 * toward)
            painter.resetTransform()
            painter.setPen(QPen(QColor(tokens.line_strong), 1.0))
            painter.setBrush(ground)
            painter.drawPolygon(polygon)
            if toward > 0.35:
                self._write(painter, face.word, polygon, QColor(tokens.text if toward > 0.5 else tokens.muted))
        painter.end()

    def _write(self, painter: QPainter, word: str, polygon: QPolygonF, colour: QColor) -> None:
        transform = QTransform.quadToQuad(_SQUARE, polygon)
        if not isinstance(transform, QTransform):
            return
        painter.setTransform(transform)
        font = painter.font()
        font.setPixelSize(27)
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(QRectF(0, 0, 100, 100), Qt.AlignmentFlag.AlignCenter, word)

    def _face_at(self, position: QPointF) -> str:
        for face, polygon, _ in self._visible():
            if polygon.containsPoint(position, Qt.FillRule.OddEvenFill):
                return face.view
        return ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the face under the pointer."""
        over = self._face_at(event.position())
        if over != self._over:
            self._over = over
            self.update()

    def leaveEvent(self, event: object) -> None:
        """No face is lit when the pointer is elsewhere."""
        self._over = ""
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the face under the pointer."""
        view = self._face_at(event.position())
        if view:
            self.chosen.emit(view)


def _mixed(shaded: QColor, lit: QColor, part: float) -> QColor:
    """The colour between two others; ``part`` 1 is ``lit``."""
    return QColor.fromRgbF(
        part * lit.redF() + (1 - part) * shaded.redF(),
        part * lit.greenF() + (1 - part) * shaded.greenF(),
        part * lit.blueF() + (1 - part) * shaded.blueF(),
    )

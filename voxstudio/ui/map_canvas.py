"""The map under the hand: thousands of points that can be walked among with the mouse and the keys."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from voxstudio.ui.map_paper import MapPaper
from voxstudio.ui.studio import Studio

REACH = 9.0
"""Pixels from a point's edge at which it is still meant."""
ARROWS = {Qt.Key.Key_Left: (40, 0), Qt.Key.Key_Right: (-40, 0), Qt.Key.Key_Up: (0, 40), Qt.Key.Key_Down: (0, -40)}


class MapCanvas(MapPaper):
    """Emits what a hand did: ``clicked`` a point (-1: none), ``lassoed`` points, ``walked`` to a place."""

    clicked = Signal(int)
    lassoed = Signal(object)
    walked = Signal(float, float, bool)

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.tool = "move"
        self._last = QPointF()
        self._mode = ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Closer or farther, toward the mouse."""
        ratio, at = self.devicePixelRatioF(), event.position()
        self.layer.zoom_by(1.0015 ** event.angleDelta().y(), at.x() * ratio, at.y() * ratio)
        self._look(at)
        event.accept()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A point, empty space, or the legend."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        at = event.position()
        for k, box in enumerate(self._legend):
            if box.contains(at) and event.button() == Qt.MouseButton.LeftButton:
                self.isolated = -1 if self.isolated == k else k
                self._light()
                self.update()
                return
        self._press = self._last = at
        left = event.button() == Qt.MouseButton.LeftButton
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._mode = "pan" if not left else "lasso" if shift or self.tool == "lasso" else "press"
        if self._mode == "lasso":
            self._outline = [at]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, draw the loop, walk, or look at what is under the mouse."""
        at = event.position()
        if self._press is None:
            self._look(at)
            return
        far = (at - self._press).manhattanLength() >= QApplication.startDragDistance()
        if self._mode == "press" and far:
            self._mode = "walk" if self.tool == "walk" and self._hover < 0 else "pan"
        if self._mode == "pan":
            ratio, moved = self.devicePixelRatioF(), at - self._last
            self.layer.pan(moved.x() * ratio, moved.y() * ratio)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._mode == "lasso":
            self._outline.append(at)
        elif self._mode == "walk":
            self.walked.emit(*self._place(at), True)
        self._last = at
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click, or the end of a drag."""
        at, mode = event.position(), self._mode
        was_pressed = self._press is not None
        self._press, self._mode = None, ""
        if mode == "press" and was_pressed:
            self._look(at)
            if self._hover < 0 and self.tool == "walk":
                self.walked.emit(*self._place(at), False)
            else:
                self.clicked.emit(self._hover)
        elif mode == "walk":
            self.walked.emit(*self._place(at), False)
        elif mode == "lasso":
            self._close_lasso()
        self._dress_cursor()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """In empty space: the whole map."""
        if self._hover < 0:
            self.layer.fit()
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus, arrows, 0 for the whole map."""
        ratio = self.devicePixelRatioF()
        key = Qt.Key(event.key())
        if key in ARROWS:
            self.layer.pan(ARROWS[key][0] * ratio, ARROWS[key][1] * ratio)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            factor = 1 / 1.25 if key == Qt.Key.Key_Minus else 1.25
            self.layer.zoom_by(factor, self.layer.size[0] / 2, self.layer.size[1] / 2)
        elif key == Qt.Key.Key_0:
            self.layer.fit()
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Nothing is under the mouse."""
        self._hover = -1
        self.update()

    def fit(self) -> None:
        """The whole map."""
        self.layer.fit()
        self.update()

    def set_tool(self, tool: str) -> None:
        """``"move"``, ``"lasso"`` or ``"walk"``."""
        self.tool = tool
        self._dress_cursor()

    def _close_lasso(self) -> None:
        from voxstudio.geometry.points import inside

        ratio = self.devicePixelRatioF()
        outline = np.array([(p.x() * ratio, p.y() * ratio) for p in self._outline], np.float32)
        self._outline = []
        within = inside(outline, self.layer.screen()) if len(outline) > 2 else np.zeros(len(self.layer), bool)
        self.lassoed.emit(np.flatnonzero(within))

    def _look(self, at: QPointF | QPoint) -> None:
        ratio = self.devicePixelRatioF()
        before = self._hover
        self._hover = self.layer.nearest(at.x() * ratio, at.y() * ratio, (REACH + self.layer.radius) * ratio)
        if self._hover != before:
            self._dress_cursor()
            self.update()

    def _place(self, at: QPointF) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        return self.layer.place(at.x() * ratio, at.y() * ratio)

    def _dress_cursor(self) -> None:
        shapes = Qt.CursorShape
        tools = {"lasso": shapes.CrossCursor, "walk": shapes.CrossCursor}
        usual = tools.get(self.tool, shapes.OpenHandCursor)
        self.setCursor(shapes.PointingHandCursor if self._hover >= 0 and self.tool != "lasso" else usual)

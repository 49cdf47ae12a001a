"""Two shapes on the stage: side by side through one camera, or what came and went in colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from voxstudio.ui import theme, widgets
from voxstudio.ui.canvas import Canvas
from voxstudio.ui.compare_bar import CompareBar, title_of
from voxstudio.ui.difference_actors import DifferenceActors

if TYPE_CHECKING:
    from voxstudio.ui.studio import Studio

_EDGE = 16


class Comparing(QObject):
    """Owns the second canvas, which is made when it is first needed, and the line above both.

    ``changed`` comes when the stage has another width.
    """

    changed = Signal()

    def __init__(self, ground: QWidget, canvas: Canvas, studio: Studio) -> None:
        super().__init__(ground)
        self._studio, self._ground, self._canvas = studio, ground, canvas
        self.bar = CompareBar(studio)
        self.other: Canvas | None = None
        self._actors: DifferenceActors | None = None
        self._drawn_camera = 0
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._row.addWidget(canvas, 1)
        column = QVBoxLayout(ground)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addLayout(self._row, 1)
        self.bar.mode_chosen.connect(self._follow)
        studio.bridge.changed.connect(self._changed)

    @property
    def shows_difference(self) -> bool:
        """True while colours stand where the shape is."""
        return self._canvas.stage.covered

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "kept" or (topic == "shown" and self._studio.session.snapshots.compared is not None):
            self._follow()

    @Slot()
    def _follow(self) -> None:
        """Show what is compared in the way that was chosen, or the one shape alone."""
        session = self._studio.session
        kept, shown = session.snapshots.compared, session.shown
        found = shown.difference if shown is not None and kept is not None else None
        mode = self.bar.mode.value() if kept is not None else ""
        self.bar.tell()
        self._show_bar(kept is not None)
        self._show_other(mode == "side")
        if self.other is not None and found is not None and mode == "side":
            self.other.show_surface(found.before, session.options.style, False, shown.draft)
            self._caption.say(title_of(kept))
        if self._actors is None and mode == "difference":
            self._actors = DifferenceActors(self._canvas.stage)
        if self._actors is not None:
            self._actors.show(found if mode == "difference" else None)
            self._canvas.repaint_soon()

    def _show_bar(self, on: bool) -> None:
        if self.bar.isHidden() == on:
            self.bar.setVisible(on)
            self.changed.emit()

    def _show_other(self, on: bool) -> None:
        if on and self.other is None:
            self._make_other()
        if self.other is not None and self.other.isHidden() == on:
            self.other.setVisible(on)
            self.changed.emit()

    def _make_other(self) -> None:
        self.other = Canvas(self._ground)
        self.other.follow(self._canvas)
        self._row.insertWidget(0, self.other, 1)
        self.other.hide()
        self._caption = widgets.Elided("", "stage-name")
        self._caption.setParent(self.other)
        self._caption.setGeometry(_EDGE, _EDGE, 300, 24)
        self._canvas.painted.connect(self._painted)
        self.other.painted.connect(self._painted)
        self.other.touched.connect(self._canvas.stop_turning)

    @Slot(float)
    def _painted(self, spent_ms: float) -> None:
        """Both look through one camera: where one of them moved it, the other has to be drawn too."""
        moved = self._canvas.camera_time
        if moved != self._drawn_camera and self.other is not None and self.other.isVisible():
            self._drawn_camera = moved
            for canvas in (self._canvas, self.other):
                if canvas is not self.sender():
                    canvas.repaint_soon()

    def place(self) -> None:
        """Keep the caption in its corner."""
        if self.other is not None:
            self._caption.setGeometry(_EDGE, _EDGE, max(80, self.other.width() - 2 * _EDGE), 24)

    def dress(self) -> None:
        """Take the colours of the theme."""
        if self.other is not None:
            self.other.dress(theme.current())
        if self._actors is not None:
            self._actors.dress()

    def close(self) -> None:
        """Let go of OpenGL."""
        if self.other is not None:
            self.other.close()

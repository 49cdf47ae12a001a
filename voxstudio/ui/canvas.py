"""The interactive 3D view: pyvistaqt's interactor, rendering once per change. GUI thread only.

Importing this module imports VTK (about 0.7 s): the window is painted before.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QImage, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget
from pyvistaqt import QtInteractor
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.ui import theme
from voxstudio.ui.pictures import image_of
from voxstudio.ui.stage import Stage

_TURN_MS = 40
_TURN_DEGREES = 0.45
_REST_MS = 160
_PAUSE_MS = 700
"""A hand that holds a slider still for so long gets smooth edges too: earlier, they would delay the next shape."""
_SLOW_MS = 10.0
_COARSE = 0.5
"""Share of the pixels along each side while a threshold is dragged and a frame takes longer than _SLOW_MS."""
_SOFTWARE = ("llvmpipe", "softpipe", "SWR", "Microsoft Basic")
_MANY_PIXELS = 1_200_000
"""From here on, four samples by the CPU would take more than 50 ms."""


class Canvas(QtInteractor):
    """One stage in a widget.

    ``painted`` carries the milliseconds of the last frame, ``touched`` comes with the first touch by a
    person, ``turned`` whenever the camera has moved, ``rested`` when nothing has changed for a moment
    and the frame with smooth edges is on screen.
    """

    painted = Signal(float)
    touched = Signal()
    turned = Signal()
    rested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, auto_update=False, multi_samples=0)
        self.setAcceptDrops(False)
        self.setMinimumSize(240, 240)
        self._closed_down = False
        self._software: bool | None = None
        self._swap_ms = 0.0
        self._scale = 1.0
        self._full_ms = 0.0  # what the last whole frame without multisampling took
        self._announce_rest = False
        self._was_touched = False
        self.enable_terrain_style(mouse_wheel_zooms=True, shift_pans=True)
        # The style asks the interactor to render; redirect that to one Qt repaint instead of two frames.
        self._Iren.EnableRenderOff()
        self._watch = self._Iren.AddObserver("RenderEvent", self._wanted)
        self.stage = Stage(self)
        self.stage.look("three-quarter")
        self._axes = self.stage.axes()
        self._turning = QTimer(self)
        self._turning.setInterval(_TURN_MS)
        self._turning.timeout.connect(self._turn)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._come_to_rest)

    @property
    def software(self) -> bool:
        """True if the CPU draws. Only known once the view was painted."""
        if self._software is None:
            if not self._RenderWindow.GetReadyForRendering():
                return True
            capabilities = self._RenderWindow.ReportCapabilities() or ""
            self._software = any(word in capabilities for word in _SOFTWARE)
        return self._software

    def show_surface(
        self, surface: Surface, style: str, coloured: bool, draft: bool = False, grid: VoxelGrid | None = None,
        tint: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Swap the shape and paint once; the camera stays. In a ``draft`` the shadow follows later."""
        started = time.perf_counter()
        self.stage.show(surface, style, coloured, draft, grid, tint)
        if not self._was_touched and not self.stage.fits():
            self.stage.frame()
        self._swap_ms = (time.perf_counter() - started) * 1000.0
        self.repaint_soon(_COARSE if draft and self._full_ms > _SLOW_MS else 1.0, _PAUSE_MS if draft else _REST_MS)

    def repaint_soon(self, scale: float = 1.0, rest_ms: int = _REST_MS) -> None:
        """One frame without smooth edges now, one with them when nothing has changed for a moment.

        ``scale`` below 1 draws fewer pixels and stretches them: where the CPU draws, a drag stays alive so.
        """
        if self._closed_down:
            return
        self._set_samples(0)
        self._set_scale(scale)
        self._rest.start(rest_ms)
        QOpenGLWidget.update(self)

    def look(self, view: str) -> None:
        """Look from one of the standard views."""
        self.stop_turning()
        self.stage.look(view)
        self.repaint_soon()

    def frame(self) -> None:
        """Bring the whole shape into view."""
        self.stage.frame()
        self.repaint_soon()

    def dress(self, tokens: theme.Tokens) -> None:
        """Take the colours of a theme."""
        self.stage.dress(tokens)
        self.repaint_soon()

    def leave_room(self, above: int, below: int) -> None:
        """Pixels at the top and the bottom that lie under something else."""
        high = max(self.height(), 1)
        self.stage.leave_room(above / high, below / high)
        if not self._was_touched:
            self.stage.frame()
        self.repaint_soon()

    def follow(self, other: Canvas) -> None:
        """Look through the camera of another canvas from now on; only that one frames its shape."""
        self._was_touched = True
        self.stage.renderer.SetActiveCamera(other.stage.renderer.GetActiveCamera())

    @property
    def camera_time(self) -> int:
        """Grows whenever the camera was moved."""
        return int(self.stage.renderer.GetActiveCamera().GetMTime())

    def start_turning(self) -> None:
        """Turn slowly until touched."""
        self.stage.frame()
        self._turning.start()

    def stop_turning(self) -> None:
        """Stand still."""
        if self._turning.isActive():
            self._turning.stop()
            self._rest.start(_REST_MS)

    @property
    def is_turning(self) -> bool:
        """True while the shape turns by itself."""
        return self._turning.isActive()

    @property
    def is_calm(self) -> bool:
        """True if what is on screen is final."""
        return not (self._turning.isActive() or self._rest.isActive() or self._announce_rest)

    def picture(self) -> QImage:
        """A new frame as a picture."""
        return self.grabFramebuffer()

    def last_frame(self) -> QImage:
        """The frame that was just rendered, without rendering it again; call it from ``rested``."""
        wide, high = self._RenderWindow.GetSize()
        pixels = vtkUnsignedCharArray()
        self._RenderWindow.GetPixelData(0, 0, wide - 1, high - 1, 0, pixels, 0)
        if pixels.GetNumberOfValues() != 3 * wide * high:
            return self.grabFramebuffer()
        return image_of(vtk_to_numpy(pixels).reshape(high, wide, 3)[::-1])

    def axes(self) -> np.ndarray:
        """Right, up and toward the viewer, as rows."""
        return self._axes

    def close(self) -> bool:
        """Stop the timers and let go of OpenGL; safe to call twice."""
        if self._closed_down:
            return True
        self._closed_down = True
        self._turning.stop()
        self._rest.stop()
        self._Iren.RemoveObserver(self._watch)
        return bool(super().close())

    # ---- Qt's events ---------------------------------------------------------------------------

    def paintGL(self) -> None:
        """Render once and say how long it took."""
        started = time.perf_counter()
        self.stage.before_frame(self._RenderWindow.GetSize()[1])
        self._Iren.EnableRenderOn()
        super().paintGL()
        self._Iren.EnableRenderOff()
        spent = (time.perf_counter() - started) * 1000.0
        if self._scale == 1.0 and self._RenderWindow.GetMultiSamples() == 0:
            self._full_ms = spent
        swapped, self._swap_ms = self._swap_ms, 0.0
        self.painted.emit(spent + swapped)
        axes = self.stage.axes()
        if not np.array_equal(axes, self._axes):
            self._axes = axes
            self.turned.emit()
        if self._announce_rest:
            self._announce_rest = False
            self.rested.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A touch ends the turning."""
        self._touch()
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """So does the wheel; scrolling never reaches the window behind."""
        self._touch()
        super().wheelEvent(event)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys belong to the window: VTK's own would quit the program or switch to stereo."""
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """See keyPressEvent."""
        event.ignore()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the widget closes the view."""
        self._turning.stop()
        self._rest.stop()
        super().closeEvent(event)

    # ---- inside --------------------------------------------------------------------------------

    def _touch(self) -> None:
        self._was_touched = True
        self.stop_turning()
        self.touched.emit()

    def _wanted(self, interactor: Any, event: str) -> None:
        if not self._in_paint:
            self.stage.clip()
            self.repaint_soon()

    def _set_scale(self, scale: float) -> None:
        """VTK's own picture may be smaller than the widget; pyvistaqt stretches it into the widget."""
        ratio = self.devicePixelRatioF() * scale
        wanted = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        if tuple(self._RenderWindow.GetSize()) != wanted:
            self._RenderWindow.SetSize(*wanted)
        self._scale = scale

    def _set_samples(self, samples: int) -> None:
        if self._RenderWindow.GetMultiSamples() != samples:
            self._RenderWindow.SetMultiSamples(samples)

    def _turn(self) -> None:
        if not self.isVisible():
            return
        self.stage.turn(_TURN_DEGREES)
        QOpenGLWidget.update(self)

    def _come_to_rest(self) -> None:
        if self._turning.isActive() or self._closed_down:
            return
        many = self.width() * self.height() > _MANY_PIXELS
        self._set_samples(8 if not self.software else 2 if many else 4)
        self._set_scale(1.0)
        self._announce_rest = True
        QOpenGLWidget.update(self)

"""The stage of the window: the 3D view, what lies over its corners, and what stands in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QOffscreenSurface,
    QOpenGLContext,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QWidget,
)

from voxstudio.ui import memory, theme
from voxstudio.ui.pace import Pace
from voxstudio.ui.studio import Studio

if TYPE_CHECKING:
    from voxstudio.core.surface import Surface
    from voxstudio.engine.requests import Tint
    from voxstudio.ui.canvas import Canvas
    from voxstudio.ui.comparing import Comparing
    from voxstudio.ui.overlay import Overlay

NO_OPENGL = (
    "The 3D view needs OpenGL 3.2, which this display does not offer. Reconstruct and save work without it. "
    "Run “voxstudio doctor” to see what is missing."
)


def opengl_is_there() -> bool:
    """True if a view can be made here; asked before VTK is, because VTK would end the program."""
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        return False
    context, surface = QOpenGLContext(), QOffscreenSurface()
    surface.create()
    if not (context.create() and surface.isValid() and context.makeCurrent(surface)):
        return False
    version = context.format().version()
    context.doneCurrent()
    return tuple(version) >= (3, 2)


class Viewport(QFrame):
    """Shows what the session shows.

    Painted at first as an empty stage; :meth:`build` puts the 3D view in, once the window is on screen.
    """

    ready = Signal()
    rested = Signal(QImage)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "stage-empty")
        self.setAccessibleName("3D view")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(360, 280)
        self.canvas: Canvas | None = None
        self.overlay: Overlay | None = None
        self.comparing: Comparing | None = None
        self._studio: Studio | None = None
        self._pace = Pace(self)
        self._pace.due.connect(self._tell_words)
        self._drawn = 0
        self._framed = False
        self._invites = self._offers = self._empty_handed = True
        self._room: tuple[int, ...] = ()
        self._stack = QStackedLayout(self)
        self._empty = QLabel("")
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setMargin(48)
        self._stack.addWidget(self._empty)

    def build(self, studio: Studio) -> None:
        """Make the 3D view, or say in a sentence why there is none."""
        self._studio = studio
        if not opengl_is_there():
            self._empty.setText(NO_OPENGL)
            self.ready.emit()
            return
        from voxstudio.ui.canvas import Canvas
        from voxstudio.ui.comparing import Comparing
        from voxstudio.ui.overlay import Overlay

        ground = QWidget(self)
        self.canvas = Canvas(ground)
        self.comparing = Comparing(ground, self.canvas, studio)
        self.comparing.changed.connect(self._resized)
        self._stack.addWidget(ground)
        self.overlay = Overlay(self.canvas, studio)
        self.overlay.cube.chosen.connect(self.canvas.look)
        self.overlay.cube.follow(tuple(map(tuple, self.canvas.axes().tolist())))
        self.canvas.turned.connect(self._turned)
        self.canvas.painted.connect(self._painted)
        self.canvas.rested.connect(self._rested)
        self._stack.setCurrentWidget(ground)
        self.setFocusProxy(self.canvas)
        studio.bridge.changed.connect(self._changed)
        self._changed("shown")
        self.ready.emit()

    def invite(self, on: bool, sample: bool) -> None:
        """Whether photos are asked for on the stage: not while the panel in front has another purpose.

        ``sample``: with the button of the sample, which the panel in front may have itself.
        """
        self._invites, self._offers = on, sample
        self._tell()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic in ("shown", "options", "views", "checkpoint"):
            self._tell()
        if topic in ("shown", "nearest", "kept") and self.overlay is not None:
            self.overlay.nearest.follow()
        if topic == "shown" and self.canvas is not None:
            self._show()

    def _show(self) -> None:
        shown, options = self._studio.session.shown, self._studio.session.options
        if shown is None:
            # Imported here: numpy takes longer to import than the window takes to paint.
            import numpy as np

            from voxstudio.core.surface import Surface

            self.canvas.show_surface(Surface(np.empty((0, 3)), np.empty((0, 3))), "smooth", False)
            return
        tint = self._tint()
        coloured = options.colour_by == "confidence" or tint is not None
        field = tint.field if tint is not None else None
        self.canvas.show_surface(shown.surface, options.style, coloured, shown.draft, shown.grid, field)
        if not self._framed and not shown.surface.is_empty:
            self._framed = True
            self.canvas.stage.look("three-quarter")

    def _tint(self) -> Tint | None:
        """What the shape is coloured by beside confidence."""
        shown = self._studio.session.shown
        return getattr(shown.draw, "tint", None) if shown is not None else None

    def _tell(self) -> None:
        """Name, size, legend, invitation."""
        if self.overlay is None:
            return
        session, overlay = self._studio.session, self.overlay
        shown = session.shown
        if self._pace.allows(bool(shown and shown.draft)):
            self._tell_words()
        overlay.hint.say(shown.note if shown else "")
        overlay.hint.setVisible(bool(shown and shown.note))
        coloured = session.options.colour_by == "confidence" and shown is not None and shown.surface.values is not None
        tint = self._tint()
        overlay.legend.say(*((tint.low, tint.high, tint.signed) if tint is not None else ("unsure", "sure")))
        overlay.legend.setVisible(coloured or tint is not None)
        reads = session.model is None or session.model.can_reconstruct
        self._empty_handed = reads and not session.views
        overlay.offer(self._offers)
        overlay.invitation.setVisible(self._empty_handed and self._invites)
        overlay.side.show_picture(shown.side if shown else None, bool(shown and shown.draft))
        overlay.place()
        self._make_room()

    @Slot()
    def _tell_words(self) -> None:
        shown, overlay = self._studio.session.shown, self.overlay
        overlay.name.say(shown.origin[:1].upper() + shown.origin[1:] if shown else "")
        overlay.size.say(size_in_words(shown.surface, shown.pieces, shown.crumbs) if shown else "")

    def _make_room(self) -> None:
        """The shape stands between the name and the lowest button."""
        if self.overlay is None or self.canvas is None:
            return
        # Another panel in front takes the invitation away, but must not move the shape.
        lowest = self.overlay.invitation if self._empty_handed else self.overlay.views
        room = (self.overlay.titles.geometry().bottom() + 8, self.canvas.height() - lowest.y() + 12)
        if (*room, self.canvas.height()) != self._room:
            self._room = (*room, self.canvas.height())
            self.canvas.leave_room(*room)

    @Slot()
    def _turned(self) -> None:
        self.overlay.cube.follow(tuple(map(tuple, self.canvas.axes().tolist())))

    @Slot(float)
    def _painted(self, spent_ms: float) -> None:
        shown = self._studio.session.shown
        if shown is not None and shown.number != self._drawn:
            self._drawn = shown.number
            self._studio.session.note_drawn(shown.number, spent_ms)

    @Slot()
    def _rested(self) -> None:
        memory.give_back()
        shown = self._studio.session.shown
        if shown is not None and not shown.draft and not self.comparing.shows_difference:
            self.rested.emit(self.canvas.last_frame())

    @Slot(str)
    def look(self, view: str) -> None:
        """Look from a standard view, or ``"frame"`` the shape."""
        if self.canvas is None:
            return
        if view == "frame":
            self.canvas.frame()
        else:
            self.canvas.look(view)

    def dress(self) -> None:
        """Take the colours of the theme in use."""
        if self.canvas is not None:
            self.canvas.dress(theme.current())
            self.comparing.dress()

    def close_view(self) -> None:
        """Let go of OpenGL before the window goes."""
        if self.canvas is not None:
            self.comparing.close()
            self.canvas.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what lies over the view in its corners."""
        super().resizeEvent(event)
        self._resized()

    @Slot()
    def _resized(self) -> None:
        if self.overlay is not None:
            self.overlay.place()
            self.comparing.place()
            self._make_room()


def size_in_words(surface: Surface, pieces: int = 0, crumbs: int = 0) -> str:
    """Size in millimetres and number of triangles; loose pieces, and crumbs that were left out, if any."""
    if surface.is_empty:
        return "Nothing reaches this threshold"
    low, high = surface.bounds
    sides = " × ".join(f"{side:.0f}" for side in high - low)
    told = [f"{sides} mm", f"{len(surface.faces):,} triangles"]
    if pieces > 1:
        told.append(f"in {pieces} pieces")
    if crumbs:
        from voxstudio.geometry.pieces import crumbs_in_words

        told.append(f"{crumbs_in_words(crumbs)} removed")
    return " · ".join(told)

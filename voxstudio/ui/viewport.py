"""The stage of the window: the 3D view, what lies over its corners, and what stands in for it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QLinearGradient,
    QOffscreenSurface,
    QOpenGLContext,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from voxstudio.ui import theme, widgets
from voxstudio.ui.studio import Studio
from voxstudio.ui.view_cube import ViewCube

NO_OPENGL = (
    "The 3D view needs OpenGL 3.2, which this display does not offer. Reconstruct and save work without it. "
    "Run “voxstudio doctor” to see what is missing."
)
INVITATION = "Drop photos here, or try a sample"
_MARGIN = 16


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


class Legend(QWidget):
    """What the colours of confidence mean."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(208, 36)
        self.setAccessibleName("Colour legend: orange is unsure, blue is sure")
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A strip of colour and its two ends in words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ramp = QLinearGradient(0, 0, self.width(), 0)
        for index, colour in enumerate(theme.UNSURE_TO_SURE):
            ramp.setColorAt(index / (len(theme.UNSURE_TO_SURE) - 1), QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ramp)
        painter.drawRoundedRect(0, 0, self.width(), 8, 4, 4)
        painter.setPen(QColor(theme.current().stage_text))
        font = painter.font()
        font.setPixelSize(theme.type_scale(self.font()).small)
        painter.setFont(font)
        below = self.rect().adjusted(0, 12, 0, 0)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "unsure")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, "sure")
        painter.end()


class Overlay(QObject):
    """Everything that lies over the view: name and size, cube, legend, views, invitation."""

    view_chosen = Signal(str)

    def __init__(self, ground: QWidget, studio: Studio) -> None:
        super().__init__(ground)
        self._ground = ground
        self.name = widgets.Elided("", "stage-name")
        self.size = widgets.Elided("", "stage-size")
        self.titles = QFrame(ground)
        column = QVBoxLayout(self.titles)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.name)
        column.addWidget(self.size)
        self.cube = ViewCube(ground)
        self.legend = Legend(ground)
        self.invitation = QFrame(ground)
        self.invitation.setProperty("role", "pill")
        row = QHBoxLayout(self.invitation)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(widgets.words(INVITATION))
        tip = "Reconstruct the photos that come with the program"
        self.sample = widgets.button("Try a sample", "quiet", "image", tip)
        self.sample.clicked.connect(studio.commands.action("sample").trigger)
        row.addWidget(self.sample)
        self.views = QFrame(ground)
        self.views.setProperty("role", "pill")
        row = QHBoxLayout(self.views)
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(2)
        for key in ("three-quarter", "front", "side", "top", "frame"):
            action = studio.commands.action(f"view-{key}")
            piece = QToolButton()
            piece.setProperty("role", "pill-button")
            piece.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            piece.setCursor(Qt.CursorShape.PointingHandCursor)
            piece.setToolTip(f"{action.text()} ({action.shortcut().toString()})")
            piece.setAccessibleName(action.text())
            piece.setText(str(action.property("word")))
            piece.clicked.connect(action.trigger)
            row.addWidget(piece)
        ground.installEventFilter(self)
        self.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the corners."""
        if event.type() == QEvent.Type.Resize:
            self.place()
        return False

    def place(self) -> None:
        """Put everything into its corner."""
        wide, high = self._ground.width(), self._ground.height()
        self.cube.move(wide - self.cube.width() - _MARGIN + 4, _MARGIN - 4)
        room = max(wide - self.cube.width() - 3 * _MARGIN, 80)
        self.titles.setGeometry(_MARGIN, _MARGIN, room, self.titles.sizeHint().height())
        self.views.adjustSize()
        self.views.move((wide - self.views.width()) // 2, high - self.views.height() - _MARGIN)
        self.legend.move(_MARGIN, high - self.legend.height() - _MARGIN + 4)
        if self.legend.isVisible() and self.legend.geometry().right() + 8 > self.views.x():
            self.legend.move(_MARGIN, self.views.y() - self.legend.height() - 8)
        self.invitation.adjustSize()
        self.invitation.move((wide - self.invitation.width()) // 2, self.views.y() - self.invitation.height() - 8)


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
        self.canvas = None
        self.overlay: Overlay | None = None
        self._studio: Studio | None = None
        self._drawn = 0
        self._framed = False
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

        self.canvas = Canvas(self)
        self._stack.addWidget(self.canvas)
        self.overlay = Overlay(self.canvas, studio)
        self.overlay.cube.chosen.connect(self.canvas.look)
        self.overlay.cube.follow(tuple(map(tuple, self.canvas.axes().tolist())))
        self.canvas.turned.connect(self._turned)
        self.canvas.painted.connect(self._painted)
        self.canvas.rested.connect(self._rested)
        self._stack.setCurrentWidget(self.canvas)
        studio.bridge.changed.connect(self._changed)
        self._changed("shown")
        self.ready.emit()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic in ("shown", "options", "views", "job"):
            self._tell()
        if topic == "shown" and self.canvas is not None:
            self._show()

    def _show(self) -> None:
        shown, options = self._studio.session.shown, self._studio.session.options
        if shown is None:
            from voxstudio.core.surface import Surface

            self.canvas.show_surface(Surface([], []), "smooth", False)
            return
        coloured = options.colour_by == "confidence"
        self.canvas.show_surface(shown.surface, options.style, coloured)
        if not self._framed and not shown.surface.is_empty:
            self._framed = True
            self.canvas.stage.look("three-quarter")

    def _tell(self) -> None:
        """Name, size, legend, invitation."""
        if self.overlay is None:
            return
        session, overlay = self._studio.session, self.overlay
        shown = session.shown
        overlay.name.say(shown.origin[:1].upper() + shown.origin[1:] if shown else "")
        overlay.size.say(size_in_words(shown.surface) if shown else "")
        coloured = session.options.colour_by == "confidence" and shown is not None and shown.surface.values is not None
        overlay.legend.setVisible(coloured)
        overlay.invitation.setVisible(not session.views)
        overlay.place()
        self._make_room()

    def _make_room(self) -> None:
        """The shape stands between the name and the lowest button."""
        if self.overlay is None or self.canvas is None:
            return
        lowest = self.overlay.invitation if self.overlay.invitation.isVisibleTo(self.canvas) else self.overlay.views
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
        if self._studio.session.shown is not None and not self._studio.session.shown.draft:
            self.rested.emit(self.canvas.picture())

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

    def close_view(self) -> None:
        """Let go of OpenGL before the window goes."""
        if self.canvas is not None:
            self.canvas.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what lies over the view in its corners."""
        super().resizeEvent(event)
        if self.overlay is not None:
            self.overlay.place()
            self._make_room()


def size_in_words(surface: object) -> str:
    """Size in millimetres and number of triangles."""
    if surface.is_empty:
        return "Nothing reaches this threshold"
    low, high = surface.bounds
    sides = " × ".join(f"{side:.0f}" for side in high - low)
    return f"{sides} mm · {len(surface.faces):,} triangles"

"""What lies over the corners of the stage: name and size, cube, legend, views, invitation."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from voxstudio.ui import theme, widgets
from voxstudio.ui.nearest_inset import NearestInset
from voxstudio.ui.side_image import SideImage
from voxstudio.ui.studio import Studio
from voxstudio.ui.view_cube import ViewCube

INVITATION = "Drop photos here"
_MARGIN = 16


class Legend(QWidget):
    """What the colours of confidence, or of whatever else the shape is coloured by, mean."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(208, 36)
        self._low = self._high = ""
        self._signed = True
        self.say("unsure", "sure")
        self.hide()

    def say(self, low: str, high: str, signed: bool = True) -> None:
        """What the ends stand for; not ``signed``: from the middle of the colours to their upper end."""
        if (low, high, signed) != (self._low, self._high, self._signed):
            self._low, self._high, self._signed = low, high, signed
            lower = "orange" if signed else "grey"
            self.setAccessibleName(f"Colour legend: {lower} is {low}, blue is {high}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A strip of colour and its two ends in words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ramp = QLinearGradient(0, 0, self.width(), 0)
        colours = theme.UNSURE_TO_SURE if self._signed else theme.UNSURE_TO_SURE[len(theme.UNSURE_TO_SURE) // 2 :]
        for index, colour in enumerate(colours):
            ramp.setColorAt(index / (len(colours) - 1), QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ramp)
        painter.drawRoundedRect(0, 0, self.width(), 8, 4, 4)
        painter.setPen(QColor(theme.current().stage_text))
        font = painter.font()
        font.setPixelSize(theme.type_scale(self.font()).small)
        painter.setFont(font)
        below = self.rect().adjusted(0, 12, 0, 0)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self._low)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, self._high)
        painter.end()


class Overlay(QObject):
    """Everything that lies over the view: name and size, cube, legend, views, invitation."""

    def __init__(self, ground: QWidget, studio: Studio) -> None:
        super().__init__(ground)
        self._ground = ground
        self.name = widgets.Elided("", "stage-name")
        self.size = widgets.Elided("", "stage-size")
        self.hint = widgets.Elided("", "stage-size")
        self.titles = QFrame(ground)
        column = QVBoxLayout(self.titles)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.name)
        column.addWidget(self.size)
        column.addWidget(self.hint)
        self.cube = ViewCube(ground)
        self.legend = Legend(ground)
        self.side = SideImage(ground)
        self.nearest = NearestInset(ground, studio)
        self.invitation = QFrame(ground)
        self.invitation.setProperty("role", "pill")
        row = QHBoxLayout(self.invitation)
        row.setSpacing(8)
        row.addWidget(widgets.words(INVITATION))
        tip = "Reconstruct the photos that come with the program"
        self.sample = widgets.button("Try a sample", "quiet", "image", tip)
        self.sample.clicked.connect(studio.commands.action("sample").trigger)
        row.addWidget(self.sample)
        self.offer(True)
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
        self.invitation.setFixedHeight(self.views.sizeHint().height())  # with the sample or without
        ground.installEventFilter(self)
        self.place()

    def offer(self, sample: bool) -> None:
        """Whether the invitation has the button of the sample: not beside a panel that has it."""
        self.sample.setVisible(sample)
        self.invitation.layout().setContentsMargins(16, 4, 8 if sample else 16, 4)

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
        lowest = high - _MARGIN if not self.legend.isVisible() else self.legend.y() - 8
        if _MARGIN + self.side.width() + 8 > self.views.x():
            lowest = min(lowest, self.views.y() - 8)
        if self.invitation.isVisible() and _MARGIN + self.side.width() + 8 > self.invitation.x():
            lowest = min(lowest, self.invitation.y() - 8)
        self.side.move(_MARGIN, lowest - self.side.height())
        self.nearest.move(wide - self.nearest.width() - _MARGIN, high - self.nearest.height() - _MARGIN)

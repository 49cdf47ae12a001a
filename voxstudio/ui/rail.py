"""The tasks at the left: an icon with its word each, one of them chosen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout

from voxstudio.ui import theme, widgets
from voxstudio.ui.studio import PanelSpec, Studio

ROOMY, LEAST = 60, 46
"""Heights of a task in pixels: with room to spare, and where a low window has to hold all of them."""


class Task(QToolButton):
    """A task, with a dot while something runs there."""

    def __init__(self) -> None:
        super().__init__()
        self._busy = False

    def show_busy(self, busy: bool) -> None:
        """Draw the dot or not."""
        if busy != self._busy:
            self._busy = busy
            self.setAccessibleDescription("Running" if busy else "")
            self.update()

    def sizeHint(self) -> QSize:
        """With room to spare."""
        return QSize(super().sizeHint().width(), ROOMY)

    def minimumSizeHint(self) -> QSize:
        """Icon and word, and little else."""
        return QSize(super().sizeHint().width(), LEAST)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The button, then the dot at the upper right of its icon."""
        super().paintEvent(event)
        if self._busy:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.current().accent))
            painter.drawEllipse(self.width() // 2 + 12, 6, 8, 8)
            painter.end()


class Rail(QFrame):
    """Emits the key of the task that was chosen."""

    chosen = Signal(str)

    def __init__(self, specs: tuple[PanelSpec, ...]) -> None:
        super().__init__()
        self.setProperty("role", "rail")
        self.setFixedWidth(theme.RAIL_WIDTH)
        self.setAccessibleName("Tasks")
        self._keys = [spec.key for spec in specs]
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        for index, spec in enumerate(specs):
            piece = Task()
            piece.setProperty("role", "rail")
            piece.setProperty("icon_name", spec.icon)
            piece.setText(spec.word)
            piece.setToolTip(f"{spec.tip} (Ctrl+{index + 1})")
            piece.setAccessibleName(spec.word)
            piece.setCheckable(True)
            piece.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            piece.setIconSize(QSize(22, 22))
            piece.setCursor(Qt.CursorShape.PointingHandCursor)
            piece.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            piece.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            widgets.dress(piece)
            self._group.addButton(piece, index)
            column.addWidget(piece)
        column.addStretch(1)
        self._group.idClicked.connect(self._clicked)

    def choose(self, key: str) -> None:
        """Show a task as chosen without telling anyone."""
        if key in self._keys:
            self._group.button(self._keys.index(key)).setChecked(True)

    def attach(self, studio: Studio) -> None:
        """Follow what runs."""
        self._studio = studio
        studio.bridge.changed.connect(self._changed)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        task = self._group.button(self._keys.index("train")) if "train" in self._keys else None
        if topic == "training" and isinstance(task, Task):
            task.show_busy(self._studio.session.training.status.is_running)

    @Slot(int)
    def _clicked(self, index: int) -> None:
        self.chosen.emit(self._keys[index])

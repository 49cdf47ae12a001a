"""The tasks at the left: an icon with its word each, one of them chosen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout

from voxstudio.ui import theme, widgets
from voxstudio.ui.studio import PanelSpec


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
        column.setContentsMargins(8, 12, 8, 12)
        column.setSpacing(4)
        for index, spec in enumerate(specs):
            piece = QToolButton()
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
            piece.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            widgets.dress(piece)
            self._group.addButton(piece, index)
            column.addWidget(piece)
        column.addStretch(1)
        self._group.idClicked.connect(self._clicked)

    def choose(self, key: str) -> None:
        """Show a task as chosen without telling anyone."""
        if key in self._keys:
            self._group.button(self._keys.index(key)).setChecked(True)

    @Slot(int)
    def _clicked(self, index: int) -> None:
        self.chosen.emit(self._keys[index])

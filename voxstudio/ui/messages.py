"""One sentence for the person, in the panel concerned."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy

from voxstudio.ui import icons, theme, widgets
from voxstudio.ui.studio import Studio

_ICONS = {"info": "check-circle", "warning": "warning", "error": "warning-circle"}
MOST_LINES = 5
"""Of a panel that is in no dock; in a dock there is as much room as below its title."""
_EDGE = 8
_BESIDE = 12 + 18 + 8 + 8 + 30 + 4
"""Pixels that the icon, the button and the gaps take from the width."""
_ABOVE_AND_BELOW = 8 + 8


class Banner(QFrame):
    """Shows the session's message if it concerns one of ``places``; hidden otherwise.

    In a dock it lies below the title, over the panel, wherever it was laid out: what a person points at never moves,
    and the title's button stays in reach. It is as high as its words; more of them than the panel has room for scroll.
    """

    def __init__(self, studio: Studio, *places: str) -> None:
        super().__init__()
        self._studio = studio
        self._places = places
        self.setProperty("role", "banner")
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.sentence = widgets.words("", wrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = widgets.icon_button("x", "Dismiss this message")
        self._close.clicked.connect(studio.session.dismiss_message)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 4, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.sentence)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(self._scroll, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        studio.bridge.changed.connect(self._changed)
        self._changed("message")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As high as its words, as far as there is room."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as wide as the dock, and no higher."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._lie_over()
        return False

    def _lie_over(self) -> None:
        """Leave the layout for the top of the dock, if there is one."""
        ground = self._dock()
        if ground is None:
            return
        if self.parentWidget() is not ground:
            self.setParent(ground)  # its layout lets go of it
            self.setProperty("floating", True)
            ground.installEventFilter(self)
        self.setFixedWidth(ground.width() - 2 * _EDGE)
        self._fit()
        self.adjustSize()
        self.move(_EDGE, ground.titleBarWidget().height())
        self.raise_()

    def _dock(self) -> QDockWidget | None:
        ground = self.parentWidget()
        while ground is not None and not isinstance(ground, QDockWidget):
            ground = ground.parentWidget()
        return ground

    def _fit(self) -> None:
        line, dock = self.sentence.fontMetrics().lineSpacing(), self._dock()
        inside = self.width() - _BESIDE if self.isVisible() else theme.PANEL_WIDTH - 32 - _BESIDE
        needed = self.sentence.heightForWidth(max(inside, 80))
        room = MOST_LINES * line
        if dock is not None:
            room = dock.height() - dock.titleBarWidget().height() - _ABOVE_AND_BELOW - _EDGE
        self._scroll.setFixedHeight(min(max(needed, line), max(room, line)))

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic != "message":
            return
        message = self._studio.session.message
        concerned = message is not None and message.where in self._places
        if concerned:
            lines = message.details[:6] if message.details else (message.sentence,)
            if message.details:
                lines = (f"{len(message.details)} files could not be used:", *lines)
            self.sentence.setText(widgets.cubed("\n".join(lines)))
            self.setAccessibleName(message.sentence)
            tokens = theme.current()
            colour = tokens.danger if message.severity == "error" else tokens.accent
            self._icon.setPixmap(icons.pixmap(_ICONS[message.severity], colour))
            self._fit()
            self._lie_over()
            widgets.restyle(self, severity=message.severity)
        self.setVisible(concerned)

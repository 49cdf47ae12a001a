"""Thumbnails of every state that was kept; a click restores."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from voxstudio.ui import widgets
from voxstudio.ui.studio import Studio

THUMB = QSize(72, 56)


class HistoryStrip(QFrame):
    """Shows the states of the session for which a picture was taken. Empty before :meth:`attach`."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "strip")
        self.setAccessibleName("History")
        self.setFixedHeight(80)
        self._studio: Studio | None = None
        self._thumbs: dict[int, QToolButton] = {}

    def _build(self) -> None:
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.idClicked.connect(self._clicked)
        self.undo = widgets.icon_button("arrow-counter-clockwise", "Undo (Ctrl+Z)")
        self.redo = widgets.icon_button("arrow-clockwise", "Redo (Ctrl+Y)")
        self._hint = widgets.words("Every shape you make is kept here; click one to return to it.", "hint")
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addWidget(self._hint)
        self._row.addStretch(1)
        inside = QWidget()
        inside.setLayout(self._row)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        buttons = QVBoxLayout()
        buttons.setContentsMargins(0, 8, 0, 8)
        buttons.setSpacing(4)
        buttons.addWidget(self.undo)
        buttons.addWidget(self.redo)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(12)
        layout.addLayout(buttons)
        layout.addWidget(self._scroll, 1)

    def attach(self, studio: Studio) -> None:
        """Follow a session."""
        self._build()
        self._studio = studio
        self.undo.clicked.connect(studio.commands.action("undo").trigger)
        self.redo.clicked.connect(studio.commands.action("redo").trigger)
        studio.bridge.changed.connect(self._changed)
        self._changed("history")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic != "history":
            return
        session = self._studio.session
        self.undo.setEnabled(session.can_undo)
        self.redo.setEnabled(session.can_redo)
        kept = set(session.states)
        for state in [state for state in self._thumbs if state not in kept]:
            thumb = self._thumbs.pop(state)
            self._group.removeButton(thumb)
            thumb.deleteLater()
        if session.state in self._thumbs:
            self._thumbs[session.state].setChecked(True)
        self._hint.setVisible(not self._thumbs)

    @Slot(QImage)
    def take(self, image: QImage) -> None:
        """Keep a picture of the present state; ``image`` is the frame on screen."""
        session = self._studio.session
        if session.shown is None or session.preview is not None or not session.shown.checkpoint:
            return
        from voxstudio.ui import pictures

        ratio = THUMB.width() / THUMB.height()
        high = min(image.height(), round(image.width() / ratio))
        wide = round(high * ratio)
        middle = image.copy((image.width() - wide) // 2, (image.height() - high) // 2, wide, high)
        pixmap = pictures.rounded(middle, THUMB.width(), THUMB.height(), self.devicePixelRatioF())
        thumb = self._thumbs.get(session.state)
        if thumb is None:
            thumb = self._thumb(session.state)
        thumb.setIcon(QIcon(pixmap))
        thumb.setToolTip(f"{session.shown.origin}, threshold {session.options.iso:.2f}: click to return to it")
        thumb.setAccessibleName(f"State: {session.shown.origin}, threshold {session.options.iso:.2f}")
        thumb.setChecked(True)
        self._hint.hide()

    def _thumb(self, state: int) -> QToolButton:
        thumb = QToolButton()
        thumb.setProperty("role", "thumb")
        thumb.setCheckable(True)
        thumb.setFixedSize(THUMB.width() + 4, THUMB.height() + 4)
        thumb.setIconSize(THUMB)
        thumb.setCursor(Qt.CursorShape.PointingHandCursor)
        thumb.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._thumbs[state] = thumb
        self._group.addButton(thumb, state)
        place = [kept for kept in self._studio.session.states if kept in self._thumbs].index(state)
        self._row.insertWidget(1 + place, thumb)
        self._scroll.ensureWidgetVisible(thumb)
        return thumb

    @Slot(int)
    def _clicked(self, state: int) -> None:
        self._studio.session.restore(state)

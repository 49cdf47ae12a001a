"""Thumbnails of every state that was kept, those with a name first; a click restores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from voxstudio.ui import widgets
from voxstudio.ui.studio import Studio

if TYPE_CHECKING:
    from voxstudio.ui.history_thumb import HistoryThumb, NameField
    from voxstudio.ui.thumbnails import Thumbnails


class HistoryStrip(QFrame):
    """Shows the states of the session for which a picture was taken. Empty before :meth:`attach`."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "strip")
        self.setAccessibleName("History")
        self.setFixedHeight(80)
        self._studio: Studio | None = None
        self._thumbs: dict[int, HistoryThumb] = {}
        self._named: dict[int, HistoryThumb] = {}
        self._field: NameField | None = None
        self._portraits: Thumbnails | None = None

    def _build(self) -> None:
        self.undo = widgets.icon_button("arrow-counter-clockwise", "Undo (Ctrl+Z)")
        self.redo = widgets.icon_button("arrow-clockwise", "Redo (Ctrl+Y)")
        self._hint = widgets.words("Every shape you make is kept here; click one to return to it.", "hint")
        self._kept = QHBoxLayout()
        self._kept.setContentsMargins(0, 0, 0, 0)
        self._kept.setSpacing(8)
        self._line = QFrame()
        self._line.setProperty("role", "stroke")
        self._line.setFixedSize(1, 56)
        self._line.hide()
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addLayout(self._kept)
        self._row.addWidget(self._line)
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
        if topic == "history":
            self._follow_history()
        elif topic == "kept":
            self._follow_kept()

    def _follow_history(self) -> None:
        session = self._studio.session
        self.undo.setEnabled(session.can_undo)
        self.redo.setEnabled(session.can_redo)
        kept = set(session.states)
        for state in [state for state in self._thumbs if state not in kept]:
            self._forget(self._thumbs.pop(state))
        for state, thumb in self._thumbs.items():
            thumb.setChecked(state == session.state)
        self._hint.setVisible(not self._thumbs)

    def _follow_kept(self) -> None:
        """Those with a name, and the mark of the one that is compared."""
        snapshots = self._studio.session.snapshots
        named = {kept.id: kept for kept in snapshots.named}
        for which in [which for which in self._named if which not in named]:
            self._forget(self._named.pop(which))
        for which, kept in named.items():
            thumb = self._named.get(which)
            if thumb is None:
                thumb = self._named[which] = self._make(which)
                thumb.setCheckable(False)
                before = self._thumbs.get(kept.snapshot.state)
                if before is not None:
                    thumb.setIcon(before.icon())
                self._kept.addWidget(thumb)
            thumb.say(kept.origin, kept.name)
        self._line.setVisible(bool(named))
        self._paint_kept()
        compared = snapshots.compared
        for which, thumb in (*self._thumbs.items(), *self._named.items()):
            thumb.show_compared(compared is not None and compared.id == which)

    @Slot()
    def _paint_kept(self) -> None:
        """A portrait for a named shape that was never photographed."""
        bare = [which for which, thumb in self._named.items() if thumb.icon().isNull()]
        if bare and self._portraits is None:
            from voxstudio.ui.thumbnails import Thumbnails

            self._portraits = Thumbnails(self._studio, 56, self)
            self._portraits.drawn.connect(self._paint_kept)
        for which in bare:
            kept = self._studio.session.snapshots.find(which)
            pixmap = self._portraits.pixmap(kept.grid) if kept is not None and self._portraits is not None else None
            if pixmap is not None:
                self._named[which].setIcon(QIcon(pixmap))

    @Slot(QImage)
    def take(self, image: QImage) -> None:
        """Keep a picture of the present state; ``image`` is the frame on screen."""
        session = self._studio.session
        if session.shown is None or session.preview is not None or not session.shown.checkpoint:
            return
        from voxstudio.ui import pictures
        from voxstudio.ui.history_thumb import THUMB

        ratio = THUMB.width() / THUMB.height()
        high = min(image.height(), round(image.width() / ratio))
        wide = round(high * ratio)
        middle = image.copy((image.width() - wide) // 2, (image.height() - high) // 2, wide, high)
        narrow = image.width() < image.height()  # half of a stage: all of it, or the shape would be cut
        pixmap = pictures.rounded(
            image if narrow else middle, THUMB.width(), THUMB.height(), self.devicePixelRatioF(), not narrow
        )
        thumb = self._thumbs.get(session.state)
        if thumb is None:
            thumb = self._thumb(session.state)
        thumb.setIcon(QIcon(pixmap))
        thumb.say(f"{session.shown.origin}, threshold {session.options.iso:.2f}")
        thumb.setChecked(True)
        self._hint.hide()

    def _thumb(self, state: int) -> HistoryThumb:
        thumb = self._thumbs[state] = self._make(state)
        place = [kept for kept in self._studio.session.states if kept in self._thumbs].index(state)
        self._row.insertWidget(3 + place, thumb)
        for other in self._thumbs.values():
            other.setChecked(other is thumb)
        self._scroll.ensureWidgetVisible(thumb)
        return thumb

    def _make(self, which: int) -> HistoryThumb:
        from voxstudio.ui.history_thumb import HistoryThumb

        thumb = HistoryThumb(which)
        thumb.clicked.connect(self._clicked)
        thumb.wished.connect(self._wished)
        return thumb

    @staticmethod
    def _forget(thumb: HistoryThumb) -> None:
        thumb.hide()
        thumb.deleteLater()

    @Slot()
    def _clicked(self) -> None:
        from voxstudio.ui.carrying import Carryable

        thumb = self.sender()
        if isinstance(thumb, Carryable):
            self._wished("return", thumb.which)

    @Slot(str, int)
    def _wished(self, wish: str, which: int) -> None:
        session = self._studio.session
        kept = session.snapshots.find(which)
        if wish == "return":
            if kept is not None and which < 0:
                session.bring_back(kept)
            else:
                session.restore(which)
            for state, thumb in self._thumbs.items():
                thumb.setChecked(state == session.state)
        elif wish == "compare":
            compared = session.snapshots.compared
            session.snapshots.compare(None if compared is not None and compared.id == which else which)
        elif wish == "keep":
            self.ask_name(which)
        elif wish == "keyframe" and kept is not None:
            session.path.add(kept)
        elif wish == "drop":
            session.snapshots.drop(which)

    def ask_name(self, which: int) -> None:
        """Ask for the name under which a shape is kept."""
        from voxstudio.ui.history_thumb import NameField

        if self._field is None:
            self._field = NameField(self)
            self._field.named.connect(self._name)
        thumb = self._named.get(which) or self._thumbs.get(which)
        self._field.open(which, thumb.name if thumb is not None else "", thumb if thumb is not None else self)

    @Slot(int, str)
    def _name(self, which: int, name: str) -> None:
        self._studio.session.snapshots.keep(which, name)

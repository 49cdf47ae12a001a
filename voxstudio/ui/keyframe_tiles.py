"""Keyframes as tiles: click to stand there, drag to reorder, drop from the history, remove."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QEnterEvent,
    QFont,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolButton, QWidget

from voxstudio.ui import carrying, theme, widgets
from voxstudio.ui.thumbnails import Thumbnails

if TYPE_CHECKING:
    from voxstudio.session.interpolation import Keyframe
    from voxstudio.ui.studio import Studio

SIDE = 72
STEP = SIDE + theme.GRID + 4


class KeyframeTile(carrying.Carryable):
    """One keyframe with its number; Delete removes it, Alt with the arrows moves it."""

    kind = carrying.KEYFRAME
    removed = Signal(int)
    shifted = Signal(int, int)

    def __init__(self, key: Keyframe) -> None:
        super().__init__(key.id)
        self.number = 0
        self.setProperty("role", "thumb")
        self.setFixedSize(SIDE + 4, SIDE + 4)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title = key.title
        self._remove = QToolButton(self)
        self._remove.setProperty("role", "corner")
        self._remove.setProperty("icon_name", "x")
        self._remove.setIconSize(QSize(12, 12))
        self._remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._remove.setCursor(Qt.CursorShape.ArrowCursor)
        self._remove.setToolTip("Remove this keyframe (Delete)")
        self._remove.setAccessibleName("Remove this keyframe")
        self._remove.setFixedSize(20, 20)
        self._remove.move(self.width() - 24, 4)
        self._remove.hide()
        self._remove.clicked.connect(self._wish_removal)
        widgets.dress(self._remove)

    def say(self, number: int) -> None:
        """Its place in the path, from 1."""
        self.number = number
        self.setToolTip(f"Keyframe {number}, {self.title}: click to stand there, drag to move it")
        self.setAccessibleName(f"Keyframe {number}: {self.title}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and the number in its corner."""
        super().paintEvent(event)
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(theme.type_scale(self.font()).small)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text))
        painter.drawText(self.rect().adjusted(8, 5, -6, -6), Qt.AlignmentFlag.AlignLeft, str(self.number))
        painter.end()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Offer to remove it."""
        self._remove.show()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """No longer."""
        self._remove.hide()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete, and Alt with an arrow."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(self.which)
        elif step and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.shifted.emit(self.which, step)
        else:
            super().keyPressEvent(event)

    @Slot()
    def _wish_removal(self) -> None:
        self.removed.emit(self.which)


class KeyframeTiles(QWidget):
    """Rows of tiles with room to drop; the last tile adds what is on the stage."""

    chosen = Signal(int)
    removed = Signal(int)
    moved = Signal(int, int)
    dropped = Signal(int, int)
    added = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.tiles: dict[int, KeyframeTile] = {}
        self._order: list[int] = []
        self._keys: tuple[Keyframe, ...] = ()
        self._gap = -1
        self._thumbnails = Thumbnails(studio, SIDE, self)
        self._thumbnails.drawn.connect(self._dress)
        self.add = QToolButton(self)
        self.add.setProperty("role", "add")
        self.add.setProperty("icon_name", "plus")
        self.add.setIconSize(QSize(20, 20))
        self.add.setFixedSize(SIDE + 4, SIDE + 4)
        self.add.setCursor(Qt.CursorShape.PointingHandCursor)
        self.add.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.add.setToolTip("Add the shape on the stage; or drag one here from the history")
        self.add.setAccessibleName("Add the shape on the stage")
        self.add.clicked.connect(self.added)
        widgets.dress(self.add)
        self._place()

    def show_keys(self, keys: Sequence[Keyframe], at: int = -1) -> None:
        """Show these keyframes in this order; ``at`` is the id of that on the stage."""
        gone = set(self.tiles) - {key.id for key in keys}
        for which in gone:
            tile = self.tiles.pop(which)
            tile.hide()
            tile.deleteLater()
        for number, key in enumerate(keys):
            tile = self.tiles.get(key.id)
            if tile is None:
                tile = self.tiles[key.id] = KeyframeTile(key)
                tile.setParent(self)
                tile.clicked.connect(self._clicked)
                tile.removed.connect(self.removed)
                tile.shifted.connect(self._shifted)
                tile.show()
            tile.say(number + 1)
            tile.setChecked(key.id == at)
        self._keys, self._order = tuple(keys), [key.id for key in keys]
        self._dress()
        self._place()

    @Slot()
    def _dress(self) -> None:
        for key in self._keys:
            pixmap = self._thumbnails.pixmap(key.grid)
            if pixmap is not None:
                self.tiles[key.id].setIcon(QIcon(pixmap))

    def _columns(self) -> int:
        return max(1, (self.width() + theme.GRID) // STEP)

    def _spot(self, index: int) -> QPoint:
        columns = self._columns()
        return QPoint(index % columns * STEP, index // columns * STEP)

    def _place(self) -> None:
        widgets_in_order = [*(self.tiles[which] for which in self._order), self.add]
        for index, tile in enumerate(widgets_in_order):
            tile.move(self._spot(index))
        for one, other in zip(widgets_in_order, widgets_in_order[1:], strict=False):
            QWidget.setTabOrder(one, other)
        rows = -(-len(widgets_in_order) // self._columns())
        self.setFixedHeight(rows * STEP - theme.GRID)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More width, more columns."""
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Where what is dragged would go."""
        if self._gap >= 0:
            spot = self._spot(self._gap)
            painter = QPainter(self)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.current().accent))
            painter.drawRoundedRect(max(0, spot.x() - 7), spot.y() + 4, 3, SIDE - 4, 1.5, 1.5)
            painter.end()

    def _position(self, point: QPoint) -> int:
        column = min((point.x() + STEP // 2) // STEP, self._columns())
        return min(point.y() // STEP * self._columns() + column, len(self._order))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Shapes of the history and keyframes may come."""
        mime = event.mimeData()
        if carrying.carried(mime, carrying.KEPT) is not None or carrying.carried(mime, carrying.KEYFRAME) is not None:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where it would go."""
        event.acceptProposedAction()
        self._gap = self._position(event.position().toPoint())
        self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nowhere."""
        self._gap = -1
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it."""
        event.acceptProposedAction()
        place, self._gap = self._position(event.position().toPoint()), -1
        self.update()
        key = carrying.carried(event.mimeData(), carrying.KEYFRAME)
        if key in self._order:
            self.moved.emit(key, place - (self._order.index(key) < place))
            return
        kept = carrying.carried(event.mimeData(), carrying.KEPT)
        if kept is not None:
            self.dropped.emit(kept, place)

    @Slot()
    def _clicked(self) -> None:
        tile = self.sender()
        if isinstance(tile, KeyframeTile):
            self.chosen.emit(tile.which)

    @Slot(int, int)
    def _shifted(self, which: int, step: int) -> None:
        place = self._order.index(which) + step
        if 0 <= place < len(self._order):
            self.moved.emit(which, place)

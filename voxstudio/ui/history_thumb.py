"""A kept shape in the strip: click to return, Ctrl-click to compare, drag into a panel, menu for the rest."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QMenu, QVBoxLayout, QWidget

from voxstudio.ui import carrying, theme, widgets

THUMB = QSize(72, 56)
_BAND = 18


class HistoryThumb(carrying.Carryable):
    """``wished`` carries ``"return"``, ``"compare"``, ``"keep"``, ``"keyframe"`` or ``"drop"`` and the id."""

    wished = Signal(str, int)

    def __init__(self, which: int) -> None:
        super().__init__(which)
        self.name = ""
        self.compared = False
        self.setProperty("role", "thumb")
        self.setCheckable(True)
        self.setFixedSize(THUMB.width() + 4, THUMB.height() + 4)
        self.setIconSize(THUMB)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.open_menu)

    def say(self, origin: str, name: str = "") -> None:
        """What it is, and the person's name for it."""
        self.name = name
        told = f"{name}: {origin}" if name else origin
        self.setToolTip(f"{told}\nClick to return to it, Ctrl-click to compare, drag into a panel; F2 names it")
        self.setAccessibleName(f"Kept: {told}" if name else f"State: {told}")
        self.update()

    def show_compared(self, on: bool) -> None:
        """Mark the one that is compared."""
        if on != self.compared:
            self.compared = on
            self.update()

    def menu(self) -> QMenu:
        """What can be done with it."""
        menu = QMenu(self)
        wishes = [("return", "Return to it"), ("compare", "Stop comparing" if self.compared else "Compare with it")]
        wishes += [("keep", "Rename…" if self.name else "Keep under a name…"), ("keyframe", "Use as a keyframe")]
        wishes += [("drop", "Let it go")] if self.name else []
        for wish, words in wishes:
            menu.addAction(words).setData(wish)
        menu.triggered.connect(self._chosen)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    @Slot(QPoint)
    def open_menu(self, where: QPoint) -> None:
        """Open the menu there."""
        self.menu().popup(self.mapToGlobal(where))

    @Slot(QAction)
    def _chosen(self, action: QAction) -> None:
        self.wished.emit(str(action.data()), self.which)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """With Ctrl it compares."""
        left = event.button() == Qt.MouseButton.LeftButton
        if left and event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.isDown():
            self.setDown(False)
            self.wished.emit("compare", self.which)
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 names it, Ctrl with Enter or Space compares."""
        if event.key() == Qt.Key.Key_F2:
            self.wished.emit("keep", self.which)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.wished.emit("compare", self.which)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, its name on a band, a mark while it is compared."""
        super().paintEvent(event)
        if not (self.name or self.compared):
            return
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(theme.type_scale(self.font()).small)
        painter.setFont(font)
        if self.name:
            band = QRectF(2, self.height() - _BAND - 2, self.width() - 4, _BAND)
            ground = QColor(tokens.raised)
            ground.setAlpha(228)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(band, 4, 4)
            painter.setPen(QColor(tokens.text))
            words = QFontMetrics(font).elidedText(self.name, Qt.TextElideMode.ElideRight, round(band.width()) - 8)
            painter.drawText(band, Qt.AlignmentFlag.AlignCenter, words)
        if self.compared:
            spot = QRectF(5, 5, 18, 16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(spot, 4, 4)
            painter.setPen(QColor(tokens.on_accent))
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, "A")
        painter.end()


class NameField(QFrame):
    """A small field over a thumbnail; Enter takes the name, Escape or a click elsewhere leaves it."""

    named = Signal(int, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setProperty("role", "popup")
        self._which = 0
        self.field = QLineEdit()
        self.field.setPlaceholderText("A name for this shape")
        self.field.setAccessibleName("A name for this shape")
        self.field.setMaxLength(40)
        self.field.setMinimumWidth(220)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(widgets.words("Named shapes stay, also when you open the window again.", "hint"))
        self.field.returnPressed.connect(self._take)

    def open(self, which: int, name: str, over: QWidget) -> None:
        """Ask for a name of one shape, above its thumbnail."""
        self._which = which
        self.field.setText(name)
        self.field.selectAll()
        self.adjustSize()
        self.move(over.mapToGlobal(QPoint(0, -self.height() - 4)))
        self.show()
        self.field.setFocus()

    @Slot()
    def _take(self) -> None:
        self.hide()
        self.named.emit(self._which, self.field.text())

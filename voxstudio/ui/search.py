"""Search any action: a field, a list, enter. Ctrl+K."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from voxstudio.ui import icons, theme
from voxstudio.ui.commands import Commands

_ACTION = Qt.ItemDataRole.UserRole


def matches(words: str, wanted: str) -> bool:
    """True if every word that was typed begins a word, or occurs, in ``words``."""
    low = words.lower()
    return all(part in low for part in wanted.lower().split())


def _rank(wanted: str, action: QAction) -> int:
    """What begins with the typed words comes first, then what has a word that does; the rest keeps its order."""
    low, text = wanted.lower().strip(), action.text().lower()
    if not low or text.startswith(low):
        return 0
    return 1 if any(word.startswith(low) for word in text.split()) else 2


class Search(QFrame):
    """Appears over the window; escape or a click elsewhere closes it."""

    def __init__(self, window: QWidget, commands: Commands) -> None:
        super().__init__(window, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setProperty("role", "popup")
        self._commands = commands
        self._field = QLineEdit()
        self._field.setPlaceholderText("What do you want to do?")
        self._field.setAccessibleName("Search any action")
        self._field.setClearButtonEnabled(True)
        self._list = QListWidget()
        self._list.setAccessibleName("Actions")
        self._list.setIconSize(QSize(18, 18))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setUniformItemSizes(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        column.addWidget(self._field)
        column.addWidget(self._list)
        self._field.textChanged.connect(self._filter)
        self._field.installEventFilter(self)
        self._list.itemActivated.connect(self._run)
        self._list.itemClicked.connect(self._run)

    def open(self) -> None:
        """Show every action, the field ready for typing."""
        window = self.parentWidget()
        self.resize(min(520, window.width() - 64), min(440, window.height() - 128))
        self.move(window.mapToGlobal(QPoint((window.width() - self.width()) // 2, 52)))
        self._field.clear()
        self._filter("")
        self.show()
        self._field.setFocus()

    @Slot(str)
    def _filter(self, wanted: str) -> None:
        self._list.clear()
        colour = theme.current().muted
        for action in sorted(self._commands.all(), key=partial(_rank, wanted)):
            keys = action.shortcut().toString()
            if not action.isEnabled() or action.property("key") == "search":
                continue
            if matches(f"{action.text()} {action.toolTip()} {action.property('menu')}", wanted):
                row = QListWidgetItem(f"{action.text()}    {keys}" if keys else action.text())
                row.setData(_ACTION, action)
                if action.property("icon_name"):
                    row.setIcon(icons.icon(action.property("icon_name"), colour))
                self._list.addItem(row)
        if self._list.count() == 0:
            row = QListWidgetItem("Nothing is called that: try another word")
            row.setFlags(Qt.ItemFlag.NoItemFlags)
            self._list.addItem(row)
        self._list.setCurrentRow(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while the field has the focus; enter runs what is chosen."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if step:
                row = self._list.currentRow() + step
                self._list.setCurrentRow(max(0, min(row, self._list.count() - 1)))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self._list.currentItem())
                return True
        return super().eventFilter(watched, event)

    @Slot(QListWidgetItem)
    def _run(self, row: QListWidgetItem | None) -> None:
        action = row.data(_ACTION) if row is not None else None
        if isinstance(action, QAction):
            self.hide()
            action.trigger()

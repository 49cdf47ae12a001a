"""The tables of the inspector: names to confirm, differences, tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from voxstudio.ui import icons, theme

if TYPE_CHECKING:
    from voxstudio.engine.inspection import Part
    from voxstudio.lab.adopting import Proposal

Index = QModelIndex | QPersistentModelIndex
NOTHING = "nothing"
_FILE_COLUMN = 2
_ROW = 34
_TICK = 28


@dataclass(frozen=True)
class Row:
    """One line: an icon's name, the cells, a key, and whether it is a guess (None: nothing to confirm)."""

    icon: str
    cells: tuple[str, ...]
    key: str = ""
    confirmed: bool | None = None
    danger: bool = False
    choices: bool = False


def size_in_words(size: int) -> str:
    """Bytes for a person."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.1f} KiB" if size < 2**20 else f"{size / 2**20:.1f} MiB"


def shape_in_words(shape: Sequence[int]) -> str:
    """``64 × 32 × 4``; a single number has no sides."""
    return " × ".join(map(str, shape)) or "one number"


def name_rows(proposal: Proposal) -> list[Row]:
    """Every tensor that the network wants, in the network's order."""
    missing = set(proposal.difference.missing) | {wanted for _, wanted in proposal.difference.misshapen}
    rows = []
    for wanted in proposal.fit.wanted:
        pair = proposal.pairs.get(wanted)
        if pair is None:
            word = "Missing" if wanted in missing else "Left out"
            rows.append(Row("minus-circle", (word, wanted, NOTHING), wanted, None, True, True))
        elif not pair.sure:
            rows.append(Row("question", ("Guess", wanted, pair.found), wanted, False, False, True))
        elif pair.found == wanted:
            rows.append(Row("equals", ("Same", wanted, pair.found), wanted, None, False, True))
        else:
            chosen = pair.why == "chosen"
            word = "Confirmed" if chosen else "Sure"
            rows.append(Row("check", (word, wanted, pair.found), wanted, True if chosen else None, False, True))
    return rows


def urgent_first(rows: list[Row]) -> list[str]:
    """Their keys: guesses first, then what is missing, then the rest. Taken once, so that no line jumps."""
    ranks = {"Guess": 0, "Missing": 1, "Left out": 1, "Same": 3}
    return [row.key for row in sorted(rows, key=lambda row: ranks.get(row.cells[0], 2))]


def difference_rows(proposal: Proposal) -> list[Row]:
    """What is missing, extra and misshapen: told apart by sign and word."""
    left, shapes, wanted = proposal.difference, proposal.part.shapes, proposal.fit.wanted
    return [
        *(
            Row("warning", ("≠ Misshapen", f"{one} for {other}" if one != other else one, shape_in_words(shapes[one]),
                            shape_in_words(wanted[other])), danger=True)
            for one, other in left.misshapen
        ),
        *(Row("minus-circle", ("− Missing", name, "", shape_in_words(wanted[name])), danger=True)
          for name in left.missing),
        *(Row("plus-circle", ("+ Extra", name, shape_in_words(shapes[name]), "")) for name in left.extra),
    ]  # fmt: skip


def tensor_rows(part: Part) -> list[Row]:
    """Everything in the part of the file."""
    return [
        Row("", (name, shape_in_words(spec.shape), spec.dtype, size_in_words(spec.size_bytes)))
        for name, spec in part.tensors.items()
    ]


class Rows(QAbstractTableModel):
    """Lines of words. ``ticked`` tells the key of a guess and whether it is right."""

    ticked = Signal(str, bool)
    paired = Signal(str, str)

    def __init__(self, heads: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._heads = tuple(heads)
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        """Replace the lines; where only their words changed, the view stays where it is."""
        if [row.key for row in rows] == [row.key for row in self.rows] and rows and rows[0].key:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self._heads) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Lines."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Cells in a line."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The heads."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._heads[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, icon, colour, tick."""
        row, column, tokens = self.rows[index.row()], index.column(), theme.current()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.cells[column]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.cells[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 0 and row.icon:
            return icons.pixmap(row.icon, tokens.danger if row.danger else tokens.accent, 16)
        if role == Qt.ItemDataRole.ForegroundRole:
            if column == 0 and row.danger:
                return QColor(tokens.danger)
            return QColor(tokens.muted) if row.cells[column] == NOTHING else None
        if role == Qt.ItemDataRole.CheckStateRole and column == 0 and row.confirmed is not None:
            return Qt.CheckState.Checked if row.confirmed else Qt.CheckState.Unchecked
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Guesses can be ticked, names in the file can be changed."""
        row, flags = self.rows[index.row()], Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == 0 and row.confirmed is not None:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        if index.column() == _FILE_COLUMN and row.choices:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tell what the person wants; the lines follow when it is so."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole and row.confirmed is not None:
            self.ticked.emit(row.key, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and row.choices and value != row.cells[_FILE_COLUMN]:
            self.paired.emit(row.key, value)
            return True
        return False


class Choices(QStyledItemDelegate):
    """A list of the tensors that fit, opened by a click."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.proposal: Proposal | None = None

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """The list."""
        box = QComboBox(parent)
        model = index.model()
        key = model.rows[index.row()].key if isinstance(model, Rows) else ""
        box.setAccessibleName(f"Tensor of the file for {key}")
        box.addItem(NOTHING)
        if self.proposal is not None:
            box.addItems(list(self.proposal.candidates(key)))
        box.activated.connect(self._chosen)
        return box

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Begin at what is chosen."""
        if isinstance(editor, QComboBox):
            editor.setCurrentText(str(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:
        """Hand over what was chosen."""
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText(), Qt.ItemDataRole.EditRole)

    def _chosen(self, _: int) -> None:
        editor = self.sender()
        if isinstance(editor, QComboBox):
            self.commitData.emit(editor)
            self.closeEditor.emit(editor)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for the list."""
        return QSize(super().sizeHint(option, index).width(), _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The words, and a mark that they can be changed."""
        narrow = QStyleOptionViewItem(option)
        super().paint(painter, narrow, index)
        mark = icons.pixmap("caret-down", theme.current().muted, 12)
        place = QRect(option.rect.right() - 18, option.rect.center().y() - 6, 12, 12)
        painter.drawPixmap(place, mark)


class Marks(QStyledItemDelegate):
    """Tick, icon and word of a line. Qt leaves the style sheet's padding out of the width where there is a tick."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for all three."""
        hint = super().sizeHint(option, index)
        ticked = index.data(Qt.ItemDataRole.CheckStateRole) is not None
        return QSize(hint.width() + (_TICK if ticked else 0), hint.height())


class Table(QTableView):
    """A quiet table: no grid, one line selected, widths by their words; ``empty`` is told where there is no line."""

    def __init__(self, name: str, heads: Sequence[str], wide: int, empty: str = "") -> None:
        super().__init__()
        self._empty = empty
        self.setAccessibleName(name)
        self.lines = Rows(heads, self)
        self.setModel(self.lines)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.clicked.connect(self._open_list)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in range(wide, wide + (2 if len(heads) == 3 else 1)):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self._marks = Marks(self)
        self.setItemDelegateForColumn(0, self._marks)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The lines, or a word in their place."""
        super().paintEvent(event)
        if self._empty and not self.lines.rows:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(theme.current().muted))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
            painter.end()

    @Slot(QModelIndex)
    def _open_list(self, index: QModelIndex) -> None:
        """One click is enough."""
        if index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.edit(index)

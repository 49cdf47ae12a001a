"""Figures in columns: words that wrap at the left, numbers at the right of their column."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from voxstudio.ui import widgets

NARROW = 56
"""Least width of a column of numbers, in pixels."""


class FigureTable(QWidget):
    """As high as its rows; what holds it scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._shown: tuple[Sequence[str], Sequence[Sequence[str]]] = ((), ())

    def show_rows(self, heads: Sequence[str], rows: Sequence[Sequence[str]], tips: Sequence[str] = ()) -> None:
        """Replace all; ``tips`` are told when a row is pointed at."""
        if (heads, rows) == self._shown:
            return
        self._shown = (heads, rows)
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            widget.hide()
            widget.deleteLater()
        for column, head in enumerate(heads):
            self._put(head, 0, column, "hint", "")
        if rows:
            self._grid.addWidget(widgets.rule(), 1, 0, 1, len(heads))
        for k, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                self._put(cell, 2 + k, column, "", tips[k] if k < len(tips) else "")
        self.setAccessibleName(f"Figures: {len(rows)} rows")

    def _put(self, text: str, row: int, column: int, role: str, tip: str) -> QLabel:
        label = widgets.words(text, role, wrap=True)
        label.setToolTip(tip)
        side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
        label.setAlignment(side | (Qt.AlignmentFlag.AlignTop if row else Qt.AlignmentFlag.AlignBottom))
        if column:
            label.setMinimumWidth(NARROW)
        self._grid.addWidget(label, row, column)
        return label

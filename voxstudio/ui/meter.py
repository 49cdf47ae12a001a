"""A small labelled meter: where a number stands between two words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxstudio.ui import theme, widgets


class _Bar(QWidget):
    """A track with its good part marked, and a needle."""

    def __init__(self, good: tuple[float, float]) -> None:
        super().__init__()
        self._good, self._value, self._fine = good, 0.0, True
        self.setFixedHeight(14)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_value(self, value: float, calm: bool) -> bool:
        """Move the needle; True if it stands in the good part, or need not."""
        self._value = min(max(value, 0.0), 1.0)
        self._fine = calm or self._good[0] <= self._value <= self._good[1]
        self.update()
        return self._fine

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, good part, needle."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        wide, top = self.width() - 4.0, self.height() / 2 - 2
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(QRectF(2, top, wide, 4), 2, 2)
        painter.setBrush(QColor(tokens.line_strong))
        low, high = self._good
        painter.drawRoundedRect(QRectF(2 + wide * low, top, wide * (high - low), 4), 2, 2)
        painter.setBrush(QColor(tokens.accent if self._fine else tokens.danger))
        painter.drawRoundedRect(QRectF(2 + wide * self._value - 2, 0, 4, self.height()), 2, 2)
        painter.end()


class Meter(QWidget):
    """Title and number, the bar, and what it means in words."""

    def __init__(self, title: str, good: tuple[float, float], tip: str) -> None:
        super().__init__()
        self._title = title
        self.setToolTip(tip)
        self.number = widgets.words("", "figure")
        self._bar = _Bar(good)
        self.words = widgets.words("", "hint", wrap=True)
        head = QHBoxLayout()
        head.addWidget(widgets.words(title), 1)
        head.addWidget(self.number)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addWidget(self.words)

    def show_value(self, value: float | None, words: str, calm: bool = False) -> None:
        """Show a number in [0, 1] and its meaning; hidden where there is none; ``calm``: never an alarm."""
        self.setVisible(value is not None)
        if value is None:
            return
        fine = self._bar.show_value(value, calm)
        self.number.setText(f"{100 * value:.0f} %")
        self.words.setText(words)
        widgets.restyle(self.words, role="hint" if fine else "problem")
        self.setAccessibleName(f"{self._title}: {100 * value:.0f} %, {words}")

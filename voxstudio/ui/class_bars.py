"""Class probabilities as bars; under an attack those before it as a mark on each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxstudio.ui import theme

ROW, NAME, FIGURE = 18, 92, 44


class ClassBars(QWidget):
    """One row for each class, in the order of the classes: nothing jumps when the answer changes."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: tuple[str, ...] = ()
        self._values: tuple[float, ...] = ()
        self._before: tuple[float, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_values(self, classes: Sequence[str], values: Sequence[float], before: Sequence[float] = ()) -> None:
        """Show probabilities; ``before`` are marked where they are another's."""
        names = tuple(name.replace("_", " ") for name in classes)
        if len(names) != len(self._classes):
            self.updateGeometry()
        self._classes, self._values, self._before = names, tuple(values), tuple(before)
        told = sorted(zip(values, names, strict=True), reverse=True)[:3]
        self.setAccessibleName("Probabilities: " + ", ".join(f"{name} {value:.0%}" for value, name in told))
        self.setFixedHeight(max(len(names), 1) * ROW)
        self.update()

    def sizeHint(self) -> QSize:
        """A row for each class."""
        return QSize(240, max(len(self._classes), 1) * ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name, bar, percent; the likeliest stands out."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        best = max(range(len(self._values)), key=self._values.__getitem__) if self._values else -1
        wide = max(self.width() - NAME - FIGURE - 16, 20)
        plain, bold = QFont(self.font()), QFont(self.font())
        for font in (plain, bold):
            font.setPixelSize(theme.type_scale(self.font()).small)
        bold.setWeight(QFont.Weight.DemiBold)
        for k, (name, value) in enumerate(zip(self._classes, self._values, strict=True)):
            top = k * ROW
            painter.setFont(bold if k == best else plain)
            painter.setPen(QColor(tokens.text if k == best else tokens.muted))
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, top, NAME, ROW), left, name)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(self.width() - FIGURE, top, FIGURE, ROW), right, f"{100 * value:.1f} %")
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.line))
            painter.drawRoundedRect(QRectF(NAME + 8, top + 6, wide, ROW - 12), 4, 4)
            painter.setBrush(QColor(tokens.accent if k == best else tokens.line_strong))
            painter.drawRoundedRect(QRectF(NAME + 8, top + 6, max(wide * value, 1.0), ROW - 12), 4, 4)
            if self._before:
                painter.setBrush(QColor(tokens.text))
                painter.drawRect(QRectF(NAME + 8 + (wide - 2) * self._before[k], top + 3, 2, ROW - 6))
        painter.end()

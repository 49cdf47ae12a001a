"""One code of a generator as a row: a slider or a choice, what it was found to move below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Signal, Slot
from PySide6.QtGui import QEnterEvent, QIcon, QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voxstudio.ui import inputs, theme, widgets

if TYPE_CHECKING:
    from voxstudio.session.filming import Axis

SEGMENTS = 5
"""A choice of more values than this opens as a list."""
FOLLOWS = "Double-click: follow the seed"
ICON = 28


class FreeSlider(inputs.SliderRow):
    """A slider whose double-click does not set a value of its own but lets go."""

    let_go = Signal()

    def reset(self) -> None:
        """Whoever owns the row knows what it returns to."""
        self.let_go.emit()


class Row(QWidget):
    """Base of both kinds; ``pointed`` comes when the pointer or the keyboard reaches the row.

    ``moved`` carries a value while it is dragged, ``settled`` once at the end, ``let_go`` the wish to follow the seed.
    """

    pointed = Signal(object)
    moved = Signal(object, float)
    settled = Signal(object, float)
    let_go = Signal(object)

    def __init__(self, axis: Axis, title: str) -> None:
        super().__init__()
        self.axis, self.title = axis, title
        self.found = widgets.Elided("", "hint")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def _add(self, row: QWidget, focus: Sequence[QWidget]) -> None:
        """The row itself, and what was found about it, aligned with the control."""
        below = QHBoxLayout()
        below.setContentsMargins(widgets.LABEL_WIDTH + theme.GRID, 0, 0, 0)
        below.addWidget(self.found)
        self._column.addWidget(row)
        self._column.addLayout(below)
        self.found.hide()
        for part in focus:
            part.installEventFilter(self)

    def show_value(self, value: float, by_hand: bool) -> None:
        """Where it stands, and whether a person put it there."""
        raise NotImplementedError

    def value(self) -> float:
        """Where it stands."""
        raise NotImplementedError

    @property
    def choices(self) -> int:
        """How many values there are to choose from; 0 for a number."""
        return 0

    def tell(self, words: str) -> None:
        """What the code was found to move; empty if nothing was measured."""
        self.found.say(words)
        self.found.setVisible(bool(words))

    def told(self) -> str:
        """Title and finding in one line."""
        words = self.found.full_text()
        return f"{self.title} · {words}" if words else self.title

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer is here."""
        super().enterEvent(event)
        self.pointed.emit(self.axis)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """So is the keyboard."""
        if event.type() == QEvent.Type.FocusIn:
            self.pointed.emit(self.axis)
        return False


class SliderCode(Row):
    """A continuous code or a direction."""

    def __init__(self, axis: Axis, title: str, low: float, high: float, tip: str) -> None:
        super().__init__(axis, title)
        self.row = FreeSlider(title, low, high, 0.0, tip=tip)
        for part in (self.row.slider, self.row.field, self.row.label):
            part.setToolTip(f"{tip}\n{FOLLOWS}".strip())
        self._add(self.row, (self.row.slider, self.row.field.lineEdit()))
        self.row.moved.connect(self._moved)
        self.row.settled.connect(self._settled)
        self.row.let_go.connect(self._let_go)

    def show_value(self, value: float, by_hand: bool) -> None:
        """Where it stands, and whether a person put it there."""
        self.row.set_value(value)
        widgets.restyle(self.row.label, changed=by_hand)

    def value(self) -> float:
        """Where it stands."""
        return self.row.value()

    def rename(self, title: str) -> None:
        """Another name for it."""
        self.title = title
        self.row.label.setText(title)
        self.row.slider.setAccessibleName(title)

    @Slot(float)
    def _moved(self, value: float) -> None:
        self.moved.emit(self.axis, value)

    @Slot(float)
    def _settled(self, value: float) -> None:
        self.settled.emit(self.axis, value)

    @Slot()
    def _let_go(self) -> None:
        self.let_go.emit(self.axis)


class ChoiceCode(Row):
    """A categorical code: segments for a few values, a list with pictures for many. Values count from 1."""

    def __init__(self, axis: Axis, title: str, values: Sequence[str], tip: str) -> None:
        super().__init__(axis, title)
        self.segments: inputs.Segments | None = None
        self.combo: QComboBox | None = None
        if len(values) <= SEGMENTS:
            self.segments = inputs.Segments([(str(k + 1), value) for k, value in enumerate(values)], title)
            self.segments.chosen.connect(self._segment)
            control: QWidget = self.segments
        else:
            self.combo = QComboBox()
            self.combo.setIconSize(QSize(ICON, ICON))
            self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            for k, value in enumerate(values):
                self.combo.addItem(value, k + 1)
            self.combo.activated.connect(self._listed)
            inputs.calm_wheel(self.combo)
            control = self.combo
        control.setToolTip(tip)
        self._column.setSpacing(2)
        row = widgets.labelled(title, control)
        self._label = row.layout().itemAt(0).widget()
        self._label.setToolTip(FOLLOWS)
        self._add(row, (control, *control.findChildren(QWidget), self._label))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double-click on the name lets go."""
        if event.type() == QEvent.Type.MouseButtonDblClick and watched is self._label:
            self.let_go.emit(self.axis)
            return True
        return super().eventFilter(watched, event)

    def show_value(self, value: float, by_hand: bool) -> None:
        """Which value it has, and whether a person chose it."""
        if self.segments is not None:
            self.segments.choose(str(int(value)))
        else:
            self.combo.setCurrentIndex(int(value) - 1)
        widgets.restyle(self._label, changed=by_hand)

    @property
    def choices(self) -> int:
        """How many values there are."""
        return len(self.segments.keys()) if self.segments is not None else self.combo.count()

    def value(self) -> float:
        """Which value it has, counted from 1."""
        chosen = self.segments.value() if self.segments is not None else self.combo.currentData()
        return float(chosen or 1)

    def picture(self, value: int, pixmap: QPixmap) -> None:
        """A small shape beside a value of the list."""
        if self.combo is not None:
            self.combo.setItemIcon(value - 1, QIcon(pixmap))

    def name_values(self, names: Sequence[str]) -> None:
        """Words for the values, such as the class that each was found to make."""
        if self.combo is not None:
            for k, name in enumerate(names[: self.combo.count()]):
                self.combo.setItemText(k, f"{k + 1} · {name}" if name else str(k + 1))

    @Slot(str)
    def _segment(self, key: str) -> None:
        self.settled.emit(self.axis, float(key))

    @Slot(int)
    def _listed(self, index: int) -> None:
        self.settled.emit(self.axis, float(index + 1))

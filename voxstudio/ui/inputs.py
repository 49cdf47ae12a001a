"""What a person sets: a slider with its number, one of a few values, on or off."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from voxstudio.ui import theme
from voxstudio.ui.widgets import LABEL_WIDTH, words

FIELD_WIDTH = 60


class _WheelGuard(QObject):
    """Lets the wheel pass on to what scrolls, unless the control has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def calm_wheel(*controls: QWidget) -> None:
    """Let the wheel scroll the panel where it passes over a control that nobody chose."""
    for control in controls:
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(_WheelGuard(control))


class SliderRow(QWidget):
    """Label, slider and a number that can be typed; a double-click on the label or slider resets it.

    ``moved`` carries the value while it is dragged, ``settled`` once at the end.
    """

    moved = Signal(float)
    settled = Signal(float)

    def __init__(self, title: str, low: float, high: float, default: float, decimals: int = 2, tip: str = "") -> None:
        super().__init__()
        self._scale = 10**decimals
        self._default = default
        self._quiet = False
        self.label = words(title)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(low * self._scale), round(high * self._scale))
        self.slider.setMinimumWidth(theme.SLIDER_WIDTH)
        self.slider.setPageStep(max(1, round((high - low) * self._scale / 20)))
        self.field = QDoubleSpinBox()
        self.field.setRange(low, high)
        self.field.setDecimals(decimals)
        self.field.setSingleStep(1 / self._scale)
        self.field.setFixedWidth(FIELD_WIDTH)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setKeyboardTracking(False)
        self.field.lineEdit().setTextMargins(0, 0, 6, 0)
        self.label.setBuddy(self.slider)
        for part in (self.slider, self.field, self.label):
            part.setToolTip(f"{tip}\nDouble-click resets it".strip())
            part.setAccessibleName(title)
        for part in (self.slider, self.label):
            part.installEventFilter(self)
        calm_wheel(self.slider, self.field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        self.set_value(default)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self._released)
        self.field.valueChanged.connect(self._typed)

    def value(self) -> float:
        """What is set."""
        return self.slider.value() / self._scale

    def set_value(self, value: float) -> None:
        """Show a value without telling anyone; a slider in a person's hand is left alone."""
        if self.slider.isSliderDown():
            return
        self._quiet = True
        self.slider.setValue(round(value * self._scale))
        self.field.setValue(value)
        self._quiet = False

    def set_default(self, value: float) -> None:
        """What a double-click returns to."""
        self._default = value

    def reset(self) -> None:
        """Return to the default."""
        self.set_value(self._default)
        self.settled.emit(self._default)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double-click resets."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.slider.setSliderDown(False)
            self.reset()
            return True
        return super().eventFilter(watched, event)

    @Slot(int)
    def _slid(self, raw: int) -> None:
        if self._quiet:
            return
        value = raw / self._scale
        self._quiet = True
        self.field.setValue(value)
        self._quiet = False
        (self.moved if self.slider.isSliderDown() else self.settled).emit(value)

    @Slot()
    def _released(self) -> None:
        self.settled.emit(self.value())

    @Slot(float)
    def _typed(self, value: float) -> None:
        if self._quiet:
            return
        self._quiet = True
        self.slider.setValue(round(value * self._scale))
        self._quiet = False
        self.settled.emit(value)


class Segments(QFrame):
    """A few values of which one is chosen."""

    chosen = Signal(str)

    def __init__(self, values: Sequence[tuple[str, str]], name: str) -> None:
        super().__init__()
        self.setProperty("role", "segments")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # a full column squeezes it not
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(2)
        self._keys: list[str] = []
        self._name = name
        self.set_values(values)
        self._group.idClicked.connect(self._clicked)

    def set_values(self, values: Sequence[tuple[str, str]]) -> None:
        """Replace the values: pairs of key and word."""
        keys = [key for key, _ in values]
        if keys == self._keys:
            return
        for old in self._group.buttons():
            self._group.removeButton(old)
            old.deleteLater()
        self._keys = keys
        for index, (_, word) in enumerate(values):
            segment = QToolButton()
            segment.setProperty("role", "segment")
            segment.setText(word)
            segment.setCheckable(True)
            segment.setAccessibleName(f"{self._name}: {word}")
            segment.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            segment.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(segment, index)
            self._row.addWidget(segment, 1)

    def keys(self) -> tuple[str, ...]:
        """The keys of all values."""
        return tuple(self._keys)

    def choose(self, key: str) -> None:
        """Show a value as chosen without telling anyone."""
        if key in self._keys:
            self._group.button(self._keys.index(key)).setChecked(True)

    def value(self) -> str:
        """The key that is chosen, or nothing."""
        index = self._group.checkedId()
        return self._keys[index] if index >= 0 else ""

    @Slot(int)
    def _clicked(self, index: int) -> None:
        self.chosen.emit(self._keys[index])


class Switch(QCheckBox):
    """On or off, drawn as a switch."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Room for the switch, a gap and the words."""
        metrics = QFontMetrics(self.font())
        return QSize(36 + metrics.horizontalAdvance(self.text()) + 4, max(24, metrics.height()))

    def minimumSizeHint(self) -> QSize:
        """The words are never cut off."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """The words belong to the switch."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the switch and the words."""
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = (self.height() - 16) / 2
        track = QRectF(1, top, 28, 16)
        on = self.isChecked()
        colour = tokens.accent if on else tokens.line_strong
        if not self.isEnabled():
            colour = tokens.line
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(track, 8, 8)
        painter.setBrush(QColor(tokens.raised if not on else tokens.on_accent))
        painter.drawEllipse(QRectF(15 if on else 3, top + 2, 12, 12))
        if self.hasFocus():
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(track.adjusted(-1, -2, 1, 2), 10, 10)
        painter.setPen(QColor(tokens.text if self.isEnabled() else tokens.disabled))
        painter.drawText(QRectF(37, 0, self.width() - 37, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()

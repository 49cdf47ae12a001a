"""The small parts that every panel is made of. They know the theme and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from voxstudio.ui import icons, theme

LABEL_WIDTH = 76
FIELD_WIDTH = 60


def words(text: str, role: str = "", wrap: bool = False) -> QLabel:
    """A label; ``role`` is a word of the style sheet: title, heading, hint, muted, figure, badge, error."""
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if wrap:
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    return label


def button(text: str, role: str = "", icon_name: str = "", tip: str = "") -> QPushButton:
    """A button with a verb; ``role`` is primary, quiet or nothing."""
    made = QPushButton(text)
    made.setProperty("role", role)
    made.setToolTip(tip)
    made.setProperty("icon_name", icon_name)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    dress(made)
    return made


def icon_button(icon_name: str, tip: str, checkable: bool = False) -> QToolButton:
    """A square button whose word is its tooltip and accessible name."""
    made = QToolButton()
    made.setProperty("role", "icon")
    made.setProperty("icon_name", icon_name)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setCheckable(checkable)
    made.setIconSize(QSize(18, 18))
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    dress(made)
    return made


def dress(widget: QAbstractButton) -> None:
    """Give a button the icon named by its property ``icon_name`` in the theme's colours."""
    name = widget.property("icon_name")
    if not name:
        return
    tokens = theme.current()
    role = widget.property("role")
    colour = {"primary": tokens.on_accent, "rail": tokens.muted, "icon": tokens.muted}.get(role, tokens.text)
    size = widget.iconSize().width() if role in ("rail", "icon") else 16
    widget.setIcon(icons.icon(name, colour, tokens.accent if role in ("rail", "icon") else "", size, role != "rail"))


def dress_all(root: QWidget) -> None:
    """Renew every icon under ``root`` after the theme has changed."""
    for child in root.findChildren(QAbstractButton):
        dress(child)


def rule() -> QFrame:
    """A thin line."""
    made = QFrame()
    made.setProperty("role", "rule")
    return made


def restyle(widget: QWidget, **properties: object) -> None:
    """Set properties that the style sheet looks at, and apply it anew."""
    if all(widget.property(name) == value for name, value in properties.items()):
        return
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class Card(QFrame):
    """A rounded ground for things that belong together."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 12, 12, 12)
        self.body.setSpacing(theme.GRID)
        if title:
            self.body.addWidget(words(title, "heading"))


class Elided(QLabel):
    """One line that ends in an ellipsis where there is no room; the tooltip has it all."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._full = ""
        self.say(text)

    def say(self, text: str) -> None:
        """Replace the text."""
        self._full = text
        self.setAccessibleName(text)
        self._fit()

    def full_text(self) -> str:
        """The text before it was shortened."""
        return self._full

    def _fit(self) -> None:
        shown = QFontMetrics(self.font()).elidedText(self._full, Qt.TextElideMode.ElideMiddle, max(self.width() - 2, 8))
        self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten anew."""
        super().resizeEvent(event)
        self._fit()


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
            part.setToolTip(f"{tip} Double-click to reset.".strip())
            part.setAccessibleName(title)
        for part in (self.slider, self.label):
            part.installEventFilter(self)
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


def labelled(title: str, widget: QWidget) -> QWidget:
    """A widget with its label at the left, aligned with every other row."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.GRID)
    label = words(title)
    label.setFixedWidth(LABEL_WIDTH)
    label.setBuddy(widget)
    if not widget.accessibleName():
        widget.setAccessibleName(title)
    layout.addWidget(label)
    layout.addWidget(widget, 1)
    return row


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


class Flow(QWidget):
    """A grid with as many columns as fit; for tiles of one size."""

    def __init__(self, column_width: int) -> None:
        super().__init__()
        self._column_width = column_width
        self._tiles: list[QWidget] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.GRID)

    def set_tiles(self, tiles: Sequence[QWidget]) -> None:
        """Show these tiles in this order."""
        if list(tiles) != self._tiles:
            self._tiles = list(tiles)
            self._columns = 0
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More width, more columns."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        columns = max(1, (self.width() + theme.GRID) // (self._column_width + theme.GRID))
        if columns == self._columns:
            return
        self._columns = columns
        while self._grid.count():
            self._grid.takeAt(0)
        for index, tile in enumerate(self._tiles):
            self._grid.addWidget(tile, index // columns, index % columns)


class ScrollColumn(QScrollArea):
    """A column that scrolls up and down, never sideways."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(16, 4, 16, 16)
        self.column.setSpacing(12)
        self.setWidget(inside)


class ClickLabel(QLabel):
    """A picture or words that can be clicked and reached by the keyboard."""

    clicked = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click is a click."""
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """So are space and enter."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

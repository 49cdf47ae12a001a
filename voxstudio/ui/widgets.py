"""The small parts that every panel is made of. They know the theme and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from voxstudio.ui import icons, theme

LABEL_WIDTH = 76


def words(text: str, role: str = "", wrap: bool = False) -> QLabel:
    """A label; ``role`` is a word of the style sheet: title, heading, hint, muted, figure, badge, error."""
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if wrap:
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    return label


def cubed(text: str) -> str:
    """What is written on the command line, as the window writes it: ``64³`` for ``64^3``."""
    return text.replace("^3", "³")


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

    def put_head(self, heading: QLabel, *buttons: QWidget) -> None:
        """A heading with buttons beside it, as far below the edge as one without."""
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(heading, 1)
        for widget in buttons:
            row.addWidget(widget)
        self.body.setContentsMargins(12, 6, 12, 12)
        self.body.addLayout(row)


class Elided(QLabel):
    """One line that ends in an ellipsis where there is no room; the tooltip has it all."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._full = self._tip = ""
        self.say(text)

    def setToolTip(self, tip: str) -> None:
        """What there is to say beside the text; it stays when the text is shortened."""
        self._tip = tip
        self._fit()

    def say(self, text: str) -> None:
        """Replace the text."""
        if text == self._full and self.text():
            return
        self._full = text
        self.setAccessibleName(text)
        self._fit()

    def full_text(self) -> str:
        """The text before it was shortened."""
        return self._full

    def _fit(self) -> None:
        shown = QFontMetrics(self.font()).elidedText(self._full, Qt.TextElideMode.ElideMiddle, max(self.width() - 2, 8))
        self.setText(shown)
        super().setToolTip("\n".join(filter(None, [self._full if shown != self._full else "", self._tip])))

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten anew."""
        super().resizeEvent(event)
        self._fit()


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


def row_of(buttons: Sequence[QWidget], last: int = 1) -> QHBoxLayout:
    """Buttons side by side, each as high as the highest; the last one ``last`` times as wide as the others."""
    row = QHBoxLayout()
    row.setSpacing(theme.GRID)
    for widget in buttons:
        widget.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum)
        row.addWidget(widget, last if widget is buttons[-1] else 1)
    return row


def lay_out_panel(panel: QWidget, scroll: QWidget, buttons: Sequence[QWidget], *strips: QWidget) -> None:
    """What scrolls, a rule, strips over the whole width, and a row of buttons: the last one twice as wide."""
    foot = row_of(buttons, 2)
    foot.setContentsMargins(16, 8, 16, 16)
    column = QVBoxLayout(panel)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(scroll, 1)
    for widget in (rule(), *strips):
        column.addWidget(widget)
    column.addLayout(foot)


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


class _SoftEdge(QWidget):
    """Lies over one edge of what scrolls, and fades into the panel: it goes on behind."""

    HEIGHT = 16

    def __init__(self, parent: QWidget, above: bool) -> None:
        super().__init__(parent)
        self._above = above
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """From the panel's colour to nothing."""
        solid = QColor(theme.current().panel)
        clear = QColor(solid)
        clear.setAlpha(0)
        fade = QLinearGradient(0, 0, 0, self.height())
        fade.setColorAt(0, solid if self._above else clear)
        fade.setColorAt(1, clear if self._above else solid)
        painter = QPainter(self)
        painter.fillRect(self.rect(), fade)
        painter.end()


class ScrollColumn(QScrollArea):
    """A column that scrolls up and down, never sideways; the bar lies in its right margin."""

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
        self._edges = _SoftEdge(self, True), _SoftEdge(self, False)
        self._bar = self.verticalScrollBar()
        self._bar.rangeChanged.connect(self._make_room)
        self._bar.valueChanged.connect(self._soften)

    @Slot()
    def _make_room(self) -> None:
        """Cards are as wide with a bar beside them as without."""
        margins = self.column.contentsMargins()
        margins.setRight(margins.left() - (self._bar.sizeHint().width() if self._bar.maximum() else 0))
        self.column.setContentsMargins(margins)
        self._soften()

    @Slot()
    def _soften(self) -> None:
        """Only the edge fades behind which something goes on."""
        place, high = self.viewport().geometry(), _SoftEdge.HEIGHT
        for edge, top, seen in zip(
            self._edges, (place.top(), place.bottom() + 1 - high),
            (self._bar.value() > 0, self._bar.value() < self._bar.maximum()), strict=True,
        ):  # fmt: skip
            edge.setGeometry(place.left(), top, place.width(), high)
            edge.setVisible(seen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The edges keep to their places."""
        super().resizeEvent(event)
        self._soften()

    def sizeHint(self) -> QSize:
        """As wide as a panel, whatever it holds: another content must not widen the dock."""
        return QSize(theme.PANEL_WIDTH, super().sizeHint().height())

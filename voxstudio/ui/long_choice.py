"""A choice among long names in a narrow panel."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QToolTip

from voxstudio.ui import inputs


class LongChoice(QComboBox):
    """Ends the chosen name in an ellipsis where there is no room; the tooltip has it all, then what else it says."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        inputs.calm_wheel(self)

    def shown_text(self) -> str:
        """The chosen name, shortened to the room that there is."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return self._shortened(option)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As every combo box, but for its words: a style sheet would cut them in the middle of a letter."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self._shortened(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Say it all when it is pointed at."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.whole_tip(), self)
            return True
        return super().event(event)

    def whole_tip(self) -> str:
        """What is told when it is pointed at: the whole name, if it was shortened, and the tooltip."""
        whole = self.currentText() if self.shown_text() != self.currentText() else ""
        return "\n".join(filter(None, [whole, self.toolTip()]))

    def _shortened(self, option: QStyleOptionComboBox) -> str:
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, field.width() - 4)

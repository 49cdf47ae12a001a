"""One option of a recipe: its name, what it is set to, one sentence, and the way back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QWidget

from voxstudio.core.recipe import OptionSpec
from voxstudio.ui import widgets
from voxstudio.ui.inputs import Switch
from voxstudio.ui.recipe_draft import text_of, title_of

EDITOR_WIDTH = 132


class UnitField(QLineEdit):
    """A line to type in, with its unit at the right."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = widgets.words(unit, "figure")
        self._unit.setParent(self)
        self._unit.setVisible(bool(unit))
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._wide = QFontMetrics(self._unit.font()).horizontalAdvance(unit) + 8 if unit else 0
        self.setTextMargins(0, 0, self._wide, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the unit at the right."""
        super().resizeEvent(event)
        self._unit.setGeometry(self.width() - self._wide - 4, 0, self._wide, self.height())


def range_in_words(spec: OptionSpec) -> str:
    """What the option may be, for the tooltip."""
    parts = []
    if spec.low is not None or spec.high is not None:
        low, high = (text_of(float(end)) if end is not None else "any" for end in (spec.low, spec.high))
        parts.append(f"{low} to {high} {spec.unit}".strip())
    if spec.choices is not None:
        parts.append("one of " + ", ".join(map(str, spec.choices)))
    if spec.is_tuple:
        parts.append("several, with commas between them")
    parts.append(f"default {text_of(spec.default)}" if text_of(spec.default) else "no default")
    return f"{spec.name}: {'; '.join(parts)}"


class OptionField(QWidget):
    """Emits ``edited`` with the option's name and what was typed, ``reset`` with its name."""

    edited = Signal(str, object)
    reset = Signal(str)

    def __init__(self, spec: OptionSpec) -> None:
        super().__init__()
        self.spec = spec
        title = title_of(spec.name)
        self.label = widgets.words(title, wrap=True)
        self.editor = self._make_editor()
        self.editor.setAccessibleName(title)
        self.editor.setAccessibleDescription(widgets.cubed(spec.help))
        self.editor.setToolTip(range_in_words(spec))
        self.label.setToolTip(range_in_words(spec))
        self.label.setBuddy(self.editor)
        self.back = widgets.icon_button("arrow-counter-clockwise", f"Reset {title.lower()}")
        policy = self.back.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.back.setSizePolicy(policy)
        self.back.clicked.connect(self._reset)
        self.back.hide()
        self.problem = widgets.words("", "problem", wrap=True)
        self.problem.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.editor, 0, 1)
        grid.addWidget(self.back, 0, 2)
        grid.addWidget(self.problem, 1, 0, 1, 3)
        grid.addWidget(widgets.words(widgets.cubed(spec.help), "hint", wrap=True), 2, 0, 1, 3)

    def _make_editor(self) -> QWidget:
        spec = self.spec
        if spec.kind is bool and not spec.is_tuple:
            switch = Switch("")
            switch.toggled.connect(self._toggled)
            switch.setFixedWidth(EDITOR_WIDTH)
            return switch
        if spec.choices is not None and not spec.is_tuple:
            choice = QComboBox()
            for value in spec.choices:
                choice.addItem(str(value), value)
            choice.setFixedWidth(EDITOR_WIDTH)
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.activated.connect(self._chose)
            return choice
        field = UnitField(spec.unit)
        field.setFixedWidth(EDITOR_WIDTH)
        field.textEdited.connect(self._typed)
        return field

    def show_value(self, value: Any) -> None:
        """Show a value without telling anyone."""
        if isinstance(self.editor, Switch):
            self.editor.blockSignals(True)
            self.editor.setChecked(bool(value))
            self.editor.blockSignals(False)
            self.editor.update()
        elif isinstance(self.editor, QComboBox):
            self.editor.setCurrentIndex(self.editor.findData(value))
        elif isinstance(self.editor, QLineEdit):
            self.editor.setText(text_of(value))
            self.editor.setCursorPosition(0)

    def show_state(self, changed: bool, problem: str) -> None:
        """Mark what differs; say what is wrong."""
        self.back.setVisible(changed)
        widgets.restyle(self.label, changed=changed)
        widgets.restyle(self.editor, bad=bool(problem))
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        self.edited.emit(self.spec.name, on)

    @Slot(int)
    def _chose(self, index: int) -> None:
        if isinstance(self.editor, QComboBox):
            self.edited.emit(self.spec.name, self.editor.itemData(index))

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.edited.emit(self.spec.name, text)

    @Slot()
    def _reset(self) -> None:
        self.reset.emit(self.spec.name)

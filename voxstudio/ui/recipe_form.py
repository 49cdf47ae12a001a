"""The form of a recipe, drawn from its dataclass: what matters first, the rest folded, all of it searchable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from voxstudio.core.recipe import OptionSpec, Recipe
from voxstudio.ui import widgets
from voxstudio.ui.recipe_draft import GROUPS, OTHER, Draft, group_of, is_important, title_of
from voxstudio.ui.recipe_field import OptionField
from voxstudio.ui.search import matches

FIRST = ""
"""Name of the group that stands open at the top."""


class Group(QWidget):
    """Options that belong together; their fields are made when they are first seen."""

    def __init__(self, form: RecipeForm, title: str, specs: Sequence[OptionSpec]) -> None:
        super().__init__()
        self._form, self.title, self.specs = form, title, tuple(specs)
        self.fields: dict[str, OptionField] = {}
        self._wanted = ""
        self.header = QPushButton()
        self.header.setProperty("role", "fold")
        self.header.setIconSize(QSize(14, 14))
        self.header.setCheckable(True)
        self.header.setCursor(Qt.CursorShape.PointingHandCursor)
        self.header.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.setVisible(bool(title))
        self.header.toggled.connect(self._fold)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 4, 0, 4)
        self._column.setSpacing(12)
        self._inside.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._inside)
        self._fold(not title)

    def show_state(self) -> None:
        """Name, number of options, number of changed ones; and the state of each field there is."""
        draft = self._form.draft
        changed = set(draft.changed)
        mine = [spec.name for spec in self.specs if spec.name in changed]
        marks = f" · {len(mine)} changed" if mine else ""
        self.header.setText(f"{self.title}  {len(self.specs)}{marks}")
        self.header.setAccessibleName(f"{self.title}, {len(self.specs)} options{marks}")
        wrong = any(spec.name in draft.problems for spec in self.specs)
        widgets.restyle(self.header, wrong=wrong)
        for name, field in self.fields.items():
            field.show_state(name in changed, draft.problems.get(name, ""))

    def show_values(self, names: Sequence[str] = ()) -> None:
        """Put the draft's values into the fields, all or some."""
        for name, field in self.fields.items():
            if not names or name in names:
                field.show_value(self._form.draft.value(name))

    def search(self, wanted: str) -> int:
        """Show only options with these words, opened; all of them, folded as before, without words. How many."""
        self._wanted = wanted
        found = [spec.name for spec in self.specs if fits(spec, wanted)]
        if wanted and found or self.header.isChecked() or not self.title:
            self._make()
        for name, field in self.fields.items():
            field.setVisible(name in found)
        self._inside.setVisible(bool(found) and (bool(wanted) or self.header.isChecked() or not self.title))
        self.header.setVisible(bool(self.title) and not wanted)
        self.setVisible(bool(found))
        return len(found)

    @Slot(bool)
    def _fold(self, on: bool) -> None:
        if on:
            self._make()
        self.header.setProperty("icon_name", "caret-down" if on else "caret-right")
        widgets.dress(self.header)
        self._inside.setVisible(on)

    def _make(self) -> None:
        if self.fields:
            return
        for spec in self.specs:
            field = self.fields[spec.name] = OptionField(spec)
            field.edited.connect(self._form.edit)
            field.reset.connect(self._form.reset)
            field.show_value(self._form.draft.value(spec.name))
            self._column.addWidget(field)
        self.show_state()


def fits(spec: OptionSpec, wanted: str) -> bool:
    """True if an option's name, title or sentence has every word."""
    return matches(f"{spec.name} {title_of(spec.name)} {spec.help}", wanted)


class RecipeForm(QWidget):
    """Emits ``changed`` whenever a value did."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.draft = Draft(Recipe)
        self.groups: list[Group] = []
        self._presets: dict[str, Mapping[str, Any]] = {}
        self.preset = QComboBox()
        self.preset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.preset.setToolTip("A set of values to start from; a reset returns to it")
        self.preset.activated.connect(self._choose)
        self.count = widgets.words("", "hint")
        self.reset_all = widgets.button("Reset all", "quiet", tip="Return every option to the preset")
        self.reset_all.clicked.connect(self._reset_all)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search options")
        self.search.textChanged.connect(self._filter)
        self.nothing = widgets.words("No option has these words.", "hint")
        self._head = QWidget()
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.count, 1)
        head.addWidget(self.reset_all)
        self._first, self._rest = QVBoxLayout(), QVBoxLayout()
        self._rest.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(widgets.labelled("Preset", self.preset))
        column.addWidget(self._head)
        column.addWidget(self.search)
        column.addLayout(self._first)
        column.addLayout(self._rest)
        column.addWidget(self.nothing)
        self.nothing.hide()

    def open(self, kind: type[Recipe], presets: Mapping[str, Mapping[str, Any]]) -> None:
        """Draw another recipe. ``presets`` maps titles to values; the first is taken."""
        self._presets = dict(presets)
        self.preset.clear()
        self.preset.addItems(list(self._presets))
        values = next(iter(self._presets.values()), {})
        if kind is self.draft.kind:
            self.draft.rebase(values)
        else:
            self.draft = Draft(kind, values)
            self._draw()
        self._show()

    def values(self) -> dict[str, Any]:
        """What differs from the family's defaults, as plain values."""
        return self.draft.differing()

    def problems(self) -> tuple[str, ...]:
        """A sentence for each option that is wrong."""
        return tuple(self.draft.problems.values())

    def field(self, name: str) -> OptionField:
        """The field of an option; its group is opened."""
        group = next(group for group in self.groups if any(spec.name == name for spec in group.specs))
        if group.title:
            group.header.setChecked(True)
        return group.fields[name]

    def _draw(self) -> None:
        for group in self.groups:
            group.hide()
            group.deleteLater()
        by_title: dict[str, list[OptionSpec]] = {title: [] for title in (FIRST, *(t for t, _ in GROUPS), OTHER)}
        for spec in self.draft.specs.values():
            by_title[FIRST if is_important(spec.name) else group_of(spec.name)].append(spec)
        by_title[FIRST].sort(key=_rank)
        self.groups = [Group(self, title, specs) for title, specs in by_title.items() if specs]
        for group in self.groups:
            (self._rest if group.title else self._first).addWidget(group)
        self.search.setPlaceholderText(f"Search {len(self.draft.specs)} options")
        self.search.clear()

    def _show(self) -> None:
        for group in self.groups:
            group.show_values()
        self._show_state()

    def _show_state(self) -> None:
        changed = len(self.draft.changed)
        self.count.setText("1 option changed" if changed == 1 else f"{changed} options changed")
        self._head.setVisible(changed > 0)
        for group in self.groups:
            group.show_state()
        self.changed.emit()

    @Slot(str, object)
    def edit(self, name: str, value: Any) -> None:
        """A field was edited."""
        self.draft.set(name, value)
        self._show_state()

    @Slot(str)
    def reset(self, name: str) -> None:
        """Return one option to the preset."""
        self.draft.reset(name)
        for group in self.groups:
            group.show_values((name,))
        self._show_state()

    @Slot()
    def _reset_all(self) -> None:
        self.draft.reset()
        self._show()

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.draft.rebase(self._presets[self.preset.itemText(index)])
        self._show()

    @Slot(str)
    def _filter(self, wanted: str) -> None:
        found = sum([group.search(wanted.strip()) for group in self.groups])
        self.nothing.setVisible(bool(self.groups) and not found)


def _rank(spec: OptionSpec) -> tuple[int, str]:
    """Steps, batch, learning rates, the rest."""
    order = ("max_steps", "steps", "batch_size", "learning_rate", "resolution", "classes")
    return next((i for i, start in enumerate(order) if spec.name.startswith(start)), len(order)), ""

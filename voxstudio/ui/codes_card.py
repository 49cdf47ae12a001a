"""The codes of a generator: a slider or a choice for each, what they were found to do, measured on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout

from voxstudio.core.controls import Choice, Slider
from voxstudio.ui import widgets
from voxstudio.ui.code_rows import ChoiceCode, Row, SliderCode
from voxstudio.ui.studio import Studio
from voxstudio.ui.work_button import WorkButton

if TYPE_CHECKING:
    from voxstudio.core.latent import Latent
    from voxstudio.engine.latent_space import Handle
    from voxstudio.engine.requests import ModelInfo

UNKNOWN = "Nobody told the network what a code means. Measuring sweeps each code and finds what moves with it."


class CodesCard(widgets.Card):
    """Bound to the session; ``pointed`` carries the row that the pointer or the keyboard reached."""

    pointed = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._built_for: tuple[object, ...] = ()
        self.rows: dict[str, Row] = {}
        self._handles: dict[str, Handle] = {}
        self.again = widgets.icon_button("arrow-counter-clockwise", "Let every code follow the seed again")
        self.again.clicked.connect(self._let_go_all)
        self.measure = WorkButton(
            studio, "measure-codes", "Measure what the codes do", "ruler", "Sweep each code, name what it moves"
        )
        self.hint = widgets.words(UNKNOWN, "hint", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(widgets.words("Codes", "heading"), 1)
        head.addWidget(self.again)
        self.body.addLayout(head)
        self.body.addWidget(self.hint)
        self.body.addWidget(self.measure)
        studio.bridge.changed.connect(self._changed)
        for topic in ("checkpoint", "latents", "shown"):
            self._changed(topic)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "checkpoint":
            self._follow_checkpoint()
        elif topic == "latents":
            self._follow_findings()
        elif topic == "shown":
            self._follow_shown()

    def _follow_checkpoint(self) -> None:
        model = self._studio.session.model
        wanted = code_controls(model) if model is not None else ()
        key = (model.key if model else "", tuple(control.name for control in wanted))
        if key == self._built_for or model is None:
            return
        self._built_for = key
        from voxstudio.engine.latent_space import handle

        for row in self.rows.values():
            self.body.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows, self._handles = {}, {}
        for index, control in enumerate(wanted):
            row = _row(control)
            row.moved.connect(self._moved)
            row.settled.connect(self._settled)
            row.let_go.connect(self._let_go)
            row.pointed.connect(self._pointed)
            self.rows[control.name] = row
            self._handles[control.name] = handle(model.layout, control.name)
            self.body.insertWidget(1 + index, row)
        self.setVisible(bool(self.rows))
        self._follow_findings()
        self._follow_shown()

    def _follow_findings(self) -> None:
        latents = self._studio.session.latents
        for name, row in self.rows.items():
            row.tell(latents.words(name))
            if isinstance(row, ChoiceCode):
                row.name_values(latents.value_names(name))
        self.measure.show_running(latents.busy == "labels", not latents.busy)
        self.measure.setVisible(not latents.measured)
        self.hint.setVisible(not latents.measured)

    def _follow_shown(self) -> None:
        session = self._studio.session
        shown, draw = session.shown, session.draw
        by_hand = dict(draw.codes) if draw is not None else {}
        self.again.setEnabled(bool(by_hand))
        if shown is None or session.model is None or shown.key != session.model.key:
            return
        for name, row in self.rows.items():
            value = value_of(shown.latent, self._handles[name])
            if value is not None:
                row.show_value(value, name in by_hand)

    @Slot(object)
    def _pointed(self, axis: str) -> None:
        self.pointed.emit(self.rows[axis])

    @Slot(object, float)
    def _moved(self, axis: str, value: float) -> None:
        self._studio.session.move(axis, value, draft=True)

    @Slot(object, float)
    def _settled(self, axis: str, value: float) -> None:
        self._studio.session.move(axis, value)

    @Slot(object)
    def _let_go(self, axis: str) -> None:
        self._studio.session.let_go(axis)

    @Slot()
    def _let_go_all(self) -> None:
        self._studio.session.let_go()


def code_controls(model: ModelInfo) -> tuple[Slider | Choice, ...]:
    """The controls of a model that set a code of its latent, in the family's order."""
    names = {name for spec in model.layout for name in spec.handles}
    return tuple(c for c in model.controls if isinstance(c, Slider | Choice) and c.name in names)


def value_of(latent: Latent, handle: Handle) -> float | None:
    """Where a latent stands on a handle; a choice counts from 1. None if it has no such code."""
    code = latent.codes.get(handle.spec.name)
    if code is None or len(code) != handle.spec.size:
        return None
    if not handle.is_choice:
        return float(code[handle.index])
    part = code.reshape(handle.spec.groups, -1)[handle.index]
    return float(part.argmax() + 1)


def _row(control: Slider | Choice) -> Row:
    if isinstance(control, Choice):
        return ChoiceCode(control.name, control.title, control.values, control.help)
    return SliderCode(control.name, control.title, control.low, control.high, control.help)

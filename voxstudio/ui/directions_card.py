"""Directions through latent space that were found by looking at many codes: sliders with names."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout

from voxstudio.core.latent import Latent
from voxstudio.ui import widgets
from voxstudio.ui.code_rows import SliderCode
from voxstudio.ui.studio import Studio
from voxstudio.ui.work_button import WorkButton

UNKNOWN = "Principal directions move many codes at once, from where the shape stands. Found once, they are kept."
STEPS = 3.0


class DirectionsCard(widgets.Card):
    """Bound to the session; ``pointed`` carries the row that the pointer or the keyboard reached."""

    pointed = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.rows: dict[Latent, SliderCode] = {}
        self.again = widgets.icon_button("arrow-counter-clockwise", "Take every direction back to its middle")
        self.again.clicked.connect(studio.session.stop_pushing)
        self.seek = WorkButton(
            studio, "find-directions", "Find directions", "compass", "Principal components, named by measuring"
        )
        self.hint = widgets.words(UNKNOWN, "hint", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(widgets.words("Directions", "heading"), 1)
        head.addWidget(self.again)
        self.body.addLayout(head)
        self.body.addWidget(self.hint)
        self.body.addWidget(self.seek)
        studio.bridge.changed.connect(self._changed)
        for topic in ("checkpoint", "latents", "shown"):
            self._changed(topic)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic in ("checkpoint", "latents"):
            self._follow()
        elif topic == "shown":
            self._follow_shown()

    def _follow(self) -> None:
        session = self._studio.session
        model, found = session.model, session.latents.directions
        self.setVisible(model is not None and model.can_sample and bool(model.layout))
        busy = session.latents.busy
        self.seek.show_running(busy == "directions", not busy)
        self.seek.setVisible(not found)
        self.hint.setVisible(not found)
        self.again.setVisible(bool(found))
        if [direction.axis for direction in found] == list(self.rows):
            return
        for row in self.rows.values():
            self.body.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {}
        for index, direction in enumerate(found):
            tip = "Standard deviations from where the shape stands"
            row = SliderCode(direction.axis, direction.title, -STEPS, STEPS, tip)
            row.tell(direction.words)
            row.moved.connect(self._moved)
            row.settled.connect(self._settled)
            row.let_go.connect(self._let_go)
            row.pointed.connect(self._pointed)
            self.rows[direction.axis] = row
            self.body.insertWidget(1 + index, row)
        self._follow_shown()

    def _follow_shown(self) -> None:
        draw = self._studio.session.draw
        moved = {id(axis): amount for axis, amount in draw.pushes} if draw is not None else {}
        self.again.setEnabled(any(moved.values()))
        for axis, row in self.rows.items():
            amount = moved.get(id(axis), 0.0)
            row.show_value(amount, amount != 0.0)

    @Slot(object)
    def _pointed(self, axis: Latent) -> None:
        self.pointed.emit(self.rows[axis])

    @Slot(object, float)
    def _moved(self, axis: Latent, value: float) -> None:
        self._studio.session.push(axis, value, draft=True)

    @Slot(object, float)
    def _settled(self, axis: Latent, value: float) -> None:
        self._studio.session.push(axis, value)

    @Slot(object)
    def _let_go(self, axis: Latent) -> None:
        self._studio.session.push(axis, 0.0)

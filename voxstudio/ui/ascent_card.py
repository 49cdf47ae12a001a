"""How the next step climbs: class, network, method, step size, annealing, noise; all of it live."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from voxstudio.ui import inputs, widgets
from voxstudio.ui.log_row import LogRow
from voxstudio.ui.studio import Studio

THROUGH = "Pass on to the next network after the steps it was trained with; the last one ends the ascent"
METHODS = (("adam", "Adam"), ("langevin", "Langevin"))
LEAST_STEP, MOST_STEP = 0.0005, 500.0
EVERY = 200
"""Of the slider of noisy steps: all."""


class AscentCard(widgets.Card):
    """Bound to ``session.synthesis``; while it plays, a change holds from the next step on. The panel has it follow."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Climb")
        self._studio = studio
        self.target = QComboBox()
        self.target.setToolTip("The class whose score is climbed")
        inputs.calm_wheel(self.target)
        self.networks = inputs.Segments((("0", "1"),), "Network")
        self.networks.setToolTip("Each was trained against the shapes of the one before: its decision is tighter")
        self.through = widgets.icon_button("fast-forward", THROUGH, checkable=True)
        self.method = inputs.Segments(METHODS, "Method")
        self.method.setToolTip(
            "Adam on the voxels, as trained; or Langevin: half the step along the gradient, and noise"
        )
        self.rate = LogRow(
            "Step size", LEAST_STEP, MOST_STEP, 0.03, tip="How far one step goes; voxels run from -1 to 1."
        )
        self.annealing = inputs.SliderRow("Annealing", 0.9, 1.0, 1.0, 3, "Factor on the step size after each step.")
        self.noise = inputs.SliderRow("Noise", 0.0, 2.0, 0.0, 3, "Adam: shares of a step; Langevin: of N(0, step).")
        self.shaken = inputs.SliderRow(
            "Noisy steps", 0, EVERY, EVERY, 0,
            f"Noise stops after so many steps in each network, and shapes come out clean; at {EVERY} it never stops.",
        )  # fmt: skip
        self._target_row = widgets.labelled("Class", self.target)
        pair = QWidget()
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.networks, 1)
        row.addWidget(self.through)
        self._network_row = widgets.labelled("Network", pair)
        for part in (
            self._target_row, self._network_row, widgets.labelled("Method", self.method), self.rate,
            self.annealing, self.noise, self.shaken,
        ):  # fmt: skip
            self.body.addWidget(part)
        self.target.activated.connect(self._aim)
        self.networks.chosen.connect(self._climb)
        self.through.toggled.connect(studio.session.synthesis.set_through)
        self.method.chosen.connect(self._use)
        for slider, slot in (
            (self.rate, self._rate), (self.annealing, self._anneal), (self.noise, self._shake),
            (self.shaken, self._calm),
        ):  # fmt: skip
            slider.moved.connect(slot)
            slider.settled.connect(slot)

    def follow(self) -> None:
        """Show how the next step climbs."""
        climb = self._studio.session.synthesis
        info, ascent = climb.info, climb.ascent
        self.setEnabled(info is not None)
        if info is None:
            return
        keys = ["", *info.targets]
        if [self.target.itemData(k) for k in range(self.target.count())] != keys:
            self.target.clear()
            self.target.addItem("Any", "")
            for name in info.targets:
                self.target.addItem(name.replace("_", " ").capitalize(), name)
        self.target.setCurrentIndex(max(0, self.target.findData(ascent.target or "")))
        self._target_row.setVisible(bool(info.targets))
        self.networks.set_values([(str(k), str(k + 1)) for k in range(info.cascades)])
        self.networks.choose(str(ascent.cascade))
        self.through.blockSignals(True)
        self.through.setChecked(climb.through)
        self.through.blockSignals(False)
        self.method.choose(ascent.method)
        usual = info.usual
        for row, value, default in (
            (self.rate, ascent.step_size, usual.step_size), (self.annealing, ascent.annealing, usual.annealing),
            (self.noise, ascent.noise, usual.noise),
            (self.shaken, noisy_steps(ascent.noise_steps), noisy_steps(usual.noise_steps)),
        ):  # fmt: skip
            row.set_default(default)
            if not row.field.hasFocus():
                row.set_value(value)

    @Slot(int)
    def _aim(self, index: int) -> None:
        self._studio.session.synthesis.set(target=self.target.itemData(index) or None)

    @Slot(str)
    def _climb(self, key: str) -> None:
        self._studio.session.synthesis.set(cascade=int(key))

    @Slot(str)
    def _use(self, key: str) -> None:
        self._studio.session.synthesis.use(key)

    @Slot(float)
    def _rate(self, value: float) -> None:
        self._studio.session.synthesis.set(step_size=value)

    @Slot(float)
    def _anneal(self, value: float) -> None:
        self._studio.session.synthesis.set(annealing=value)

    @Slot(float)
    def _shake(self, value: float) -> None:
        self._studio.session.synthesis.set(noise=value)

    @Slot(float)
    def _calm(self, value: float) -> None:
        steps = round(value)
        self._studio.session.synthesis.set(noise_steps=None if steps >= EVERY else steps)


def noisy_steps(steps: int | None) -> int:
    """As the slider shows them."""
    return EVERY if steps is None else min(steps, EVERY)

"""An attack under the hand: epsilon, steps, what it does to the answer; curves over epsilon; Table 7."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QGridLayout

from voxstudio.ui import inputs, widgets
from voxstudio.ui.log_row import LogRow
from voxstudio.ui.plots import Plot
from voxstudio.ui.studio import Studio
from voxstudio.ui.work_button import WorkButton

ATTACKS = {"fgsm": "FGSM", "iterative-5": "5 steps", "iterative-10": "10 steps"}
PARTS = (("error", "Adversarial error"), ("corrected", "Corrected of the other's errors"))
MOST_STEPS = 20


class AttackCard(widgets.Card):
    """Bound to ``session.classifying``."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.epsilon = LogRow(
            "Epsilon",
            0.0005,
            0.5,
            0.005,
            tip="How far each step moves every voxel; voxels run from 0 to 1. Paper: 0.005.",
        )
        self.steps = inputs.SliderRow("Steps", 1, MOST_STEPS, 1, 0, "1: FGSM; more: its iterative form.")
        self.truth = QComboBox()
        self.truth.setToolTip("The class that the attack leads away from")
        inputs.calm_wheel(self.truth)
        self.told = widgets.words("", "hint", wrap=True)
        self.undo = widgets.button("Undo attack", "slim", "arrow-counter-clockwise", "Back to the shape as it was")
        for part in (self.epsilon, self.steps, widgets.labelled("Away from", self.truth), self.told, self.undo):
            self.body.addWidget(part)
        self.epsilon.moved.connect(self._drag)
        self.epsilon.settled.connect(self._set)
        self.steps.moved.connect(self._drag)
        self.steps.settled.connect(self._set)
        self.truth.activated.connect(self._aim)
        self.undo.clicked.connect(self._undo)

    def follow(self) -> None:
        """Show what is set and what came of it."""
        probe = self._studio.session.classifying
        asked, verdict = probe.asked, probe.verdict
        if not self.epsilon.field.hasFocus():
            self.epsilon.set_value(asked.epsilon)
        if not self.steps.field.hasFocus():
            self.steps.set_value(asked.steps)
        classes = verdict.classes if verdict is not None else ()
        fill_classes(self.truth, classes, "The answer", asked.truth)
        self.undo.setEnabled(verdict is not None and verdict.attack is not None)
        if verdict is None or verdict.attack is None:
            self.told.setText("Every voxel is moved along the sign of the loss's gradient.")
            return
        before, after = verdict.answer.replace("_", " "), verdict.answer_after.replace("_", " ")
        head = f"{before} {verdict.probabilities.max():.0%} before, {after} {verdict.after.max():.0%} after."
        flipped = int(((verdict.grid > 0.5) != (verdict.perturbed > 0.5)).sum())
        moved = float(abs(verdict.change).max())
        count = "No voxel" if not flipped else "1 voxel" if flipped == 1 else f"{flipped:,} voxels"
        self.told.setText(f"{head[:1].upper()}{head[1:]} {count} changed sides; the farthest moved by {moved:.3g}.")

    @Slot(float)
    def _drag(self, _: float) -> None:
        self._ask(True)

    @Slot(float)
    def _set(self, _: float) -> None:
        self._ask(False)

    def _ask(self, draft: bool) -> None:
        self._studio.session.classifying.set(
            draft, mode="attack", epsilon=self.epsilon.value(), steps=round(self.steps.value())
        )

    @Slot()
    def _undo(self) -> None:
        self._studio.session.classifying.set(mode="look")

    @Slot(int)
    def _aim(self, index: int) -> None:
        self._studio.session.classifying.set(mode="attack", truth=self.truth.itemData(index) or None)


class CurvesCard(widgets.Card):
    """Accuracy over epsilon of the checkpoints that are compared; measured when asked for."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Accuracy under attack")
        self._studio = studio
        self.plot = Plot(studio, 152, "Epsilon, thousandths", calm=False, across="Accuracy")
        self.told = widgets.words("", "hint", wrap=True)
        self.work = WorkButton(
            studio, "measure-attacks", "Measure", "chart-line-up", "Attack a sample of objects with every epsilon"
        )
        for part in (self.plot, self.told, self.work):
            self.body.addWidget(part)

    def follow(self) -> None:
        """Show the curves as far as they are measured."""
        probe = self._studio.session.classifying
        curves = probe.curves
        there = curves is not None and bool(curves.of)
        self.plot.setVisible(there)
        self.told.setVisible(there)
        if curves is not None and there:
            self.plot.show_curves(curves.of, {name: name if len(curves.of) > 1 else "Accuracy" for name in curves.of})
            steps = "1 step" if curves.steps == 1 else f"{curves.steps} steps"
            self.told.setText(f"{curves.words[:1].upper()}{curves.words[1:]}; {steps}.")
        self.work.show_running(probe.measuring, probe.entry is not None)


class TableCard(widgets.Card):
    """Table 7: the paper's figures and ours."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Table 7, paper and ours")
        self._studio = studio
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self.told = widgets.words("", "hint", wrap=True)
        self.body.addLayout(self._grid)
        self.body.addWidget(self.told)
        self.follow()

    def follow(self) -> None:
        """Fill the table anew."""
        while (item := self._grid.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        rows = self._studio.session.classifying.table()
        line = 0
        for part, title in PARTS:
            self._grid.addWidget(widgets.words(title, "hint"), line, 0)
            for k, who in enumerate(("3DWINN", "Baseline")):
                self._put(line, k + 1, who, "hint")
            line += 1
            for attack, words in ATTACKS.items():
                self._grid.addWidget(widgets.words(words), line, 0)
                for row in rows:
                    if (row.what, row.attack) == (part, attack):
                        ours = "not yet" if row.ours is None else f"{100 * row.ours:.1f}"
                        self._put(line, 1 if row.who == "3DWINN" else 2, f"{100 * row.paper:.1f} · {ours}", "figure")
                line += 1
        measured = any(row.ours is not None for row in rows)
        self.told.setText(
            "Percent: paper · ours. Steps of 0.005 on the test objects of ModelNet10."
            + ("" if measured else " Ours: “voxstudio evaluate --table winn-adversarial”.")
        )
        self._grid.setColumnStretch(0, 1)

    def _put(self, line: int, column: int, text: str, role: str) -> None:
        label = widgets.words(text, role)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(label, line, column)


def fill_classes(combo: QComboBox, classes: tuple[str, ...], first: str, chosen: str | None) -> None:
    """Classes to choose from, and before them the word for none."""
    keys = ["", *classes]
    if [combo.itemData(k) for k in range(combo.count())] != keys:
        combo.clear()
        combo.addItem(first, "")
        for name in classes:
            combo.addItem(name.replace("_", " ").capitalize(), name)
    combo.setCurrentIndex(max(0, combo.findData(chosen or "")))

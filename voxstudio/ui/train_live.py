"""A run as it goes: how far, how fast, how well, and what it makes; at its end before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from voxstudio.families import families
from voxstudio.ui import icons, inputs, pictures, theme, widgets
from voxstudio.ui.curve_card import CurveCard
from voxstudio.ui.meter import Meter
from voxstudio.ui.sketches import Pictures, Sketcher
from voxstudio.ui.studio import Studio
from voxstudio.ui.train_words import (
    STATES,
    balance_in_words,
    data_in_words,
    diversity_in_words,
    rate_in_words,
    steps_in_words,
    time_in_words,
)

if TYPE_CHECKING:
    from voxstudio.core.voxel_grid import VoxelGrid
    from voxstudio.session.training_values import Comparison, TrainingStatus

PREVIEW_SIDE, COMPARED_SIDE = 136, 96
EARLY = 0.05
"""Share of the steps before which samples may look alike: nothing was learned that could differ."""


FIRST_STEPS = 5
"""The first steps take longer than the others: before, no time is foretold."""


class Warn(QFrame):
    """A sentence that the run wants to be read."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "banner")
        self._icon = QLabel()
        self.sentence = widgets.words("", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.sentence, 1)
        self.hide()

    def say(self, sentence: str, severity: str = "warning") -> None:
        """Show a sentence, or nothing."""
        self.setVisible(bool(sentence))
        self.sentence.setText(widgets.cubed(sentence))
        self.setAccessibleName(sentence)
        widgets.restyle(self, severity=severity)
        tokens = theme.current()
        name, colour = ("warning-circle", tokens.danger) if severity == "error" else ("warning", tokens.accent)
        self._icon.setPixmap(icons.pixmap(name, colour))


class Picture(QLabel):
    """A square for a shaded shape."""

    def __init__(self, side: int, name: str) -> None:
        super().__init__()
        self._side = side
        self._pixels: Pictures = []
        self.setProperty("role", "picture")
        self.setFixedSize(side, side)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName(name)

    def show_pixels(self, pixels: Pictures) -> None:
        """Show the first of these, uint8 ``[S, S, 4]``; with none a word."""
        self._pixels = pixels
        if pixels and pixels[0][..., 3].any():
            self.setPixmap(pictures.tile(pixels[0], self._side, self.devicePixelRatio()))
        else:
            self.setText("Still empty" if pixels else "No shape yet")

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.show_pixels(self._pixels)


class Side(QWidget):
    """Before and after, and the truth, through one camera."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._shown: Comparison | None = None
        self.pictures = [Picture(COMPARED_SIDE, name) for name in ("Before", "After", "Truth")]
        self.scores = [widgets.words("", "hint") for _ in self.pictures]
        self.verdict = widgets.words("", wrap=True)
        self._sketcher = Sketcher(studio, 2 * COMPARED_SIDE, self)
        self._sketcher.drawn.connect(self._drawn)
        row = QHBoxLayout()
        row.setSpacing(8)
        for picture, score in zip(self.pictures, self.scores, strict=True):
            pair = QVBoxLayout()
            pair.setSpacing(2)
            pair.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
            score.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            pair.addWidget(score)
            pair.addStretch(1)
            row.addLayout(pair)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(widgets.words("An object it never saw", "heading"))
        column.addLayout(row)
        column.addWidget(self.verdict)

    def follow(self, comparison: Comparison | None) -> None:
        """Show a comparison; hidden without one."""
        self.setVisible(comparison is not None)
        if comparison is None or comparison is self._shown:
            return
        self._shown = comparison
        before, after = comparison.before_score, comparison.after_score
        for label, words in zip(
            self.scores, (f"Before\nIoU {before:.2f}", f"After\nIoU {after:.2f}", "The real one"), strict=True
        ):
            label.setText(words)
        if after > before + 0.005:
            better = f"Fine-tuning raised the overlap (IoU) from {before:.2f} to {after:.2f}."
        elif after < before - 0.005:
            better = (
                f"Fine-tuning lowered the overlap (IoU) from {before:.2f} to {after:.2f}: the original is unchanged."
            )
        else:
            better = f"Fine-tuning left the overlap (IoU) at {after:.2f}."
        self.verdict.setText(better)
        self._sketcher.ask((comparison.before, comparison.after, comparison.truth))

    @Slot(object)
    def _drawn(self, made: Pictures) -> None:
        for picture, pixels in zip(self.pictures, made, strict=True):
            picture.show_pixels([pixels])

    def dress(self) -> None:
        """Take the colours of the theme."""
        for picture in self.pictures:
            picture.dress()


class TrainLive(widgets.ScrollColumn):
    """Follows :attr:`Session.training`'s status; draws only while it can be seen."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setProperty("role", "panel")
        self._preview: VoxelGrid | None = None
        self._make()
        self._lay_out()
        self._sketcher = Sketcher(studio, 2 * PREVIEW_SIDE, self)
        self._sketcher.drawn.connect(self.picture.show_pixels)
        self.on_stage.toggled.connect(self._stage)

    def _make(self) -> None:
        self.name = widgets.Elided("", "heading")
        self.state = widgets.words("", "badge")
        self.what = widgets.Elided("", "hint")
        self.sentence = widgets.words("", wrap=True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the run")
        self.steps, self.rate, self.left = (widgets.words("", "figure") for _ in range(3))
        self.warning = Warn()
        self.curves = CurveCard(self._studio)
        self.picture = Picture(PREVIEW_SIDE, "Preview of what the model makes")
        self.picture.show_pixels([])
        self.diversity = Meter(
            "Diversity", (0.25, 1.0), "How far a fixed batch of samples differs (1 - mean IoU of its pairs): "
            "a generator that collapses makes one shape for all",
        )  # fmt: skip
        self.balance = Meter(
            "D accuracy", (0.4, 0.95), "How often the discriminator D tells made from real shapes: at half it "
            "guesses, at 100 % the generator G learns little",
        )  # fmt: skip
        self.on_stage = inputs.Switch("Show in the viewport")
        self.on_stage.setToolTip("Every new preview takes the place of the shape in the viewport")
        self.side = Side(self._studio)

    def _lay_out(self) -> None:
        run, shape = widgets.Card(), widgets.Card()
        head, figures, pair = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.state)
        figures.addWidget(self.steps, 1)
        figures.addWidget(self.rate)
        figures.addSpacing(8)
        figures.addWidget(self.left)
        run.body.addLayout(head)
        run.body.addWidget(self.what)
        run.body.addWidget(self.progress)
        run.body.addLayout(figures)
        run.body.addWidget(self.sentence)
        meters = QVBoxLayout()
        meters.setSpacing(12)
        meters.addWidget(self.diversity)
        meters.addWidget(self.balance)
        meters.addStretch(1)
        pair.setSpacing(16)
        pair.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        pair.addLayout(meters, 1)
        shape.body.addLayout(pair)
        shape.body.addWidget(self.on_stage)
        self._compared = widgets.Card()
        self._compared.body.addWidget(self.side)
        for card in (run, self.warning, self._compared, self.curves, shape):
            self.column.addWidget(card)
        self.column.addStretch(1)

    def follow(self, status: TrainingStatus) -> None:
        """Show where the run stands."""
        self._follow_plan(status)
        busy = status.state == "starting" or not status.max_steps
        self.progress.setRange(0, 0 if busy else status.max_steps)
        self.progress.setValue(status.step)
        self.progress.setVisible(status.is_running)
        self.steps.setText(steps_in_words(status.step, status.max_steps) if status.max_steps and status.step else "")
        self.rate.setText(rate_in_words(status.samples_per_second) if status.state == "running" else "")
        known = status.state == "running" and status.step >= FIRST_STEPS
        left = time_in_words(status.seconds_left) if known else ""
        self.left.setText(f"{left} left" if left else "")
        widgets.restyle(self.sentence, role="danger" if status.state == "failed" else "")
        self.sentence.setText(status.sentence)
        message = self._studio.session.message
        told = {status.warning, message.sentence if message is not None and message.where == "training" else ""}
        self.sentence.setVisible(bool(status.sentence) and status.sentence not in told)
        for figure in (self.steps, self.rate, self.left):
            figure.setVisible(bool(figure.text()))
        self.warning.say(status.warning)
        self.curves.setVisible(bool(status.curves) or status.is_running)
        self.curves.show_curves(status.curves)
        early = status.step < EARLY * status.max_steps and (status.diversity or 0.0) < 0.25
        words = "Too early to tell" if early else diversity_in_words(status.diversity or 0.0)
        self.diversity.show_value(status.diversity, words, calm=early)
        self.balance.show_value(status.balance, balance_in_words(status.balance or 0.0))
        self.side.follow(status.comparison)
        self._compared.setVisible(status.comparison is not None)
        self._follow_preview(status)

    def _follow_plan(self, status: TrainingStatus) -> None:
        plan = status.plan
        self.state.setText(STATES.get(status.state, status.state))
        if plan is None:
            return
        known = families().get(plan.family)
        self.name.say(plan.name)
        tuned = "fine-tuned on" if plan.base else "from"
        self.what.say(f"{known.title if known else plan.family} {tuned} {data_in_words(plan.data)}")

    def _follow_preview(self, status: TrainingStatus) -> None:
        if status.preview is self._preview:
            return
        self._preview = status.preview
        if status.preview is None:
            self.picture.show_pixels([])
            return
        self._sketcher.ask((status.preview,))
        if self.on_stage.isChecked():
            self._stage(True)

    @Slot(bool)
    def _stage(self, on: bool) -> None:
        """Put the preview on the stage, or give the stage back."""
        status = self._studio.session.training.status
        if on and status.preview is None:
            return
        words = f"{status.plan.name if status.plan else 'Run'}, {steps_in_words(status.step, 0).lower()}"
        self._studio.session.show_preview(status.preview if on else None, words)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.curves.dress()
        self.picture.dress()
        self.side.dress()

"""Rewind, step, a scrubber over the kept states, and where one stands."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from voxstudio.ui import theme, widgets
from voxstudio.ui.studio import Studio

_HANDLE = 16


class Scrubber(QSlider):
    """A slider with a dot wherever another network took over."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._dots: list[float] = []
        self.setAccessibleName("State of the ascent")
        self.setToolTip("Go back to an earlier state; playing goes on from there")

    def show_dots(self, dots: list[float]) -> None:
        """Shares of the whole way."""
        if dots != self._dots:
            self._dots = dots
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The dots lie under the handle."""
        if self._dots:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.current().line_strong))
            for share in self._dots:
                painter.drawEllipse(
                    QPointF(_HANDLE / 2 + (self.width() - _HANDLE) * share, self.height() / 2), 4.0, 4.0
                )
            painter.end()
        super().paintEvent(event)


class ClimbStrip(QWidget):
    """Bound to ``session.synthesis``."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        climb = studio.session.synthesis
        self.rewind = widgets.icon_button("skip-back", "Back to the first state")
        self.step = widgets.icon_button("arrow-bend-up-right", "One step")
        self.branch = widgets.icon_button("git-branch", "Branch: go on from this state with other noise")
        self.keep = widgets.icon_button("push-pin", "Keep this state in the history below")
        self.compare = widgets.icon_button("columns", "Compare with this state from now on", checkable=True)
        self.film = widgets.icon_button("film-strip", "Save the ascent so far as a film")
        self.scrub = Scrubber()
        self.where = widgets.Elided("", "figure")
        row, words = QHBoxLayout(), QHBoxLayout()
        row.setSpacing(4)
        words.setSpacing(4)
        for part in (self.rewind, self.step):
            row.addWidget(part)
        row.addWidget(self.scrub, 1)
        words.addWidget(self.where, 1)
        for part in (self.branch, self.keep, self.compare, self.film):
            words.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addLayout(words)
        self.rewind.clicked.connect(climb.rewind)
        self.step.clicked.connect(self._step)
        self.branch.clicked.connect(self._branch)
        self.keep.clicked.connect(climb.keep)
        self.compare.clicked.connect(self._compare)
        self.film.clicked.connect(studio.commands.action("climb-film").trigger)
        self.scrub.valueChanged.connect(self._scrubbed)
        self.scrub.sliderReleased.connect(self._released)
        studio.bridge.changed.connect(self._changed)
        self._changed("synthesis")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic not in ("synthesis", "kept"):
            return
        session = self._studio.session
        climb, compared = session.synthesis, session.snapshots.compared
        count, state = len(climb.trail), climb.state
        for part in (self.rewind, self.scrub):
            part.setEnabled(count > 1)
        for part in (self.branch, self.keep, self.compare):
            part.setEnabled(state is not None)
        self.film.setEnabled(count > 1 and not climb.playing)
        self.step.setEnabled(climb.entry is not None and not climb.opening)
        self.compare.setChecked(compared is not None and compared.origin.startswith("step "))
        self.scrub.blockSignals(True)
        self.scrub.setRange(0, max(count - 1, 0))
        if not self.scrub.isSliderDown():
            self.scrub.setValue(climb.at)
        self.scrub.blockSignals(False)
        steps = climb.trail.steps
        self.scrub.show_dots([steps.index(step) / (count - 1) for step, _ in climb.trail.cascades[1:]] if count else [])
        self.where.say(self._words())

    def _words(self) -> str:
        climb = self._studio.session.synthesis
        state = climb.state
        if climb.opening:
            return "Opening the checkpoint"
        if state is None:
            return ""
        energy = f"{state.energies[min(climb.chain, len(state.energies) - 1)]:.2f}".replace("-", "\N{MINUS SIGN}")
        words = f"Step {state.step:,} · energy {energy}"
        return f"{words} · {climb.step_ms:.0f} ms a step" if climb.step_ms and climb.playing else words

    @Slot()
    def _step(self) -> None:
        self._studio.session.settle("synthesis")
        self._studio.session.synthesis.step()

    @Slot()
    def _branch(self) -> None:
        self._studio.session.settle("synthesis")
        self._studio.session.synthesis.branch()

    @Slot(int)
    def _scrubbed(self, index: int) -> None:
        self._studio.session.synthesis.scrub(index, draft=self.scrub.isSliderDown())

    @Slot()
    def _released(self) -> None:
        self._studio.session.synthesis.scrub(self.scrub.value())

    @Slot(bool)
    def _compare(self, on: bool) -> None:
        session = self._studio.session
        if on:
            session.synthesis.compare()
        else:
            session.snapshots.compare(None)

"""Train a family, or fine-tune a checkpoint, beside everything else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from voxstudio.data.glance import MESHES, VOXELS
from voxstudio.ui import widgets
from voxstudio.ui.studio import PanelSpec, Studio

PANEL = PanelSpec(
    "train", "Train", "graduation-cap", "Train a model on shapes of your own", 70, "voxstudio.ui.train_panel:TrainPanel"
)


def _learnable(paths: Sequence[Path]) -> bool:
    """True for one folder or file of shapes, or several meshes; one mesh alone teaches nothing."""
    if len(paths) > 1:
        return all(path.suffix.lower() in MESHES for path in paths)
    return paths[0].is_dir() or paths[0].suffix.lower() in (*VOXELS, ".voxdata")


class TrainPanel(QWidget):
    """Two pages: what is to be trained, and the run; below them what can be done now."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.messages import Banner
        from voxstudio.ui.train_live import TrainLive
        from voxstudio.ui.train_setup import TrainSetup

        self._studio = studio
        self._state = ""
        self._anew = False  # the person turned away from the run that ended
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.problem = Banner(studio, "training")
        self.setup = TrainSetup(studio)
        self.live = TrainLive(studio)
        self.against = widgets.words("", "problem", wrap=True)
        self.start = widgets.button(
            "Start training", "primary", "play", "Train in the background; everything else goes on"
        )
        self.pause = widgets.button("Pause", "", "pause", "Save, then wait; the processor is free meanwhile")
        self.resume = widgets.button("Resume", "primary", "play", "Go on with the run")
        self.stop = widgets.button("Stop", "", "stop", "Save and end the run; it can go on later")
        self.again = widgets.button("New run", "", "plus", "Set up another run")
        self.proceed = widgets.button("Continue", "", "play", "Go on with this run where it stopped")
        self.open = widgets.button("Open it", "primary", "check-circle", "Use the new checkpoint")
        self._lay_out()
        for piece, slot in (
            (self.start, self._start), (self.pause, self._pause), (self.resume, self._resume), (self.stop, self._stop),
            (self.again, self._set_up_another), (self.proceed, self._proceed), (self.open, self._open),
        ):  # fmt: skip
            piece.clicked.connect(slot)
        self.setup.changed.connect(self._follow_setup)
        studio.bridge.changed.connect(self._changed)
        self._follow()
        self._follow_setup()

    def _lay_out(self) -> None:
        self.pages = QStackedWidget()
        self.pages.addWidget(self.setup)
        self.pages.addWidget(self.live)
        banner, foot = QVBoxLayout(), QVBoxLayout()
        banner.setContentsMargins(16, 0, 16, 0)
        banner.addWidget(self.problem)
        foot.setContentsMargins(16, 8, 16, 16)
        foot.setSpacing(8)
        foot.addWidget(self.against)
        pieces = (self.again, self.proceed, self.stop, self.pause, self.resume, self.open, self.start)
        foot.addLayout(widgets.row_of(pieces))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(banner)
        column.addWidget(self.pages, 1)
        column.addWidget(widgets.rule())
        column.addLayout(foot)

    def take(self, paths: Sequence[Path]) -> bool:
        """A folder of shapes, a file of shapes or several meshes, dropped on the window, become what is learnt from."""
        if not _learnable(paths):
            return False
        session = self._studio.session
        if session.training.status.is_running:
            session.say("error", "A run is on: stop it, or wait for it, before choosing other shapes.", "training")
            return True
        if self.pages.currentWidget() is self.live:
            self._set_up_another()
        self.setup.data.take_all(paths)
        return True

    # ---- following -----------------------------------------------------------------------------

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic in ("training", "message"):
            self._follow()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what was not drawn unseen."""
        super().showEvent(event)
        self._follow()

    def _follow(self) -> None:
        status = self._studio.session.training.status
        if status.state != self._state:
            self._turn(status.state)
        if self.isVisible() and self.pages.currentWidget() is self.live:
            self.live.follow(status)

    def _turn(self, state: str) -> None:
        """The run entered another state: another page, other buttons."""
        status = self._studio.session.training.status
        self._state = state
        if status.is_running:
            self._anew = False
        elif state != "idle":
            self.setup.refresh()
        setting_up = state == "idle" or self._anew
        ended = not setting_up and not status.is_running
        self.pages.setCurrentWidget(self.setup if setting_up else self.live)
        later = [run.name for run in self._studio.session.training.unfinished] if ended else []
        for piece, seen in (
            (self.start, setting_up), (self.pause, state in ("starting", "running", "pausing")),
            (self.resume, state == "paused"), (self.stop, status.is_running), (self.again, ended),
            (self.proceed, status.plan is not None and status.plan.name in later),
            (self.open, ended and status.folder is not None and state != "failed"),
        ):  # fmt: skip
            piece.setVisible(seen)
        self.pause.setEnabled(state == "running")
        self.stop.setEnabled(state != "stopping")
        self._follow_setup()

    @Slot()
    def _follow_setup(self) -> None:
        """Say what stands against the plan, above the button that it keeps grey."""
        setting_up = self.pages.currentWidget() is self.setup
        problems = self.setup.problems
        more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
        self.against.setText(problems[0] + more if problems else "")
        self.against.setToolTip("\n".join(problems))
        self.against.setVisible(setting_up and bool(problems))
        self.start.setEnabled(not problems)

    # ---- doing ---------------------------------------------------------------------------------

    @Slot()
    def _start(self) -> None:
        self.setup.check()
        plan = self.setup.plan()
        if not self.setup.problems and plan is not None and self._studio.session.training.start(plan):
            self._studio.session.settle("training")
            self.setup.forget_name()

    @Slot()
    def _pause(self) -> None:
        self._studio.session.training.pause()

    @Slot()
    def _resume(self) -> None:
        self._studio.session.training.resume()

    @Slot()
    def _stop(self) -> None:
        self._studio.session.training.stop()

    @Slot()
    def _proceed(self) -> None:
        plan = self._studio.session.training.status.plan
        if plan is not None:
            self._studio.session.training.proceed(plan.name)

    @Slot()
    def _set_up_another(self) -> None:
        self._anew = True
        self._turn(self._state)
        self.setup.refresh()

    @Slot()
    def _open(self) -> None:
        """The new checkpoint is chosen, and stands in the library."""
        folder, session = self._studio.session.training.status.folder, self._studio.session
        session.refresh_catalogue()
        if folder is not None and session.open_checkpoint(folder):
            self._studio.commands.action("go-library").trigger()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.setup.dress()
        self.live.dress()

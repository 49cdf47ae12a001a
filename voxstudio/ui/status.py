"""The bottom line: what is being done, how far it is, how to stop it, where it runs, what it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy

from voxstudio.ui import widgets
from voxstudio.ui.pace import Pace
from voxstudio.ui.studio import Studio

if TYPE_CHECKING:
    from voxstudio.session.training_values import TrainingStatus

SHOW_AFTER_MS = 300
"""Work that takes less is not worth a person's eyes."""
STAGES = {
    "read": "photos", "network": "shape", "mesh": "surface", "image": "view", "compare": "comparison",
    "draw": "picture",
}  # fmt: skip
WAITING = "waiting"
ABOUT = """\
Milliseconds from the wish to the picture on the screen
photos: reading them and cutting them out
shape: the network makes the voxels
surface: a mesh is laid around them
view: the network's own picture of the shape
comparison: measuring it against another shape
picture: drawing the stage
waiting: what other work took in between"""


def times_in_words(times: dict[str, float], total_ms: float = 0.0) -> str:
    """``shape 19 · surface 1 · picture 8 · waiting 2 = 30 ms``: the stages, what was spent between, and their sum.

    Without a total, while the shape is not yet drawn, only the stages. What is shown adds up, rounded as it is.
    """
    spent = {word: round(times[stage]) for stage, word in STAGES.items() if times.get(stage, 0.0) > 0.0}
    wait = round(total_ms - sum(times.get(stage, 0.0) for stage in STAGES))
    if wait > 0:
        spent[WAITING] = wait
    parts = " · ".join(f"{word} {ms}" for word, ms in spent.items())
    return f"{parts} = {sum(spent.values())} ms" if total_ms and parts else f"{parts} ms" if parts else ""


class StatusBar(QFrame):
    """Follows the session's job, message and times; before :meth:`attach` it says that the program starts."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "statusbar")
        self.setFixedHeight(32)
        self._studio: Studio | None = None
        self._worked = False  # something ran and ended: from then on, an idle program is ready
        self.doing = widgets.Elided("Starting", "hint")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 0, 16, 0)
        self._row.setSpacing(12)
        self._row.addWidget(self.doing, 1)

    def _build(self) -> None:
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(160)
        self.progress.setRange(0, 100)
        self.progress.setAccessibleName("Progress")
        self.percent = widgets.words("", "figure")
        self.percent.setFixedWidth(36)
        self.cancel = widgets.button("Cancel", "slim", tip="Stop what is running (Esc)")
        self.cancel.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.times = widgets.words("", "figure")
        self.times.setToolTip(ABOUT)
        self.device = widgets.words("", "badge")
        self.device.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.device.setToolTip("Where the network runs")
        self.training = widgets.button("", "slim", "graduation-cap", "Go to the run")
        self.training.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for part in (self.progress, self.percent, self.cancel, self.times, self.training, self.device):
            self._row.addWidget(part)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(SHOW_AFTER_MS)
        self._late.timeout.connect(self._show_job)
        self._pace = Pace(self)
        self._pace.due.connect(self._tell_times)
        self._show_progress(False)
        self.device.hide()
        self.training.hide()

    def attach(self, studio: Studio) -> None:
        """Follow a session."""
        self._build()
        self._studio = studio
        self.cancel.clicked.connect(studio.commands.action("cancel").trigger)
        self.training.clicked.connect(studio.commands.action("go-train").trigger)
        studio.bridge.changed.connect(self._changed)
        self._changed("training")
        self._changed("job")
        self._changed("checkpoint")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        session = self._studio.session
        if topic == "job":
            self._job()
        elif topic in ("shown", "times"):
            if self._pace.allows(session.shown is not None and session.shown.draft):
                self._tell_times()
        elif topic == "training":
            self._training()
        elif topic == "checkpoint":
            self.device.setVisible(session.model is not None)
            self.device.setText(device_in_words(session.model.device) if session.model else "")
        elif topic == "message" and session.job is None:
            self._say_idle()

    @Slot()
    def _tell_times(self) -> None:
        shown = self._studio.session.shown
        self.times.setText(times_in_words(shown.times, shown.total_ms) if shown else "")

    def _training(self) -> None:
        """A run is seen from every panel."""
        status = self._studio.session.training.status
        self.training.setVisible(status.is_running)
        words = training_in_words(status)
        if status.is_running and words != self.training.text():
            self.training.setText(words)

    def _job(self) -> None:
        job = self._studio.session.job
        self._worked = self._worked or (job is None and self._late.isActive()) or self.progress.isVisible()
        if job is None:
            self._late.stop()
            self._show_progress(False)
            self._say_idle()
        elif self.progress.isVisible():
            self._show_job()
        elif not self._late.isActive():
            self._late.start()

    @Slot()
    def _show_job(self) -> None:
        job = self._studio.session.job
        if job is None:
            return
        known = job.fraction > 0.0
        self.doing.say(job.words)
        self.progress.setRange(0, 100 if known else 0)
        self.progress.setValue(round(100 * job.fraction))
        self.percent.setText(f"{100 * job.fraction:.0f} %" if known else "")
        self._show_progress(True, job.cancellable)

    def _show_progress(self, on: bool, cancellable: bool = False) -> None:
        self.progress.setVisible(on)
        self.percent.setVisible(on)
        self.cancel.setVisible(on and cancellable)

    def _say_idle(self) -> None:
        session = self._studio.session
        if session.message is not None:
            self.doing.say(widgets.cubed(session.message.sentence))
        elif session.shown is not None:
            self.doing.say(f"Ready · {session.shown.origin}")
        elif session.model is None and session.checkpoint is not None and not self._worked:
            self.doing.say(f"Opening {session.checkpoint.name}")
        else:
            self.doing.say("Ready")


def training_in_words(status: TrainingStatus) -> str:
    """``Training 34 %``, ``Training paused``."""
    if status.state in ("starting", "paused"):
        return "Training paused" if status.state == "paused" else "Training starts"
    share = f" {100 * status.step / status.max_steps:.0f} %" if status.max_steps else ""
    return f"Training{share}"


def device_in_words(device: str) -> str:
    """``cpu`` becomes CPU, ``cuda:0`` GPU."""
    return {"cpu": "CPU", "mps": "Apple GPU"}.get(device, "GPU" if device.startswith("cuda") else device)

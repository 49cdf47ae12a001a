"""What the commands of the latent explorers do: keep, compare, keyframes, films, measuring."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Slot
from PySide6.QtWidgets import QFileDialog

from voxstudio.ui.film_dialog import FILMS, SERIES, ask_for_film, films_folder
from voxstudio.ui.studio import Studio
from voxstudio.ui.window import Window

FINDABLE = ("obj", "stl", "ply", "glb", "off", "npz", "png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff")
FILTER = f"Meshes and pictures ({' '.join(f'*.{suffix}' for suffix in FINDABLE)});;All files (*)"
CODES = "Codes (*.json);;All files (*)"


class LatentDeeds(QObject):
    """Carries out the commands of one window."""

    def __init__(self, window: Window, studio: Studio, settings: QSettings) -> None:
        super().__init__(window)
        self._window, self._studio, self._settings = window, studio, settings
        on = studio.commands.on
        for key, slot in (
            ("keep", self.keep), ("compare", self.compare), ("add-keyframe", self.add_keyframe),
            ("save-film", self.save_film), ("find-shape", self.find_shape), ("measure-codes", self.measure),
            ("find-directions", self.find_directions), ("save-code", self.save_code), ("open-code", self.open_code),
        ):  # fmt: skip
            on(key, slot)
        studio.bridge.changed.connect(self._changed)
        for topic in ("shown", "path", "kept"):
            self._changed(topic)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        """What cannot be done now is grey."""
        session, action = self._studio.session, self._studio.commands.action
        if topic == "shown" and session.shown is not None and session.shown.draft:
            return  # a drag changes nothing of that
        if topic in ("shown", "history", "kept"):
            there = session.snapshots.find(session.state) is not None
            action("keep").setEnabled(there)
            action("add-keyframe").setEnabled(there)
            comparing = session.snapshots.compared is not None
            action("compare").setText("Stop comparing" if comparing else "Compare with the shape before")
            action("compare").setEnabled(comparing or self._before() is not None)
        elif topic in ("path", "checkpoint", "latents"):
            action("save-film").setEnabled(bool(session.path.steps) and session.path.is_home)
            idle = session.model is not None and session.model.can_sample and not session.latents.busy
            action("measure-codes").setEnabled(idle and bool(session.model.layout))
            action("find-directions").setEnabled(idle and bool(session.model.layout))
            for key in ("find-shape", "save-code", "open-code"):
                action(key).setEnabled(session.model is not None and bool(session.model.layout))

    def _before(self) -> int | None:
        """The last shape at rest before the present one."""
        session = self._studio.session
        states = session.states[: session.states.index(session.state)]
        return next((state for state in reversed(states) if session.snapshots.find(state) is not None), None)

    @Slot()
    def keep(self) -> None:
        """Ask for a name for the shape on the stage."""
        self._window.strip.ask_name(self._studio.session.state)

    @Slot()
    def compare(self) -> None:
        """Compare with the shape before, or stop comparing."""
        snapshots = self._studio.session.snapshots
        snapshots.compare(None if snapshots.compared is not None else self._before())

    @Slot()
    def add_keyframe(self) -> None:
        """Make the shape on the stage part of the path; where it stands is told unless it can be seen."""
        session = self._studio.session
        if session.path.add() and not self._window.is_front("interpolate"):
            count = len(session.path.keys)
            session.say("info", f"Keyframe {count} is in the path; the panel Interpolate walks through it.", "result")

    @Slot()
    def measure(self) -> None:
        """Find out what the codes do, where their sliders are."""
        self._window.go("create")
        self._studio.session.latents.measure()

    @Slot()
    def find_directions(self) -> None:
        """Find directions, where their sliders will be."""
        self._window.go("create")
        self._studio.session.latents.find_directions()

    @Slot()
    def find_shape(self) -> None:
        """Ask for a mesh or pictures, and look for their code."""
        self._window.go("create")
        start = str(self._settings.value("folders/shapes", ""))
        files, _ = QFileDialog.getOpenFileNames(self._window, "Find the code of a shape", start, FILTER)
        if files:
            self._settings.setValue("folders/shapes", str(Path(files[0]).parent))
            self._studio.session.search.find(files)

    @Slot()
    def save_code(self) -> None:
        """Ask where to, and write the code of the shape on the stage."""
        start = str(Path(self._folder()) / "code.json")
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save the code", start, CODES)
        if chosen:
            target = Path(chosen)
            self._studio.session.latents.save(target if target.suffix else target.with_suffix(".json"))

    @Slot()
    def open_code(self) -> None:
        """Ask for a saved code, and stand there."""
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a code", self._folder(), CODES)
        if chosen:
            self._window.go("create")
            self._studio.session.latents.load(chosen)

    @Slot()
    def save_film(self) -> None:
        """Ask where to, and write the path as a film."""
        asked = ask_for_film(self._window, self._settings, "Save film", "path.gif", {**FILMS, **SERIES})
        if asked is not None:
            self._studio.session.path.export(*asked)

    def _folder(self) -> str:
        return films_folder(self._settings)

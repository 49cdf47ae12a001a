"""What the commands of synthesis, classifying and attacks do: files to begin with, films, play and pause."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Slot
from PySide6.QtWidgets import QFileDialog

from voxstudio.ui.film_dialog import FILMS, ask_for_film
from voxstudio.ui.studio import Studio
from voxstudio.ui.window import Window


class ProbingDeeds(QObject):
    """Carries out the commands of one window."""

    def __init__(self, window: Window, studio: Studio, settings: QSettings) -> None:
        super().__init__(window)
        self._window, self._studio, self._settings = window, studio, settings
        for key, slot in (
            ("climb-play", self.play), ("climb-mesh", self.begin_with), ("climb-film", self.film),
            ("classify-mesh", self.classify_mesh), ("classify-stage", self.classify),
            ("attack-stage", self.attack), ("measure-attacks", self.measure),
        ):  # fmt: skip
            studio.commands.on(key, slot)
        studio.bridge.changed.connect(self._changed)
        for topic in ("synthesis", "classify"):
            self._changed(topic)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        """What cannot be done now is grey."""
        if topic in ("synthesis", "catalogue"):
            climb, action = self._studio.session.synthesis, self._studio.commands.action
            there = climb.entry is not None
            action("climb-play").setEnabled(there)
            action("climb-play").setText("Pause the ascent" if climb.playing else "Play the ascent")
            action("climb-mesh").setEnabled(there)
            action("climb-film").setEnabled(len(climb.trail) > 1 and not climb.playing)
        if topic in ("classify", "catalogue"):
            probe, action = self._studio.session.classifying, self._studio.commands.action
            for key in ("classify-mesh", "classify-stage", "attack-stage"):
                action(key).setEnabled(probe.entry is not None)
            action("measure-attacks").setEnabled(probe.entry is not None and not probe.measuring)

    @Slot()
    def play(self) -> None:
        """Climb, or rest; where it can be seen."""
        climb = self._studio.session.synthesis
        if climb.playing:
            climb.pause()
        else:
            self._window.go("synthesis")
            if climb.play():
                self._studio.session.settle("synthesis")

    @Slot()
    def begin_with(self) -> None:
        """Ask for a mesh to begin with."""
        found = self._mesh("Begin with a mesh")
        if found is not None:
            self._window.go("synthesis")
            self._studio.session.synthesis.from_file(found)

    @Slot()
    def film(self) -> None:
        """Ask where to, and write the ascent as a film."""
        asked = ask_for_film(self._window, self._settings, "Save the ascent", "ascent.gif", FILMS)
        if asked is not None:
            self._studio.session.synthesis.film(*asked)

    @Slot()
    def classify_mesh(self) -> None:
        """Ask for a mesh, and classify it."""
        found = self._mesh("Classify a mesh")
        if found is not None:
            self._window.go("classify")
            self._studio.session.classifying.from_file(found)

    @Slot()
    def classify(self) -> None:
        """Classify what stands on the stage."""
        self._window.go("classify")
        self._studio.session.classifying.from_stage()

    @Slot()
    def attack(self) -> None:
        """Attack what stands on the stage."""
        self._window.go("classify")
        probe = self._studio.session.classifying
        if probe.on_stage or probe.from_stage():
            probe.set(mode="attack")

    @Slot()
    def measure(self) -> None:
        """Draw accuracy over epsilon, where it can be seen."""
        self._window.go("classify")
        self._studio.session.classifying.measure()

    def _mesh(self, title: str) -> Path | None:
        from voxstudio.geometry.mesh_io import READABLE

        kinds = " ".join(f"*{suffix}" for suffix in (*READABLE, ".npz"))
        start = str(self._settings.value("folders/shapes", ""))
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, start, f"Meshes and voxels ({kinds})")
        if not chosen:
            return None
        self._settings.setValue("folders/shapes", str(Path(chosen).parent))
        return Path(chosen)

"""What the commands do: dialogs, clipboard, samples, colours. Everything else is the session's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QSettings, QStandardPaths, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from voxstudio.core.paths import shipped
from voxstudio.ui import drops, theme, widgets
from voxstudio.ui.inspector import Inspecting
from voxstudio.ui.latent_deeds import LatentDeeds
from voxstudio.ui.leaving import Leaving
from voxstudio.ui.probing_deeds import ProbingDeeds
from voxstudio.ui.search import Search
from voxstudio.ui.studio import Studio
from voxstudio.ui.window import Window

OPEN_FILTER = "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff *.gif);;All files (*)"
FORMATS = {".stl": "STL, for 3D printing", ".obj": "OBJ, for most programs", ".ply": "PLY", ".glb": "GLB, for the web"}


def samples() -> list[Path]:
    """The photos of one chair that come with the program."""
    return sorted((shipped("resources") / "samples").glob("chair-*.png"))


class Deeds(QObject):
    """Carries out the commands of one window."""

    def __init__(self, window: Window, studio: Studio, settings: QSettings) -> None:
        super().__init__(window)
        self._window, self._studio, self._settings = window, studio, settings
        self._search: Search | None = None
        self.leaving = Leaving(window, studio)
        self.inspecting = Inspecting(window, studio, settings)
        self.latents = LatentDeeds(window, studio, settings)
        self.probing = ProbingDeeds(window, studio, settings)
        session, on = studio.session, studio.commands.on
        for key, slot in (
            ("open", self.open), ("paste", self.paste), ("sample", self.sample), ("save", self.save),
            ("quit", window.close), ("undo", session.undo), ("redo", session.redo), ("clear", session.clear_views),
            ("background-all", self.backgrounds), ("cancel", self.cancel), ("search", self.search),
            ("about", self.about), ("layout", window.reset_layout),
        ):  # fmt: skip
            on(key, slot)
        for key in ("view-front", "view-side", "view-top", "view-three-quarter", "view-frame"):
            on(key, self._look)
        for key in ("style-smooth", "style-blocks", "style-cloud", "colour-clay", "colour-confidence"):
            on(key, self._option)
        for choice in theme.CHOICES:
            on(f"theme-{choice}", self._dress)
        window.dropped.connect(self.receive)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        studio.bridge.changed.connect(self._changed)
        for topic in ("history", "views", "shown"):
            self._changed(topic)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        """What cannot be done now is grey."""
        session, action = self._studio.session, self._studio.commands.action
        if topic == "history":
            action("undo").setEnabled(session.can_undo)
            action("redo").setEnabled(session.can_redo)
        elif topic == "views":
            action("clear").setEnabled(bool(session.views))
            action("background-all").setEnabled(bool(session.views))
        elif topic == "shown":
            action("save").setEnabled(session.shown is not None and not session.shown.surface.is_empty)
        elif topic == "message":
            message = session.message
            if message is not None and (message.severity, message.where) == ("error", "images"):
                self._window.go("reconstruct")

    # ---- photos --------------------------------------------------------------------------------

    @Slot()
    def open(self) -> None:
        """Choose image files."""
        files, _ = QFileDialog.getOpenFileNames(self._window, "Open photos", self._folder("photos"), OPEN_FILTER)
        if files:
            self._settings.setValue("folders/photos", str(Path(files[0]).parent))
            self._studio.session.add_images([Path(name) for name in files])

    @Slot()
    def paste(self) -> None:
        """Add what the clipboard holds."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not drops.can_take(mime):
            self._studio.session.say("error", "The clipboard holds no picture: copy one and paste again.", "images")
            return
        drops.receive(self._studio.session, mime)

    @Slot()
    def sample(self) -> None:
        """Reconstruct the photos that come with the program."""
        found = samples()
        if found:
            self._window.go("reconstruct")
            self._studio.session.add_images(found)
        else:
            self._studio.session.say("error", "The sample photos are missing: install VoxStudio again.", "images")

    @Slot(object)
    def receive(self, mime: QMimeData) -> None:
        """Something was dropped on the window: the panel in front takes what it can, else the one that it is for."""
        if not drops.holds_weights(mime) and self.take(drops.local_paths(mime)):
            return
        if drops.holds_mesh(mime) and self._studio.commands.action("find-shape").isEnabled():
            self._window.go("create")
            self._studio.session.search.find(drops.read(mime).paths[:1])
            return
        self._window.go("library" if drops.holds_weights(mime) else "reconstruct")
        drops.receive(self._studio.session, mime)

    def take(self, paths: Sequence[Path]) -> bool:
        """Files or a folder for the panel in front, or for the one that such a folder is for; False if for neither."""
        if not paths or self._front_takes(paths):
            return bool(paths)
        task = drops.task_of(paths)
        if task:
            self._window.go(task)
        return bool(task) and self._front_takes(paths)

    def _front_takes(self, paths: Sequence[Path]) -> bool:
        """Offer files to the panel in front, if it takes any."""
        take: Callable[[Sequence[Path]], bool] | None = getattr(self._window.in_front, "take", None)
        return take is not None and take(paths)

    @Slot()
    def backgrounds(self) -> None:
        """Remove the background of every photo."""
        self._studio.session.set_remove_background("all", True)

    # ---- results -------------------------------------------------------------------------------

    @Slot()
    def save(self) -> None:
        """Ask where to, and write."""
        shown = self._studio.session.shown
        if shown is None:
            return
        suffixes = [suffix for suffix in FORMATS if suffix in self._studio.session.export_suffixes]
        filters = [f"{FORMATS[suffix]} (*{suffix})" for suffix in suffixes]
        views = self._studio.session.views
        name = Path(views[0].name).stem if views and self._studio.session.draw is None else "shape"
        start = str(Path(self._folder("meshes")) / f"{name}.stl")
        chosen, kind = QFileDialog.getSaveFileName(self._window, "Save mesh", start, ";;".join(filters))
        if not chosen:
            return
        target = Path(chosen)
        if target.suffix.lower() not in suffixes:
            target = target.with_name(target.name + suffixes[filters.index(kind) if kind in filters else 0])
        self._settings.setValue("folders/meshes", str(target.parent))
        self._studio.session.export(target)

    @Slot()
    def cancel(self) -> None:
        """Stop what runs; if nothing does, the message is dismissed."""
        if self._studio.session.job is not None:
            self._studio.session.cancel()
        else:
            self._studio.session.dismiss_message()

    @Slot()
    def _look(self) -> None:
        self._window.viewport.look(self._key().removeprefix("view-"))

    @Slot()
    def _option(self) -> None:
        name, _, value = self._key().partition("-")
        self._studio.session.set_options(**{"style" if name == "style" else "colour_by": value})

    def _key(self) -> str:
        return str(self.sender().property("key"))

    # ---- the program ---------------------------------------------------------------------------

    @Slot()
    def search(self) -> None:
        """Search any action."""
        if self._search is None:
            self._search = Search(self._window, self._studio.commands)
        self._search.open()

    @Slot()
    def about(self) -> None:
        """Which version this is."""
        import voxstudio

        text = (
            f"VoxStudio {getattr(voxstudio, '__version__', '')}\n\nPhotos of an object become a mesh that other "
            "programs and 3D printers accept.\nRun “voxstudio doctor” for versions, device and OpenGL."
        )
        QMessageBox.about(self._window, "About VoxStudio", text)

    @Slot()
    def _dress(self) -> None:
        choice = self._key().removeprefix("theme-")
        self._settings.setValue("theme", choice)
        self.dress(choice)

    @Slot(Qt.ColorScheme)
    def _system_changed(self, scheme: Qt.ColorScheme) -> None:
        choice = str(self._settings.value("theme", "system"))
        if choice == "system":
            self.dress(choice)

    def dress(self, choice: str) -> None:
        """Take the colours of another theme."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, choice)
        widgets.dress_all(self._window)
        self._window.viewport.dress()
        for dock in self._window.docks.values():
            if dock.panel is not None and hasattr(dock.panel, "dress"):
                dock.panel.dress()

    def _folder(self, what: str) -> str:
        standard = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        remembered = str(self._settings.value(f"folders/{what}", ""))
        return remembered if remembered and Path(remembered).is_dir() else standard

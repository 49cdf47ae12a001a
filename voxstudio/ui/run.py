"""Open the window: first it is painted, then the view is made, then torch is imported."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSettings, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QSurfaceFormat
from PySide6.QtWidgets import QApplication

from voxstudio.ui import on_screen, theme
from voxstudio.ui.imports import ONE_AT_A_TIME
from voxstudio.ui.window import FIRST_PANEL, Window

if TYPE_CHECKING:
    from voxstudio.session import Session
    from voxstudio.ui.bridge import Bridge
    from voxstudio.ui.deeds import Deeds

SIZE = (1280, 800)
FIRST_SEED = 5
FIRST_TRUNCATION = 0.7
"""Chosen by eye among the first dozen: whole, from its legs to its back."""


class Studio(QObject):
    """One running window and its session.

    ``painted`` comes when the window is on screen, ``ready`` when the 3D view is.
    """

    painted = Signal()
    ready = Signal()
    _imported = Signal()

    def __init__(
        self, images: Sequence[Path] = (), size: tuple[int, int] = SIZE, checkpoint: str | None = None,
        device: str = "auto", settings: QSettings | None = None, first_shape: bool = True, panel: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._turned: tuple[object, object] = (None, None)
        self._images, self._checkpoint, self._device = tuple(images), checkpoint, device
        self._settings, self._first_shape, self._panel = settings, first_shape, panel
        self._closed = False
        self.session: Session | None = None
        self.bridge: Bridge | None = None
        self.deeds: Deeds | None = None
        self.moments = {"start": time.perf_counter()}
        self.window = Window()
        self.window.resize(*size)
        if settings is not None:
            self.window.resize(on_screen.first_size(self.window, self.window.size()))
            self.window.restore_size(settings)
        self.window.closing.connect(self._closing)
        self.window.viewport.installEventFilter(self)
        self.window.viewport.ready.connect(self._view_ready)
        self._imported.connect(self._build_view)
        self._importer = threading.Thread(target=self._import_view, name="voxstudio-import", daemon=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The first paint of the stage is the window's."""
        if event.type() == QEvent.Type.Paint and "painted" not in self.moments:
            self.moments["painted"] = time.perf_counter()
            QTimer.singleShot(0, self._after_paint)
        return False

    @Slot()
    def _after_paint(self) -> None:
        gc.enable()  # see voxstudio.app
        self.window.viewport.removeEventFilter(self)
        self.painted.emit()
        if self._settings is not None:
            on_screen.keep_in_sight(self.window)
        self._importer.start()
        self.window.complete(self._settings)
        from voxstudio.session import Session
        from voxstudio.ui.bridge import Bridge
        from voxstudio.ui.deeds import Deeds
        from voxstudio.ui.studio import Studio as Parts

        self.bridge = Bridge(self)
        self.session = Session(self.bridge.post, device=self._device)
        self.bridge.attach(self.session)
        if self._settings is not None:
            from voxstudio.engine.places import own_folder

            self.session.keep_named(own_folder("kept"))
        if self._checkpoint is not None:
            self.session.open_checkpoint(self._checkpoint)
        self.parts = Parts(self.session, self.bridge, self.window.commands)
        settings = self._settings if self._settings is not None else QSettings()
        self.deeds = Deeds(self.window, self.parts, settings)
        if self._panel is not None:
            self.window.go(self._panel)
        self.window.attach(self.parts)

    def _import_view(self) -> None:
        """Import what takes long beside the GUI thread. Import thread."""
        try:
            with ONE_AT_A_TIME:
                import pyvista  # noqa: F401 - imported ahead
                import pyvistaqt  # noqa: F401 - imported ahead
        finally:
            with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
                self._imported.emit()

    @Slot()
    def _build_view(self) -> None:
        if self.session is not None and not self._closed:
            self.window.viewport.build(self.parts)

    @Slot()
    def _view_ready(self) -> None:
        """One frame of the view, then the model."""
        if self._settings is not None:
            on_screen.keep_in_sight(self.window)
        self.window.viewport.setFocus()
        QTimer.singleShot(0, self._go)

    @Slot()
    def _go(self) -> None:
        self.moments["ready"] = time.perf_counter()
        self.ready.emit()
        if self._images and self._panel is None:
            self.window.go(FIRST_PANEL)
        if self._images and not self.deeds.take(self._images):
            self.session.add_images(self._images)
        elif self._first_shape:
            self.bridge.changed.connect(self._first)
        self.session.warm_up()

    @Slot(str)
    def _first(self, topic: str) -> None:
        """A trained shape stands on the stage and turns until it is touched."""
        session = self.session
        if topic != "checkpoint" or session.model is None:
            return
        self.bridge.changed.disconnect(self._first)
        if session.views or session.draw is not None or not session.model.can_sample:
            return
        session.sample(session.labels[0] if session.labels else None, FIRST_SEED, FIRST_TRUNCATION)
        if self.window.viewport.canvas is not None:
            self.window.viewport.canvas.start_turning()
            self._turned = session.draw, session.checkpoint
            self.bridge.changed.connect(self._stand_still)

    @Slot(str)
    def _stand_still(self, _: str) -> None:
        """Any other shape than the first one, or a checkpoint of the person's choice, is looked at without turning."""
        draw, checkpoint = self._turned
        if self.session.draw is draw and self.session.checkpoint is checkpoint:
            return
        self.bridge.changed.disconnect(self._stand_still)
        if self.window.viewport.canvas is not None:
            self.window.viewport.canvas.stop_turning()

    @Slot()
    def _closing(self) -> None:
        self._closed = True
        if self._settings is not None:
            self.window.remember_layout(self._settings)
        if self.bridge is not None:
            self.bridge.close()
        if self.session is not None:
            self.session.close()
        if self._importer.is_alive():
            self._importer.join()


def application() -> QApplication:
    """The one QApplication, prepared for VTK's views and dressed."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        if sys.platform == "linux" and os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
        form = QSurfaceFormat()
        form.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
        form.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
        form.setVersion(3, 2)
        form.setAlphaBufferSize(8)
        QSurfaceFormat.setDefaultFormat(form)
        app = QApplication(sys.argv[:1])
    app.setApplicationName("VoxStudio")
    app.setOrganizationName("VoxStudio")
    QGuiApplication.setApplicationDisplayName("VoxStudio")
    return app


def run_window(
    images: Sequence[Path] = (), screenshot: Path | None = None, checkpoint: str | None = None,
    device: str = "auto", size: tuple[int, int] = SIZE, colours: str | None = None, panel: str | None = None,
) -> int:  # fmt: skip
    """Open the window and return when it is closed; the exit status.

    Parameters
    ----------
    images: reconstructed at once, as if they had been dropped.
    screenshot: save a picture of the whole window there (PNG) once nothing moves, then end. The
        person's settings are neither read nor written; the status is not 0 if a file failed.
    size: width and height of a fresh window, in pixels.
    colours: ``"light"``, ``"dark"`` or ``"system"``; by default what the person chose.
    panel: key of the panel to show; by default the last one. Images are for it, if it can take them.
    """
    app = application()
    settings = QSettings() if screenshot is None else None
    choice = colours or (str(settings.value("theme", "system")) if settings is not None else "light")
    theme.apply(app, choice)
    studio = Studio(images, size, checkpoint, device, settings, panel=panel)
    photographer = None
    if screenshot is not None:
        from voxstudio.ui.photographer import Photographer

        photographer = Photographer(studio, screenshot)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    previous, sys.excepthook = sys.excepthook, _Complaint(studio)
    try:
        studio.window.show()
        app.exec()
    finally:
        sys.excepthook = previous
    if photographer is not None and photographer.sentence:
        print(f"voxstudio: {photographer.sentence}", file=sys.stderr)
        return 1
    return 0


class _Complaint:
    """What could not be foreseen becomes a sentence too; the program goes on."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if os.environ.get("VOXSTUDIO_DEBUG"):
            sys.__excepthook__(kind, error, trace)
        sentence = f"Something went wrong ({kind.__name__}, {error}): your work is kept; please report this."
        if self._studio.session is not None:
            self._studio.session.say("error", sentence, "result")
        else:
            print(f"voxstudio: {sentence}", file=sys.stderr)


run = run_window

"""Asks where a film goes, and in which of the kinds."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths
from PySide6.QtWidgets import QFileDialog

from voxstudio.session.film_files import THREE_QUARTER
from voxstudio.ui.window import Window

FILMS = {".gif": "GIF, for a page or a message", ".mp4": "MP4 video", ".glb": "Animated GLB, for the web and Blender"}
SERIES = {".obj": "A series of numbered OBJ files"}
FOLDER = "folders/films"


def films_folder(settings: QSettings) -> str:
    """Where the last film went, if the folder is still there, else the person's folder of films."""
    remembered = str(settings.value(FOLDER, ""))
    standard = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
    return remembered if remembered and Path(remembered).is_dir() else standard


def ask_for_film(
    window: Window, settings: QSettings, title: str, name: str, films: dict[str, str]
) -> tuple[Path, tuple[float, float]] | None:
    """The file and the view of the stage, in degrees; None if the person thought better of it."""
    filters = [f"{words} (*{suffix})" for suffix, words in films.items()]
    start = str(Path(films_folder(settings)) / name)
    chosen, kind = QFileDialog.getSaveFileName(window, title, start, ";;".join(filters))
    if not chosen:
        return None
    target = Path(chosen)
    if target.suffix.lower() not in films:
        target = target.with_name(target.name + list(films)[filters.index(kind) if kind in filters else 0])
    settings.setValue(FOLDER, str(target.parent))
    canvas = window.viewport.canvas
    return target, canvas.stage.view_degrees() if canvas is not None else THREE_QUARTER

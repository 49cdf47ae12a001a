"""What a run learns from: parametric shapes, or a folder or file that is chosen or dropped here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QStandardPaths, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QMenu, QVBoxLayout

from voxstudio.data.glance import VOXELS, Glance, glance
from voxstudio.ui import icons, theme, widgets

_ICONS = {
    "shapes": "circles-three", "meshes": "cube", "modelnet": "tree-structure", "shapenet": "tree-structure",
    "voxels": "grid-four", "prepared": "database", "photos": "image-square", "": "warning-circle",
}  # fmt: skip


class DataSource(QFrame):
    """Emits ``chosen`` when another source was taken; :attr:`path` is None for parametric shapes."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.setAccessibleName("Training data: drop a folder or a file here")
        self.path: Path | None = None
        self.found: Glance = glance(None)
        self._icon = QLabel()
        self._icon.setFixedWidth(28)
        self.name = widgets.Elided("", "heading")
        self.sentence = widgets.words("", "hint", wrap=True)
        self.back = widgets.icon_button("x", "Learn from parametric shapes instead")
        self.back.clicked.connect(self.clear)
        self.browse = widgets.button("Browse", "menu", tip="A folder of meshes, voxels or photos, or a voxel file")
        menu = QMenu(self.browse)
        menu.addAction("Choose a folder…").triggered.connect(self._choose_folder)
        menu.addAction("Choose a voxel file…").triggered.connect(self._choose_file)
        self.browse.setMenu(menu)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._icon)
        head.addWidget(self.name, 1)
        head.addWidget(self.back)
        head.addWidget(self.browse)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 10)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.sentence)
        self._show()

    def take(self, path: Path | None) -> None:
        """Take another source, and look at it."""
        self.path = path
        self.found = glance(path)
        self._show()
        self.chosen.emit()

    def take_all(self, paths: Sequence[Path]) -> None:
        """Take what was dropped; several files stand for their folder."""
        same = {path.parent for path in paths}
        self.take(paths[0] if len(paths) == 1 or len(same) > 1 else paths[0].parent)

    @Slot()
    def clear(self) -> None:
        """Back to parametric shapes."""
        self.take(None)

    def dress(self) -> None:
        """Take the colours of the theme."""
        tokens = theme.current()
        colour = tokens.accent if self.found.is_usable else tokens.danger
        self._icon.setPixmap(icons.pixmap(_ICONS[self.found.kind], colour, 24))

    def _show(self) -> None:
        self.name.say(self.path.name or str(self.path) if self.path else "Parametric shapes")
        self.name.setToolTip(str(self.path or ""))
        more = " Or drop a folder of your own here." if self.path is None else ""
        self.sentence.setText(self.found.sentence + more)
        widgets.restyle(self.sentence, role="hint" if self.found.is_usable else "problem")
        self.back.setVisible(self.path is not None)
        self.dress()

    def _start(self) -> str:
        standard = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return str(self.path.parent) if self.path else standard

    @Slot()
    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Learn from a folder", self._start())
        if chosen:
            self.take(Path(chosen))

    @Slot()
    def _choose_file(self) -> None:
        filters = f"Voxels ({' '.join('*' + suffix for suffix in VOXELS)});;All files (*)"
        chosen, _ = QFileDialog.getOpenFileName(self, "Learn from a voxel file", self._start(), filters)
        if chosen:
            self.take(Path(chosen))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up if this is a file or a folder."""
        if _local(event.mimeData()):
            event.acceptProposedAction()
            widgets.restyle(self, over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Go out again."""
        widgets.restyle(self, over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it."""
        widgets.restyle(self, over=False)
        paths = _local(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.take_all(paths)


def _local(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]

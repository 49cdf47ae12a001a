"""A panel on which one mesh, or one file of voxels, can be dropped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from voxstudio.ui import drops


class MeshDrop(QWidget):
    """Hands the dropped file to :meth:`take_mesh`."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Meshes and voxel files."""
        if self._mesh(drops.local_paths(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it."""
        event.acceptProposedAction()
        self.take(drops.local_paths(event.mimeData()))

    def take(self, paths: Sequence[Path]) -> bool:
        """Files that were dropped elsewhere on the window; True if they are one mesh, and it was taken."""
        return self._mesh(paths) and self.take_mesh(paths[0])

    def take_mesh(self, path: Path) -> bool:
        """What the panel does with a mesh; True if it can."""
        raise NotImplementedError

    def _mesh(self, paths: Sequence[Path]) -> bool:
        from voxstudio.geometry.mesh_io import READABLE

        return len(paths) == 1 and paths[0].suffix.lower() in (*READABLE, ".npz")

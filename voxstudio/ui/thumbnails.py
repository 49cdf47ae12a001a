"""Small clay pictures of shapes, drawn one after another beside the GUI thread and remembered."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from voxstudio.ui import pictures, theme

if TYPE_CHECKING:
    from voxstudio.core.voxel_grid import VoxelGrid
    from voxstudio.ui.studio import Studio

Pixels = npt.NDArray[np.uint8]
MOST_WAITING = 96
"""Wishes beyond this are forgotten, oldest first: what asked for them is no longer looked at."""


class Thumbnails(QObject):
    """Pictures of grids of one size; ``drawn`` says that some have come. A grid that goes takes its picture along."""

    drawn = Signal()

    def __init__(self, studio: Studio, side: int, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._side = studio, side
        self._made: weakref.WeakKeyDictionary[VoxelGrid, Pixels] = weakref.WeakKeyDictionary()
        self._pixmaps: weakref.WeakKeyDictionary[VoxelGrid, dict[Any, QPixmap]] = weakref.WeakKeyDictionary()
        self._waiting: deque[VoxelGrid] = deque(maxlen=MOST_WAITING)
        self._busy = False

    def pixmap(self, grid: VoxelGrid, side: int | None = None) -> QPixmap | None:
        """The picture as a square with rounded corners; None if it is not drawn yet: ``drawn`` follows."""
        found = self._made.get(grid)
        if found is None:
            if grid not in self._waiting:
                self._waiting.append(grid)
            self._start()
            return None
        parent = self.parent()
        ratio = float(parent.devicePixelRatioF()) if hasattr(parent, "devicePixelRatioF") else 1.0
        wanted = (side or self._side, ratio, theme.current().name)
        kept = self._pixmaps.setdefault(grid, {})  # a strip is painted far more often than its pictures change
        if wanted not in kept:
            kept[wanted] = pictures.tile(found, wanted[0], ratio)
        return kept[wanted]

    def _start(self) -> None:
        if self._busy or not self._waiting:
            return
        self._busy = True
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), 4))]
        wish = (batch, 2 * self._side, theme.current().clay)
        threading.Thread(target=self._work, args=wish, name="voxstudio-thumbnails", daemon=True).start()

    def _work(self, grids: list[VoxelGrid], side: int, clay: str) -> None:
        """Drawing thread."""
        from voxstudio.geometry.portrait import portrait

        made: list[Pixels] = []
        try:
            made = [portrait(grid, side, clay) for grid in grids]
        finally:
            self._studio.bridge.post(partial(self._done, grids, made))

    def _done(self, grids: list[VoxelGrid], made: list[Pixels]) -> None:
        self._busy = False
        self._made.update(zip(grids, made, strict=False))
        self._start()
        if made:
            self.drawn.emit()

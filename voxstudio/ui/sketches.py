"""Small shaded pictures of grids, drawn beside the GUI thread: the preview of a run, before and after."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from voxstudio.ui import theme

if TYPE_CHECKING:
    from voxstudio.core.voxel_grid import VoxelGrid
    from voxstudio.ui.studio import Studio

AZIMUTH_DEG, ELEVATION_DEG = -32.0, 20.0
Pictures = list[npt.NDArray[np.uint8]]


def portraits(grids: Sequence[VoxelGrid], side: int, clay: str = theme.LIGHT.clay) -> Pictures:
    """Clay pictures of grids through one camera, uint8 ``[side, side, 4]``; empty grids are empty pictures."""
    import cv2

    from voxstudio.core.surface import Surface
    from voxstudio.geometry.isosurface import surface_from_grid
    from voxstudio.geometry.render import Light, frame, render_gbuffer, shade

    surfaces = [surface_from_grid(grid) for grid in grids]
    corners = [np.stack(surface.bounds) for surface in surfaces if not surface.is_empty]
    if not corners:
        return [np.zeros((side, side, 4), np.uint8) for _ in grids]
    box = np.concatenate(corners)
    whole = Surface(np.stack([box.min(0), box.max(0)]).astype(np.float32), np.empty((0, 3), np.int64))
    camera = frame(whole, AZIMUTH_DEG, ELEVATION_DEG)
    colour = np.array([int(clay[i : i + 2], 16) / 255 for i in (1, 3, 5)]) ** 2.2
    tint = tuple(float(part) for part in colour / colour.max())
    made = []
    for surface in surfaces:
        buffer = render_gbuffer(surface, camera, 2 * side)
        # ignored: a colour has three parts, which a tuple of a generator does not tell mypy
        # The stub wants one kind of number in all arrays; they are both bytes.
        image = np.concatenate([shade(buffer, Light(tint=tint)), buffer.mask[..., None]], axis=2)  # type: ignore[arg-type]
        small = cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
        small[..., :3] /= np.maximum(small[..., 3:], 1e-3)
        made.append(np.asarray(np.clip(np.rint(small * 255), 0, 255), np.uint8))
    return made


class Sketcher(QObject):
    """Draws grids in a thread, one wish at a time; a newer wish replaces the one that waits."""

    drawn = Signal(object)

    def __init__(self, studio: Studio, side: int, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._side = studio, side
        self._busy = False
        self._waiting: tuple[VoxelGrid, ...] | None = None

    def ask(self, grids: Sequence[VoxelGrid]) -> None:
        """Draw these; ``drawn`` brings their pictures."""
        if self._busy:
            self._waiting = tuple(grids)
            return
        self._busy = True
        wish = (tuple(grids), theme.current().clay)
        threading.Thread(target=self._work, args=wish, name="voxstudio-sketches", daemon=True).start()

    def _work(self, grids: tuple[VoxelGrid, ...], clay: str) -> None:
        """Sketching thread."""
        made: Pictures = []
        try:
            made = portraits(grids, self._side, clay)
        finally:
            self._studio.bridge.post(partial(self._done, made))

    def _done(self, made: Pictures) -> None:
        self._busy = False
        if made:
            self.drawn.emit(made)
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self.ask(waiting)

"""Parts of an answer of the inference thread: the latent that a draw names, crumbs, the comparison that is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from voxstudio.core.latent import Latent
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.requests import Draw, Request
from voxstudio.geometry.difference import Difference, difference
from voxstudio.geometry.pieces import CRUMB_SHARE, Tidied, without_crumbs


def placed(model: Any, draw: Draw) -> Latent:
    """The latent that a draw names; BadInput if it fits another checkpoint or has a code out of range."""
    if draw.start is None:
        latent: Latent = model.draw(draw.seed, draw.label, draw.truncation)
    else:
        latent = draw.start
    layout = getattr(model, "layout", ())
    if not layout or not (draw.pushes or draw.codes or draw.start is not None):
        return latent
    from voxstudio.engine.latent_space import brought_inside, flat, handle, unflat

    vector = flat(latent, layout)  # also for a start: whether it fits is found here, in words
    if not (draw.pushes or draw.codes):
        return latent
    for direction, amount in draw.pushes:
        vector = vector + np.float32(amount) * flat(direction, layout)
    vector = brought_inside(vector, layout) if draw.pushes else vector
    for name, value in draw.codes:
        vector = handle(layout, name).set(vector, value)
    return unflat(vector, layout, latent.seed)


def tidied(request: Request, grid: VoxelGrid) -> Tidied:
    """A generator's shape at rest without its crumbs, if that is wanted, and its pieces counted; 6 to 9 ms at 64^3."""
    if request.draft or not isinstance(request.draw, Draw):
        return Tidied(grid, 0, 0)
    return without_crumbs(grid, CRUMB_SHARE if request.tidy else 0.0)


class Comparer:
    """Compares results with the shape that the requests name; meshes that one once for each style. Inference thread."""

    def __init__(self, mesh: Callable[[VoxelGrid, str, int], Surface]) -> None:
        self._mesh = mesh
        self._before: tuple[VoxelGrid, str, int, Surface] | None = None

    def compare(self, request: Request, grid: VoxelGrid, times: dict[str, float]) -> Difference | None:
        """The way from the request's other shape to this one, if it names one; adds the time that this took."""
        other = request.against
        if other is None:
            self._before = None
            return None
        started = time.perf_counter()
        kept = self._before
        if kept is None or kept[0] is not other or kept[1:3] != (request.style, request.smoothing):
            surface = self._mesh(other, request.style, request.smoothing)
            kept = self._before = (other, request.style, request.smoothing, surface)
        found = difference(other, grid, kept[3])
        times["compare"] = (time.perf_counter() - started) * 1000.0
        return found

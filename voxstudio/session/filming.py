"""Filmstrips: how the shape changes along one code or direction, decoded while nothing else is wanted."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from voxstudio.core.errors import BadInput
from voxstudio.core.latent import Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.requests import Aside, Draw, Frame
from voxstudio.session.moving import Moving

FRAMES = 7
SPAN = 2.5
"""A code of normal numbers is swept this many standard deviations to both sides, a direction this many steps."""
MOST_VALUES = 20
SMALL = 64
"""Frames are kept no finer than this: they are thumbnails."""
KEPT_BYTES = 64 * 2**20
"""Films beyond this make room, oldest first."""

Axis = str | Latent
"""A code by the name of its handle, or a direction."""


@dataclass(frozen=True, eq=False)
class Film:
    """One sweep: at ``values[k]`` of the axis the shape is ``frames[k]`` (None: not made yet)."""

    axis: Axis
    values: tuple[float, ...]
    frames: tuple[VoxelGrid | None, ...]


class Filming(Moving):
    """One film is made at a time; the last ones are remembered. Topic ``film``."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._films: OrderedDict[Any, Film] = OrderedDict()
        self._making: dict[int, Any] = {}
        self._film_key: Any = None

    @property
    def film(self) -> Film | None:
        """The film that was asked for last, as far as it is made."""
        return self._films.get(self._film_key)

    def show_film(self, axis: Axis) -> None:
        """Ask for the sweep of a code or a direction around what is wanted on the stage; :attr:`film` follows.

        Nothing happens where the checkpoint has no such code.
        """
        model = self._model
        if model is None or not model.can_sample or not model.layout:
            return
        try:
            values = self._swept(axis)
        except BadInput:
            return
        base = self._base()
        codes, pushes = dict(base.codes), list(base.pushes)
        if isinstance(axis, str):
            codes.pop(axis, None)
        else:
            pushes = [pair for pair in pushes if pair[0] is not axis]
        rest = replace(base, codes=tuple(codes.items()), pushes=tuple(pushes))
        key = (model.key, axis, rest, self._options.iso, self._options.remove_crumbs)
        self._film_key = key
        film = self._films.get(key)
        if film is None:
            film = self._films[key] = Film(axis, values, (None,) * len(values))
        self._films.move_to_end(key)
        while len(self._films) > 1 and sum(map(_size, self._films.values())) > KEPT_BYTES:
            self._films.popitem(last=False)
        self._making.clear()
        first = next((k for k, frame in enumerate(film.frames) if frame is None), len(values))
        aside = None
        if first < len(values):
            number = next(self._numbers)
            self._making[number] = key
            draws = tuple(_at(rest, axis, value) for value in values)
            aside = Aside(number, model.key, draws, self._options.iso, first, self._options.remove_crumbs)
        self._worker.submit_aside(aside)
        self._tell("film")

    # ---- inside --------------------------------------------------------------------------------

    def _swept(self, axis: Axis) -> tuple[float, ...]:
        if not isinstance(axis, str):
            return tuple(np.linspace(-SPAN, SPAN, FRAMES).tolist())
        from voxstudio.engine.latent_space import handle

        assert self._model is not None
        found = handle(self._model.layout, axis)
        low, high = found.bounds
        if found.is_choice:
            return tuple(float(value) for value in range(int(low), min(int(high), MOST_VALUES) + 1))
        return tuple(np.linspace(max(low, -SPAN), min(high, SPAN), FRAMES).tolist())

    def _take_frame(self, frame: Frame) -> None:
        key = self._making.get(frame.number)
        film = self._films.get(key)
        if film is None:
            return
        frames = list(film.frames)
        frames[frame.index] = _small(frame.grid)
        self._films[key] = replace(film, frames=tuple(frames))
        self._tell("film")


def _size(film: Film) -> int:
    return sum(frame.values.nbytes for frame in film.frames if frame is not None)


def _at(rest: Draw, axis: Axis, value: float) -> Draw:
    if isinstance(axis, str):
        return replace(rest, codes=(*rest.codes, (axis, value)))
    return replace(rest, pushes=(*rest.pushes, (axis, value)))


def _small(grid: VoxelGrid) -> VoxelGrid:
    """At most :data:`SMALL` voxels along a side: the greatest value of each block."""
    step = -(-max(grid.shape) // SMALL)
    if step == 1:
        return grid
    room = [(0, -n % step) for n in grid.shape]
    x, y, z = (n // step for n in np.pad(grid.values, room).shape)
    blocks = np.pad(grid.values, room).reshape(x, step, y, step, z, step)
    return VoxelGrid.unit(blocks.max(axis=(1, 3, 5)), grid.iso_level, grid.name)

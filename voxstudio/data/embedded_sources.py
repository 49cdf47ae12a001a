"""What a point of a collection was made from, made again: its voxels, its mesh, and the pictures drawn of it.

Whoever embeds a collection and whoever shows it later must see the same, so both come here. Neither Qt nor VTK.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.embedded import NO_VIEW, Source
from voxstudio.core.errors import BadInput
from voxstudio.core.surface import Surface

MESH_RESOLUTION = 48
"""Parametric objects are meshed on a grid of this side before pictures of them are drawn."""
REMADE = ("parametric", "held-out", "store", "mesh")
"""Kinds whose shape can be made here."""


def can_remake(source: Source) -> bool:
    """True if the shape of this point can be made again here; pictures, snapshots and samples are kept elsewhere."""
    return source.kind in REMADE


def occupancy_of(source: Source, resolution: int) -> npt.NDArray[np.bool_]:
    """Voxels of the shape, bool ``[R, R, R]``; a view's are those of the shape that it shows.

    Raises BadInput if it is a kind that cannot be made again, or its file has gone.
    """
    if source.kind in ("parametric", "held-out"):
        made: npt.NDArray[np.bool_] = _made(source).occupancy(resolution)
        return made
    if source.kind == "store":
        from voxstudio.data.grids import resized

        grid: npt.NDArray[np.bool_] = opened(source.place).occupancy(_checked(source))
        return grid if len(grid) == resolution else resized(grid, resolution)
    if source.kind == "mesh":
        from voxstudio.data.grids import centred
        from voxstudio.geometry.mesh_io import load_surface
        from voxstudio.geometry.voxelize import voxelize

        return centred(voxelize(load_surface(Path(source.place)), resolution))
    raise BadInput(f"A {source.kind} keeps no shape that could be made again: open the file that it came from.")


def surface_of(source: Source) -> Surface:
    """Mesh of the shape in the unit cube [-0.5, 0.5]. Raises BadInput like :func:`occupancy_of`."""
    from voxstudio.data.prepare import in_unit_cube, unit_surface

    if source.kind in ("parametric", "held-out"):
        return in_unit_cube(_made(source).surface(MESH_RESOLUTION))
    if source.kind == "store" and hasattr(opened(source.place), "surface"):
        found: Surface = opened(source.place).surface(_checked(source))
        return found
    return unit_surface(occupancy_of(source, 64))


def view_rng(source: Source) -> np.random.Generator:
    """The draws of a view: the same for the same source, different for every object and view."""
    return np.random.default_rng([max(source.index, 0), source.view, 0x71E3])


def view_of(source: Source, size: int) -> npt.NDArray[np.uint8]:
    """What the network saw of a drawn view, uint8 ``[size, size, 4]`` over mid grey (128).

    ``size`` must be the collection's ``image_size``: the draws depend on it.
    """
    from voxstudio.data.views import draw_view

    if source.view == NO_VIEW:
        raise BadInput("A shape has no picture of its own: choose one of its views.")
    return draw_view(surface_of(source), size, view_rng(source))


def _made(source: Source) -> Any:
    from voxstudio.data.parametric import make

    return make(source.place, source.index, held_out=source.kind == "held-out")


def _checked(source: Source) -> int:
    count = len(opened(source.place))
    if not 0 <= source.index < count:
        raise BadInput(f"{source.place} holds {count:,} shapes and none of number {source.index}: embed it again.")
    return source.index


@lru_cache(4)
def opened(place: str) -> Any:
    """Kept open: a prepared folder, a file of imported shapes or any other collection of voxels. Raises BadInput."""
    from voxstudio.data.readers import read_collection
    from voxstudio.data.shape_file import is_shape_file, open_shape_file
    from voxstudio.data.shape_store import open_store

    path = Path(place)
    if is_shape_file(path):
        return open_shape_file(path)
    return open_store(path) if (path / "store.json").is_file() else read_collection(path)

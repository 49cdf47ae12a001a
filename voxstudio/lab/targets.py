"""What an inversion looks for: the voxels of a mesh, of a voxel file, or of what a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.data.grids import centred, resized, turned
from voxstudio.engine.family import LatentSpace, Progress, Reconstructor, quiet
from voxstudio.engine.inversion import known_labels
from voxstudio.engine.latent_space import draws, occupancies
from voxstudio.engine.places import checkpoint_folders, find_checkpoint
from voxstudio.geometry.mesh_io import READABLE

Grid = npt.NDArray[np.bool_]

READER = "chair-multiview"
"""The checkpoint that makes voxels of a picture, if the generator cannot read pictures itself."""
VOXELS = (".npz",)
COMPARED = 24
"""Random shapes with which the four ways to turn a target are compared."""


@dataclass(frozen=True, eq=False)
class Target:
    """Voxels bool ``[R, R, R]`` in the frame of the training data: centred, z up, the longest side that of the cube.

    ``origin`` is ``"mesh"``, ``"voxels"`` or ``"picture"``; ``quarters`` how often it was turned by 90 degrees about z;
    ``note`` what the person should know, else empty.
    """

    grid: Grid
    name: str
    origin: str
    quarters: int = 0
    note: str = ""


def read_target(
    paths: Path | Sequence[Path],
    model: LatentSpace,
    reader: str = READER,
    label: str | None = None,
    progress: Progress = quiet,
) -> Target:
    """Read a mesh (OBJ, STL, PLY, GLB, OFF), a voxel file (NPZ, its first object), or pictures of one object.

    Pictures become voxels by the generator itself if it reads pictures (as objects of the class ``label``), else by the
    checkpoint ``reader``.
    Raises BadInput, in one sentence, for whatever cannot be used.
    """
    files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    side = model.card.resolution
    if not files:
        raise BadInput("There is nothing to look for: name a mesh or a picture.")
    suffixes = {file.suffix.lower() for file in files}
    if suffixes & {*READABLE, *VOXELS}:
        if len(files) > 1:
            raise BadInput("One mesh or voxel file is looked for at a time: name one file, or several pictures.")
        return read_solid(files[0], side)
    return _of_pictures(files, model, reader, label, progress)


def read_solid(path: Path, side: int) -> Target:
    """Read a mesh or a voxel file at ``side`` voxels; BadInput for anything else, or if nothing is left of it."""
    if path.suffix.lower() not in (*READABLE, *VOXELS):
        raise BadInput(f"{path.name} is neither a mesh nor a voxel file: use one of {', '.join((*READABLE, *VOXELS))}.")
    found = _of_voxels(path, side) if path.suffix.lower() in VOXELS else _of_mesh(path, side)
    if not found.grid.any():
        raise BadInput(f"Nothing is left of {path.name} as voxels: choose a mesh with more body.")
    return found


def _of_mesh(path: Path, side: int) -> Target:
    from voxstudio.geometry.mesh_io import load_surface
    from voxstudio.geometry.voxelize import voxelize

    return Target(centred(voxelize(load_surface(path), side)), path.name, "mesh")


def _of_voxels(path: Path, side: int) -> Target:
    from voxstudio.data.readers import read_npz

    shapes = read_npz(path, resolution=side)
    return Target(centred(shapes.occupancy(0)), shapes.names[0] or path.name, "voxels")


def _of_pictures(
    files: Sequence[Path], model: LatentSpace, reader: str, label: str | None, progress: Progress
) -> Target:
    from voxstudio.engine.inputs import read_view
    from voxstudio.lab.opening import open_any

    chosen: Any = model
    if not isinstance(model, Reconstructor):
        progress(0.1, f"Opening {reader}")
        entry = find_checkpoint(reader, checkpoint_folders())
        chosen = open_any(entry.folder, model.device)
        if not isinstance(chosen, Reconstructor):
            raise BadInput(f"The checkpoint {reader} does not read pictures: name one that does, such as {READER}.")
    views = []
    for k, file in enumerate(files):
        progress(0.3 + 0.5 * k / len(files), f"Reading picture {k + 1} of {len(files)}")
        views.append(read_view(file, chosen.image_size))
    progress(0.8, "Making voxels of the pictures")
    known = label if label in chosen.card.classes else None
    grid = chosen.reconstruct(np.stack([view.network for view in views]), chosen.fusions[0], known)
    if grid.is_empty:
        raise BadInput(f"{files[0].name} shows nothing that becomes a shape: choose another picture, or a mesh.")
    name = files[0].name if len(files) == 1 else f"{len(files)} pictures"
    note = "" if chosen is model else f"The pictures were made into voxels by {chosen.card.name}."
    told = next((f"{view.name}: {view.note}" for view in views if view.note), "")
    return Target(centred(resized(grid.occupancy, model.card.resolution)), name, "picture", 0, told or note)


def faced(target: Target, model: LatentSpace, label: str | None = None, seed: int = 0) -> Target:
    """The target turned about z so that it faces as the generator's shapes do: by its overlap with random ones.

    Counts as :data:`COMPARED` decoded shapes for each class that is tried.
    """
    labels = (label,) if label is not None else known_labels(model)
    seeds = np.random.default_rng([seed, 0xFACE]).integers(0, 2**31, COMPARED).tolist()
    made = np.concatenate([occupancies(model, draws(model, seeds, name), name) for name in labels])
    flat = made.reshape(len(made), -1).astype(np.float32)
    best, quarters = -1.0, 0
    for k in range(4):
        mine = turned(target.grid, k).reshape(-1).astype(np.float32)
        both = flat @ mine
        overlap = float(np.sort(both / np.maximum(flat.sum(axis=1) + mine.sum() - both, 1))[-3:].mean())
        if overlap > best + 0.01:  # a shape that looks alike from several sides stays as it is
            best, quarters = overlap, k
    return replace(target, grid=np.ascontiguousarray(turned(target.grid, quarters)), quarters=quarters)

"""Folders of meshes, voxelised on reading: ModelNet trees (CLASS/{train,test}/*.off) and plain folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput
from voxstudio.data.grids import LEAST_VOXELS, QUARTER_TURNS, centred, turned, wanted_classes
from voxstudio.data.splits import divided

SUFFIXES = (".off", ".obj", ".stl", ".ply", ".glb")

LeftOut = Callable[[str, str], None]
"""Told the name of something that cannot be used, and the reason."""


class MeshFile(NamedTuple):
    """One mesh of a folder."""

    path: Path
    class_name: str
    split: str
    quarters: int


def find_meshes(folder: Path) -> list[MeshFile]:
    """All meshes of a ModelNet tree or a plain folder, in the order of class, split and name."""
    found: list[MeshFile] = []
    parts = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    for part in parts:
        splits = [s for s in (part / "train", part / "test") if s.is_dir()]
        turns = QUARTER_TURNS.get(part.name, 0) if splits else 0  # a ModelNet tree: its classes' fronts are known
        for split in splits:
            found += [MeshFile(p, part.name, split.name, turns) for p in _meshes(split)]
        if not splits:
            found += _divided(_meshes(part), part.name)
    return found + _divided(_meshes(folder), folder.name)


def _meshes(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())


def _divided(paths: Sequence[Path], class_name: str) -> list[MeshFile]:
    """Meshes of one class in a folder without splits; there is no validation here."""
    splits = divided([path.stem for path in paths])
    return [
        MeshFile(path, class_name, "test" if split == "test" else "train", 0)
        for path, split in zip(paths, splits, strict=True)
    ]


def too_few_voxels(filled: int, resolution: int) -> str:
    """Why an object is left out that has next to no volume."""
    return f"It fills {filled} voxels at {resolution}^3; at least {LEAST_VOXELS} are needed."


def problem_in_words(file: str, reason: str) -> str:
    """Which file, and what is wrong with it: the file is named once."""
    name = file.rpartition("/")[2]
    return f"{file}{reason[len(name) :]}" if reason.startswith(f"{name} ") else f"{file}: {reason}"


def left_out_in_words(problems: Sequence[tuple[str, str]], of: str) -> str:
    """How many were left out and why, for ``of`` "9 meshes of My shapes"; the reason is that of the first one."""
    first = problem_in_words(*problems[0])
    if len(problems) == 1:
        return f"1 of the {of} was left out: {first}"
    return f"{len(problems):,} of the {of} were left out; the first: {first}"


def none_usable_in_words(problems: Sequence[tuple[str, str]], where: object) -> str:
    """That no mesh of ``where`` can be used, and why the first one cannot."""
    first = problem_in_words(*problems[0])
    if len(problems) == 1:
        return f"The only mesh of {where} cannot be used: {first}"
    return f"None of the {len(problems):,} meshes of {where} can be used; the first: {first}"


def read_mesh_folder(
    folder: Path,
    split: str | None = None,
    classes: Sequence[str] | None = None,
    resolution: int = 32,
    left_out: LeftOut | None = None,
) -> Collection:
    """Voxelise the meshes of a folder: each subfolder is a class; meshes beside them form a class of the folder's name.

    The longest side of each object spans the grid. Objects of fewer than 100 voxels are left out.
    Raises BadInput that names the first damaged mesh, unless ``left_out`` is told of them; or says what was looked for.
    """
    from voxstudio.geometry.mesh_io import load_surface
    from voxstudio.geometry.voxelize import voxelize

    folder = Path(folder)
    meshes = find_meshes(folder)
    if not meshes:
        raise BadInput(
            f"{folder} holds no shapes: the voxel files of the data folder, CLASS/train/*.off, and meshes "
            f"({', '.join(SUFFIXES)}) in it or its subfolders were looked for."
        )
    wanted = wanted_classes(folder, sorted({mesh.class_name for mesh in meshes}), classes)
    place = {name.lower(): k for k, name in enumerate(wanted)}
    grids, names, labels = [], [], []
    for mesh in meshes:
        if mesh.class_name.lower() not in place or (split is not None and mesh.split != split):
            continue
        file = mesh.path.relative_to(folder).as_posix()
        try:
            grid = voxelize(load_surface(mesh.path), resolution, solid=True)
        except BadInput as error:
            if left_out is None:
                raise
            left_out(file, str(error))
            continue
        filled = int(grid.sum())
        if filled < LEAST_VOXELS:
            if left_out is not None:
                left_out(file, too_few_voxels(filled, resolution))
            continue
        grids.append(np.packbits(centred(turned(grid, mesh.quarters))))
        names.append(mesh.path.stem)
        labels.append(place[mesh.class_name.lower()])
    if not grids:
        which = f"the {split} split of {folder}" if split else str(folder)
        raise BadInput(f"No mesh in {which} gives {LEAST_VOXELS} voxels at {resolution}^3.")
    return Collection(
        np.stack(grids), resolution, tuple(names), np.asarray(labels, np.int64), wanted, folder.name,
        "the terms of your own files",
    )

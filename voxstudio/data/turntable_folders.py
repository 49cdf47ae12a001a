"""A folder of turntable folders as training data: each sub-folder of photos becomes one object.

``ROOT/OBJECT/*.png`` gives one class of ROOT's name, ``ROOT/CLASS/OBJECT/*.png`` one class for each CLASS. ROOT is
known by a file ``turntable.json`` in it (``{}`` is enough; it counts for every object that has none of its own) or by
a name that begins or ends with "turntable" or "turntables".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput
from voxstudio.data.grids import LEAST_VOXELS, centred, wanted_classes
from voxstudio.data.mesh_folders import LeftOut
from voxstudio.data.splits import divided
from voxstudio.data.turntable import LEAST_PHOTOS, SUFFIXES, carve_turntable, natural, read_turntable

MARKER = "turntable.json"


class ObjectFolder(NamedTuple):
    """The photos of one object."""

    folder: Path
    class_name: str


def is_turntable_tree(folder: Path) -> bool:
    """Whether a folder is meant as a folder of turntables; looks at names only."""
    if not folder.is_dir():
        return False
    word = folder.name.lower()
    named = word.startswith("turntable") or word.endswith(("turntable", "turntables"))
    return (named or (folder / MARKER).is_file()) and bool(find_objects(folder))


def find_objects(folder: Path) -> list[ObjectFolder]:
    """Every folder of photos one or two levels below, in natural order."""
    found = []
    for part in _folders(folder):
        if _has_photos(part):
            found.append(ObjectFolder(part, folder.name))
        found += [ObjectFolder(inner, part.name) for inner in _folders(part) if _has_photos(inner)]
    return found


def _folders(folder: Path) -> list[Path]:
    inside = [part for part in folder.iterdir() if part.is_dir() and not part.name.startswith(".")]
    return sorted(inside, key=lambda part: natural(part.name))


def _has_photos(folder: Path) -> bool:
    return sum(part.suffix.lower() in SUFFIXES for part in folder.iterdir()) >= LEAST_PHOTOS


def _tested(objects: Sequence[ObjectFolder]) -> set[Path]:
    """The folders of the test split."""
    tests: set[Path] = set()
    for name in {item.class_name for item in objects}:
        folders = [item.folder for item in objects if item.class_name == name]
        splits = divided([folder.name for folder in folders])
        tests |= {folder for folder, split in zip(folders, splits, strict=True) if split == "test"}
    return tests


def read_turntable_tree(
    folder: Path,
    split: str | None = None,
    classes: Sequence[str] | None = None,
    resolution: int = 64,
    left_out: LeftOut | None = None,
) -> Collection:
    """Carve every object of a folder of turntables; one in ten of a class belongs to the test split (:func:`divided`).

    Raises BadInput that names the first object whose photos cannot be used, unless ``left_out`` is told of them.
    """
    folder = Path(folder)
    objects = find_objects(folder)
    if not objects:
        raise BadInput(f"{folder} holds no folder of at least {LEAST_PHOTOS} photos: put each object into its own.")
    wanted = wanted_classes(folder, sorted({item.class_name for item in objects}), classes)
    place = {name.lower(): k for k, name in enumerate(wanted)}
    grids, names, labels = [], [], []
    tests = _tested(objects)
    for item in objects:
        tested = item.folder in tests
        if item.class_name.lower() not in place or (split is not None and tested != (split == "test")):
            continue
        beside = [place_ / MARKER for place_ in (item.folder, item.folder.parent, folder)]
        angles = next((file for file in beside if file.is_file()), None)
        try:
            solid = carve_turntable(read_turntable(item.folder, angles=angles), resolution).grid.occupancy
        except BadInput as error:
            if left_out is None:
                raise BadInput(f"{item.folder.name}: {error}") from None
            left_out(item.folder.relative_to(folder).as_posix(), str(error))
            continue
        if int(solid.sum()) >= LEAST_VOXELS:
            grids.append(np.packbits(centred(solid)))
            names.append(item.folder.name)
            labels.append(place[item.class_name.lower()])
    if not grids:
        which = f"the {split} split of {folder}" if split else str(folder)
        raise BadInput(f"No object in {which} gives {LEAST_VOXELS} voxels at {resolution}^3.")
    return Collection(
        np.stack(grids),
        resolution,
        tuple(names),
        np.asarray(labels, np.int64),
        wanted,
        folder.name,
        "the terms of your own photos",
    )

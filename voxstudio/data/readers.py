"""Readers of real shapes: packed voxel files, ModelNet trees and plain folders of meshes, one entry point.

All objects come out centred by their bounding box, z up, and, where the source is known, looking to -y.
Grids of fewer than :data:`LEAST_VOXELS` voxels are left out.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput
from voxstudio.data.grids import LEAST_VOXELS, QUARTER_TURNS, centred, resized, turned, wanted_classes

LARGEST_FILE = 4 << 30  # bytes after unpacking: a damaged or hostile header must not fill the memory
MODELNET_TERMS = "ModelNet10: academic research data without a licence; weights trained on it name it."
SHAPES_TERMS = "Academic research data without a licence; weights trained on it name it."

_KNOWN = {
    "chair32": "modelnet10_chair_vox32.npz", "bed64": "modelnet10_bed_vox64.npz",
    "vox30_train": "modelnet10_vox30_train.npz", "vox30_test": "modelnet10_vox30_test.npz",
    "infomr32": "infomr_vox32.npz", "infomr64": "infomr_vox64.npz",
    "labeled32": "labeled_vox32.npz", "labeled64": "labeled_vox64.npz",
}
_MODELNET10 = ("bathtub", "bed", "chair", "desk", "dresser", "monitor", "night_stand", "sofa", "table", "toilet")


def known_files(data_dir: Path) -> dict[str, Path]:
    """The voxel files of the data folder that exist, by short name.

    Names: chair32, bed64, vox30_train, vox30_test, infomr32, infomr64, labeled32, labeled64. They are
    looked for in ``data_dir`` and in its folders ``modelnet10`` and ``shapes``.
    """
    folders = [Path(data_dir), Path(data_dir) / "modelnet10", Path(data_dir) / "shapes"]
    found = {}
    for name, file in _KNOWN.items():
        for folder in folders:
            if (folder / file).is_file():
                found[name] = folder / file
                break
    return found


def read_collection(
    path: Path, split: str | None = None, classes: Sequence[str] | None = None, resolution: int | None = None,
    left_out: Callable[[str, str], None] | None = None,
) -> Collection:
    """Read whatever ``path`` is: a voxel file (.npz), a file of imported shapes (.voxdata), the data folder, a ModelNet
    tree, a folder of meshes.

    Parameters
    ----------
    split: "train" or "test"; None reads all. Folders of meshes without splits are divided by the names'
        checksum, one object in ten for the test.
    classes: only these, in this order (upper and lower case are the same); None reads all.
    resolution: of the grids; None keeps a file's own, and is 32 for meshes.
    left_out: is told name and reason of each mesh or turntable that cannot be used; without it the first one raises.

    Raises
    ------
    BadInput
        If nothing there is known, a file is damaged, or no object is left; names what was looked for.
    """
    from voxstudio.data.shape_file import is_shape_file, open_shape_file

    path = Path(path)
    imported = is_shape_file(path)
    if split not in (None, "train", "test") and not (imported and split == "validation"):
        raise BadInput(f"A split is train or test, not {split!r}.")
    if resolution is not None and not 8 <= resolution <= 256:
        raise BadInput(f"The resolution of a collection lies between 8 and 256, not {resolution}.")
    if not path.exists():
        raise BadInput(f"{path} does not exist: name a voxel file (.npz) or a folder of shapes.")
    if imported:
        return open_shape_file(path, classes).collection(split, resolution)
    if path.is_file():
        return read_npz(path, split, classes, resolution)
    known = known_files(path)
    if known:
        return _from_known(known, path, split, classes, resolution)
    from voxstudio.data.mesh_folders import read_mesh_folder
    from voxstudio.data.turntable_folders import is_turntable_tree, read_turntable_tree

    if is_turntable_tree(path):
        return read_turntable_tree(path, split, classes, resolution or 64, left_out)
    return read_mesh_folder(path, split, classes, resolution or 32, left_out)


def read_npz(
    path: Path, split: str | None = None, classes: Sequence[str] | None = None, resolution: int | None = None
) -> Collection:
    """Read one voxel file, whichever of the two formats it has; BadInput otherwise."""
    arrays = _load(path)
    if "voxels" in arrays:
        return read_modelnet_npz(path, split, classes, resolution)
    if "solid" in arrays or "surface" in arrays:
        return read_shapes_npz(path, split, classes, resolution)
    if "verts_q" in arrays:
        raise BadInput(f"{path.name} holds meshes, not voxels: name the file of the same set with vox in its name.")
    raise BadInput(f"{path.name} holds no voxels: an array named voxels, solid or surface was looked for.")


def read_modelnet_npz(
    path: Path, split: str | None = None, classes: Sequence[str] | None = None, resolution: int | None = None
) -> Collection:
    """Read a ModelNet10 voxel file, turn its classes to look to -y and centre the objects.

    A file without a split inside is one part of a pair, ``*_train.npz`` and ``*_test.npz``: the part that
    ``split`` names is read. Raises BadInput.
    """
    path = Path(path)
    if split is not None and path.stem.endswith(("_train", "_test")):
        path = path.with_name(f"{path.stem.rsplit('_', 1)[0]}_{split}.npz")
    arrays = _load(path)
    return _collection(path, arrays, "voxels", split, classes, resolution, MODELNET_TERMS, QUARTER_TURNS)


def read_shapes_npz(
    path: Path, split: str | None = None, classes: Sequence[str] | None = None, resolution: int | None = None,
    solid: bool = True, upright_only: bool = True,
) -> Collection:
    """Read a file of the folder ``shapes``: ``solid`` or surface voxels, by default only upright objects.

    The yaw of these objects varies; they are not turned. Raises BadInput.
    """
    arrays = _load(path)
    key = "solid" if solid else "surface"
    count, _ = _checked(Path(path), arrays, key)
    keep = arrays.get("upright")
    if upright_only and keep is not None and keep.dtype == bool and keep.shape == (count,):
        arrays.update({name: arrays[name][keep] for name in (key, "labels", "names", "split") if name in arrays})
    return _collection(Path(path), arrays, key, split, classes, resolution, SHAPES_TERMS, {})


def repeats(test: Collection, train: Collection) -> npt.NDArray[np.bool_]:
    """Which test objects are bit-identical to a training object, bool ``[N]``; resolutions must agree."""
    if test.resolution != train.resolution:
        raise ValueError(f"resolutions differ: {test.resolution} and {train.resolution}")
    seen = {row.tobytes() for row in train.packed}
    return np.array([row.tobytes() in seen for row in test.packed], bool)


def _load(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All arrays of an npz file, without pickles; BadInput if it is none or is damaged."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path} does not exist: name a voxel file (.npz).")
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > LARGEST_FILE:
                raise BadInput(f"{path.name} unpacks to more than {LARGEST_FILE >> 30} GiB: split it.")
        with np.load(path, allow_pickle=False) as stored:
            return {name: np.asarray(stored[name]) for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, MemoryError, NotImplementedError,
            RuntimeError, SyntaxError, TypeError, OverflowError, UnicodeError):
        # numpy's header parser lets many kinds through when a header is damaged.
        raise BadInput(f"{path.name} is not a readable .npz file: fetch it anew.") from None


def _checked(path: Path, arrays: dict[str, npt.NDArray[Any]], key: str) -> tuple[int, int]:
    """Number of objects and resolution; BadInput names the array that does not fit."""
    for name in (key, "shape", "labels", "names", "classes"):
        if name not in arrays:
            raise BadInput(f"{path.name} has no array named {name}: it is not a voxel file that VoxStudio knows.")
    shape, packed = arrays["shape"], arrays[key]
    if shape.shape != (3,) or shape.dtype.kind not in "iu" or len(set(shape.tolist())) != 1:
        raise BadInput(f"{path.name} gives no cubic shape: three equal whole numbers were looked for.")
    size, count = int(shape[0]), len(packed) if packed.ndim == 2 else -1
    if not 4 <= size <= 512 or packed.dtype != np.uint8 or packed.ndim != 2 or packed.shape[1] != -(-(size**3) // 8):
        raise BadInput(f"{path.name} is damaged: its array {key} does not hold grids of {size}^3 packed bits.")
    for name in ("labels", "names", "split"):
        if name in arrays and arrays[name].shape != (count,):
            raise BadInput(f"{path.name} is damaged: {name} should have one entry for each of {count} objects.")
    labels, classes = arrays["labels"], arrays["classes"]
    if classes.ndim != 1 or classes.dtype.kind != "U" or arrays["names"].dtype.kind != "U":
        raise BadInput(f"{path.name} is damaged: classes and names should be lists of words.")
    if labels.dtype.kind not in "iu" or (count and (labels.min() < 0 or labels.max() >= len(classes))):
        raise BadInput(f"{path.name} is damaged: a label names none of its {len(classes)} classes.")
    return count, size


def _collection(
    path: Path, arrays: dict[str, npt.NDArray[Any]], key: str, split: str | None, classes: Sequence[str] | None,
    resolution: int | None, terms: str, turns: dict[str, int],
) -> Collection:
    count, size = _checked(path, arrays, key)
    stored = [str(name) for name in arrays["classes"]]
    wanted = wanted_classes(path, [stored[i] for i in np.unique(arrays["labels"])], classes)
    place = {name.lower(): i for i, name in enumerate(wanted)}
    splits = arrays.get("split")
    target = resolution or size
    packed, names, labels = [], [], []
    for index in range(count):
        name = stored[int(arrays["labels"][index])]
        inside = splits is None or split is None or str(splits[index]) == split
        if name.lower() not in place or not inside:
            continue
        bits = np.unpackbits(arrays[key][index], count=size**3)
        if int(bits.sum()) < LEAST_VOXELS:
            continue
        grid = centred(turned(bits.reshape(size, size, size).astype(bool), turns.get(name, 0)))
        packed.append(np.packbits(resized(grid, target)))
        names.append(str(arrays["names"][index]))
        labels.append(place[name.lower()])
    if not packed:
        which = f"the {split} split" if split else "it"
        raise BadInput(f"{path.name} has no usable object of {', '.join(wanted)} in {which}.")
    return Collection(
        np.stack(packed), target, tuple(names), np.asarray(labels, np.int64), wanted, path.stem, terms
    )


def _from_known(
    known: dict[str, Path], path: Path, split: str | None, classes: Sequence[str] | None, resolution: int | None
) -> Collection:
    """Choose among the files of the data folder: the finest that holds only what is wanted comes first."""
    asked = {name.lower() for name in classes or _MODELNET10}
    choices: list[str] = []
    if asked == {"bed"} and (resolution or 64) > 32:
        choices.append("bed64")
    if asked == {"chair"}:
        choices.append("chair32")
    if asked <= set(_MODELNET10):
        choices += [f"vox30_{split or 'train'}", "vox30_train", "vox30_test"]
    large = resolution is not None and resolution > 32
    choices += [f"{name}{size}" for name in ("infomr", "labeled") for size in ((64, 32) if large else (32, 64))]
    choices += [name for name in ("chair32", "bed64") if name in known]
    tried = []
    for name in dict.fromkeys(choices):
        if name in known:
            try:
                return read_npz(known[name], split, classes, resolution)
            except BadInput as error:
                if "has no class" not in str(error):  # that is what the sentence below says anyway
                    tried.append(str(error))
    looked = ", ".join(_KNOWN[name] for name in dict.fromkeys(choices))
    sentence = f"{path} holds no objects of {', '.join(sorted(asked))}; looked for {looked}."
    raise BadInput(" ".join([sentence, *tried]))

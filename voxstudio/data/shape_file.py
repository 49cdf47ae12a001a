"""A file of imported shapes: what ``voxstudio data import`` writes and training reads, by memory map.

One ``.voxdata`` file holds everything of a data set: per object its voxels as packed bits, its class, split and name,
and a reduced mesh with colours from which views are drawn as they are needed (the stored views of a thousand shapes
would be a gigabyte); views only where they were asked for. It has the face of a prepared folder
(:class:`~voxstudio.data.shape_store.ShapeStore`), so that whatever trains from one trains from the other.

Numbers are small on purpose: corners are 16-bit steps of the unit cube (0.0015 % of the object), normals are bytes,
faces 16-bit. At 64^3 an object takes some 80 KB, ten thousand of them 0.8 GB. Every object carries checksums that
are compared when it is read, so that a damaged file is told as such and never learned from.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.collection import Collection, unpacked
from voxstudio.core.errors import BadInput
from voxstudio.core.surface import Surface
from voxstudio.data.container import Array, Unusable, check_arrays, is_container, open_container
from voxstudio.data.grids import resized, wanted_classes
from voxstudio.data.shape_store import SPLITS

SUFFIX = ".voxdata"
KIND = "shapes"
LEAST_RESOLUTION, LARGEST_RESOLUTION = 8, 256

PER_OBJECT = {
    "packed": "|u1",
    "labels": "<i4",
    "splits": "|i1",
    "colored": "|u1",
    "vertex_counts": "<u4",
    "face_counts": "<u4",
    "checks": "<u4",
    "views": "|u1",
}
"""Arrays with one row per object; ``checks`` are CRC-32s of the packed voxels, the mesh and the views."""
PER_VERTEX = {"vertices": "<u2", "normals": "|i1", "colors": "|u1"}
PER_FACE = {"faces": "<u2"}
DTYPES = {**PER_OBJECT, **PER_VERTEX, **PER_FACE}
INDEX = ("labels", "splits", "colored", "vertex_counts", "face_counts", "checks")
"""The small arrays, which are checked when the file is opened."""
STEPS = 65535


def checks_of(packed: Array, mesh: Sequence[Array], views: Array) -> npt.NDArray[np.uint32]:
    """CRC-32s of one object's packed voxels, mesh arrays and views, uint32 ``[3]``."""
    check = 0
    for part in mesh:
        check = zlib.crc32(np.ascontiguousarray(part).tobytes(), check)
    return np.array([zlib.crc32(packed.tobytes()), check, zlib.crc32(views.tobytes())], np.uint32)


@dataclass(frozen=True, eq=False)
class ShapeFile:
    """An open file of shapes, or some classes of one; arrays are memory maps, so opening costs next to nothing.

    Every member that reads an object raises BadInput if that object is damaged.
    """

    path: Path
    arrays: dict[str, Array]
    starts: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
    names: tuple[str, ...]
    stored_classes: tuple[str, ...]
    class_names: tuple[str, ...]
    resolution: int
    title: str
    terms: str
    problems: tuple[tuple[str, str], ...]
    plan: str

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self) -> Any:
        # A loader's process opens the file anew: pickling a memory map would copy what it maps.
        return _reopen, (self.path, self.class_names, np.array(self.arrays["splits"]))

    @property
    def has_colors(self) -> bool:
        """True if any object has colours."""
        return bool(self.arrays["colored"].any())

    def only(self, classes: Sequence[str] | None) -> ShapeFile:
        """The same file with these classes alone, in this order; upper and lower case are the same.

        Raises BadInput that lists the classes that there are.
        """
        chosen = wanted_classes(self.path, self.stored_classes, classes)
        return replace(self, class_names=chosen)

    def holding_out(self, share: float, seed: int = 0) -> ShapeFile:
        """The same with that share of the chosen objects as validation, at least one, and all others for training."""
        chosen = np.sort(np.concatenate([self.indices(split) for split in SPLITS]))
        order = np.random.default_rng(seed).permutation(chosen)
        splits = np.array(self.arrays["splits"])
        splits[chosen] = SPLITS.index("train")
        splits[order[: max(1, round(share * len(order)))]] = SPLITS.index("validation")
        return replace(self, arrays={**self.arrays, "splits": splits})

    def indices(self, split: str) -> npt.NDArray[np.int64]:
        """Indices of the shapes of one split that are of the chosen classes."""
        here = (self.arrays["splits"] == SPLITS.index(split)) & (self._places[self.arrays["labels"]] >= 0)
        return np.flatnonzero(here)

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        """Stored label to label; -1 where the class was not chosen."""
        place = {name.lower(): k for k, name in enumerate(self.class_names)}
        return np.array([place.get(name.lower(), -1) for name in self.stored_classes], np.int64)

    def label(self, index: int) -> int:
        """Class index of one shape."""
        return int(self._places[self.arrays["labels"][index]])

    def split(self, index: int) -> str:
        """Name of one shape's split."""
        return SPLITS[int(self.arrays["splits"][index])]

    def packed(self, index: int) -> npt.NDArray[np.uint8]:
        """Voxels of one shape as bits, uint8 ``[ceil(R^3 / 8)]``."""
        row: npt.NDArray[np.uint8] = np.asarray(self.arrays["packed"][index])
        self._check(index, 0, zlib.crc32(row.tobytes()))
        return row

    def occupancy(self, index: int) -> npt.NDArray[np.bool_]:
        """Voxels of one shape, bool ``[R, R, R]``."""
        return unpacked(self.packed(index), self.resolution)

    def surface(self, index: int) -> Surface:
        """Reduced mesh of one shape in the unit cube, with normals, and colours where the source had some."""
        a = self.arrays
        rows, triangles = (slice(start[index], start[index + 1]) for start in self.starts)
        vertices, normals, colors, faces = (
            a["vertices"][rows],
            a["normals"][rows],
            a["colors"][rows],
            a["faces"][triangles],
        )
        check = 0
        for part in (vertices, normals, colors, faces):
            check = zlib.crc32(part.tobytes(), check)
        self._check(index, 1, check)
        kept = colors if a["colored"][index] else None
        points = vertices.astype(np.float32) / STEPS - np.float32(0.5)
        try:
            return Surface(points, faces, normals.astype(np.float32) / 127, kept, name=self.names[index])
        except ValueError:
            raise self._damaged(index) from None

    def views(self, index: int) -> npt.NDArray[np.uint8]:
        """Stored views of one shape, uint8 ``[K, S, S, 4]``; none where they were not asked for."""
        rows: npt.NDArray[np.uint8] = np.asarray(self.arrays["views"][index])
        self._check(index, 2, zlib.crc32(rows.tobytes()))
        return rows

    def _check(self, index: int, which: int, found: int) -> None:
        if found != int(self.arrays["checks"][index, which]):
            raise self._damaged(index)

    def _damaged(self, index: int) -> BadInput:
        return BadInput(f"{self.path} is damaged at its object {self.names[index]}: copy or import it again.")

    def collection(self, split: str | None = None, resolution: int | None = None) -> Collection:
        """The grids of one split, or of all, at the file's or another resolution; read into memory.

        Raises BadInput if there is none.
        """
        size = resolution or self.resolution
        chosen = np.sort(np.concatenate([self.indices(part) for part in ((split,) if split else SPLITS)])).tolist()
        if not chosen:
            raise BadInput(f"{self.path} has no {f'{split} ' if split else ''}object of {', '.join(self.class_names)}.")
        if size == self.resolution:
            packed = np.stack([self.packed(i) for i in chosen])
        else:
            packed = np.stack([np.packbits(resized(self.occupancy(i), size)) for i in chosen])
        labels = np.array([self.label(i) for i in chosen], np.int64)
        names = tuple(self.names[i] for i in chosen)
        return Collection(packed, size, names, labels, self.class_names, self.title, self.terms)


def is_shape_file(path: Path) -> bool:
    """True if ``path`` is a file that begins as a file of imported shapes does."""
    return is_container(path)


def open_shape_file(path: Path, classes: Sequence[str] | None = None) -> ShapeFile:
    """Open a file of imported shapes; BadInput if it is none, is damaged, or lacks one of ``classes``."""
    path = Path(path)
    about, arrays = open_container(path)
    try:
        check_arrays(arrays, about["_table"], INDEX)
        opened = _checked(path, about, arrays)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = str(error) if isinstance(error, Unusable) else "its parts do not fit together"
        raise BadInput(f"{path} is not a usable file of imported shapes: {reason}; import it again.") from None
    return opened.only(classes)


def _reopen(path: Path, classes: tuple[str, ...], splits: Array) -> ShapeFile:
    found = open_shape_file(path, classes)
    return replace(found, arrays={**found.arrays, "splits": splits})


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise Unusable("its names are no list of words")
    return tuple(value)


def _checked(path: Path, about: dict[str, Any], arrays: dict[str, Array]) -> ShapeFile:
    """Compare all parts with each other, so that no later access can miss. Raises ValueError, KeyError or TypeError."""
    names, classes = _words(about["names"]), _words(about["class_names"])
    size, count = int(about["resolution"]), len(names)
    problems = tuple((str(file), str(reason)) for file, reason in about["problems"])
    fits = about["kind"] == KIND and LEAST_RESOLUTION <= size <= LARGEST_RESOLUTION
    fits &= all(arrays[name].dtype.str == dtype for name, dtype in DTYPES.items())
    fits &= all(len(arrays[name]) == count for name in PER_OBJECT)
    fits &= arrays["packed"].shape == (count, -(-(size**3) // 8)) and arrays["checks"].shape == (count, 3)
    fits &= all(arrays[name].ndim == 1 for name in INDEX if name != "checks")
    fits &= all(arrays[name].ndim == 2 and arrays[name].shape[1] == 3 for name in (*PER_VERTEX, *PER_FACE))
    fits &= arrays["views"].ndim == 5 and arrays["views"].shape[4] == 4
    if not fits:
        raise Unusable("its parts do not fit together")
    starts = tuple(np.concatenate([[0], np.cumsum(arrays[f"{k}_counts"], dtype=np.int64)]) for k in ("vertex", "face"))
    fits = all(len(arrays[name]) == starts[0][-1] for name in PER_VERTEX) and len(arrays["faces"]) == starts[1][-1]
    labels, splits = arrays["labels"], arrays["splits"]
    if count:
        fits &= labels.min() >= 0 and labels.max() < len(classes)
        fits &= splits.min() >= 0 and splits.max() < len(SPLITS)
    if not fits:
        raise Unusable("its parts contradict each other")
    return ShapeFile(
        path,
        arrays,
        (starts[0], starts[1]),
        names,
        classes,
        classes,
        size,
        str(about["title"]),
        str(about["terms"]),
        problems,
        str(about["plan"]),
    )

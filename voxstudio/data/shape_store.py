"""A prepared folder of shapes: meshes to render views from and packed voxels to learn, by memory map.

Training reads shapes from here, so that neither meshing nor file formats stand on its path.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from voxstudio.core.collection import Collection, unpacked
from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.surface import Surface

SPLITS = ("train", "validation", "test")
ARRAYS = ("vertices", "normals", "colors", "faces", "vertex_start", "face_start", "packed", "labels", "splits")


@dataclass(frozen=True, eq=False)
class StoreItem:
    """One shape on its way into a store.

    ``surface`` lies in the unit cube [-0.5, 0.5]; ``occupancy`` is bool ``[R, R, R]`` of the same cube,
    with voxel ``i`` centred at ``(i + 0.5) / R - 0.5``; ``split`` is one of ``SPLITS``.
    """

    name: str
    label: int
    split: str
    surface: Surface
    occupancy: npt.NDArray[np.bool_]


class Shapes(Protocol):
    """What training asks of a source of shapes; :class:`ShapeStore` describes each member."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; labels index into them."""
        ...

    @property
    def resolution(self) -> int:
        """Voxels along each side."""
        ...

    @property
    def title(self) -> str:
        """What the shapes are."""
        ...

    @property
    def terms(self) -> str:
        """Terms of use, one sentence."""
        ...

    def indices(self, split: str) -> npt.NDArray[np.int64]:
        """Indices of one split."""
        ...

    def label(self, index: int) -> int:
        """Class index of one shape."""
        ...

    def surface(self, index: int) -> Surface:
        """Mesh in the unit cube."""
        ...

    def occupancy(self, index: int) -> npt.NDArray[np.bool_]:
        """Voxels, bool ``[R, R, R]``."""
        ...


@dataclass(frozen=True, eq=False)
class ShapeStore:
    """An open store; arrays are memory maps, so opening costs nothing and processes share pages."""

    folder: Path
    arrays: dict[str, npt.NDArray[Any]]
    names: tuple[str, ...]
    class_names: tuple[str, ...]
    resolution: int
    title: str
    terms: str
    has_colors: bool

    def __len__(self) -> int:
        return len(self.names)

    def indices(self, split: str) -> npt.NDArray[np.int64]:
        """Indices of the shapes of one split."""
        return np.flatnonzero(self.arrays["splits"] == SPLITS.index(split))

    def occupancy(self, index: int) -> npt.NDArray[np.bool_]:
        """Voxels of one shape, bool ``[R, R, R]``."""
        return unpacked(self.arrays["packed"][index], self.resolution)

    def surface(self, index: int) -> Surface:
        """Mesh of one shape in the unit cube, with normals and part colours where they are known."""
        a = self.arrays
        v0, v1 = a["vertex_start"][index : index + 2]
        f0, f1 = a["face_start"][index : index + 2]
        colors = a["colors"][v0:v1] if self.has_colors else None
        normals = a["normals"][v0:v1].astype(np.float32) / 127
        return Surface(a["vertices"][v0:v1], a["faces"][f0:f1], normals, colors, name=self.names[index])

    def label(self, index: int) -> int:
        """Class index of one shape."""
        return int(self.arrays["labels"][index])

    def collection(self, split: str) -> Collection:
        """The grids of one split."""
        chosen = self.indices(split)
        names = tuple(self.names[int(i)] for i in chosen)
        labels = np.asarray(self.arrays["labels"][chosen], np.int64)
        packed = np.asarray(self.arrays["packed"][chosen])
        return Collection(packed, self.resolution, names, labels, self.class_names, self.title, self.terms)


def write_store(
    folder: Path, items: Iterable[StoreItem], class_names: tuple[str, ...], title: str, terms: str
) -> ShapeStore:
    """Write a store atomically and open it; an existing folder of the same name is replaced.

    Raises BadInput if there is no item, CannotWrite if the disk refuses.
    """
    parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in ARRAYS}
    names: list[str] = []
    resolution, has_colors = 0, False
    for item in items:
        surface = item.surface
        names.append(item.name)
        resolution = item.occupancy.shape[0]
        has_colors |= surface.colors is not None
        parts["vertices"].append(surface.vertices.astype(np.float16))
        normals = surface.normals if surface.normals is not None else _normals(surface)
        parts["normals"].append(np.rint(normals * 127).astype(np.int8))
        parts["colors"].append(
            surface.colors if surface.colors is not None else np.full((len(surface.vertices), 3), 200, np.uint8)
        )
        parts["faces"].append(surface.faces.astype(np.int32))
        parts["packed"].append(np.packbits(item.occupancy.reshape(1, -1), axis=1))
        parts["labels"].append(np.array([item.label], np.int64))
        parts["splits"].append(np.array([SPLITS.index(item.split)], np.int8))
    if not names:
        raise BadInput(f"There is no shape to prepare for {folder.name}: check the data folder.")
    for start, source in (("vertex_start", "vertices"), ("face_start", "faces")):
        parts[start] = [np.concatenate([[0], np.cumsum([len(part) for part in parts[source]])]).astype(np.int64)]
    meta = {
        "names": names,
        "class_names": list(class_names),
        "resolution": resolution,
        "title": title,
        "terms": terms,
        "has_colors": has_colors,
    }
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        for name in ARRAYS:
            np.save(draft / f"{name}.npy", np.concatenate(parts[name]))
        (draft / "store.json").write_text(json.dumps(meta))
        if folder.exists():
            shutil.rmtree(folder)
        draft.replace(folder)
    except OSError as error:
        raise CannotWrite(f"The prepared shapes could not be written to {folder}: {error.strerror}.") from error
    return open_store(folder)


def _normals(surface: Surface) -> npt.NDArray[np.float32]:
    from voxstudio.geometry.render import vertex_normals

    return vertex_normals(np.asarray(surface.vertices), np.asarray(surface.faces))


def open_store(folder: Path) -> ShapeStore:
    """Open a prepared folder; BadInput if it is not one."""
    try:
        meta = json.loads((folder / "store.json").read_text())
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        return ShapeStore(
            folder,
            arrays,
            tuple(meta["names"]),
            tuple(meta["class_names"]),
            int(meta["resolution"]),
            meta["title"],
            meta["terms"],
            bool(meta["has_colors"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{folder} is not a folder of prepared shapes ({error}): prepare it again.") from error

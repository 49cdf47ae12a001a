"""A quick look at a folder or file that somebody offers as training data: what is it, in one sentence."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

MESHES = (".off", ".obj", ".stl", ".ply", ".glb", ".gltf", ".3mf")
VOXELS = (".npz", ".npy", ".binvox", ".h5", ".hdf5", ".mat", ".nii", ".vox")
PHOTOS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif")
LEAST_PHOTOS = 8
"""Fewer photos make no visual hull."""
PATIENCE_S = 0.15


@dataclass(frozen=True)
class Glance:
    """``kind``: shapes, meshes, modelnet, shapenet, voxels, prepared, photos; empty if none of them."""

    kind: str
    sentence: str

    @property
    def is_usable(self) -> bool:
        """True if it may be trained on; reading it will tell for sure."""
        return bool(self.kind)


def glance(path: Path | None, patience_s: float = PATIENCE_S) -> Glance:
    """Look at names and suffixes only, for a short time; None stands for parametric shapes.

    Nothing is read, so a sentence that names a thousand meshes does not promise that all of them open.
    """
    if path is None:
        return Glance("shapes", "Made by the program as they are needed, free to use.")
    if not path.exists():
        return Glance("", f"{path} does not exist: choose another folder or file.")
    if path.is_file():
        return _file(path)
    if (path / "store.json").is_file() or any(path.glob("*/store.json")):
        return Glance("prepared", "A prepared data set: it opens at once.")
    return _folder(path, *_walk(path, patience_s))


def _file(path: Path) -> Glance:
    suffix = path.suffix.lower()
    size = path.stat().st_size / 2**20
    if suffix == ".voxdata":
        return Glance("prepared", f"A file of imported shapes, {size:,.1f} MiB: it opens at once.")
    if suffix in VOXELS:
        return Glance("voxels", f"A voxel file of {size:,.1f} MiB.")
    if suffix in MESHES:
        return Glance("meshes", "One mesh: put it into a folder with others to learn more than this one.")
    return Glance("", f"{path.name} holds neither voxels nor a mesh: choose a folder of meshes or a voxel file.")


def _walk(path: Path, patience_s: float) -> tuple[Counter[str], list[str], bool]:
    """Number of files by suffix, the folders that hold meshes, and whether that is all."""
    counts: Counter[str] = Counter()
    holders: list[str] = []
    end = time.monotonic() + patience_s
    for folder, inner, files in os.walk(path):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        # A Path of each of a million names would take seconds.
        found = Counter(os.path.splitext(name)[1].lower() for name in files if not name.startswith("."))  # noqa: PTH122
        counts.update(found)
        if any(found[suffix] for suffix in MESHES):
            holders.append(Path(folder).relative_to(path).as_posix())
        if time.monotonic() > end:
            return counts, holders, False
    return counts, holders, True


def _folder(path: Path, counts: Counter[str], holders: list[str], whole: bool) -> Glance:
    def some(suffixes: tuple[str, ...], one: str, many: str) -> tuple[int, str]:
        number = sum(counts[suffix] for suffix in suffixes)
        return number, f"{'' if whole else 'more than '}{number:,} {one if number == 1 and whole else many}"

    meshes, mesh_words = some(MESHES, "mesh", "meshes")
    voxels, voxel_words = some(VOXELS, "voxel file", "voxel files")
    photos, photo_words = some(PHOTOS, "photo", "photos")
    if meshes:
        split = {holder.rsplit("/", 2)[-2] for holder in holders if holder.endswith(("/train", "/test"))}
        if split:
            return Glance("modelnet", f"A ModelNet tree: {_classes(len(split), whole)}, {mesh_words}.")
        numbered = {holder.split("/")[0] for holder in holders if re.match(r"\d{8}(/|$)", holder)}
        if numbered:
            return Glance("shapenet", f"A ShapeNet tree: {_classes(len(numbered), whole)}, {mesh_words}.")
        inner = {holder.split("/")[0] for holder in holders if holder != "."}
        classes = f" in {len(inner):,} folders, taken as classes" if len(inner) > 1 else ""
        return Glance("meshes", _sentence(f"{mesh_words}{classes}"))
    if voxels:
        return Glance("voxels", _sentence(voxel_words))
    if photos >= LEAST_PHOTOS:
        return Glance("photos", _sentence(f"{photo_words}: their outlines are carved into a shape"))
    if photos:
        return Glance(
            "", f"{path.name} holds {photo_words}: at least {LEAST_PHOTOS} of an object that turns are needed."
        )
    if not whole:
        return Glance("", f"{path.name} is large and begins with nothing known: choose a folder inside it.")
    return Glance("", f"{path.name} holds no meshes, voxel files or photos: choose another folder.")


def _classes(number: int, whole: bool) -> str:
    return f"{number:,}{'' if whole else ' or more'} {'class' if number == 1 else 'classes'}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."

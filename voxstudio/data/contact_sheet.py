"""Contact sheets: many shapes in one picture, drawn without a display."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.data.importing import TIMEOUT_S
from voxstudio.data.mesh_folders import SUFFIXES as MESHES
from voxstudio.data.mesh_folders import LeftOut, left_out_in_words, none_usable_in_words
from voxstudio.data.mesh_guard import Guard
from voxstudio.data.mesh_import import ImportOptions
from voxstudio.data.mesh_import import surface_of as mesh_surface
from voxstudio.data.mesh_trees import find_tree
from voxstudio.data.parametric import CLASSES, ParametricShape, make
from voxstudio.data.prepare import unit_surface
from voxstudio.data.shape_file import ShapeFile, is_shape_file, open_shape_file
from voxstudio.data.shape_store import ShapeStore, open_store
from voxstudio.geometry.render import picture_of

Shape = Surface | VoxelGrid | ParametricShape
PAPER = (250, 250, 248)
INK = (92, 96, 104)
CAPTION = 20
GAP = 6


@dataclass(frozen=True)
class Sheet:
    """What :func:`show` drew: the picture, the number of objects, what was left out and why, and that in words."""

    path: Path
    objects: int
    left_out: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()


def surface_of(shape: Shape) -> Surface:
    """The surface that a contact sheet draws."""
    if isinstance(shape, ParametricShape):
        return shape.surface(96)
    if isinstance(shape, VoxelGrid):
        return unit_surface(shape.occupancy)
    return shape


def sheet_pixels(
    items: Sequence[tuple[str, Shape]], columns: int = 6, size: int = 200, azimuth_deg: float = 35.0,
    elevation_deg: float = 18.0,
) -> npt.NDArray[np.uint8]:
    """Draw named shapes in rows, uint8 ``[H, W, 3]``; the same items give the same bytes.

    Raises BadInput if there is nothing to draw.
    """
    if not items:
        raise BadInput("There is nothing to draw on the contact sheet: name a class or a file that holds objects.")
    columns = max(1, min(columns, len(items)))
    rows = math.ceil(len(items) / columns)
    cell_high = size + CAPTION
    page = Image.new("RGB", (columns * (size + GAP) + GAP, rows * (cell_high + GAP) + GAP), PAPER)
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=12)
    for k, (caption, shape) in enumerate(items):
        left, top = GAP + (k % columns) * (size + GAP), GAP + (k // columns) * (cell_high + GAP)
        page.paste(Image.fromarray(picture_of(surface_of(shape), size, azimuth_deg, elevation_deg, background=PAPER)),
            (left, top))
        pen.text((left + size / 2, top + size + CAPTION / 2 - 2), caption[: size // 7], fill=INK, font=font,
            anchor="mm")
    return np.asarray(page)


def contact_sheet(items: Sequence[tuple[str, Shape]], path: Path, columns: int = 6, size: int = 200) -> Path:
    """Draw named shapes and save the sheet as PNG, whole or not at all.

    Raises BadInput if there is nothing to draw and CannotWrite if the file cannot be written.
    """
    pixels = sheet_pixels(items, columns, size)
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise BadInput(f"A contact sheet is a PNG picture: give {path.name} the ending .png.")
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        Image.fromarray(pixels).save(partial, format="PNG")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise CannotWrite(f"{path} could not be written ({reason}): choose a writeable folder that exists.") from None
    return path


def _from_collection(collection: Collection, count: int) -> list[tuple[str, Shape]]:
    """Objects spread evenly over a collection."""
    chosen = np.unique(np.linspace(0, len(collection) - 1, min(count, len(collection))).round().astype(int))
    return [
        (collection.names[i] or collection.class_of(i), VoxelGrid.unit(collection.occupancy(i).astype(np.float32)))
        for i in chosen.tolist()
    ]


def _from_shapes(shapes: ShapeFile | ShapeStore, split: str | None, count: int) -> list[tuple[str, Shape]]:
    """Objects spread evenly over a file or a prepared folder, or one split of it, as meshes with their colours."""
    there = shapes.indices(split) if split else np.arange(len(shapes))
    chosen = np.unique(np.linspace(0, len(there) - 1, min(count, len(there))).round().astype(int))
    return [(shapes.names[i], shapes.surface(i)) for i in there[chosen].tolist()]


def _from_meshes(
    source: Path, split: str | None, count: int, left_out: LeftOut, up: str | None = None
) -> tuple[list[tuple[str, Shape]], str]:
    """Objects spread evenly over a tree of meshes, as training would get them, and how many there were, in words.

    In place of one that cannot be used the next one is drawn. Raises BadInput if none can.
    """
    found = [mesh for mesh in find_tree(source, up=up) if split is None or mesh.split == split]
    if not found:
        raise BadInput(f"{source} has no object of the {split} split: leave --held-out away, or add more meshes.")
    first = np.unique(np.linspace(0, len(found) - 1, min(count, len(found))).round().astype(int)).tolist()
    spare = iter([k for k in range(len(found)) if k not in set(first)][: 3 * count])
    drawn: dict[int, Surface] = {}
    told: list[tuple[str, str]] = []
    guard = Guard(source if source.is_dir() else source.parent, ImportOptions(), TIMEOUT_S)
    try:
        for k in first:
            place: int | None = k
            while place is not None:
                mesh = found[place]
                try:
                    drawn[place] = mesh_surface(guard.import_mesh(mesh), mesh.name)
                    break
                except BadInput as error:
                    told.append((mesh.file, str(error)))
                    left_out(mesh.file, str(error))
                place = next(spare, None)
    finally:
        guard.close()
    if not drawn:
        raise BadInput(none_usable_in_words(told, source))
    tried = len(drawn) + len(told)
    words = f"{tried:,} meshes of {source}{'' if tried == len(found) else ' that were looked at'}"
    return [(found[k].name, drawn[k]) for k in sorted(drawn)], words


def show(
    sources: Sequence[str] = (), path: Path = Path("sheet.png"), held_out: bool = False, count: int = 24,
    columns: int = 6, size: int = 200, seed: int = 0, up: str | None = None,
) -> Sheet:
    """Draw a contact sheet of parametric classes or of sources of real shapes.

    ``sources`` are names of parametric classes, or whatever training takes: files and folders of shapes, meshes and
    turntables; none means all parametric classes. ``count`` is the number of objects of each source, ``up`` the upward
    axis of meshes, as :func:`find_tree` takes it. What cannot be used is left out and told. Raises BadInput and
    CannotWrite.
    """
    items: list[tuple[str, Shape]] = []
    bad: list[tuple[str, str]] = []
    notices: list[str] = []
    each = count if sources else max(1, count // 4)
    for source in list(sources) or list(CLASSES):
        if source in CLASSES:
            items += [(shape.name, shape) for shape in (make(source, seed + k, held_out) for k in range(each))]
            continue
        if not Path(source).exists():
            known = ", ".join(CLASSES)
            raise BadInput(f"{source!r} is neither a file, a folder nor a parametric class ({known}).")
        mine: list[tuple[str, str]] = []
        found, words = _from_source(Path(source), "test" if held_out else None, each, mine, up)
        items += found
        if mine:
            bad += mine
            notices.append(left_out_in_words(mine, words))
    return Sheet(contact_sheet(items, path, columns, size), len(items), tuple(bad), tuple(notices))


def _from_source(
    source: Path, split: str | None, count: int, bad: list[tuple[str, str]], up: str | None = None
) -> tuple[list[tuple[str, Shape]], str]:
    """Objects of a file or folder, and how many there were, in words; what is left out goes to ``bad``."""
    from voxstudio.data.readers import known_files, read_collection
    from voxstudio.data.turntable_folders import is_turntable_tree

    def left_out(name: str, reason: str) -> None:
        bad.append((name, reason))

    if is_shape_file(source):
        return _from_shapes(open_shape_file(source), split, count), ""
    stores = [source, *sorted(source.glob("*/"))] if source.is_dir() else []
    stores = [folder for folder in stores if (folder / "store.json").is_file()]
    if stores:
        share = max(1, count // len(stores))
        return [item for folder in stores for item in _from_shapes(open_store(folder), split, share)], ""
    in_tree = source.is_dir() and not known_files(source) and not is_turntable_tree(source)
    if in_tree or source.suffix.lower() in MESHES:
        return _from_meshes(source, split, count, left_out, up)
    collection = read_collection(source, split=split, left_out=left_out)
    return _from_collection(collection, count), f"{len(collection) + len(bad):,} objects of {source}"

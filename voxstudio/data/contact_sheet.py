"""Contact sheets: many shapes in one picture, drawn without a display."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.data.parametric import CLASSES, ParametricShape, make
from voxstudio.data.prepare import unit_surface
from voxstudio.data.shape_file import ShapeFile, is_shape_file, open_shape_file
from voxstudio.geometry.render import picture_of

Shape = Surface | VoxelGrid | ParametricShape
PAPER = (250, 250, 248)
INK = (92, 96, 104)
CAPTION = 20
GAP = 6


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


def _from_shape_file(shapes: ShapeFile, split: str | None, count: int) -> list[tuple[str, Shape]]:
    """Objects spread evenly over a file, or one split of it, as their meshes and with their colours."""
    there = shapes.indices(split) if split else np.arange(len(shapes))
    chosen = np.unique(np.linspace(0, len(there) - 1, min(count, len(there))).round().astype(int))
    return [(shapes.names[i], shapes.surface(i)) for i in there[chosen].tolist()]


def show(
    sources: Sequence[str] = (), path: Path = Path("sheet.png"), held_out: bool = False, count: int = 24,
    columns: int = 6, size: int = 200, seed: int = 0,
) -> Path:
    """Draw a contact sheet of parametric classes or of one source of real shapes.

    ``sources`` are names of parametric classes, or files and folders that :func:`read_collection`
    knows; none means all parametric classes. ``count`` is the number of objects of each source.
    Raises BadInput and CannotWrite.
    """
    from voxstudio.data.readers import read_collection

    items: list[tuple[str, Shape]] = []
    named = list(sources) or list(CLASSES)
    each = count if sources else max(1, count // 4)
    for source in named:
        if source in CLASSES:
            items += [(shape.name, shape) for shape in (make(source, seed + k, held_out) for k in range(each))]
        else:
            if not Path(source).exists():
                known = ", ".join(CLASSES)
                raise BadInput(f"{source!r} is neither a file, a folder nor a parametric class ({known}).")
            split = "test" if held_out else None
            if is_shape_file(Path(source)):
                items += _from_shape_file(open_shape_file(Path(source)), split, each)
            else:
                items += _from_collection(read_collection(Path(source), split=split), each)
    return contact_sheet(items, path, columns, size)

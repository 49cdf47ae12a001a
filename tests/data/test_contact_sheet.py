"""Contact sheets: the same bytes, the right size, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.data.contact_sheet import PAPER, contact_sheet, sheet_pixels, show
from voxstudio.data.parametric import CLASSES, make


def test_a_sheet_shows_every_kind_of_shape_in_its_cell(tmp_path: Path) -> None:
    shape = make("lamp", 0)
    grid = VoxelGrid.unit(shape.occupancy(24).astype(np.float32))
    items = [("shape", shape), ("grid", grid), ("surface", shape.surface(32)),
        ("nothing", Surface(np.zeros((0, 3)), np.zeros((0, 3))))]
    path = contact_sheet(items, tmp_path / "s.png", columns=2, size=80)
    pixels = np.asarray(Image.open(path))
    assert pixels.shape[:2] == (2 * (80 + 20 + 6) + 6, 2 * 86 + 6)
    drawn = [
        (np.abs(pixels[y : y + 80, x : x + 80].astype(int) - PAPER).sum(axis=2) > 30).mean()
        for y in (6, 112) for x in (6, 92)
    ]
    assert min(drawn[:3]) > 0.02 and drawn[3] == 0.0
    assert np.array_equal(pixels, sheet_pixels(items, 2, 80))
    assert [p.name for p in tmp_path.iterdir()] == ["s.png"]


def test_show_draws_classes_and_files(tmp_path: Path) -> None:
    default = show((), tmp_path / "all.png", count=4, columns=len(CLASSES), size=48)
    assert (default.objects, default.left_out) == (len(CLASSES), ())
    assert Image.open(default.path).size[0] == len(CLASSES) * 54 + 6
    grids = np.stack([make("sofa", k).occupancy(16) for k in range(3)])
    np.savez(
        tmp_path / "chairs.npz", voxels=np.packbits(grids.reshape(3, -1), axis=1), shape=np.array([16] * 3),
        labels=np.zeros(3, np.uint8), classes=np.array(["chair"]), names=np.array(["a", "b", "c"]),
    )
    held = show(["chair", str(tmp_path / "chairs.npz")], tmp_path / "two.png", count=3, size=48)
    assert Image.open(held.path).size == (6 * 54 + 6, 48 + 20 + 12)
    first, second = (show(["car"], tmp_path / f"{h}.png", held_out=h, count=2, size=48).path.read_bytes()
        for h in (False, True))
    assert first != second


def test_what_cannot_be_drawn_or_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="neither"):
        show(["teapot"], tmp_path / "s.png")
    with pytest.raises(BadInput, match="nothing"):
        contact_sheet([], tmp_path / "s.png")
    with pytest.raises(BadInput, match=r"\.png"):
        contact_sheet([("a", make("lamp", 0))], tmp_path / "s.jpg", size=32)
    with pytest.raises(CannotWrite, match="could not be written"):
        contact_sheet([("a", make("lamp", 0))], tmp_path / "absent" / "s.png", size=32)
    assert list(tmp_path.iterdir()) == []

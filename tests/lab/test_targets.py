"""What an inversion looks for, from meshes, voxels and pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from boxes import Boxes
from PIL import Image

from voxstudio.core.errors import BadCheckpoint, BadInput
from voxstudio.core.latent import Latent
from voxstudio.core.overlap import iou
from voxstudio.core.paths import shipped
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.data.grids import centred, turned
from voxstudio.data.parametric import make
from voxstudio.geometry.isosurface import surface_from_grid
from voxstudio.geometry.mesh_io import save_surface
from voxstudio.lab import opening
from voxstudio.lab.opening import open_any
from voxstudio.lab.targets import Target, faced, read_target

FURNITURE = shipped("checkpoints") / "furniture-conditional"


def test_a_mesh_lies_as_the_training_data_do(tmp_path: Path) -> None:
    shape = make("chair", 12)
    model = open_any(FURNITURE, "cpu")
    for suffix in (".glb", ".stl"):
        save_surface(shape.surface(96), tmp_path / f"chair{suffix}")
        found = read_target(tmp_path / f"chair{suffix}", model)
        assert found.origin == "mesh" and found.grid.shape == (64, 64, 64)
        assert iou(found.grid, centred(shape.occupancy(64))) > 0.75, "solid and in place, to the shell of a voxel"


def test_voxels_are_taken_as_they_are(tmp_path: Path) -> None:
    grid = make("sofa", 3).occupancy(24)
    np.savez(
        tmp_path / "s.npz", solid=np.packbits(grid.reshape(1, -1), axis=1), shape=np.array([24] * 3),
        labels=np.zeros(1, np.int64), names=np.array(["mine"]), classes=np.array(["object"]),
    )  # fmt: skip
    found = read_target([tmp_path / "s.npz"], Boxes())
    assert np.array_equal(found.grid, centred(grid)) and (found.name, found.origin) == ("mine", "voxels")


def test_a_picture_becomes_voxels_through_a_reader(tmp_path: Path) -> None:
    (photo,) = sorted((shipped("resources") / "samples").glob("*.*"))[:1]
    found = read_target(photo, Boxes(side=64))
    assert found.origin == "picture" and found.grid.shape == (64, 64, 64) and found.grid.any()
    assert found.note == "The pictures were made into voxels by chair-multiview."
    own = read_target([photo], open_any(FURNITURE, "cpu"), label="chair")
    assert own.grid.shape == (64, 64, 64) and own.note == "" and not np.array_equal(own.grid, found.grid)


def test_what_cannot_be_looked_for_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Boxes()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.stl").write_bytes(b"")
    Image.new("RGB", (8, 8)).save(tmp_path / "p.png")
    for files, words in (
        ([], "nothing to look for"),
        ([tmp_path / "text.png"], r"text\.png"),
        ([tmp_path / "empty.stl"], r"empty\.stl is empty"),
        ([tmp_path / "gone.obj"], r"gone\.obj cannot be read"),
        ([tmp_path / "a.obj", tmp_path / "p.png"], "One mesh or voxel file"),
    ):
        with pytest.raises(BadInput, match=words):
            read_target(files, model)
    with pytest.raises(BadCheckpoint, match="no checkpoint 'nonesuch'"):
        read_target(tmp_path / "p.png", model, reader="nonesuch")
    monkeypatch.setattr(opening, "open_any", lambda folder, device: Boxes())
    with pytest.raises(BadInput, match="does not read pictures: name one that does"):
        read_target(tmp_path / "p.png", model)


def test_a_turned_shape_is_turned_back() -> None:
    model = Boxes()
    wide = model.decode(Latent({"noise": [0, 0, 0, 0], "kind": [0, 1, 0], "continuous": [1.0, 0.8]})).occupancy
    narrow = model.decode(Latent({"noise": [0, 0, 0, 0], "kind": [0, 1, 0], "continuous": [-1, 0.8]})).occupancy
    for grid in (wide, narrow):
        assert faced(Target(grid, "box", "mesh"), model).quarters in (0, 1)
    chairs = open_any(FURNITURE, "cpu")
    upright = chairs.decode(chairs.draw(2, "chair"), "chair").occupancy
    for quarters in range(4):
        found = faced(Target(turned(upright, quarters), "chair", "mesh"), chairs, "chair")
        assert (found.quarters + quarters) % 4 == 0 and np.array_equal(found.grid, upright)


def test_a_surface_of_a_made_shape_comes_back(tmp_path: Path) -> None:
    model = Boxes()
    grid = model.decode(model.draw(5))
    save_surface(surface_from_grid(grid), tmp_path / "b.obj")
    found = read_target(tmp_path / "b.obj", model)
    filled = np.argwhere(grid.occupancy)
    sides = np.ptp(filled, axis=0) + 1
    mine = np.ptp(np.argwhere(found.grid), axis=0) + 1
    assert np.allclose(mine / mine.max(), sides / sides.max(), atol=0.1), "its proportions stay"
    assert isinstance(VoxelGrid.unit(found.grid.astype(np.float32)), VoxelGrid)
